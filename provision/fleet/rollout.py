"""A run from its first host to its last: what happens in it is told to its observer as events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from provision.errors import Failed, HostError, LetGo
from provision.events import FAILURES, Cause, Course, End, Observer, Outcome, Status
from provision.fleet.interrupt import Stop
from provision.fleet.runners import Runner, Work

Gate = Callable[[Sequence[str]], Mapping[str, HostError]]
"""Looks at hosts after their wave; what is wrong with those that aren't well."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """Gives the hosts of a course their turn, wave by wave.

    If more than `allowed` hosts fail, no other host begins. `gate` looks at the hosts of a wave that ended well, and
    `pause` seconds lie between two waves.
    """

    runner: Runner
    observer: Observer
    allowed: int | None = None
    pause: float = 0.0
    gate: Gate | None = None
    stop: Stop = field(default_factory=Stop)

    def run(self, course: Course, work: Work[Outcome]) -> End:
        """Have `work` done for each host. It is called from the runner's threads."""
        return _Progress(self, course, work).run()


class _Progress:
    """A rollout under way."""

    def __init__(self, rollout: Rollout, course: Course, work: Work[Outcome]) -> None:
        self._rollout, self._course, self._work = rollout, course, work
        self._tell = rollout.observer
        self._began: dict[str, None] = {}
        self._outcomes: dict[str, Outcome] = {}

    def run(self) -> End:
        begun = time.monotonic()
        self._tell.begun(self._course)
        try:
            with self._rollout.stop.on_signals(self._stopping):
                cause = self._waves()
        except LetGo:
            cause = Cause.LET_GO
        end = End(
            cause,
            tuple(self._outcomes[host] for host in self._course.hosts if host in self._outcomes),
            in_flight=tuple(host for host in self._began if host not in self._outcomes),
            untouched=tuple(host for host in self._course.hosts if host not in self._began),
            seconds=time.monotonic() - begun,
        )
        self._tell.ended(end)
        return end

    def _waves(self) -> Cause:
        for number, hosts in enumerate(self._course.waves, 1):
            self._tell.wave(number, hosts)
            for outcome in self._rollout.runner.run(self._turns(hosts), self._work):
                self._outcomes[outcome.host] = outcome
                self._tell.finished(outcome)
            if not self._halted:
                self._check(hosts)
            if not self._halted and number < len(self._course.waves):
                self._rollout.stop.sleep(self._rollout.pause)
            if self._halted:
                break
        if len(self._began) == len(self._course.hosts):
            return Cause.DONE
        return Cause.INTERRUPTED if self._rollout.stop.asked else Cause.TOO_MANY_FAILURES

    def _turns(self, hosts: Sequence[str]) -> Iterator[str]:
        """The hosts of a wave, for as long as others may begin."""
        for host in hosts:
            if self._halted:
                return
            self._began[host] = None
            self._tell.started(host)
            yield host

    @property
    def _halted(self) -> bool:
        """Whether no other host may begin."""
        failures = sum(outcome.status in FAILURES for outcome in self._outcomes.values())
        allowed = self._rollout.allowed
        return self._rollout.stop.asked or (allowed is not None and failures > allowed)

    def _check(self, hosts: Sequence[str]) -> None:
        """Look at those that ended well; who isn't well counts as failed."""
        well = [host for host in hosts if self._outcomes[host].status not in FAILURES]
        if self._rollout.gate is None or not well:
            return
        for host, error in self._rollout.gate(well).items():
            outcome = self._outcomes[host]
            outcome.status, outcome.error = (
                Status.FAILED,
                Failed(f"checked after its wave: {error}", log=error.log),
            )
            self._tell.unhealthy(outcome)

    def _stopping(self) -> None:
        self._tell.stopping(tuple(host for host in list(self._began) if host not in self._outcomes))
