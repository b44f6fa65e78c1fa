"""What tests have done with hosts: a function, as a runner takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from provision.events import Observer

Result = TypeVar("Result")


@dataclass(frozen=True)
class Here(Generic[Result]):
    """A `Work` that calls a function. What gets lost is a test's failure."""

    do: Callable[[str], Result]
    observer: Observer = field(default_factory=Observer)

    def __call__(self, host: str) -> Result:
        return self.do(host)

    def alone(self, host: str) -> Callable[[Observer], Result]:
        return lambda _: self.do(host)

    def lost(self, host: str, why: str) -> Result:
        raise AssertionError(f"{host}: {why}")
