"""The keys of daemon.json: the kind of value each takes, the release lines that know it, what a reload does.

Sources. 18.06: the true 18.06.3, asked for every key by starting it. 20.10 and 26.1: 20.10.24 and 26.1.5,
asked in the same way, which is also where the kinds come from ("json: cannot unmarshal string into ... of
type bool"). The lines between: release notes; where these leave doubt, a key counts as gone from the
earliest line that may have dropped it, because a key that dockerd doesn't know keeps it from starting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Line = tuple[int, int]
"""A release line: (18, 6) is 18.06, (26, 1) is 26.1."""

EVER: Line = (0, 0)
NEVER: Line = (999, 0)


class Kind(StrEnum):
    """What a key's value must be; the text is what an operator reads."""

    BOOL = "true or false"
    INT = "a whole number"
    STRING = "a string"
    STRINGS = "a list of strings"
    STRING_MAP = "a mapping of names to strings"
    BOOL_MAP = "a mapping of names to true or false"
    NESTED_MAP = "a mapping of names to mappings of strings"
    OBJECTS = "a list of mappings"
    OBJECT_MAP = "a mapping of names to mappings"
    OBJECT = "a mapping"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of daemon.json: its kind, whether SIGHUP takes it up, and the lines that know it."""

    kind: Kind
    reload: bool = False
    since: Line = EVER
    gone: Line = NEVER
    """The first line that doesn't know it any more."""

    def known_to(self, line: Line) -> bool:
        return self.since <= line < self.gone


def _of(
    kind: Kind, names: str, *, reload: bool = False, since: Line = EVER, gone: Line = NEVER
) -> dict[str, Key]:
    return {name: Key(kind, reload, since, gone) for name in names.split()}


KEYS: Mapping[str, Key] = {
    **_of(Kind.BOOL, "debug live-restore", reload=True),
    **_of(
        Kind.BOOL,
        "experimental icc init ip-forward ip-masq iptables ipv6 no-new-privileges raw-logs selinux-enabled"
        " tls tlsverify userland-proxy",
    ),
    **_of(Kind.BOOL, "disable-legacy-registry", gone=(19, 3)),
    **_of(Kind.BOOL, "cri-containerd rootless", since=(19, 3)),
    **_of(Kind.BOOL, "ip6tables", since=(20, 10)),
    **_of(
        Kind.INT,
        "max-concurrent-downloads max-concurrent-uploads network-diagnostic-port shutdown-timeout",
        reload=True,
    ),
    **_of(Kind.INT, "cpu-rt-period cpu-rt-runtime mtu network-control-plane-mtu"),
    **_of(Kind.INT, "oom-score-adjust", gone=(25, 0)),
    **_of(Kind.INT, "max-download-attempts", reload=True, since=(20, 10)),
    **_of(Kind.STRING, "default-ipc-mode default-runtime default-shm-size", reload=True),
    **_of(
        Kind.STRING,
        "api-cors-header bip bridge cgroup-parent containerd data-root default-gateway default-gateway-v6"
        " exec-root fixed-cidr fixed-cidr-v6 group init-path ip log-driver log-level metrics-addr pidfile"
        " seccomp-profile storage-driver swarm-default-advertise-addr tlscacert tlscert tlskey"
        " userland-proxy-path userns-remap",
    ),
    **_of(Kind.STRING, "cluster-advertise cluster-store", reload=True, gone=(23, 0)),
    **_of(Kind.STRING, "graph", gone=(23, 0)),
    **_of(Kind.STRING, "deprecated-key-path", gone=(24, 0)),
    **_of(Kind.STRING, "containerd-namespace default-cgroupns-mode host-gateway-ip", since=(20, 10)),
    **_of(Kind.STRING, "log-format", since=(25, 0)),
    **_of(
        Kind.STRINGS,
        "allow-nondistributable-artifacts authorization-plugins insecure-registries labels registry-mirrors",
        reload=True,
    ),
    **_of(Kind.STRINGS, "dns dns-opts dns-search exec-opts hosts node-generic-resources storage-opts"),
    **_of(Kind.STRINGS, "cdi-spec-dirs", since=(25, 0)),
    **_of(Kind.STRING_MAP, "log-opts"),
    **_of(Kind.STRING_MAP, "cluster-store-opts", reload=True, gone=(23, 0)),
    **_of(Kind.STRING_MAP, "proxies", since=(23, 0)),
    **_of(Kind.BOOL_MAP, "features", reload=True, since=(18, 9)),
    **_of(Kind.NESTED_MAP, "default-network-opts", since=(24, 0)),
    **_of(Kind.OBJECTS, "default-address-pools"),
    **_of(Kind.OBJECT_MAP, "runtimes", reload=True),
    **_of(Kind.OBJECT_MAP, "default-ulimits"),
    **_of(Kind.OBJECT, "builder", since=(18, 9)),
}

FLAG_KEYS: Mapping[str, str] = {
    "add-runtime": "runtimes",
    "authorization-plugin": "authorization-plugins",
    "cdi-spec-dir": "cdi-spec-dirs",
    "cluster-store-opt": "cluster-store-opts",
    "default-address-pool": "default-address-pools",
    "default-network-opt": "default-network-opts",
    "default-ulimit": "default-ulimits",
    "dns-opt": "dns-opts",
    "exec-opt": "exec-opts",
    "host": "hosts",
    "insecure-registry": "insecure-registries",
    "label": "labels",
    "log-opt": "log-opts",
    "node-generic-resource": "node-generic-resources",
    "registry-mirror": "registry-mirrors",
    "storage-opt": "storage-opts",
}
"""Flags of dockerd whose key has another name.

As keys they are a trap: dockerd of 18.06 and later takes them without a word, and they do nothing.
"""

RESETS: Mapping[str, Any] = {
    "allow-nondistributable-artifacts": [],
    "authorization-plugins": [],
    "debug": False,
    "default-runtime": "runc",
    "default-shm-size": "64M",
    "insecure-registries": [],
    "labels": [],
    "live-restore": False,
    "max-concurrent-downloads": 3,
    "max-concurrent-uploads": 5,
    "max-download-attempts": 5,
    "registry-mirrors": [],
    "runtimes": {},
    "shutdown-timeout": 15,
}
"""What a key stands for where the file doesn't have it; only keys that a reload takes up.

A reload leaves most of them as they were when they are gone from the file, but takes these values up (18.06.3, run).
"""

CLEARED_BY_REMOVAL = frozenset(
    {"max-concurrent-downloads", "max-concurrent-uploads", "authorization-plugins"}
)
"""Keys that a reload resets when they are gone from the file; all others keep their old value (18.06.3, run)."""

NETWORK = frozenset(
    {
        *("bip", "bridge", "default-address-pools", "fixed-cidr", "fixed-cidr-v6", "ipv6"),
        *("ip-forward", "ip-masq", "ip6tables", "iptables"),
    }
)
"""Keys by which a start changes the host's own routes and packet filter, and may cut it off."""

_SHORT_FLAGS: Mapping[str, str] = {
    "D": "debug",
    "G": "group",
    "H": "hosts",
    "b": "bridge",
    "g": "graph",
    "l": "log-level",
    "p": "pidfile",
    "s": "storage-driver",
}


def known_to(line: Line) -> frozenset[str]:
    """The keys that an engine of this line accepts and acts on."""
    return frozenset(name for name, key in KEYS.items() if key.known_to(line))


def reloadable_by(line: Line) -> frozenset[str]:
    """The keys that an engine of this line takes up from the file on SIGHUP, without a restart."""
    return frozenset(name for name, key in KEYS.items() if key.reload and key.known_to(line))


def set_by_flags(words: Sequence[str]) -> dict[str, str]:
    """The keys that a dockerd command line sets, each with the flag as it stands there.

    A key that is set there and in daemon.json too keeps the daemon from starting ("specified both as a flag
    and in the configuration file").
    """
    found: dict[str, str] = {}
    for word in words:
        if word.startswith("--"):
            flag = word.partition("=")[0]
            key = FLAG_KEYS.get(flag[2:], flag[2:])
        elif word.startswith("-"):
            flag = word[:2]
            key = _SHORT_FLAGS.get(flag[1:], "")
        else:
            continue
        if key in KEYS:
            found.setdefault(key, flag)
    return found
