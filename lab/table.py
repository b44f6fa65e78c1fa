"""What the package mirror offers, as data: a row of ENGINES for each engine that can be installed here.

el7-packages.json has the metadata of the real packages (names, versions, Requires, Obsoletes, Conflicts,
Provides, as in upstream's spec files and CentOS 7's repositories). A package is made if it is a base package
or if a row here names it; docker-ce, its CLI and containerd.io have content, all others only their metadata.
"""

import json
from dataclasses import dataclass
from pathlib import Path

METADATA = Path(__file__).with_name("el7-packages.json")


@dataclass(frozen=True)
class Package:
    """An RPM's metadata. `epoch` 0 stands for none: the two compare alike.

    `scripts` are sections of a spec file in place of those that lab.scriptlets has for it.
    """

    repo: str  # docker-ce-stable, os or extras
    name: str
    epoch: int
    version: str
    release: str
    arch: str
    preinstalled: bool
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    obsoletes: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    scripts: str = ""

    @property
    def nvr(self) -> str:
        """Name, version, release: how rpm -q and a row of ENGINES name it."""
        return f"{self.name}-{self.version}-{self.release}"


@dataclass(frozen=True)
class Source:
    """Debian binaries that stand in for an engine's: packages by suite, and the version that they name."""

    says: str
    debs: tuple[tuple[str, tuple[str, ...]], ...]


BOOKWORM = Source("20.10.24+dfsg1", (("bookworm", ("docker.io", "containerd", "runc", "tini")),))
# Daemon and CLI alone: trixie's runc needs a newer C library than the hosts have, and its containerd is of
# another line than the containerd.io 1.6 that it would be called.
TRIXIE = Source(
    "26.1.5+dfsg1", (("trixie", ("docker.io", "docker-cli")), ("bookworm", ("containerd", "runc", "tini")))
)


@dataclass(frozen=True)
class Engine:
    """An engine version on offer.

    `says` is what the true daemon calls itself. `companions` are the other packages of its release, by nvr.
    `units` is the folder in lab/engine/ with its units. `pre_stops`: its %pre stops a running docker and its
    %posttrans starts it again, also at a fresh install, as upstream's spec file did at that time.
    `keys_of`: the release whose daemon.json keys the shim allows; empty where the payload knows the same.
    """

    nvr: str
    says: str
    payload: Source
    units: str
    companions: tuple[str, ...] = ()
    pre_stops: bool = False
    keys_of: str = ""

    @property
    def monolithic(self) -> bool:
        """Before 18.09 one package carried engine, CLI and containerd."""
        return not self.companions


ENGINES = (
    Engine("docker-ce-18.06.3.ce-3.el7", "18.06.3-ce", BOOKWORM, "18.06", pre_stops=True, keys_of="18.06"),
    Engine(
        "docker-ce-26.1.4-1.el7",
        "26.1.4",
        TRIXIE,
        "26.1",
        (
            "docker-ce-cli-26.1.4-1.el7",
            "containerd.io-1.6.33-3.1.el7",
            "docker-ce-rootless-extras-26.1.4-1.el7",
            "docker-buildx-plugin-0.14.1-1.el7",
            "docker-compose-plugin-2.27.1-1.el7",
        ),
    ),
)


def packages() -> list[Package]:
    """Every package that the mirror offers or that a host has from the start."""
    wanted = {name for engine in ENGINES for name in (engine.nvr, *engine.companions)}
    known = [_package(entry) for entry in json.loads(METADATA.read_text())]
    return [package for package in known if package.repo != "docker-ce-stable" or package.nvr in wanted]


def _package(entry: dict[str, object]) -> Package:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    single = {key: value for key, value in entry.items() if not isinstance(value, list)}
    single["epoch"] = int(str(single["epoch"] or 0))
    return Package(**single, **lists)  # type: ignore[arg-type] # the file's keys are the fields' names
