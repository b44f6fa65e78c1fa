"""Who watches a run for a person: a live view in a terminal, lines in a pipe or log, nothing with --quiet.

All hear the same events. What there is to say in the end is told by `summary`, whoever watched.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from rich.console import Console, RenderableType
from rich.text import Text

from provision.events import Course, Observer, Outcome
from provision.plan import Plan
from provision.report.clean import clean, cut
from provision.report.terminal import nothing_in, outcome_line, plan_view, stopping_line, wave_line
from provision.report.texts import Words
from provision.words import yum


class Quiet(Observer, AbstractContextManager["Quiet"]):
    """Says nothing but what Ctrl-C has done."""

    def __init__(self, console: Console, words: Words) -> None:
        self._console, self._words = console, words
        self._course: Course | None = None

    def __exit__(self, *_: object) -> None:
        """Nothing to put away."""

    def begun(self, course: Course) -> None:
        self._course = course

    def stopping(self, in_flight: Sequence[str]) -> None:
        self._print(stopping_line(in_flight, self._words))

    def _print(self, line: RenderableType) -> None:
        self._console.print(line, soft_wrap=True)

    @property
    def _alone(self) -> bool:
        """Whether the run is about one host, whose end is told behind it."""
        return self._course is not None and len(self._course.hosts) == 1


class Lines(Quiet):
    """Progress as lines, for logs and pipes: plans, each change as it begins, yum's packages, each host's end."""

    def __init__(self, console: Console, words: Words) -> None:
        super().__init__(console, words)
        self._plans: dict[str, str] = {}
        self._readers: dict[str, yum.ProgressReader] = {}

    def wave(self, number: int, hosts: Sequence[str]) -> None:
        if self._course is not None and len(self._course.waves) > 1:
            self._print(wave_line(number, hosts, self._words))

    def planned(self, host: str, found: Plan) -> None:
        if nothing_in(found) and not self._alone:
            return  # its end says so
        other = self._plans.setdefault(_compared(found), host)
        if other == host or self._alone:
            self._print(plan_view(host, found, self._words))
        else:
            self._same(host, other)

    def _same(self, host: str, other: str) -> None:
        self._print(Text(self._words("plan.same", host=host, other=other)))

    def step(self, host: str, ident: str) -> None:
        self._say(host, ident)

    def said(self, host: str, piece: str) -> None:
        for told in self._readers.setdefault(host, yum.ProgressReader()).feed(piece):
            self._say(host, f"  {told.verb} {told.package} {told.k}/{told.n}")

    def finished(self, outcome: Outcome) -> None:
        if not self._alone:
            self._print(outcome_line(outcome, self._words))

    def unhealthy(self, outcome: Outcome) -> None:
        self.finished(outcome)

    def _say(self, host: str, text: str) -> None:
        self._print(Text(f"{host}: {cut(clean(text))}"))


def _compared(found: Plan) -> str:
    """What two plans are held against each other by."""
    console = Console(width=10_000, color_system=None)
    with console.capture() as capture:
        console.print(plan_view("", found))
    return capture.get()


def view(console: Console, words: Words, *, quiet: bool = False) -> Quiet:
    """The view that suits where the console's output goes."""
    if quiet:
        return Quiet(console, words)
    # not `is_terminal`: with FORCE_COLOR that holds for a pipe, too
    if console.file.isatty() and not console.is_dumb_terminal:
        from provision.report.live import Terminal  # noqa: PLC0415  a pipe needs none of it

        return Terminal(console, words)
    return Lines(console, words)
