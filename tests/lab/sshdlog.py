"""Counting what reached a host, in its sshd's own words (LogLevel VERBOSE)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from lab.host import LabHost

SETTLE = 5.0  # seconds that the journal is given to hear of the last connection's end
NOBODY = 1.0  # seconds after which nobody is taken to have come
BEGUN = re.compile("Connection from ")
COMMAND = re.compile("Starting session: ")
ENDED = re.compile("Disconnected from |Connection (closed|reset) by |Read error from remote host ")


@dataclass(frozen=True, slots=True)
class Count:
    """Connections, logged in or not, and commands that were started in them."""

    connections: int
    commands: int


class SshdLog:
    """What sshd on a host logs from the moment at which this is made."""

    def __init__(self, host: LabHost) -> None:
        self._host = host
        self._mark = len(self._all())

    def _all(self) -> list[str]:
        # By program, not by unit: what sshd's child logs for a user other than root is in that user's scope.
        journal = self._host.run("journalctl SYSLOG_IDENTIFIER=sshd --output=cat --no-pager")
        return journal.stdout.splitlines()

    def lines(self) -> list[str]:
        """The lines since the mark, complete once every connection has ended."""
        begun = time.monotonic()
        while True:
            lines = self._all()[self._mark :]
            connections = _how_many(BEGUN, lines)
            if connections and _how_many(ENDED, lines) >= connections:
                return lines
            if time.monotonic() - begun > (SETTLE if connections else NOBODY):
                return lines
            time.sleep(0.1)

    def count(self) -> Count:
        """Connections and commands since the mark. Close what you opened before: open ones are waited for."""
        lines = self.lines()
        return Count(connections=_how_many(BEGUN, lines), commands=_how_many(COMMAND, lines))


def _how_many(pattern: re.Pattern[str], lines: Iterable[str]) -> int:
    return sum(pattern.match(line) is not None for line in lines)
