"""What the package mirror offers, as data: a row of ENGINES for each engine that can be installed here.

el7-packages.json has the metadata of the real packages (names, versions, Requires, Obsoletes, Conflicts,
Provides, as in upstream's spec files and CentOS 7's repositories). A package is made if it is a base package
or if a row here names it; engines have content, and what has a folder in contents/, all others only their
metadata. Of docker-latest (CentOS 7.5), docker-engine (yum.dockerproject.org) and podman-docker there is no
more than what is in docker-ce's way.
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

    repo: str  # a key of rpms.FOLDERS
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
    `layout` is how its files are spread over them (see payload.LAYOUTS), `units` the folder in lab/engine/ with
    its units. `pre_stops`: its %pre stops a running docker and its %posttrans starts it again, also at a fresh
    install, as upstream's spec file did at that time. `keys_of`: the release whose daemon.json keys the shim allows;
    empty where the payload knows the same.
    """

    nvr: str
    says: str
    payload: Source
    layout: str
    units: str
    companions: tuple[str, ...] = ()
    pre_stops: bool = False
    keys_of: str = ""

    @property
    def name(self) -> str:
        """The package with the daemon."""
        return self.nvr.rsplit("-", 2)[0]


def _one(nvr: str, says: str, companions: tuple[str, ...] = (), *, pre_stops: bool = True) -> Engine:
    """A release in which one package carries engine, CLI and containerd, as all were before 18.09.

    The keys of 18.06 stand for those of the lines before it: what these lack is known only where somebody asked them.
    """
    return Engine(nvr, says, BOOKWORM, "one", "18.06", companions, pre_stops=pre_stops, keys_of="18.06")


def _three(
    says: str, containerd: str, units: str, more: tuple[str, ...] = (), *, keys_of: str = ""
) -> Engine:
    """A release of 20.10.24's kin, in packages for engine, CLI and containerd."""
    companions = (f"docker-ce-cli-{says}-3.el7", f"containerd.io-{containerd}", *more)
    return Engine(f"docker-ce-{says}-3.el7", says, BOOKWORM, "three", units, companions, keys_of=keys_of)


OFDISTRO = "1.13.1-209.git7d71120.el7.centos"
ENGINES = (
    # The distribution's own, in its extras.
    Engine(
        f"docker-{OFDISTRO}",
        "1.13.1",
        BOOKWORM,
        "distribution",
        "1.13",
        (f"docker-client-{OFDISTRO}", f"docker-common-{OFDISTRO}"),
    ),
    _one(
        "docker-ce-17.03.3.ce-1.el7", "17.03.3-ce", ("docker-ce-selinux-17.03.3.ce-1.el7",), pre_stops=False
    ),
    _one("docker-ce-17.12.1.ce-1.el7.centos", "17.12.1-ce"),
    _one("docker-ce-18.06.2.ce-3.el7", "18.06.2-ce"),
    _one("docker-ce-18.06.3.ce-3.el7", "18.06.3-ce"),
    _three("18.09.0", "1.2.13-3.2.el7", "18.09", keys_of="18.09"),
    _three("18.09.9", "1.2.13-3.2.el7", "18.09", keys_of="18.09"),
    _three("19.03.15", "1.4.13-3.1.el7", "19.03", keys_of="19.03"),
    _three("20.10.24", "1.6.20-3.1.el7", "19.03", ("docker-ce-rootless-extras-20.10.24-3.el7",)),
    Engine(
        "docker-ce-26.1.4-1.el7",
        "26.1.4",
        TRIXIE,
        "three",
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
