"""The live view as a value: what of a run is under way, and the few lines that a terminal shows of it.

Of bounded height, whatever the run: those longest in flight have a line each, the others are a number. No line is
longer than what it says: what reaches the right edge is wrapped by a terminal that gets narrower, and stays behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from provision.events import Status
from provision.report.clean import one_line
from provision.report.summary import clock
from provision.report.terminal import COLOURS
from provision.report.texts import Words

ROWS = 10
"""Hosts that have a line at most."""
AROUND = 4
"""Lines that aren't hosts': progress, counts, how many more; and one that stays free above."""
WIDE = 74
"""Columns from which on there is room for a bar, and for all words."""
BAR = 20
"""Columns of the bar."""
LONGEST = 200
"""Characters of a step; a terminal cuts it to its width."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of a terminal, in columns and lines."""

    width: int
    height: int


@dataclass(slots=True)
class Flight:
    """A host under way, since when, and what it does."""

    since: float
    doing: str = ""


@dataclass(slots=True)
class Board:
    """What is known of a run at a moment. Times are in seconds of one clock."""

    command: str = ""
    total: int = 0
    waves: int = 1
    since: float = 0.0
    wave: int = 0
    begun: int = 0
    flying: dict[str, Flight] = field(default_factory=dict)
    checked: dict[str, Flight] = field(default_factory=dict)
    """Hosts whose turn is over, and which are looked at behind their wave."""
    ends: dict[str, Status] = field(default_factory=dict)

    def doing(self, host: str, what: str) -> None:
        """A host says what it does."""
        flight = self.flying.get(host) or self.checked.get(host)
        if flight is not None:
            flight.doing = one_line(what)[:LONGEST]

    def finished(self, host: str, status: Status) -> None:
        """A host has ended."""
        self.flying.pop(host, None)
        self.ends[host] = status


def frame(board: Board, words: Words, now: float, size: Size) -> RenderableType:
    """What the terminal shows: each line of it fits into the width, and all of them into the height."""
    if board.total <= 1:
        return Group(*_rows(board, now, 1))
    room = max(1, min(ROWS, size.height - AROUND))
    return Group(
        _progress(board, words, now, size.width), _counts(board, words), *_rows(board, now, room, words)
    )


def _progress(board: Board, words: Words, now: float, width: int) -> RenderableType:
    done = len(board.ends)
    texts = [board.command] if width >= WIDE or board.waves == 1 else []
    if board.waves > 1:
        texts.append(words("wave.of", number=board.wave, waves=board.waves))
    grid = Table.grid(padding=(0, 2))
    cells: list[RenderableType] = []
    for text in texts:
        grid.add_column(no_wrap=True, overflow="ellipsis")
        cells.append(Text(text, style="bold"))
    if width >= WIDE:
        grid.add_column(width=BAR)
        cells.append(ProgressBar(total=max(1, board.total), completed=done))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_row(*cells, f"{done}/{board.total}", clock(now - board.since))
    return grid


def _counts(board: Board, words: Words) -> RenderableType:
    found = Counter(board.ends.values())
    parts = [
        Text(words("count", count=found[status], status=words.status(status)), style=COLOURS[status])
        for status in Status
        if found[status]
    ]
    for key, count in (
        ("in-flight", len(board.flying)),
        ("checking", len(board.checked)),
        ("waiting", board.total - board.begun),
    ):
        if count:
            parts.append(Text(words(key, count=count)))
    line = Text("  ").join(parts)
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _rows(board: Board, now: float, room: int, words: Words | None = None) -> Iterator[RenderableType]:
    flights = sorted([*board.flying.items(), *board.checked.items()], key=lambda each: each[1].since)
    shown = flights[:room]
    if shown:
        yield _table(shown, now)
    if words is not None and len(flights) > room:
        yield Text(f"  {words('more', count=len(flights) - room)}", style="dim")


def _table(flights: Sequence[tuple[str, Flight]], now: float) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, justify="right", min_width=6)
    grid.add_column(no_wrap=True, overflow="ellipsis", style="bold", max_width=40)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    for host, flight in flights:
        grid.add_row(clock(now - flight.since), Text(host), Text(flight.doing))
    return grid
