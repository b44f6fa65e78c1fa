"""Reading tests/unit/recordings: what true programs printed, command by command.

A recording is text: `$ COMMAND`, its output, then `[STATUS]` on a line of its own for each program that ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RECORDINGS = Path(__file__).parent.parent / "recordings"


@dataclass(frozen=True, slots=True)
class Run:
    """One program's end: the command line it belongs to, what stands between the end before it and its own."""

    recording: str
    command: str
    output: str
    status: int


def text(name: str) -> str:
    """A whole recording; `name` like yum/03, by the number alone."""
    folder, _, number = name.partition("/")
    (path,) = (RECORDINGS / folder).glob(f"{number}-*.txt")
    return path.read_text(encoding="utf-8")


def runs(name: str) -> Iterator[Run]:
    """All ends in a recording, in order."""
    for block in re.split(r"^\$ ", text(name), flags=re.MULTILINE)[1:]:
        command, _, rest = block.partition("\n")
        begin = 0
        for end in re.finditer(r"^\[(\d+)\](?:  after .*)?$", rest, re.MULTILINE):
            yield Run(name, command.strip(), rest[begin : end.start()], int(end[1]))
            begin = end.end() + 1


def run(name: str, mark: str, *, failed: bool = False) -> Run:
    """The first run whose command or output holds `mark`; with `failed`, the first of those that failed."""
    return next(
        each
        for each in runs(name)
        if mark in f"{each.command}\n{each.output}" and (each.status or not failed)
    )
