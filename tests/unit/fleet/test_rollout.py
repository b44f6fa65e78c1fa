"""A run from its first host to its last, as its observer hears of it."""

from __future__ import annotations

from datetime import datetime

from provision.events import Cause, Course, End, Observer, Outcome, Status
from provision.fleet import Rollout, Threads


class Told(Observer):
    """What is told of a run, in words."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def begun(self, course: Course) -> None:
        self.words.append(f"begun {course.command}")

    def wave(self, number: int, hosts: object) -> None:
        self.words.append(f"wave {number} of {hosts}")

    def started(self, host: str) -> None:
        self.words.append(f"started {host}")

    def ended(self, end: End) -> None:
        self.words.append(f"ended {end.cause}")


def test_a_run_tells_its_course_its_waves_and_its_hosts() -> None:
    told = Told()
    course = Course("id", "plan", (("a",), ("b", "c")), dry_run=True, began=datetime.now().astimezone())
    end = Rollout(Threads(1), told).run(course, lambda host: Outcome(host, Status.UNCHANGED))
    assert end.cause is Cause.DONE
    assert [outcome.host for outcome in end.outcomes] == ["a", "b", "c"] == list(course.hosts)
    assert told.words == [
        "begun plan",
        "wave 1 of ('a',)",
        "started a",
        "wave 2 of ('b', 'c')",
        "started b",
        "started c",
        "ended done",
    ]
