"""Runners: how many hosts at a time, and where. Each is a small class behind one seam."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

Host = TypeVar("Host")
Result = TypeVar("Result")


HEARS = 0.5
"""Seconds after which the main thread hears of a signal at the latest: one that comes just before a wait without an
end isn't heard in it."""


class Runner(Protocol):
    """How the hosts of a run get their turn."""

    def run(self, hosts: Iterable[Host], work: Callable[[Host], Result]) -> Iterator[Result]:
        """The results as they come. A host is taken from `hosts` when there is room for it and not before, so that
        whoever gives them can stop. `work` raises nothing that concerns one host alone."""


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
