"""What a proof came to, as values: a verdict, the reason, and the evidence, each a sentence that two languages have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from provision.errors import HostError
from provision.masking import masked


class Verdict(StrEnum):
    """How a proof ended. Only NOT_PROVEN counts as a failure."""

    PROVEN = "proven"
    NOT_PROVEN = "not proven"
    NOT_APPLICABLE = "not applicable here"


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence: its key in `texts`, and the values that are filled in."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)


def line(key: str, **values: str | int) -> Line:
    """A sentence; what a host said in it is masked."""
    return Line(key, {name: masked(each) if isinstance(each, str) else each for name, each in values.items()})


@dataclass(frozen=True, slots=True)
class Proof:
    """One claim about this host's Docker, and what came of it. `why` is there unless it is proven."""

    name: str
    verdict: Verdict
    evidence: tuple[Line, ...] = ()
    why: Line | None = None
    remedy: Line | None = None


def proven(name: str, *evidence: Line) -> Proof:
    return Proof(name, Verdict.PROVEN, evidence)


def not_proven(name: str, why: Line, *evidence: Line, remedy: Line | None = None) -> Proof:
    return Proof(name, Verdict.NOT_PROVEN, evidence, why, remedy)


def not_applicable(name: str, why: Line, *evidence: Line) -> Proof:
    return Proof(name, Verdict.NOT_APPLICABLE, evidence, why)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of an image. `diff` is the digest of its content, `blob` that by which the registry has it (empty
    where the host doesn't know), `size` its bytes on the disk (-1 likewise), `shared` whether both images have it."""

    diff: str
    blob: str
    size: int
    existed: bool
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """What a page draws: both images' layers, the lowest first, the two containers' stack, the two distributions."""

    images: Mapping[str, tuple[Layer, ...]] = field(default_factory=dict)
    changed: str = ""
    """The file that one container changed."""
    contents: Mapping[str, str] = field(default_factory=dict)
    """What the file holds then, for `a`, `b` and `image`."""
    systems: Mapping[str, str] = field(default_factory=dict)
    """PRETTY_NAME of the host's and the container's os-release."""
    kernels: Mapping[str, str] = field(default_factory=dict)
    """uname -r of both."""


@dataclass(frozen=True, slots=True)
class Report:
    """One host's proofs in order, or the error because of which there are none, or not all."""

    host: str
    engine: str = ""
    proofs: tuple[Proof, ...] = ()
    picture: Picture = Picture()
    notes: tuple[str, ...] = ()
    error: HostError | None = None
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether anything that concerns this host isn't as promised."""
        return self.error is not None or any(each.verdict is Verdict.NOT_PROVEN for each in self.proofs)


Data = dict[str, Any]
