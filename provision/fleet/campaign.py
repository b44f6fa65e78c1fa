"""A run that plans or changes hosts, with all that belongs to it: waves, claims, journal, health checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provision.converge import Goal
from provision.errors import HostError
from provision.events import Course, End, Observer, Observers
from provision.fleet import waves
from provision.fleet.check import Check
from provision.fleet.claims import Claims
from provision.fleet.journal import Journal, Typed, folder
from provision.fleet.orders import Orders
from provision.fleet.rollout import Gate, Rollout
from provision.fleet.runners import Runner
from provision.fleet.turn import Host, Turn

JOURNAL = "runs.sqlite"


@dataclass(frozen=True, slots=True)
class Resumed:
    """An earlier run that is gone on with: its id, and what is left of its waves."""

    id: str
    waves: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """What a command does with its hosts. `goals` are by the hosts' names; `checked`: hosts are looked at after each
    wave, as `verify` does."""

    command: str
    hosts: Sequence[Host]
    goals: Mapping[str, Goal]
    orders: Orders
    observer: Observer
    runner: Runner
    checked: bool = False

    def look(self) -> End:
        """Plan for all hosts, and change nothing."""
        course = Course.new(self.command, (self._names,), dry_run=True)
        return self._rollout(self.observer).run(course, self._turn(self.observer))

    def change(self, typed: Typed, resumed: Resumed | None = None) -> End:
        """Bring all hosts to their goals. Raises OperatorError where another run is at one of them."""
        found = resumed or Resumed("", waves.cut(self._names, self.orders.waves))
        course = Course.new(self.command, found.waves, dry_run=False, run=found.id)
        places = {host.name: host.place for host in self.hosts}
        with Claims(folder()).held(course.id, places):
            journal = Journal(folder() / JOURNAL, typed)
            try:
                observer = Observers(journal, self.observer)
                return self._rollout(observer).run(course, self._turn(observer))
            finally:
                journal.close()

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(host.name for host in self.hosts)

    def _turn(self, observer: Observer) -> Turn:
        return Turn({host.name: host for host in self.hosts}, self.goals, self.orders, observer)

    def _rollout(self, observer: Observer) -> Rollout:
        orders = self.orders
        return Rollout(
            self.runner,
            observer,
            allowed=None if orders.allowed is None else orders.allowed.down(len(self.hosts)),
            pause=orders.pause,
            gate=self._gate(observer) if self.checked and orders.waves else None,
        )

    def _gate(self, observer: Observer) -> Gate:
        check = Check({host.name: host for host in self.hosts}, self.orders, observer)

        def gate(names: Sequence[str]) -> Mapping[str, HostError]:
            return {name: error for name, error in self.runner.run(names, check) if error is not None}

        return gate
