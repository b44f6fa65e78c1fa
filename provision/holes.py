"""Security holes of engines and of what they bring, by number: dated data, a source to each row.

Checked against CVE records and the threads named on the day AS_OF. Engines before 18.09 carry their own runc and
containerd; from 18.09 on both come with the package containerd.io, and what is said holds for the newest one that
there is for CentOS 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rpm_vercmp import vercmp

from provision.engines import Engine

AS_OF = "2026-11-24"
"""The day on which all of this was checked."""


class Component(StrEnum):
    """Where a hole is; the value is what operators call it."""

    RUNC = "runc"
    CONTAINERD = "containerd"
    ENGINE = "engine"


Range = tuple[str, str]
"""From the first version on, up to the second and without it. Versions as rpm orders them: 1.0.0~rc9 < 1.0.0."""

EVER = ""


@dataclass(frozen=True, slots=True)
class Cve:
    """A hole by its number. `escape`: by it a container can become root on the host."""

    id: str
    component: Component
    what: str
    ranges: tuple[Range, ...]
    source: str
    escape: bool = False

    def concerns(self, engine: Engine) -> bool:
        """Whether this engine, with what it brings, has the hole."""
        version = _versions(engine)[self.component]
        return any(order(since, version) <= 0 < order(fixed, version) for since, fixed in self.ranges)

    @property
    def fixed_in(self) -> str:
        """The versions that no longer have it, for people."""
        fixes = ", ".join(fixed.replace("~", "-") for _, fixed in self.ranges)
        return f"{self.component} {fixes}"


def order(one: str, other: str) -> int:
    """Below, at or above 0, as rpm orders versions."""
    return int(vercmp(one, other))


def _versions(engine: Engine) -> dict[Component, str]:
    """What an engine consists of.

    Engines before 18.09: runc a592beb, which lies between rc5 and rc6, and containerd 1.1.2 (18.06.3, its
    vendored commits); the lines before 18.06 carry older ones still. From 18.09 on: containerd.io 1.6.33, the
    last for CentOS 7, with runc 1.1.12 (inferred from moby 25.0.2's notes, which name it with 1.6.28).
    """
    bundled = "docker-ce-cli" not in engine.names
    runc, containerd = ("1.0.0~rc5", "1.1.2") if bundled else ("1.1.12", "1.6.33")
    return {Component.RUNC: runc, Component.CONTAINERD: containerd, Component.ENGINE: engine.version}


CVES: tuple[Cve, ...] = (
    # runc
    Cve(
        "CVE-2025-31133",
        Component.RUNC,
        "container escape through masked paths",
        ((EVER, "1.2.8"),),
        "GHSA-9493-h29p-rfm2: all known versions before 1.2.8",
        escape=True,
    ),
    Cve(
        "CVE-2025-52565",
        Component.RUNC,
        "container escape through /dev/console",
        ((EVER, "1.2.8"),),
        "runc 1.2.8 release notes",
        escape=True,
    ),
    Cve(
        "CVE-2025-52881",
        Component.RUNC,
        "container escape through redirected writes to /proc",
        ((EVER, "1.2.8"),),
        "runc 1.2.8 release notes",
        escape=True,
    ),
    Cve(
        "CVE-2024-21626",
        Component.RUNC,
        "container escape through a leaked file descriptor",
        (("1.0.0~rc93", "1.1.12"),),
        "CVE record: 1.0.0-rc93 to 1.1.11",
        escape=True,
    ),
    Cve(
        "CVE-2021-30465",
        Component.RUNC,
        "container escape through a symbolic link in a mount's way",
        ((EVER, "1.0.0~rc95"),),
        "CVE record",
        escape=True,
    ),
    Cve(
        "CVE-2019-16884",
        Component.RUNC,
        "AppArmor and SELinux are got around by an image's volume over /proc",
        ((EVER, "1.0.0~rc9"),),
        "CVE record",
    ),
    Cve(
        "CVE-2019-5736",
        Component.ENGINE,
        "a container overwrites the host's runc",
        ((EVER, "18.06.3"),),
        "Docker 18.06 release notes: 18.06.3's only change is this fix in the RPM packages",
        escape=True,
    ),
    # containerd
    Cve(
        "CVE-2020-15257",
        Component.CONTAINERD,
        "a root container with --net=host reaches containerd's socket",
        ((EVER, "1.3.9"), ("1.4.0", "1.4.3")),
        "GHSA-36xw-fx78-c5r4",
        escape=True,
    ),
    # the engine
    Cve(
        "CVE-2018-15664",
        Component.ENGINE,
        "docker cp writes outside of the container",
        ((EVER, "18.09.7"),),
        "Docker 18.09.7 release notes",
        escape=True,
    ),
    Cve(
        "CVE-2019-13139",
        Component.ENGINE,
        "docker build runs what a crafted path of a git repository says",
        ((EVER, "18.09.4"),),
        "Docker 18.09.4 release notes",
    ),
    Cve(
        "CVE-2019-13509",
        Component.ENGINE,
        "secrets appear in the daemon's debug log",
        ((EVER, "18.09.8"),),
        "Docker 18.09.8 release notes",
    ),
    Cve(
        "CVE-2018-20699",
        Component.ENGINE,
        "a large number of processors ends the daemon",
        ((EVER, "18.09.0"),),
        "CVE record",
    ),
    Cve(
        "CVE-2020-13401",
        Component.ENGINE,
        "a container answers the host's IPv6 router requests",
        ((EVER, "19.03.11"),),
        "Docker 19.03.11 release notes",
    ),
    Cve(
        "CVE-2021-21284",
        Component.ENGINE,
        "root of a remapped container changes the engine's own files",
        ((EVER, "19.03.15"), ("20.10.0", "20.10.3")),
        "Docker 19.03.15 and 20.10.3 release notes",
    ),
    Cve(
        "CVE-2021-21285",
        Component.ENGINE,
        "an image ends the daemon",
        ((EVER, "19.03.15"), ("20.10.0", "20.10.3")),
        "Docker 19.03.15 and 20.10.3 release notes",
    ),
    Cve(
        "CVE-2021-41091",
        Component.ENGINE,
        "users of the host reach files of containers",
        ((EVER, "20.10.9"),),
        "Docker 20.10.9 release notes",
    ),
    Cve(
        "CVE-2024-24557",
        Component.ENGINE,
        "a foreign image is taken for a step of one's own build",
        ((EVER, "23.0.10"), ("24.0.0", "24.0.9"), ("25.0.0", "25.0.2")),
        "GHSA-xw73-rw38-6vjc",
    ),
    Cve(
        "CVE-2024-29018",
        Component.ENGINE,
        "containers of an internal network reach outer name servers",
        ((EVER, "23.0.11"), ("24.0.0", "25.0.5")),
        "GHSA-mq39-4gv4-mvpx",
    ),
    Cve(
        "CVE-2024-41110",
        Component.ENGINE,
        "requests get past authorization plugins",
        ((EVER, "18.09.1"), ("19.03.0", "23.0.15"), ("24.0.0", "26.1.5")),
        "GHSA-v23v-6jw2-98fq: fixed in 18.09.1, and lost again in 19.03",
    ),
    Cve(
        "CVE-2025-54388",
        Component.ENGINE,
        "firewalld's reload opens ports that were published for the host alone",
        (("28.2.0", "28.3.3"),),
        "CVE record: 28.2.0 to 28.3.2",
    ),
    Cve(
        "CVE-2026-34040",
        Component.ENGINE,
        "large requests get past authorization plugins",
        ((EVER, "29.3.1"),),
        "GHSA-x744-4wpc-v9h2",
    ),
    Cve(
        "CVE-2026-41568",
        Component.ENGINE,
        "a hole in docker cp",
        ((EVER, "29.5.1"),),
        "CVE record",
    ),
)
"""Holes that concern a version for CentOS 7, or that people ask about."""
