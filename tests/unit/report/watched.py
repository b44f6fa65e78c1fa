"""Runs to watch: events as a rollout tells them, and a terminal's screen to see what a view makes of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from provision.errors import Failed, HostError, Unreachable
from provision.events import Cause, Course, End, Observers, Outcome, Status
from provision.plan import Item, Plan, Stage
from provision.report.views import Quiet
from provision.resources.base import Change, Finding

CHANGE = Change("file /etc/x", "absent", "mode 644", "it isn't there", "put_file")
EVIL = "\x1b[2J\x1b[1;31mred\x1b[0m\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x9b2J\x07\x08\r\x00\u202e[bold]markup[/bold]"
HARMLESS = "redlink2J[bold]markup[/bold]"
INSTALLING = f"  Installing : docker-ce-18.06.3.ce-3.el7.x86_64{' ' * 30}1/2 \n"


class Screen(io.StringIO):
    """Where a console writes to; `terminal` says whether it calls itself one."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def console(*, terminal: bool = False, width: int = 300, height: int = 50) -> Console:
    return Console(
        file=Screen(terminal=terminal), force_terminal=terminal, width=width, height=height, highlight=False
    )


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def plan_of(*findings: Finding) -> Plan:
    return Plan((Stage(tuple(Item("step", finding) for finding in findings)),))


def course(*waves: tuple[str, ...], dry_run: bool = False) -> Course:
    return Course("id", "setup-docker", waves, dry_run=dry_run, began=datetime(2026, 1, 1, tzinfo=UTC))


def changed(host: str, seconds: float = 1.0) -> Outcome:
    return Outcome(host, Status.CHANGED, plan_of(CHANGE), applied=[CHANGE], seconds=seconds)


def failed(host: str, error: HostError | None = None) -> Outcome:
    error = error or Failed("the disk is full", log=("df: 100%",))
    return Outcome(host, Status(error.outcome), error=error, seconds=2.0)


def away(host: str) -> Outcome:
    return failed(host, Unreachable(f"no answer from {host} port 22"))


def end_of(*outcomes: Outcome, cause: Cause = Cause.DONE, untouched: Sequence[str] = ()) -> End:
    return End(cause, outcomes, untouched=tuple(untouched), seconds=62.4)


def happen(view: Quiet, *outcomes: Outcome, dry_run: bool = False) -> None:
    """A run of one wave in which each host is planned, changes one thing while yum works, and ends."""
    tell = Observers(view)
    with view:
        tell.begun(course(tuple(outcome.host for outcome in outcomes), dry_run=dry_run))
        tell.wave(1, [outcome.host for outcome in outcomes])
        for outcome in outcomes:
            tell.started(outcome.host)
            tell.planned(outcome.host, plan_of(CHANGE))
            tell.step(outcome.host, "packages docker-ce")
            tell.said(outcome.host, INSTALLING)
            tell.finished(outcome)
        tell.ended(end_of(*outcomes))
