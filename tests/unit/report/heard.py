"""Runs as their observers hear them, played event by event, with a clock that stands where it is put."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from provision.errors import Failed, HostError, Refused, Unreachable
from provision.events import Cause, Course, End, Outcome, Status
from provision.plan import plan
from provision.report.document import Document, document
from provision.report.recorder import Recorder
from tests.unit.case import Case
from tests.unit.core import fresh, steps_for

STEPS = steps_for(users="alice", registry_mirrors="https://mirror.example")
PLAN = plan(fresh(STEPS), STEPS)
CHANGES = [change.resource for change in PLAN.changes]
CONVERGED = Case.load("converged").facts()
BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOSTILE = (
    "</script><script>document.title='owned'</script><img src=x onerror=alert(1)> \x1b[31m \u2028 \ufffe"
)


class Clock:
    """Seconds, as they are told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Played:
    """A run that is played to a recorder. Times are in seconds from its begin."""

    def __init__(self, *waves: Sequence[str], command: str = "setup-docker", dry_run: bool = False) -> None:
        self.clock = Clock()
        self.recorder = Recorder(self.clock)
        self.outcomes: list[Outcome] = []
        self._zero = self.clock.now = 2000.0
        self._course = Course("20260102-030405-abcd", command, tuple(map(tuple, waves)), dry_run, BEGAN)
        self.recorder.begun(self._course)

    def at(self, seconds: float) -> Recorder:
        """The recorder, at that time."""
        self.clock.now = self._zero + seconds
        return self.recorder

    def changed(self, host: str, start: float, each: float = 1.0, *, upto: int | None = None) -> None:
        """A host that is set up; with `upto` it fails at the change of that number."""
        self.at(start).started(host)
        self.at(start + 0.5).planned(host, PLAN)
        for number, resource in enumerate(CHANGES):
            self.at(start + 0.5 + number * each).step(host, resource)
            if number == upto:
                self.clock.now += each
                break
            self.at(start + 0.5 + (number + 1) * each).changed(host, resource)
        error = (
            None if upto is None else Failed(f"{CHANGES[upto]}: no room; make room", log=("No space left",))
        )
        self.finish(
            Outcome(
                host,
                Status.CHANGED if error is None else Status.FAILED,
                plan=PLAN,
                facts=CONVERGED,
                applied=list(PLAN.changes[:upto]),
                error=error,
                runs=[f"run-of-{host}"],
                seconds=self.clock.now - self._zero - start,
            )
        )

    def ends(self, host: str, start: float, error: HostError | None = None, **values: object) -> None:
        """A host on which nothing is changed, after a second; one to which something would be with `pending`."""
        self.at(start).started(host)
        self.at(start + 1)
        status = Status.UNCHANGED if error is None else Status(error.outcome)
        self.finish(Outcome(host, status, error=error, seconds=1.0, **{"facts": CONVERGED, **values}))  # type: ignore[arg-type]  # its fields

    def pending(self, host: str, start: float) -> None:
        """A host on which something would be changed."""
        self.at(start).started(host)
        self.at(start + 1).planned(host, PLAN)
        self.finish(Outcome(host, Status.PENDING, plan=PLAN, facts=fresh(STEPS), seconds=1.0))

    def finish(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.recorder.finished(outcome)

    def end(self, seconds: float, cause: Cause = Cause.DONE, *, code: int = 0) -> Document:
        """The end, and the document of it."""
        order = {host: number for number, host in enumerate(self._course.hosts)}
        had = {outcome.host for outcome in self.outcomes}
        begun = set(self.recorder.turns)
        self.at(seconds).ended(
            End(
                cause,
                tuple(sorted(self.outcomes, key=lambda outcome: order[outcome.host])),
                in_flight=tuple(host for host in order if host in begun - had),
                untouched=tuple(host for host in order if host not in begun),
                seconds=seconds,
            )
        )
        return document(self.recorder, code, [])


def ten() -> Document:
    """Ten hosts in three waves, that end in each way there is; the operator breaks it off."""
    played = Played(["n1"], ["n2", "n3", "n4", "n5"], ["n6", "n7", "n8", "n9", "n10"])
    played.at(0).wave(1, ["n1"])
    played.changed("n1", 0, 2)
    played.at(20).wave(2, ["n2", "n3", "n4", "n5"])
    played.changed("n2", 20, 3, upto=4)
    played.ends("n3", 20, Refused(f"n3: another run holds this host: {HOSTILE}; wait", log=(HOSTILE,)))
    played.ends("n4", 21, Unreachable("no answer from 10.0.0.4:22; is it up?"))
    played.ends("n5", 22, Unreachable("no answer from 10.0.0.5:22; is it up?"))
    played.at(60).wave(3, ["n6", "n7", "n8", "n9", "n10"])
    played.ends("n6", 60, notes=["stays: libcgroup"])
    played.changed("n7", 60)
    played.changed("n8", 61)
    played.at(70).started("n9")
    return played.end(80, Cause.LET_GO, code=130)


def many(count: int) -> Document:
    """A fleet, in ten waves: most are set up, of a hundred some fail of the same."""
    names = [f"web{number:04}.example.com" for number in range(count)]
    size = -(-count // 10)
    waves = [names[begin : begin + size] for begin in range(0, count, size)]
    played = Played(*waves)
    for number, wave in enumerate(waves, 1):
        begin = (number - 1) * 60.0
        played.at(begin).wave(number, wave)
        for index, host in enumerate(wave):
            _usual(played, host, begin + index % 20, index)
    return played.end(len(waves) * 60.0 + 20, code=1)


def _usual(played: Played, host: str, start: float, index: int) -> None:
    match index % 25:
        case 3:
            played.changed(host, start, 2, upto=4)
        case 7:
            played.ends(host, start, Unreachable(f"no answer from {host}:22; is it up?"))
        case 11 | 12:
            played.ends(host, start)
        case other:
            played.changed(host, start, 1 + other / 10)
