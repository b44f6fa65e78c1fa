"""The checks as events of a run, told as pytest makes them: each host has its turn, each check is a step of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from provision.errors import Failed, HostError
from provision.events import CHECK, Cause, Course, End, Observer, Outcome, Status
from provision.masking import masked

if TYPE_CHECKING:
    from provision.verify.collect import CheckOfHost


class Teller:
    """Tells an observer, as pytest's plugin, what pytest does with these hosts."""

    def __init__(self, observer: Observer, hosts: Sequence[str]) -> None:
        self._observer, self._hosts = observer, tuple(hosts)
        self._outcomes: dict[str, Outcome] = {}
        self._at = ""
        self._troubles: list[str] = []
        self._begun = self._turn = 0.0

    def pytest_sessionstart(self) -> None:
        self._begun = time.monotonic()
        self._observer.begun(Course.new("verify", (self._hosts,), dry_run=True))
        self._observer.wave(1, self._hosts)

    def pytest_runtest_setup(self, item: CheckOfHost) -> None:
        host = item.host.backend.hostname
        if host != self._at:
            self._finish()
            self._at, self._turn, self._troubles = host, time.monotonic(), []
            self._outcomes[host] = Outcome(host, Status.UNCHANGED, packages=item.host.backend.packages)
            self._observer.started(host)
        self._observer.step(host, _ident(item))

    def pytest_runtest_makereport(self, item: CheckOfHost, call: pytest.CallInfo[None]) -> None:
        if call.when != "call":
            return
        match call.excinfo.value if call.excinfo else None:
            case None:
                self._observer.changed(self._at, _ident(item))
            case HostError() as lost:
                outcome = self._outcomes[self._at]
                outcome.error, outcome.status = lost, Status(lost.outcome)
            case AssertionError() as wrong:
                self._troubles.append(masked(f"{_ident(item)}: {wrong}"))
            case Exception() as defect:
                self._troubles.append(masked(f"{_ident(item)}: {type(defect).__name__}: {defect}"))

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        broken = exitstatus == pytest.ExitCode.INTERRUPTED
        in_flight = (self._at,) if broken and self._at else ()
        if not in_flight:
            self._finish()
        ends = tuple(outcome for host, outcome in self._outcomes.items() if host not in in_flight)
        self._observer.ended(
            End(
                Cause.INTERRUPTED if broken else Cause.DONE,
                ends,
                in_flight=in_flight,
                untouched=tuple(host for host in self._hosts if host not in self._outcomes),
                seconds=time.monotonic() - self._begun,
            )
        )

    def _finish(self) -> None:
        """The host that was at it has ended."""
        if not self._at:
            return
        outcome = self._outcomes[self._at]
        outcome.seconds = time.monotonic() - self._turn
        if self._troubles and outcome.error is None:
            first, *more = self._troubles
            text = f"{first} (and {len(more)} more)" if more else first
            outcome.error, outcome.status = Failed(text, log=tuple(more)), Status.FAILED
        self._observer.finished(outcome)
        self._at = ""


def _ident(item: CheckOfHost) -> str:
    return f"{CHECK} {item.name}"
