"""A terminal that wraps its lines anew when it gets narrower or wider, as tmux does, and those of most desktops."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PIECE = re.compile(r"\x1b\[(?P<count>\d*)(?P<end>[AK])|\x1b\[[0-9;?]*[a-zA-Z]|(?P<one>.)", re.DOTALL)


@dataclass
class Row:
    """A row of the screen; `goes_on` where it was wrapped into the next."""

    text: str = ""
    goes_on: bool = False


class Rewrapping:
    """Its screen, from what is written to it."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._rows = [Row()]
        self._row = self._column = 0

    def write(self, text: str) -> None:
        for piece in _PIECE.finditer(text):
            if piece["end"] == "A":
                self._row = max(0, self._row - int(piece["count"] or 1))
            elif piece["end"] == "K":  # only ever of the whole row
                self._rows[self._row] = Row()
            elif piece["one"]:
                self._put(piece["one"])

    def _put(self, letter: str) -> None:
        if letter == "\r":
            self._column = 0
        elif letter == "\n":
            self._next()
        else:
            if self._column == self._width:
                self._rows[self._row].goes_on = True
                self._next()
            row = self._rows[self._row]
            row.text = f"{row.text[: self._column]:{self._column}}{letter}{row.text[self._column + 1 :]}"
            self._column += 1

    def _next(self) -> None:
        self._row, self._column = self._row + 1, 0
        if self._row == len(self._rows):
            self._rows.append(Row())

    def resize(self, width: int) -> None:
        """The cursor stays behind the letter behind which it stood."""
        rows, self._rows = self._rows, []
        start, cursor = 0, self._row
        while start < len(rows):
            end = next(n for n in range(start, len(rows)) if not rows[n].goes_on)
            whole = "".join(row.text for row in rows[start : end + 1])
            if start <= cursor <= end:
                before = sum(len(row.text) for row in rows[start:cursor]) + self._column
                more = max(0, before - 1) // width
                self._row, self._column = len(self._rows) + more, before - more * width
            pieces = [whole[at : at + width] for at in range(0, len(whole), width)] or [""]
            self._rows += [*(Row(piece, goes_on=True) for piece in pieces[:-1]), Row(pieces[-1])]
            start = end + 1
        self._width = width

    @property
    def lines(self) -> list[str]:
        """What can be read."""
        return [row.text.rstrip() for row in self._rows if row.text.strip()]
