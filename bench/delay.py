"""A line that holds each packet back: two tun devices, one here and one in a namespace, and a queue between them.

python -m bench.delay NAMESPACE SECONDS
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import select
import struct
import sys
import time
from itertools import count
from pathlib import Path

from lab.process import run

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000  # linux/if_tun.h
CLONE_NEWNET = 0x40000000  # linux/sched.h
NAME = "benchline"


def tun() -> int:
    """A new tun device's descriptor."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", NAME.encode(), IFF_TUN | IFF_NO_PI))
    return device


def enter(space: Path) -> None:
    """Go into a network namespace."""
    with space.open() as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


def main(name: str, seconds: float) -> None:
    from bench.field import FAR, NEAR  # noqa: PLC0415  it starts this program

    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    near = tun()
    run("ip", "addr", "add", NEAR, "peer", FAR, "dev", NAME)
    run("ip", "link", "set", NAME, "up", "txqueuelen", "10000")
    enter(Path("/run/netns", name))
    far = tun()
    run("ip", "addr", "add", FAR, "peer", NEAR, "dev", NAME)
    run("ip", "link", "set", NAME, "up", "txqueuelen", "10000")
    enter(Path(f"/proc/self/fd/{here}"))
    print("up", flush=True)
    carry(near, far, seconds)


def carry(near: int, far: int, seconds: float) -> None:
    """Take packets from each end to the other, each so much later, for ever."""
    other = {near: far, far: near}
    held: list[tuple[float, int, int, bytes]] = []
    order = count()
    while True:
        wait = max(0.0, held[0][0] - time.monotonic()) if held else None
        for end in select.select([near, far], [], [], wait)[0]:
            while True:
                try:
                    packet = os.read(end, 65536)
                except BlockingIOError:
                    break
                heapq.heappush(held, (time.monotonic() + seconds, next(order), other[end], packet))
        now = time.monotonic()
        while held and held[0][0] <= now:
            _, _, end, packet = heapq.heappop(held)
            os.write(end, packet)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
