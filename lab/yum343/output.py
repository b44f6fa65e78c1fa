"""Words on stdout and stderr, and the layout of yum's tables."""

import errno
import gettext
import os
import sys
from collections.abc import Sequence
from typing import TextIO

WIDTH = 80
UNITS = ("", "k", "M", "G")
CATALOG = gettext.translation("yum", "/usr/share/locale", fallback=True)
"""What the host has of translations: like yum, it looks at LANGUAGE before LC_ALL."""


class Error(Exception):
    """Ends the command with exit code 1; the text goes to stderr as it is."""


class Output:
    """What is shown at which debug level: 2 is normal, -q is 0."""

    def __init__(self) -> None:
        self.level = 2

    def say(self, text: str = "", level: int = 2, end: str = "\n") -> None:
        """A line on stdout, if at least this level is asked for."""
        if level <= self.level:
            _write(sys.stdout, text + end)

    def warn(self, text: str) -> None:
        """A line on stderr, always."""
        _write(sys.stderr, text + "\n")


def _write(stream: TextIO, text: str) -> None:
    text = "\n".join(CATALOG.gettext(line) if line else line for line in text.split("\n"))
    try:
        print(text, end="", file=stream, flush=True)
    except OSError:
        # yum goes on and installs when nobody reads or nothing more fits (yum 3.4.3, run). What is left in
        # the buffer must not spoil the exit code either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def number(size: float) -> str:
    """A size as in the transaction's table: `829  `, `5.2 k`, `1.3 M`."""
    unit = 0
    while size > 999 and unit < len(UNITS) - 1:
        size, unit = size / 1024, unit + 1
    digits = f"{size:.1f}" if unit and size < 9.95 else f"{size:.0f}"
    return f"{digits} {UNITS[unit] or ' '}"


def columns(rows: Sequence[Sequence[str]], indent: str = "", *, last_right: bool = False) -> list[str]:
    """Rows in columns over the whole width; a first cell that is too long stands on a line of its own."""
    if not rows:
        return []
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    spare = WIDTH - len(indent) - sum(widths) - (len(widths) - 1)
    share, rest = divmod(max(spare, 0), len(widths) - 1)
    widths = [width + share + (1 if n < rest else 0) for n, width in enumerate(widths[:-1])] + widths[-1:]
    widths[0] += min(spare, 0)
    return [_row(cells, widths, indent, last_right=last_right) for cells in rows]


def _row(cells: Sequence[str], widths: list[int], indent: str, *, last_right: bool) -> str:
    first, *middle, last = cells
    start = first.ljust(widths[0])
    if len(first) > widths[0]:
        start = f"{first}\n{indent}{' ' * widths[0]}"
    inner = [cell.ljust(width) for cell, width in zip(middle, widths[1:-1], strict=True)]
    end = last.rjust(widths[-1]) if last_right else last.ljust(widths[-1])
    return indent + " ".join([start, *inner, end])


def no_space(error: OSError) -> bool:
    """Whether a disk is full."""
    return error.errno == errno.ENOSPC
