"""The hosts of a run and how they get their turn.

Runners are small classes behind one seam: `run` calls `work` once for each host and yields what it gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Protocol, TypeVar

Host = TypeVar("Host")
Result = TypeVar("Result")

FORKS = 20
"""Hosts at a time. A host in flight costs the controller a thread that mostly waits."""


class Runner(Protocol):
    """How the hosts of a run get their turn."""

    def run(self, hosts: Sequence[Host], work: Callable[[Host], Result]) -> Iterator[Result]:
        """The results as they come; `work` raises nothing that concerns one host alone."""


@dataclass(frozen=True, slots=True)
class Threads:
    """As many hosts at a time as `forks` says, each in a thread of its own."""

    forks: int = FORKS

    def run(self, hosts: Sequence[Host], work: Callable[[Host], Result]) -> Iterator[Result]:
        with ThreadPoolExecutor(max_workers=self.forks, thread_name_prefix="host") as pool:
            for future in as_completed([pool.submit(work, host) for host in hosts]):
                yield future.result()
