"""run.json: a run as one document, of which docs/run.schema.json says what it holds.

The models here are what that schema is made of. A field that is added leaves VERSION as it is; one that goes, or means
something else, raises it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from provision import __version__
from provision.advisories import Advisories
from provision.events import Course, Outcome
from provision.report import data
from provision.report.causes import by_cause
from provision.report.recorder import Recorder, Turn
from provision.resources.packages import PackagesState

VERSION: Final = 1
UNTOUCHED, IN_FLIGHT = "untouched", "in flight"
"""What a host is that has no end in the run."""

ENGINE = "docker-ce"
OTHERS = ("docker-engine", "docker-latest", "docker")
"""Packages of the engine beside ours, the likelier first."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Tool(_Model):
    """The program that wrote the document."""

    name: str
    version: str


class Wave(_Model):
    """Some of the run's hosts, which had their turn together."""

    number: int
    """From 1 on."""
    hosts: list[str]
    start: float | None
    """Seconds from the run's begin; null if the run didn't come so far."""


class Step(_Model):
    """Something that a host was at, for a time."""

    ident: str
    """The resource that was changed, as `packages docker-ce`; `look` before it: nothing was changed yet. Or a hook,
    a check, what was waited for."""
    step: str
    """The step of the plan that it belongs to, as `fab steps` lists them; or `hook`, `check`, `wait`."""
    start: float
    """Seconds from the run's begin."""
    seconds: float
    """How long it took; other things may lie within."""
    done: bool
    """Whether the host was done with it."""


class Change(_Model):
    """One thing that there was to do on a host."""

    step: str
    resource: str
    actual: str
    desired: str
    reason: str
    diff: str
    """A unified diff where it is a file; empty elsewhere."""
    stops_daemon: bool


class Pending(_Model):
    """A change that could be told only after another step."""

    step: str
    resource: str
    desired: str
    after: str
    """The step that it waited for."""


class Finding(_Model):
    """Something about a resource, in words."""

    resource: str
    text: str


class Error(_Model):
    """Why a host wasn't served."""

    text: str
    """What is wrong, and at its end what to do about it, in one line."""
    cause: str
    """The same as all hosts of this cause have it: what is a host's own is left out."""
    log: list[str]
    """What the host said last about it."""


class Host(_Model):
    """A host's turn and its end. What is told of its plan is what was found before anything was done."""

    host: str
    status: Literal[
        "unchanged", "pending", "changed", "refused", "failed", "unreachable", "untouched", "in flight"
    ]
    """How it ended. `pending`: something would change, in a dry run. `untouched`: it had no turn. `in flight`: its end
    wasn't waited for."""
    wave: int
    start: float | None
    """Seconds from the run's begin to its turn; null if it had none."""
    seconds: float | None
    """How long its turn took, or had taken when it wasn't waited for any more."""
    engine: str | None
    """The version of the engine's package that was there at the end; null where there is none, or none was read."""
    steps: list[Step]
    """What it was at, in order."""
    changes: list[Change]
    pending: list[Pending]
    refusals: list[Finding]
    notes: list[Finding]
    applied: list[str]
    """The resources that were changed."""
    said: list[str]
    """What it said at its end that should be known."""
    error: Error | None
    runs: list[str]
    """The ids by which the host keeps what was begun on it; `fab attach --run ID` shows one."""


class Cause(_Model):
    """What is wrong with some hosts, remedy included."""

    status: Literal["refused", "failed", "unreachable"]
    text: str
    hosts: list[str]


class Advisory(_Model):
    """Something that is known against a version that was asked for."""

    docker_version: str
    as_of: str
    """The day on which it was looked up."""
    topic: str
    text: str
    source: str
    cve: str | None = None
    component: str | None = None
    fixed_in: str | None = None
    concerns: bool | None = None
    """With a CVE: whether that version has the hole."""


class Document(_Model):
    """A run of docker-provision: what was asked of which hosts, when, and what came of it."""

    version: Literal[1]
    """Of this document's format."""
    run: str
    """The run's id, as `fab runs` lists it."""
    command: str
    tool: Tool
    dry_run: bool
    """Whether nothing was to be changed."""
    began: datetime
    ended: datetime
    seconds: float
    cause: Literal["done", "too many failures", "interrupted", "let go"]
    """Why the run ended. `done`: all hosts had their turn."""
    exit_code: int
    waves: list[Wave]
    hosts: list[Host]
    """In the order in which they were given."""
    causes: list[Cause]
    """The failures, each cause once, the most frequent first."""
    advisories: list[Advisory]
    """Each once, for all hosts."""


def document(recorded: Recorder, exit_code: int, known: Sequence[Advisories]) -> Document:
    """The document of a run that has ended."""
    course, end = recorded.course, recorded.end
    assert course is not None  # noqa: S101  ended is told after begun
    assert end is not None  # noqa: S101  likewise
    causes = by_cause(end.outcomes)
    texts = {host: cause.text for cause in causes for host in cause.hosts}
    outcomes = {outcome.host: outcome for outcome in end.outcomes}
    return Document(
        version=VERSION,
        run=course.id,
        command=course.command,
        tool=Tool(name="docker-provision", version=__version__),
        dry_run=course.dry_run,
        began=course.began,
        ended=course.began + timedelta(seconds=end.seconds),
        seconds=_rounded(end.seconds),
        cause=end.cause.value,
        exit_code=exit_code,
        waves=list(_waves(course, recorded.waves)),
        hosts=[
            _host(name, number, recorded.turns.get(name), outcomes.get(name), texts.get(name, ""))
            for number, wave in enumerate(course.waves, 1)
            for name in wave
        ],
        causes=[
            Cause.model_validate({"status": each.status.value, "text": each.text, "hosts": each.hosts})
            for each in causes
        ],
        advisories=[Advisory.model_validate(each) for version in known for each in data.advisories(version)],
    )


def _waves(course: Course, begun: Mapping[int, float]) -> list[Wave]:
    return [
        Wave(number=number, hosts=list(hosts), start=_rounded(begun[number]) if number in begun else None)
        for number, hosts in enumerate(course.waves, 1)
    ]


def _host(name: str, wave: int, turn: Turn | None, outcome: Outcome | None, cause: str) -> Host:
    plan: dict[str, Any] = {"changes": [], "pending": [], "refusals": [], "notes": []}
    ended: dict[str, Any] = {
        "status": IN_FLIGHT if turn else UNTOUCHED,
        "applied": [],
        "notes": [],
        "runs": [],
    }
    if outcome is not None:
        ended = data.outcome(outcome)
        plan = ended["plan"] or plan
    error = outcome.error if outcome is not None else None
    return Host(
        host=name,
        status=ended["status"],
        wave=wave,
        start=_rounded(turn.start) if turn else None,
        seconds=_rounded(outcome.seconds if outcome else turn.seconds) if turn else None,
        engine=engine(outcome) if outcome is not None else None,
        steps=[
            Step(
                ident=spell.ident,
                step=spell.kind,
                start=_rounded(spell.start),
                seconds=_rounded(spell.seconds),
                done=spell.done,
            )
            for spell in (turn.spells if turn else ())
        ],
        **plan,
        applied=ended["applied"],
        said=ended["notes"],
        error=Error(text=str(error), cause=cause, log=list(error.log)) if error else None,
        runs=ended["runs"],
    )


def engine(outcome: Outcome) -> str | None:
    """The version of the engine's package when the host was looked at last; None where there was none, or none seen.

    18.06.3.ce-3.el7 is 18.06.3, 20.10.24-3.el7 is 20.10.24.
    """
    states = outcome.facts.states.values() if outcome.facts else ()
    read = (state.versions for state in states if isinstance(state, PackagesState))
    found = {name: each for versions in (outcome.packages, *read) for name, each in versions.items()}
    for name in (ENGINE, *OTHERS):
        if name in found:
            return found[name].rpartition(":")[2].partition("-")[0].removesuffix(".ce")
    return None


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
