"""What is done with a host behind its wave: looked at, as `verify` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from provision import verify
from provision.errors import Failed, HostError
from provision.events import CHECK, Observer
from provision.fleet.orders import Orders
from provision.fleet.turn import Host, guarded

CHECKS = f"{CHECK}s"
"""What a host is at after its wave."""
Found = tuple[str, HostError | None]
"""A host's name, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Check:
    """Called with a host's name, says what is wrong with it, if anything is."""

    hosts: Mapping[str, Host]
    orders: Orders
    observer: Observer

    def __call__(self, name: str) -> Found:
        return self.alone(name)(self.observer)

    def alone(self, name: str) -> Callable[[Observer], Found]:
        """One host's check as a value."""
        return partial(_check, self.hosts[name], self.orders)

    def lost(self, name: str, why: str) -> Found:
        """A host that couldn't be looked at isn't known to be well."""
        return name, Failed(f"couldn't be looked at: {why}")


def _check(host: Host, orders: Orders, observer: Observer) -> Found:
    observer.step(host.name, CHECKS)
    remote = guarded(host, orders, observer.step)
    try:
        subject = verify.Subject(remote, host.asked.spec, host.asked.handed)
        return host.name, verify.trouble(host.name, subject)
    finally:
        remote.close()
        observer.changed(host.name, CHECKS)
