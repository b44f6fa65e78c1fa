"""The events of a run: every observer hears all of them, one after another."""

from __future__ import annotations

import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from provision.events import Observer, Observers

EVENTS = [name for name in vars(Observer) if not name.startswith("_")]


class Recorder(Observer):
    """Keeps the names of the events, and whether two of them ever came at once."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.together = False
        self._inside = threading.Lock()
        for name in EVENTS:
            setattr(self, name, self._hear(name))

    def _hear(self, name: str) -> Any:
        def hear(*_: object) -> None:
            self.together |= not self._inside.acquire(blocking=False)
            self.heard.append(name)
            self._inside.release()

        return hear


def tell(observer: Observer, name: str) -> None:
    """Tell an event about nothing in particular."""
    event = getattr(observer, name)
    event(*[None] * len(inspect.signature(event).parameters))


def test_each_event_reaches_every_observer() -> None:
    first, second = Recorder(), Recorder()
    both = Observers(first, second)
    for name in EVENTS:
        tell(both, name)
    assert first.heard == second.heard == EVENTS


def test_what_an_observer_does_not_care_for_is_nothing_to_it() -> None:
    for name in EVENTS:
        tell(Observer(), name)


def test_events_of_several_threads_come_one_after_another() -> None:
    recorder = Recorder()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: tell(Observers(recorder), "said"), range(20)))
        both = Observers(recorder)
        recorder.together = False
        list(pool.map(lambda _: tell(both, "said"), range(200)))
    assert not recorder.together
    assert len(recorder.heard) == 220
