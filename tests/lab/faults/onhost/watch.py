"""Watches daemon.json: every write to it, every moment without it, and every content that isn't whole, is noted.

python3 - WAS-THERE     "yes" where it was there before: then it is never to be missing. A line for each fault goes to
/var/lib/watched. What the kernel tells of the folder (inotify) leaves out no moment; a look now and then would.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import sys
import time
from pathlib import Path

FILE, NOTES = Path("/etc/docker/daemon.json"), Path("/var/lib/watched")
MODIFY, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x2, 0x40, 0x80, 0x100, 0x200
HEADER = struct.Struct("iIII")


def main(was_there: str) -> None:
    libc = ctypes.CDLL("libc.so.6", use_errno=True)
    events = libc.inotify_init()
    mask = MODIFY | MOVED_FROM | MOVED_TO | CREATE | DELETE
    while libc.inotify_add_watch(events, bytes(FILE.parent), mask) < 0:
        time.sleep(0.0005)
    _look()
    while True:
        data = os.read(events, 65536)
        while data:
            _, what, _, length = HEADER.unpack_from(data)
            name = data[HEADER.size : HEADER.size + length].rstrip(b"\0").decode()
            data = data[HEADER.size + length :]
            if name == FILE.name:
                _judge(what, was_there == "yes")


def _judge(what: int, was_there: bool) -> None:
    if what & (MODIFY | CREATE):
        _note("written in its place")
    if what & (MOVED_FROM | DELETE) and was_there:
        _note("missing")
    if what & MOVED_TO:
        _look()


def _look() -> None:
    try:
        json.loads(FILE.read_text())
    except FileNotFoundError:
        return  # the kernel tells of it
    except ValueError:
        _note("not whole")


def _note(words: str) -> None:
    with NOTES.open("a") as notes:
        notes.write(f"{words}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
