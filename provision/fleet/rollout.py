"""A run from its first host to its last: what happens in it is told to its observer as events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from provision.events import Cause, Course, End, Observer, Outcome
from provision.fleet.runners import Runner


@dataclass(frozen=True, slots=True)
class Rollout:
    """Gives the hosts of a course their turn, wave by wave."""

    runner: Runner
    observer: Observer

    def run(self, course: Course, work: Callable[[str], Outcome]) -> End:
        """Have `work` done for each host. It is called from the runner's threads."""
        began = time.monotonic()
        outcomes: dict[str, Outcome] = {}
        self.observer.begun(course)
        for number, hosts in enumerate(course.waves, 1):
            self.observer.wave(number, hosts)
            for outcome in self.runner.run(self._turns(hosts), work):
                outcomes[outcome.host] = outcome
        end = End(
            Cause.DONE,
            tuple(outcomes[host] for host in course.hosts if host in outcomes),
            seconds=time.monotonic() - began,
        )
        self.observer.ended(end)
        return end

    def _turns(self, hosts: Sequence[str]) -> Iterator[str]:
        for host in hosts:
            self.observer.started(host)
            yield host
