"""What happens in a run, as events: the seam between the work and whoever wants to know of it.

In their order:

    begun(course)                        what the run sets out to do
      wave(number, hosts)                a wave begins
        started(host)                    a host has its turn; each of the following is about one host
          planned(host, plan)
          step(host, ident)              it begins with a change, or waits for somebody
          said(host, piece)              what it says in between
          changed(host, ident)           that change is done
        finished(outcome)                the host has ended
      unhealthy(outcome)                 checked after its wave, it isn't as it ended
    stopping(in_flight)                  the operator wants no more hosts to begin; comes at any time
    ended(end)

The live view, the journal and the reports are observers; none of them knows another.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from provision.errors import HostError
from provision.facts import Facts
from provision.plan import Plan
from provision.resources.base import Change
from provision.runs.applying import LOOK

CHECK = "check"
"""Before the name of a check that is made of a host; `checks` are all of them, behind its wave."""
LOOKS = (LOOK, CHECK)
"""What the id of a step begins with by which nothing is changed."""


class Status(StrEnum):
    """How a host ended."""

    UNCHANGED = "unchanged"
    PENDING = "pending"
    CHANGED = "changed"
    REFUSED = "refused"
    FAILED = "failed"
    UNREACHABLE = "unreachable"


FAILURES = frozenset({Status.REFUSED, Status.FAILED, Status.UNREACHABLE})
"""The ends of a host that isn't served."""


@dataclass(slots=True)
class Outcome:
    """One host's end. `plan` is what was found to do before anything was done, `seconds` the wall time.

    `packages` are installed ones by name, `VERSION-RELEASE`, that were seen where no facts are read; `runs` the ids by
    which the host keeps what was begun on it, `known_as` other names by which errors may call it: where it is reached.
    """

    host: str
    status: Status
    plan: Plan | None = None
    facts: Facts | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    applied: list[Change] = field(default_factory=list)
    error: HostError | None = None
    notes: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    seconds: float = 0.0
    known_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """What a run sets out to do: the hosts by name, wave by wave, in the order in which they get their turn."""

    id: str
    command: str
    waves: tuple[tuple[str, ...], ...]
    dry_run: bool
    began: datetime

    @classmethod
    def new(cls, command: str, waves: tuple[tuple[str, ...], ...], *, dry_run: bool, run: str = "") -> Course:
        """One that begins now; `run` is the id of an earlier one that is gone on with."""
        began = datetime.now().astimezone()
        # when, and what tells it from another run of that second
        return cls(run or f"{began:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}", command, waves, dry_run, began)

    @property
    def hosts(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(host for wave in self.waves for host in wave)


class Cause(StrEnum):
    """Why a run ended."""

    DONE = "done"
    """Every host had its turn."""
    TOO_MANY_FAILURES = "too many failures"
    """More than were allowed failed: nobody else got a turn."""
    INTERRUPTED = "interrupted"
    """The operator wanted no more hosts to begin; those in flight finished."""
    LET_GO = "let go"
    """The operator didn't wait for those in flight, and they go on alone."""


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended: the outcomes in the order of its hosts, and which hosts had no end (or no turn) in it."""

    cause: Cause
    outcomes: tuple[Outcome, ...]
    in_flight: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    seconds: float = 0.0


class Observer:
    """Hears what happens in a run; override what matters. Events of several hosts come from several threads, but one
    after another: an observer needs no lock against itself."""

    def begun(self, course: Course) -> None:
        """The run begins."""

    def wave(self, number: int, hosts: Sequence[str]) -> None:
        """A wave begins; the first has number 1."""

    def started(self, host: str) -> None:
        """A host has its turn."""

    def planned(self, host: str, found: Plan) -> None:
        """The host was read, and this is what there is to do."""

    def step(self, host: str, ident: str) -> None:
        """The host begins with a change (`look …`: nothing is changed yet), or waits for somebody."""

    def said(self, host: str, piece: str) -> None:
        """The host said something in between; a piece, not a line."""

    def changed(self, host: str, ident: str) -> None:
        """The host is done with a change (or a look)."""

    def finished(self, outcome: Outcome) -> None:
        """The host has ended."""

    def unhealthy(self, outcome: Outcome) -> None:
        """A host that had ended well fails its checks after the wave; its outcome is that of a failed one now."""

    def stopping(self, in_flight: Sequence[str]) -> None:
        """The operator wants no more hosts to begin; these are waited for."""

    def ended(self, end: End) -> None:
        """The run has ended."""


class Observers(Observer):
    """Several observers as one: each hears every event, in the order in which they were given."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers
        self._lock = threading.RLock()

    def _tell(self, event: Callable[..., None], *about: Any) -> None:
        with self._lock:
            for observer in self._observers:
                getattr(observer, event.__name__)(*about)

    def begun(self, course: Course) -> None:
        self._tell(self.begun, course)

    def wave(self, number: int, hosts: Sequence[str]) -> None:
        self._tell(self.wave, number, hosts)

    def started(self, host: str) -> None:
        self._tell(self.started, host)

    def planned(self, host: str, found: Plan) -> None:
        self._tell(self.planned, host, found)

    def step(self, host: str, ident: str) -> None:
        self._tell(self.step, host, ident)

    def said(self, host: str, piece: str) -> None:
        self._tell(self.said, host, piece)

    def changed(self, host: str, ident: str) -> None:
        self._tell(self.changed, host, ident)

    def finished(self, outcome: Outcome) -> None:
        self._tell(self.finished, outcome)

    def unhealthy(self, outcome: Outcome) -> None:
        self._tell(self.unhealthy, outcome)

    def stopping(self, in_flight: Sequence[str]) -> None:
        self._tell(self.stopping, in_flight)

    def ended(self, end: End) -> None:
        self._tell(self.ended, end)
