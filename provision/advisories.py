"""What is known against an engine version on CentOS 7: ends of life, security holes, images too new for it.

As of the day on which the holes were checked, a source to each line. It is said once in a run and never blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provision.engines import Engine
from provision.holes import AS_OF, CVES, Cve, order


@dataclass(frozen=True, slots=True)
class Advisory:
    """Something to know about a version: a line for people, and where it is from."""

    topic: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Advisories:
    """All that is to be said of one version. `holes` are the CVEs that concern it, `closed` those that don't."""

    version: str
    notes: tuple[Advisory, ...]
    holes: tuple[Cve, ...]
    closed: tuple[Cve, ...]

    def __str__(self) -> str:
        return f"Docker {self.version} on CentOS 7, as of {AS_OF}"


def about(engine: Engine) -> Advisories:
    """What is known against this engine."""
    holes = tuple(cve for cve in CVES if cve.concerns(engine))
    closed = tuple(cve for cve in CVES if cve not in holes)
    return Advisories(engine.version, tuple(_notes(engine)), holes, closed)


LAST = "26.1.4"
"""The last version that was built for CentOS 7 (docker-ce-packaging#1028)."""


def _notes(engine: Engine) -> Iterator[Advisory]:
    if engine.version == "18.06.2":
        yield Advisory(
            "version",
            "18.06.2 lacks the fix of CVE-2019-5736, by which a container becomes root: ask for 18.06.3, which is "
            "the same but for that",
            "Docker 18.06 release notes",
        )
    yield Advisory(
        "end of life",
        "CentOS 7 gets no fixes since 2024-06-30",
        "CentOS: end dates of CentOS Linux 7",
    )
    if engine.version == "18.06.3":
        yield Advisory(
            "end of life",
            "Docker 18.06.3 is of 2019-02-19, and its line ended with 18.09",
            "Docker 18.06 release notes",
        )
    yield Advisory(
        "end of life",
        f"no Docker package for CentOS 7 closes all holes, and none will come; {LAST}, the last, closes most",
        "docker-ce-packaging#1028; containerd.io 1.6.33 carries runc 1.1.12 (inferred)",
    )
    if order(engine.version, "20.10.10") < 0:
        yield Advisory(
            "images",
            "images on glibc 2.34 or newer, or on Alpine 3.14 or newer, may fail with 'Operation not permitted': take "
            "an older tag",
            "moby#42681 (20.10.10); redis/docker-library-redis#365; docker-library/official-images#16829",
        )
    yield Advisory(
        "access",
        "whoever is in the group docker is root on the host",
        "Docker's post-installation steps",
    )
