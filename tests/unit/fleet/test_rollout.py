"""A run from its first host to its last, as its observer hears of it: waves, limits, checks, interruptions."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import Failed, HostError
from provision.events import FAILURES, Cause, Course, End, Observer, Outcome, Status
from provision.fleet.interrupt import Stop
from provision.fleet.rollout import Rollout
from provision.fleet.runners import Threads
from tests.unit.fleet.here import Here


class Told(Observer):
    """What is told of a run, in words."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.stopped = threading.Event()

    def begun(self, course: Course) -> None:
        self.words.append(f"begun {course.command}")

    def wave(self, number: int, hosts: object) -> None:
        self.words.append(f"wave {number} of {hosts}")

    def started(self, host: str) -> None:
        self.words.append(f"started {host}")

    def finished(self, outcome: Outcome) -> None:
        self.words.append(f"finished {outcome.host}")

    def unhealthy(self, outcome: Outcome) -> None:
        self.words.append(f"unhealthy {outcome.host}")

    def stopping(self, in_flight: Sequence[str]) -> None:
        self.words.append(f"stopping with {list(in_flight)}")
        self.stopped.set()

    def ended(self, end: End) -> None:
        self.words.append(f"ended {end.cause}")


def course(*waves: tuple[str, ...]) -> Course:
    return Course("id", "plan", waves, dry_run=False, began=datetime.now().astimezone())


def ended_well(host: str) -> Outcome:
    return Outcome(host, Status.UNCHANGED)


well = Here(ended_well)


def failing(*names: str) -> Here[Outcome]:
    def work(host: str) -> Outcome:
        return Outcome(host, Status.FAILED, error=Failed("no")) if host in names else ended_well(host)

    return Here(work)


def test_a_run_tells_its_course_its_waves_and_its_hosts() -> None:
    told, path = Told(), course(("a",), ("b", "c"))
    end = Rollout(Threads(1), told).run(path, well)
    assert (end.cause, end.untouched, end.in_flight) == (Cause.DONE, (), ())
    assert [outcome.host for outcome in end.outcomes] == ["a", "b", "c"] == list(path.hosts)
    assert told.words == [
        "begun plan",
        "wave 1 of ('a',)",
        "started a",
        "finished a",
        "wave 2 of ('b', 'c')",
        "started b",
        "finished b",
        "started c",
        "finished c",
        "ended done",
    ]


hosts = st.lists(st.sampled_from(sorted(Status)), min_size=1, max_size=20)


@given(hosts, st.integers(0, 5), st.integers(1, 4), st.integers(1, 6))
def test_no_host_begins_once_more_than_allowed_failed(
    ends: list[Status], allowed: int, forks: int, size: int
) -> None:
    names = [f"h{number}" for number in range(len(ends))]
    waves = tuple(tuple(names[begin : begin + size]) for begin in range(0, len(names), size))
    statuses = dict(zip(names, ends, strict=True))
    end = Rollout(Threads(forks), Observer(), allowed=allowed).run(
        course(*waves), Here(lambda host: Outcome(host, statuses[host]))
    )
    had = [outcome.host for outcome in end.outcomes]
    assert [*had, *end.untouched] == names
    failures = sum(outcome.status in FAILURES for outcome in end.outcomes)
    assert failures <= allowed + forks  # those in flight finish
    assert (end.cause is Cause.DONE) is (not end.untouched)
    if end.untouched:
        assert end.cause is Cause.TOO_MANY_FAILURES
        assert failures > allowed


def test_any_number_may_fail_if_nobody_says_otherwise() -> None:
    end = Rollout(Threads(1), Observer()).run(course(("a",), ("b",)), failing("a", "b"))
    assert end.cause is Cause.DONE


def test_who_is_not_well_after_his_wave_counts_as_failed() -> None:
    looked: list[tuple[str, ...]] = []

    def gate(names: Sequence[str]) -> Mapping[str, HostError]:
        looked.append(tuple(names))
        return {"a": Failed("service: docker is down")} if "a" in names else {}

    told = Told()
    rollout = Rollout(Threads(1), told, allowed=1, gate=gate)
    end = rollout.run(course(("a", "x"), ("b",), ("c",)), failing("x"))
    assert looked == [("a",)]  # x failed before
    assert end.cause is Cause.TOO_MANY_FAILURES
    assert end.untouched == ("b", "c")
    first = end.outcomes[0]
    assert (first.status, str(first.error)) == (
        Status.FAILED,
        "checked after its wave: service: docker is down",
    )
    assert "unhealthy a" in told.words


def test_the_last_wave_is_looked_at_too() -> None:
    end = Rollout(Threads(1), Observer(), gate=lambda names: {names[0]: Failed("ill")}).run(
        course(("a",)), well
    )
    assert end.outcomes[0].status is Status.FAILED


def test_between_two_waves_lies_a_pause() -> None:
    slept: list[float] = []

    class Counting(Stop):
        def sleep(self, seconds: float) -> None:
            slept.append(seconds)

    Rollout(Threads(1), Observer(), pause=7.0, stop=Counting()).run(course(("a",), ("b",), ("c",)), well)
    assert slept == [7.0, 7.0]


def test_interrupted_once_no_host_begins_and_those_in_flight_finish() -> None:
    told = Told()

    def work(host: str) -> Outcome:
        if host == "b":
            os.kill(os.getpid(), signal.SIGINT)
            told.stopped.wait(10)
        return ended_well(host)

    before = signal.getsignal(signal.SIGINT)
    end = Rollout(Threads(1), told).run(course(("a", "b", "c"), ("d",)), Here(work))
    assert end.cause is Cause.INTERRUPTED
    assert [outcome.host for outcome in end.outcomes] == ["a", "b"]
    assert (end.in_flight, end.untouched) == ((), ("c", "d"))
    assert told.words[-3:] == ["stopping with ['b']", "finished b", "ended interrupted"]
    assert signal.getsignal(signal.SIGINT) is before


def test_interrupted_in_a_pause_the_run_ends_at_once() -> None:
    class Pressed(Stop):
        def sleep(self, seconds: float) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            super().sleep(seconds)

    end = Rollout(Threads(1), Observer(), pause=3600.0, stop=Pressed()).run(course(("a",), ("b",)), well)
    assert (end.cause, end.untouched) == (Cause.INTERRUPTED, ("b",))


def test_interrupted_twice_nobody_is_waited_for() -> None:
    told, free = Told(), threading.Event()

    def work(host: str) -> Outcome:
        if host == "b":
            os.kill(os.getpid(), signal.SIGINT)
            told.stopped.wait(10)
            os.kill(os.getpid(), signal.SIGINT)
            free.wait(30)
        return ended_well(host)

    try:
        end = Rollout(Threads(1), told).run(course(("a", "b", "c")), Here(work))
    finally:
        free.set()
    assert end.cause is Cause.LET_GO
    assert (end.in_flight, end.untouched) == (("b",), ("c",))
    assert told.words[-1] == "ended let go"


def test_a_defect_is_not_taken_for_a_hosts_failure() -> None:
    def work(host: str) -> Outcome:
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        Rollout(Threads(1), Observer()).run(course(("a",)), Here(work))
