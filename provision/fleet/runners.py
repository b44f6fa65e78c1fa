"""Runners: how many hosts at a time, and where. Each is a small class behind one seam."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

from provision.errors import OperatorError
from provision.events import Observer
from provision.fleet.orders import Orders, forks

Host = TypeVar("Host")
Result = TypeVar("Result")
Given_co = TypeVar("Given_co", covariant=True)


HEARS = 0.5
"""Seconds after which the main thread hears of a signal at the latest: one that comes just before a wait without an
end isn't heard in it."""


class Work(Protocol[Given_co]):
    """What is done with a host, by its name. It raises nothing that concerns one host alone."""

    @property
    def observer(self) -> Observer:
        """Who is told of what happens."""

    def __call__(self, host: str, /) -> Given_co:
        """Do it here."""

    def alone(self, host: str, /) -> Callable[[Observer], Given_co]:
        """The same for this host alone, as a value that can be pickled and called on another machine."""

    def lost(self, host: str, why: str, /) -> Given_co:
        """What counts where nobody knows what came of it."""


class Runner(Protocol):
    """How the hosts of a run get their turn."""

    def run(self, hosts: Iterable[str], work: Work[Result]) -> Iterator[Result]:
        """The results as they come. A host is taken from `hosts` when there is room for it and not before, so that
        whoever gives them can stop."""


@dataclass(frozen=True, slots=True)
class Threads:
    """As many hosts at a time as `forks` says, each in a thread of its own."""

    forks: int

    def run(self, hosts: Iterable[Host], work: Callable[[Host], Result]) -> Iterator[Result]:
        pool = ThreadPoolExecutor(max_workers=self.forks, thread_name_prefix="host")
        waiting, flying = iter(hosts), set[Future[Result]]()
        try:
            while True:
                flying |= {pool.submit(work, host) for host in islice(waiting, self.forks - len(flying))}
                if not flying:
                    return
                done, flying = wait(flying, HEARS, FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            # not waited for: whoever breaks off lets go of the hosts in flight
            pool.shutdown(wait=False)


@contextmanager
def opened(orders: Orders) -> Iterator[Runner]:
    """Who deals with the hosts, as the operator says. Raises OperatorError where workers can't."""
    if orders.scheduler is None:
        yield Threads(orders.forks or forks())
        return
    try:
        from provision.fleet import workers  # noqa: PLC0415  Dask is an extra
    except ImportError as error:
        raise OperatorError(
            f"--runner dask: {error.name} isn't installed: pip install 'docker-provision[dask]'"
        ) from None
    with workers.of(orders.scheduler, orders.forks) as found:
        yield found
