"""One host: read, plan, apply stage by stage, read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Output:
    """What one remote command gave: decoded streams and its exit status."""

    stdout: str
    stderr: str
    status: int


class Remote(Protocol):
    """The one thing that converging asks of a connection; `provision.remote.Session` is the real one."""

    def read(self, script: str, *, timeout: float | None = None) -> Output:
        """Run a script that changes nothing; `timeout` in seconds.

        Raises Unreachable, Refused (no root), Failed (timeout).
        """

    def apply(self, script: str, on_piece: Callable[[str], None]) -> Output:
        """Run a script that changes the host; output is handed over in pieces, as it comes."""

    def close(self) -> None:
        """End the connection."""
