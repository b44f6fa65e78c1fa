"""A host's connection with the manners of a run: tried again, given its time, with a hook before its first change.

All of that lies around `Remote`, so that whatever reads or changes a host has it without knowing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import stamina
from stamina.instrumentation import set_on_retry_hooks

from provision.converge import Output, Remote
from provision.errors import Failed, HostError, Unreachable
from provision.runs import HostRun

Result = TypeVar("Result")

FIRST, LONGEST, JITTER = 1.0, 30.0, 1.0
"""Seconds before the second attempt, at most before any, and at most more at random, lest a fleet come back at once."""

# stamina would log each attempt; the run's observer is told of them instead
set_on_retry_hooks([])


def _passing(error: Exception) -> bool:
    return isinstance(error, Unreachable) and error.passing


class Guarded:
    """A `Remote` around another one.

    `retries` is how often a connection that doesn't come about is tried again; `limit` are the seconds that the host
    has in all, from now on; `before` is called once, before the first change, and raises HostError to keep the host
    from it. `tell` hears what an operator wonders about while he waits.
    """

    def __init__(
        self,
        remote: Remote,
        *,
        retries: int = 0,
        limit: float | None = None,
        before: Callable[[], None] | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._remote, self._retries, self._before, self._tell = remote, retries, before, tell
        self._limit, self._late = limit, threading.Event()
        self._timer = threading.Timer(limit, self._time_is_up) if limit is not None else None
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()

    def read(self, script: str, *, timeout: float | None = None) -> Output:
        """As `Remote.read`."""
        return self._tried(lambda: self._remote.read(script, timeout=timeout))

    def watch(self, script: str, on_piece: Callable[[str], None]) -> Output:
        """As `Remote.watch`."""
        return self._tried(lambda: self._remote.watch(script, on_piece))

    def apply(self, run: HostRun, hear: Callable[[str], None], lost: Callable[[str], None]) -> Output:
        """As `Remote.apply`. An attempt that got so far as to begin something isn't repeated."""
        if self._before is not None:
            before, self._before = self._before, None
            with self._in_time():
                before()

        def heard(piece: str) -> None:
            self._raise_if_late()
            hear(piece)

        def gone(why: str) -> None:
            self._raise_if_late()  # else it would be come back to
            lost(why)

        return self._tried(lambda: self._remote.apply(run, heard, gone))

    def close(self) -> None:
        """As `Remote.close`; the time is no matter any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._remote.close()

    def _tried(self, attempt: Callable[[], Result]) -> Result:
        for each in stamina.retry_context(
            on=lambda error: _passing(error) and not self._late.is_set(),
            attempts=self._retries + 1,
            timeout=None,
            wait_initial=FIRST,
            wait_max=LONGEST,
            wait_jitter=JITTER,
        ):
            with each, self._in_time():
                try:
                    return attempt()
                except Unreachable as error:
                    if error.passing and each.num <= self._retries:
                        self._tell(f"attempt {each.num} of {self._retries + 1}: {error}")
                    raise
        raise AssertionError("an attempt ends with a result or an error")

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        try:
            self._raise_if_late()
            yield
        except HostError as error:
            if not self._late.is_set():
                raise
            raise Failed(
                f"no end within {self._limit:g} s (--timeout), so it was left; it may be at work still: run again",
                log=error.log,
            ) from error

    def _time_is_up(self) -> None:
        self._late.set()
        self._remote.close()

    def _raise_if_late(self) -> None:
        if self._late.is_set():
            raise Failed("late")
