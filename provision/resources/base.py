"""What every kind of resource is: a thing on the host with a desired state, read and mended by shell text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from provision.masking import masked
from provision.runs.sending import Sent
from provision.script import Section, quote

__all__ = [
    "ABSENT",
    "Absent",
    "Change",
    "Finding",
    "Note",
    "Pending",
    "Refusal",
    "Resource",
    "State",
    "States",
    "Step",
    "Trace",
    "Unknown",
    "digest",
    "quote",
]


def digest(content: bytes) -> str:
    """sha256 in hexadecimal digits, as sha256sum prints it."""
    return hashlib.sha256(content).hexdigest()


def _mask(value: object, *fields: str) -> None:
    """Mask what is shown of a value that is just made: nobody who shows it can forget it then."""
    for field in fields:
        object.__setattr__(value, field, masked(getattr(value, field)))


@dataclass(frozen=True, slots=True)
class Absent:
    """Read for certain: it is not there."""

    def __str__(self) -> str:
        return "absent"


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be read. Never taken as absent: a plan that depends on it refuses the host."""

    why: str

    def __post_init__(self) -> None:
        _mask(self, "why")

    def __str__(self) -> str:
        return f"unknown: {self.why}"


State = Any
"""A resource's own state type, ABSENT or Unknown. Each kind narrows it itself, beside its parser."""

States = Mapping[str, State]
"""The states of all resources by id, as read in one go."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What a change leaves in the host's own record (see `Record`): a section, a key and its value."""

    section: str
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would be done on the host: a value that prints, and that the apply script is made of.

    What prints is masked, what the host gets isn't.
    `script` is shell text that brings `actual` to `desired`. `look` is shell text that runs before the first
    change of the whole stage, changes nothing, and may refuse. `stops_daemon` says that containers may stop.
    `first` puts it ahead of everything else, into a stage of its own. `joins` is a step that must follow in the same
    stage, for the change leaves undone what that one does. `provisional`: the host takes it back by itself where the
    daemon doesn't come up with it, and then leaves none of its traces. `sends` are files that lie on the host before
    the run begins.
    """

    resource: str
    actual: str
    desired: str
    reason: str
    script: str
    diff: str = ""
    look: str = ""
    stops_daemon: bool = False
    first: bool = False
    joins: str = ""
    provisional: bool = False
    traces: tuple[Trace, ...] = ()
    sends: tuple[Sent, ...] = ()

    def __post_init__(self) -> None:
        _mask(self, "actual", "desired", "reason", "diff")


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that can be told only after another step; the plan prints it as such."""

    resource: str
    desired: str
    after: str

    def __post_init__(self) -> None:
        _mask(self, "desired")


@dataclass(frozen=True, slots=True)
class Note:
    """Something the operator should know; nothing is changed for it."""

    resource: str
    text: str

    def __post_init__(self) -> None:
        _mask(self, "text")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason not to touch the host at all: what is wrong and what to do about it."""

    resource: str
    text: str

    def __post_init__(self) -> None:
        _mask(self, "text")


Finding = Change | Pending | Note | Refusal
"""What comparing one resource can give."""


class Resource(Protocol):
    """A kind of thing on a host. `library` holds the shell functions that `probe` and scripts call."""

    @property
    def id(self) -> str:
        """Unique in a plan, for example `file /etc/docker/daemon.json`."""

    @property
    def library(self) -> str:
        """Shell functions, the same text for every resource of the kind."""

    def probe(self) -> str:
        """Shell text that prints the actual state and changes nothing."""

    def parse(self, section: Section) -> State:
        """Turn what the probe printed into a state, ABSENT or Unknown; raises nothing."""

    def remember(self, state: State) -> Any:
        """What the host's record keeps of the state from before our first change, as JSON; None for absent."""

    def compare(self, states: States) -> list[Finding]:
        """Hold the desired state against what was read; empty where all is as it should be."""

    def withdraw(self, states: States) -> list[Finding]:
        """The way back: what takes away what we brought, by the host's own record."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the table of contents.

    Steps are applied in stages, each planned anew on what is read after the one before. `opens_stage` says that
    this step can be told in full only after all before it. `followed_by` is the step through which its changes take
    effect: whoever asks for this one alone gets that one too.
    """

    name: str
    title: str
    resources: tuple[Resource, ...]
    opens_stage: bool = False
    followed_by: str = ""
