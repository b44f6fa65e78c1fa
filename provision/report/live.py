"""The live view of a run: at the bottom of a terminal what is under way, above it what stays."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType

from provision.events import FAILURES, Course, Outcome
from provision.plan import Plan
from provision.report import board
from provision.report.board import Board, Flight, Size
from provision.report.terminal import outcome_line
from provision.report.texts import Words
from provision.report.views import Lines
from provision.words import yum

TICK = 0.25
"""Seconds between two drawings. What happens in between is drawn at once, so that a thousand hosts don't flicker."""

REWRAP = (
    *("TMUX", "VTE_VERSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID", "ALACRITTY_WINDOW_ID", "WT_SESSION"),
    "TERM_PROGRAM",
)
"""What terminals have in the environment that wrap their lines anew when they get narrower (tmux 3.3a, run). Others, as
xterm and screen, cut them off."""


def rewraps(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is known to wrap lines anew. Of one within another, as screen (STY), that isn't known."""
    return "STY" not in environ and any(name in environ for name in REWRAP)


class Terminal(Lines):
    """What stays are waves, failures in a line each, and what was asked for by `plan`, each plan once.

    Events only note what has happened; a thread of its own draws. `clock` gives seconds, from whenever.
    """

    def __init__(self, console: Console, words: Words, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(console, words)
        self._clock = clock
        self._rewraps = rewraps(os.environ)
        self._drawn: tuple[RenderableType, int] = ("", 0)
        """The last frame, and how many columns the terminal had."""
        self._board = Board()
        self._above: list[RenderableType] = []
        self._steps: dict[str, str] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._live = Live(console=console, auto_refresh=False, transient=True, get_renderable=self.frame)
        self._drawer = threading.Thread(target=self._draw, name="view", daemon=True)

    def __enter__(self) -> Terminal:
        self._live.start()
        self._drawer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._drawer.join()
        self.refresh()
        self._live.stop()

    # -- what happens

    def begun(self, course: Course) -> None:
        super().begun(course)
        with self._lock:
            known = self._board
            known.command, known.total = course.command, len(course.hosts)
            known.waves, known.since = len(course.waves), self._clock()

    def wave(self, number: int, hosts: Sequence[str]) -> None:
        with self._lock:
            self._board.wave = number
            self._board.checked.clear()
        super().wave(number, hosts)

    def started(self, host: str) -> None:
        with self._lock:
            self._board.begun += 1
            self._board.flying[host] = Flight(self._clock(), self._words("reading"))

    def planned(self, host: str, found: Plan) -> None:
        """Of many hosts that are changed it would fill the screen; `plan` is for reading it before."""
        if self._alone or (self._course is not None and self._course.dry_run):
            super().planned(host, found)

    def _same(self, host: str, other: str) -> None:
        """That many have the same plan, their ends say."""

    def step(self, host: str, ident: str) -> None:
        self._steps[host] = ident
        with self._lock:
            if host in self._board.ends and host not in self._board.checked:
                self._board.checked[host] = Flight(self._clock())
        self._say(host, ident)

    def changed(self, host: str, ident: str) -> None:  # noqa: ARG002  Observer's signature
        with self._lock:
            self._board.checked.pop(host, None)

    def said(self, host: str, piece: str) -> None:
        for told in self._readers.setdefault(host, yum.ProgressReader()).feed(piece):
            self._say(host, f"{self._steps.get(host, '')}: {told.verb} {told.package} {told.k}/{told.n}")

    def finished(self, outcome: Outcome) -> None:
        with self._lock:
            self._board.finished(outcome.host, outcome.status)
        if outcome.status in FAILURES and not self._alone:
            line = outcome_line(outcome, self._words)
            line.no_wrap, line.overflow = True, "ellipsis"  # in full it stands at the end, by cause
            self._print(line)

    def _say(self, host: str, text: str) -> None:
        with self._lock:
            self._board.doing(host, text)

    def _print(self, line: RenderableType) -> None:
        with self._lock:
            self._above.append(line)

    # -- what is drawn

    def _draw(self) -> None:
        try:
            while not self._over.wait(TICK):
                self.refresh()
        except OSError:
            return  # the terminal has gone; the run goes on

    def refresh(self) -> None:
        """Draw what has happened since the last time: what stays, and the frame below it where the view is live."""
        with self._lock:
            above, self._above = self._above, []
        self._erase_wrapped()
        if above:
            self._console.print(Group(*above), soft_wrap=True)
        self._live.refresh()

    def frame(self) -> RenderableType:
        """What is under way."""
        size = Size(*self._console.size)
        with self._lock:
            found = board.frame(self._board, self._words, self._clock(), size)
        self._drawn = found, size.width
        return found

    def _erase_wrapped(self) -> None:
        """What a terminal that got narrower has made more rows of: rich erases as many as it has drawn."""
        frame, width = self._drawn
        columns = self._console.width
        if not self._rewraps or columns >= width:
            return
        lines = self._console.render_lines(frame, self._console.options.update(width=width), pad=False)
        cells = [sum(segment.cell_length for segment in line) for line in lines]
        more = sum(-(-count // columns) - 1 for count in cells if count)
        up = ((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1))
        self._console.control(Control(ControlType.CARRIAGE_RETURN, *up * more))
