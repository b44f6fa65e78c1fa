"""What each engine version is: its packages, the keys of its daemon.json, the flags of its unit.

A release line says what its versions have in common; a version that was tried as a whole gets one entry in
_COMPANIONS. `engine()` makes an Engine for any version of a known line: whether it is on offer, the
repository says.

Sources: upstream's spec files (docker-ce-packaging) for names, epochs and releases; the last build for EL7 is
26.1.4 (docker-ce-packaging#1028).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache

from provision import engine_keys
from provision.engine_keys import Line
from provision.errors import OperatorError

DEFAULT = "18.06.3"
CONTAINERD = "containerd.io"
PLUGINS = ("docker-buildx-plugin", "docker-compose-plugin")
SPLIT: Line = (18, 9)
"""The first line with CLI and containerd in packages of their own."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One version of Docker Engine as CentOS 7 gets it."""

    version: str
    """As operators write it: "18.06.3"."""
    package: str
    """The engine's name-version-release, as yum and `rpm -q` take it."""
    packages: tuple[str, ...]
    """Everything that is pinned, by name-version-release, the engine first."""
    names: tuple[str, ...]
    """The names of `packages`, in the same order."""
    keys: frozenset[str]
    """The keys of daemon.json that this version accepts and acts on."""
    reloadable: frozenset[str]
    """Those of them that SIGHUP takes up without a restart."""
    unit_flags: tuple[str, ...]
    """The arguments of dockerd in the package's own docker.service."""
    daemon_version: str
    """What `docker version` calls the engine: "18.06.3-ce"."""
    listed: bool = True
    """False for one that isn't installed here: of its keys only the registry mirrors are known."""
    goes_with: Mapping[str, str] = field(default_factory=dict)
    """Of the pinned packages those with versions of their own, each with the lowest VERSION-RELEASE that does too."""
    unpinned: tuple[str, ...] = ()
    """The names of further packages that it needs, in the version that yum chooses."""

    @property
    def passes_networks(self) -> bool:
        """Whether it knows networks in NO_PROXY, as programs of Go 1.11 do; 18.09.1 didn't yet (docker/docs#8191)."""
        major, minor = self.version.split(".")[:2]
        return (int(major), int(minor)) >= (19, 3)


@dataclass(frozen=True, slots=True)
class _ReleaseLine:
    line: Line
    release: str
    """The RPM release of its packages."""
    edition: str = ""
    """"ce" where rpm writes 18.06.3.ce and the daemon 18.06.3-ce."""
    companions: tuple[str, ...] = ()
    """Packages that carry the engine's own version and must be pinned beside it."""
    unit_flags: tuple[str, ...] = ()


_SOCKET = ("-H", "fd://")
_CONTAINERD = (*_SOCKET, "--containerd=/run/containerd/containerd.sock")
_CLI = ("docker-ce-cli",)
_ROOTLESS = (*_CLI, "docker-ce-rootless-extras")

_LINES: Mapping[Line, _ReleaseLine] = {
    line.line: line
    for line in (
        _ReleaseLine((18, 3), "1.el7.centos", "ce"),
        _ReleaseLine((18, 6), "3.el7", "ce"),
        _ReleaseLine((18, 9), "3.el7", "", _CLI, _SOCKET),
        _ReleaseLine((19, 3), "3.el7", "", _CLI, _CONTAINERD),
        _ReleaseLine((20, 10), "3.el7", "", _ROOTLESS, _CONTAINERD),
        _ReleaseLine((23, 0), "1.el7", "", _ROOTLESS, _CONTAINERD),
        _ReleaseLine((24, 0), "1.el7", "", _ROOTLESS, _CONTAINERD),
        _ReleaseLine((25, 0), "1.el7", "", _ROOTLESS, _CONTAINERD),
        _ReleaseLine((26, 0), "1.el7", "", _ROOTLESS, _CONTAINERD),
        _ReleaseLine((26, 1), "1.el7", "", _ROOTLESS, _CONTAINERD),
    )
}

_COMPANIONS: Mapping[str, tuple[str, ...]] = {
    "26.1.4": (
        "containerd.io-1.6.33-3.1.el7",
        "docker-buildx-plugin-0.14.1-1.el7",
        "docker-compose-plugin-2.27.1-1.el7",
    ),
    "20.10.24": ("containerd.io-1.6.20-3.1.el7",),
    "19.03.15": ("containerd.io-1.4.13-3.1.el7",),
    "18.09.9": ("containerd.io-1.2.13-3.2.el7",),
    "18.09.0": ("containerd.io-1.2.13-3.2.el7",),
    DEFAULT: (),  # one package brings CLI, engine and containerd
    "18.06.2": (),
}
"""The versions that were tried as a whole, the newest first, with those of their packages that count in their own
way. Beside any other version containerd.io isn't pinned: yum keeps the one that is there if it satisfies docker-ce, and
else takes the newest on offer."""

_CONTAINERD_AT_LEAST: Mapping[Line, str] = {
    (18, 9): "1.2.2-3",
    (19, 3): "1.2.2-3",
    (20, 10): "1.4.1",
    (26, 1): "1.6.24",
}
"""What docker-ce of these lines requires of containerd.io (upstream's spec files)."""

_VERSION = re.compile(r"(\d{2})\.(\d{1,2})\.(0|[1-9]\d?)(?:[.-](ce))?", re.ASCII)


@lru_cache(256)
def engine(version: str) -> Engine:
    """The engine of this version.

    "18.06.3", "18.06.3.ce" (rpm's way) and "18.06.3-ce" (the daemon's) are the same. Raises OperatorError if
    the version is malformed or of a line that isn't installed here; the text names the nearest version.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        raise OperatorError(f"{version!r} is not a Docker version like {DEFAULT}; {_advice(version)}")
    major, minor, patch, edition = match.groups()
    line = (int(major), int(minor))
    plain = f"{major}.{_minor(line)}.{patch}"
    if line not in _LINES:
        raise OperatorError(f"Docker {version} can't be installed: {_why_not(line)}; {_advice(plain)}")
    if f"{major}.{minor}.{patch}" != plain or (edition and not _LINES[line].edition):
        raise OperatorError(f"{version!r} is not how Docker writes that version: write {plain}")
    return _build(plain, _LINES[line])


MIRRORS = "registry-mirrors"
MIRRORS_RELOAD: Line = (17, 4)
"""The first line that takes registry mirrors up by a reload (moby#29650, changelog of 17.04.0-ce)."""


@lru_cache(256)
def found(version: str) -> Engine:
    """The engine of this version as it runs somewhere, whether or not it is installed here.

    `version` as the daemon or rpm writes it: "1.13.1", "18.06.3.ce", "20.10.24+dfsg1"; what is no version is taken for
    an old one.
    """
    match = re.match(r"((\d+)\.(\d+)\.\d+)(?:[.-](ce))?", version, re.ASCII)
    plain, major, minor, edition = match.groups() if match else (version, "0", "0", None)
    try:
        return engine(plain)
    except OperatorError:
        return Engine(
            version=plain,
            package="",
            packages=(),
            names=(),
            keys=frozenset({MIRRORS}),
            reloadable=frozenset({MIRRORS} if (int(major), int(minor)) >= MIRRORS_RELOAD else ()),
            unit_flags=(),
            daemon_version=f"{plain}-{edition}" if edition else plain,
            listed=False,
        )


def hold_names() -> tuple[str, ...]:
    """The package names for `exclude=` in our repository's section, which holds the pinned versions.

    docker-ce-selinux is among them although it is never installed here: what is hidden doesn't obsolete, so
    with docker-ce alone excluded yum would offer it again (yum 3.4.3, run).
    """
    pinned = {name: None for each in ENGINES.values() for name in each.names}
    return (*pinned, "docker-ce-selinux")


def release_line(version: str) -> Line | None:
    """The line of any version as operators or rpm write it, also of one that isn't installed here."""
    match = re.match(r"(\d{1,2})\.(\d{1,2})\.", version, re.ASCII)
    return (int(match[1]), int(match[2])) if match else None


def crosses(one: Line, other: Line) -> bool:
    """Whether between these lines CLI and containerd became packages of their own, and the shim got another name.

    No container goes on over that, live-restore or not (moby#39432, docker/for-linux#485).
    """
    return (one < SPLIT) != (other < SPLIT)


def nearest(version: str, versions: Sequence[str]) -> str | None:
    """The one of `versions` that whoever wrote `version` most likely meant; None if none is like it."""
    return next(iter(get_close_matches(version, versions, n=1, cutoff=0.5)), None)


def _build(version: str, line: _ReleaseLine) -> Engine:
    evr = f"{version}.{line.edition}-{line.release}" if line.edition else f"{version}-{line.release}"
    packages = (*(f"{name}-{evr}" for name in ("docker-ce", *line.companions)), *_COMPANIONS.get(version, ()))
    tried, alone = version in _COMPANIONS, line.line < SPLIT
    return Engine(
        version=version,
        package=packages[0],
        packages=packages,
        names=tuple(package.rsplit("-", 2)[0] for package in packages),
        goes_with={} if alone or not tried else _goes_with(line.line, _COMPANIONS[version]),
        unpinned=() if tried or alone else (CONTAINERD, *(PLUGINS if line.line >= (23, 0) else ())),
        keys=engine_keys.known_to(line.line),
        reloadable=engine_keys.reloadable_by(line.line),
        unit_flags=line.unit_flags,
        daemon_version=f"{version}-{line.edition}" if line.edition else version,
    )


def _goes_with(line: Line, companions: Sequence[str]) -> Mapping[str, str]:
    names = [package.rsplit("-", 2)[0] for package in companions]
    return {name: _CONTAINERD_AT_LEAST[line] if name == CONTAINERD else "0" for name in names}


def _minor(line: Line) -> str:
    """How Docker writes the line's second number: a month (18.06) until 20.10, then a plain count (26.1)."""
    return f"{line[1]:02d}" if line < (23, 0) else str(line[1])


def _why_not(line: Line) -> str:
    if line > max(_LINES):
        return "26.1.4 is the last version that was built for CentOS 7"
    if line[0] == 17:
        return (
            "17.x is known but not installed (17.03 needs docker-ce-selinux, which later packages obsolete)"
        )
    lines = ", ".join(f"{major}.{_minor((major, minor))}" for major, minor in _LINES)
    return f"the release lines for CentOS 7 are {lines}"


def _advice(version: str) -> str:
    likely = nearest(version, tuple(ENGINES))
    return f"did you mean {likely}?" if likely else f"try {DEFAULT} or {next(iter(ENGINES))}"


ENGINES: Mapping[str, Engine] = {version: engine(version) for version in _COMPANIONS}
"""The versions that are tried as a whole, by version, the newest first."""
