"""paramiko's packets, for fewer system calls and no thread: what each connection costs the controller."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from paramiko.packet import NeedRekeyException, Packetizer

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

IDLE = 10.0
"""Seconds between two looks at the clock once a connection stands: closing it wakes whoever reads."""

AT_ONCE = 65536  # bytes that are taken from the socket at a time, at most


class Packets(Packetizer):
    """Takes what the kernel has, where paramiko asks it twice for each packet, and looks at the clock, where paramiko
    starts a thread to time a handshake."""

    def __init__(self, sock: Any) -> None:
        super().__init__(sock)
        self._sock = sock
        self._ahead = bytearray()
        self._deadline: float | None = None
        self._idle = IDLE
        inet = isinstance(sock, socket.socket) and sock.family in (socket.AF_INET, socket.AF_INET6)
        self._is_tcp = inet and hasattr(socket, "TCP_QUICKACK")

    def set_keepalive(self, interval: float, callback: Callable[[], object]) -> None:
        """Have `callback` called where nothing was sent for so many seconds."""
        super().set_keepalive(interval, callback)
        self._idle = min(IDLE, interval / 4 or IDLE)  # so that none is late by much

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:
        """So many bytes. Raises EOFError at the end of the connection, NeedRekeyException."""
        while len(self._ahead) < n:
            if self.handshake_timed_out():
                raise EOFError
            try:
                self._fetch()
            except (TimeoutError, BlockingIOError):
                if self.closed:
                    raise EOFError from None
                if check_rekey and not self._ahead and self.need_rekey():
                    raise NeedRekeyException from None
                self._check_keepalive()  # type: ignore[attr-defined]  # the stubs leave it out
            except OSError:
                if self.closed:
                    raise EOFError from None
                raise
        taken = bytes(self._ahead[:n])
        del self._ahead[:n]
        return taken

    def readline(self, timeout: float) -> str:
        """A line of what comes before the first packet. Raises EOFError, TimeoutError."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self._ahead:
            try:
                self._fetch()
            except (TimeoutError, BlockingIOError):
                if self.closed:
                    raise EOFError from None
                if time.monotonic() >= deadline:
                    raise TimeoutError from None
        line, _, rest = bytes(self._ahead).partition(b"\n")
        self._ahead[:] = rest
        return line.removesuffix(b"\r").decode()

    def write_all(self, out: ReadableBuffer) -> None:
        """Send it all. Raises EOFError."""
        super().write_all(out)
        self._acknowledge_at_once()

    def _acknowledge_at_once(self) -> None:
        """sshd holds each small packet back until the one before is acknowledged (Nagle's algorithm), and the kernel
        acknowledges late behind what we sent. It forgets what it is told here."""
        if self._is_tcp:
            with suppress(OSError):
                self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _fetch(self) -> None:
        data = self._sock.recv(AT_ONCE)
        if not data:
            raise EOFError
        self._ahead += data

    def close(self) -> None:
        """Wakes whoever reads, too: a closed socket alone would let him wait on."""
        if isinstance(self._sock, socket.socket):
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)
        super().close()

    def start_handshake(self, timeout: float) -> None:
        """The handshake has so many seconds from now on."""
        self._deadline = time.monotonic() + timeout

    def handshake_timed_out(self) -> bool:
        """Whether they are over."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def complete_handshake(self) -> None:
        """It came in time."""
        if self._deadline is not None:
            self._deadline = None
            self._sock.settimeout(self._idle)
