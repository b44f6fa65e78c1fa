"""The live view of a run: at the bottom of a terminal what is under way, above it what stays."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live

from provision.events import FAILURES, Course, Outcome
from provision.plan import Plan
from provision.report.board import Board, Flight, Size, frame
from provision.report.terminal import outcome_line
from provision.report.texts import Words
from provision.report.views import Lines
from provision.words import yum

TICK = 0.25
"""Seconds between two drawings. What happens in between is drawn at once, so that a thousand hosts don't flicker."""


class Terminal(Lines):
    """What stays are waves, failures in a line each, and what was asked for by `plan`, each plan once.

    Events only note what has happened; a thread of its own draws.
    """

    def __init__(self, console: Console, words: Words) -> None:
        super().__init__(console, words)
        self._board = Board()
        self._above: list[RenderableType] = []
        self._steps: dict[str, str] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._live = Live(console=console, auto_refresh=False, transient=True, get_renderable=self._frame)
        self._drawer = threading.Thread(target=self._draw, name="view", daemon=True)

    def __enter__(self) -> Terminal:
        self._live.start()
        self._drawer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._drawer.join()
        self._refresh()
        self._live.stop()

    # -- what happens

    def begun(self, course: Course) -> None:
        super().begun(course)
        with self._lock:
            board = self._board
            board.command, board.total = course.command, len(course.hosts)
            board.waves, board.since = len(course.waves), time.monotonic()

    def wave(self, number: int, hosts: Sequence[str]) -> None:
        with self._lock:
            self._board.wave = number
            self._board.checked.clear()
        super().wave(number, hosts)

    def started(self, host: str) -> None:
        with self._lock:
            self._board.begun += 1
            self._board.flying[host] = Flight(time.monotonic(), self._words("reading"))

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
                self._board.checked[host] = Flight(time.monotonic())
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
                self._refresh()
        except OSError:
            return  # the terminal has gone; the run goes on

    def _refresh(self) -> None:
        with self._lock:
            above, self._above = self._above, []
        if above:
            self._console.print(Group(*above), soft_wrap=True)
        self._live.refresh()

    def _frame(self) -> RenderableType:
        with self._lock:
            return frame(self._board, self._words, time.monotonic(), Size(*self._console.size))
