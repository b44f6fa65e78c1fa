"""What is done with a host when it has its turn: brought to its goal, with the operator's hooks around any change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from provision.asked import Asked
from provision.converge import Goal, Remote, converge
from provision.errors import Failed, HostError
from provision.events import Observer, Outcome, Status
from provision.fleet import hooks
from provision.fleet.guarded import Guarded
from provision.fleet.hooks import Hook
from provision.fleet.orders import Orders

SERVES = frozenset({Status.UNCHANGED, Status.CHANGED, Status.REFUSED})
"""Ends after which a host is as asked for, or as it was."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host by the name that it is called by, the way to it, and what is asked for of it.

    `address` is how it is reached in words, `place` tells whether two names are one host.
    """

    name: str
    remote: Remote
    asked: Asked
    address: str
    place: str


def guarded(
    host: Host, orders: Orders, tell: Callable[[str, str], None], before: Callable[[], None] | None = None
) -> Guarded:
    """The way to a host with the manners of a run; `tell` hears of it, by the host's name."""
    return Guarded(
        host.remote,
        retries=orders.retries,
        limit=orders.limit,
        before=before,
        tell=lambda text: tell(host.name, text),
    )


def _whereabouts(place: str) -> str:
    """The host's own part of its place, without the port."""
    return place.partition(" via ")[0].rpartition(":")[0]


@dataclass(frozen=True, slots=True)
class Turn:
    """Called with a host's name, gives its end. It never raises what concerns that host alone."""

    hosts: Mapping[str, Host]
    goals: Mapping[str, Goal]
    orders: Orders
    observer: Observer

    def __call__(self, name: str) -> Outcome:
        return self.alone(name)(self.observer)

    def alone(self, name: str) -> Callable[[Observer], Outcome]:
        """One host's turn as a value."""
        return partial(_turn, self.hosts[name], self.goals[name], self.orders)

    def lost(self, name: str, why: str) -> Outcome:
        """The end of a host of which nobody knows how it ended."""
        error = Failed(f"{why}; what was begun on the host goes on by itself: run again, or see `attach`")
        host = self.hosts[name]
        return Outcome(name, Status.FAILED, error=error, known_as=(host.address, _whereabouts(host.place)))


def _turn(host: Host, goal: Goal, orders: Orders, observer: Observer) -> Outcome:
    about = {"host": host.name, "address": host.address}
    begun: list[str] = []

    def before() -> None:
        if orders.before is not None:
            observer.step(host.name, "--before")
            hooks.refusing(orders.before, about)
        begun.append(host.name)

    remote = guarded(host, orders, observer.step, before)
    try:
        outcome = converge(host.name, remote, goal, observer)
    finally:
        remote.close()
    outcome.known_as = (host.address, _whereabouts(host.place))
    if begun and orders.after is not None:
        _after(orders.after, outcome, about, observer)
    return outcome


def _after(hook: Hook, outcome: Outcome, about: Mapping[str, str], observer: Observer) -> None:
    """A host that isn't well isn't put back to work."""
    if outcome.status not in SERVES:
        outcome.notes.append(
            "--after was not run, for the host isn't as asked for: see to it, then run it by hand"
        )
        return
    observer.step(outcome.host, "--after")
    try:
        hook.run({**about, "status": str(outcome.status)})
    except HostError as error:
        text = f"{error}; see why, then run it by hand: a later run does so only where it changes something"
        outcome.error, outcome.status = Failed(text, log=error.log), Status.FAILED
