"""The commands that plan or change hosts: from what is asked for to what is told in the end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from provision.advisories import Advisories
from provision.asked import Asked
from provision.converge import Goal
from provision.errors import INTERRUPTED, LetGo
from provision.events import Cause, End, Observers, Status
from provision.fleet import past, runners
from provision.fleet.campaign import Campaign
from provision.fleet.turn import Host
from provision.report import data, summary, views
from provision.report.clean import document
from provision.report.summary import Shown
from provision.report.terminal import advisories_view
from provision.report.texts import Words
from provision.request import Request
from provision.resources.withdrawal import Withdrawal

EXIT = {
    Status.UNCHANGED: 0,
    Status.CHANGED: 0,
    Status.PENDING: 3,
    Status.REFUSED: 1,
    Status.FAILED: 1,
    Status.UNREACHABLE: 1,
}
SEVERITY = (2, 1, 3, 0)
"""Of several hosts' exit codes the first of these that occurs is the run's."""


@dataclass(frozen=True, slots=True)
class Mode:
    """What a command does with its hosts: brings them to what is asked for, or takes that away, or only plans it."""

    only: frozenset[str] = frozenset()
    withdraw: Withdrawal | None = None
    dry_run: bool = False


def unheard(hosts: Sequence[Host]) -> list[Advisories]:
    """What is known against the versions that are asked for, each version once, unless all who ask for it know it."""
    found = {}
    for host in hosts:
        if not host.asked.spec.ack_eol:
            found[host.asked.advisories.version] = host.asked.advisories
    return list(found.values())


def exit_code(end: End) -> int:
    """Of the hosts' exit codes the gravest; that of an interrupted run is its own."""
    if end.cause in (Cause.INTERRUPTED, Cause.LET_GO):
        return INTERRUPTED
    codes = {EXIT[outcome.status] for outcome in end.outcomes}
    return next(code for code in SEVERITY if code in codes)


@dataclass(frozen=True, slots=True)
class Changing:
    """One of these commands. Its `mode` says which."""

    request: Request
    command: str
    mode: Mode
    out: Console

    def run(self) -> int:
        """The exit code."""
        command, mode = self.command, self.mode
        resumed = past.resumed()
        if resumed is not None:
            if mode.dry_run or resumed[0] != command:
                print(f"{command}: passed over, for the run that goes on came behind it", file=sys.stderr)
                return 0
            past.taken_up()
        again = resumed[1] if resumed else None
        hosts = self.request.hosts([host for wave in again.waves for host in wave] if again else ())
        shown = self._shown
        view = views.view(self.out, shown.words, quiet=shown.quiet)
        with view, runners.opened(self.request.orders) as runner:
            campaign = Campaign(
                command,
                hosts,
                self._goals(hosts),
                self.request.orders,
                Observers(self.request.files.recorder, view),
                runner,
                checked=not (mode.withdraw or mode.only),
            )
            end = campaign.look() if mode.dry_run else campaign.change(past.typed(), again)
        known = [] if mode.withdraw else unheard(hosts)
        try:
            self.request.files.write(exit_code(end), known)
        finally:  # whoever reads along may have gone, as `| head` does: what is to be written was written before
            self._tell(end, known)
        if end.cause is Cause.LET_GO:
            raise LetGo
        return exit_code(end)

    @property
    def _shown(self) -> Shown:
        return Shown(Words(self.request.language), self.request.switch("quiet"))

    def _tell(self, end: End, known: Sequence[Advisories]) -> None:
        shown = self._shown
        for version in [] if shown.quiet else known:
            self.out.print(advisories_view(version, shown.words), soft_wrap=True)
        for line in summary.lines(end, shown, kept=not self.mode.dry_run):
            self.out.print(line, soft_wrap=True)
        if self.mode.dry_run and not shown.quiet:
            self.out.print(shown.words("dry"))
        if self.request.json:
            print(document(data.run(end, known)))

    def _goals(self, hosts: Sequence[Host]) -> dict[str, Goal]:
        """By name; hosts of which the same is asked share one."""
        goals = {
            id(asked): self._goal(asked) for asked in {id(host.asked): host.asked for host in hosts}.values()
        }
        return {host.name: goals[id(host.asked)] for host in hosts}

    def _goal(self, asked: Asked) -> Goal:
        mode = self.mode
        return Goal(
            self.request.steps(asked, mode.only, mode.withdraw),
            mode.only,
            withdraw=mode.withdraw is not None,
            dry_run=mode.dry_run,
            terms=asked.terms,
            lock_timeout=self.request.lock_timeout,
            secrets=asked.handed.secrets,
        )
