"""The host itself, as preflight looks at it: system, network, file systems, and what runs on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from provision.engine_keys import set_by_flags

PACKAGES = "/usr"
"""Where an engine's packages are unpacked."""
DOWNLOADS = "/var/tmp"  # noqa: S108  no file is made there by this name
"""Where packages and yum's lists are downloaded to."""
SERVICES = ("firewalld", "libvirtd", "kubelet")
"""Services that get along with Docker only if one knows of them."""


@dataclass(frozen=True, slots=True)
class Route:
    """A network that the host reaches, and the interface by which it does."""

    network: IPv4Network
    device: str

    def __str__(self) -> str:
        return f"{self.network} by {self.device}" if self.device else str(self.network)


@dataclass(frozen=True, slots=True)
class Space:
    """The file system on which a path lies, or would lie if it were made: free space in KiB."""

    kind: str
    free: int
    mount: str

    def __str__(self) -> str:
        return f"{self.free // 1024} MB free on {self.mount} ({self.kind})"


@dataclass(frozen=True, slots=True)
class DataRoot:
    """A folder that holds Docker's data, or may come to. `real` is where links lead, `label` its SELinux context."""

    path: str
    real: str
    images: int = 0
    containers: int = 0
    volumes: int = 0
    drivers: tuple[str, ...] = ()
    swarm: bool = False
    label: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.images} images, {self.containers} containers, {self.volumes} volumes"


@dataclass(frozen=True, slots=True)
class Daemon:
    """A dockerd that runs on the host: its program, the package that this is of, the keys that its flags set."""

    program: str
    package: str
    keys: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.program


@dataclass(frozen=True, slots=True)
class HostFacts:
    """The host itself. What it didn't say is empty, and no check builds on it.

    `release` is /etc/centos-release, the minor version stands only there. `nokmem`: the kernel was booted without
    accounts of kernel memory. `peer` is the address that the operator comes from, as the host sees it. `bridges`
    are those of the kernel. `spaces` by path, `ftypes` of xfs by mount point.
    """

    os_id: str
    os_version: str
    os_name: str
    release: str
    kernel: str
    machine: str
    systemd: bool
    selinux: str
    os_like: tuple[str, ...] = ()
    nokmem: bool = False
    peer: str = ""
    active: frozenset[str] = frozenset()
    daemons: tuple[Daemon, ...] = ()
    bridges: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    spaces: Mapping[str, Space] = field(default_factory=dict)
    ftypes: Mapping[str, str] = field(default_factory=dict)
    roots: tuple[DataRoot, ...] = ()


def parse(text: str) -> HostFacts:
    """Facts out of lines of KEY=VALUE; raises nothing, what can't be read is left out."""
    lines = [line.partition("=")[::2] for line in text.splitlines() if "=" in line]
    values = dict(lines)

    def all_of(key: str) -> list[str]:
        return [value for name, value in lines if name == key]

    states = zip(SERVICES, values.get("services", "").split(), strict=False)
    return HostFacts(
        os_id=values.get("os_id", ""),
        os_like=tuple(values.get("os_like", "").split()),
        os_version=values.get("os_version", ""),
        os_name=values.get("os_name", ""),
        release=values.get("release", ""),
        kernel=values.get("kernel", ""),
        machine=values.get("machine", ""),
        systemd=values.get("systemd") == "yes",
        selinux=values.get("selinux", "absent"),
        nokmem=values.get("nokmem") == "yes",
        peer=values.get("peer", ""),
        active=frozenset(name for name, state in states if state == "active"),
        daemons=tuple(_daemons(all_of("daemon"))),
        bridges=tuple(all_of("bridge")),
        routes=tuple(_routes(all_of("route"))),
        spaces=dict(_spaces(all_of("path"), all_of("space"))),
        ftypes={mount: kind for kind, _, mount in (each.partition(" ") for each in all_of("ftype"))},
        roots=tuple(_roots(all_of("root"))),
    )


def _daemons(lines: list[str]) -> Iterator[Daemon]:
    """Of a command line only the flags are kept: values may be anybody's secrets."""
    for line in lines:
        words = line.split("\t", 2)
        if len(words) == 3:
            yield Daemon(words[0], words[1], frozenset(set_by_flags(words[2].split())))


def _routes(lines: list[str]) -> Iterator[Route]:
    """Lines of `ip -o -4 route`; the default route leads everywhere and so stands for no network."""
    for line in lines:
        network = next((word for word in line.split() if re.match(r"\d", word)), "")
        device = re.search(r" dev (\S+)", line)
        if not line.startswith("default"):
            with suppress(ValueError):
                yield Route(IPv4Network(network, strict=False), device[1] if device else "")


def _spaces(paths: list[str], lines: list[str]) -> Iterator[tuple[str, Space]]:
    """df answers in the order in which it was asked; if not for each, it can't be told for which."""
    if len(paths) != len(lines):
        return
    for path, line in zip(paths, lines, strict=True):
        words = line.split(None, 2)
        if len(words) == 3 and words[1].isdecimal():
            yield path, Space(words[0], int(words[1]), words[2])


_ROOT = re.compile(r"(\d+) (\d+) (\d+) (\S*) (yes|no) (\S*)\t([^\t]+)\t(.*)")


def _roots(lines: list[str]) -> Iterator[DataRoot]:
    found = {}
    for line in lines:
        if match := _ROOT.fullmatch(line):
            images, containers, volumes, drivers, swarm, label, path, real = match.groups()
            found[path] = DataRoot(
                path,
                real or path,
                int(images),
                int(containers),
                int(volumes),
                tuple(drivers.split(",")) if drivers else (),
                swarm == "yes",
                label,
            )
    yield from found.values()


def address(text: str) -> IPv4Address | None:
    """An IPv4 address, or None: what Docker's default bridge has is IPv4."""
    try:
        return IPv4Address(text)
    except ValueError:
        return None
