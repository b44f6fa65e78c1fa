"""What dockerd would not start with, or would pass over in silence: found before anything is written.

Asked of the settings that an operator wants, and of a whole merged daemon.json. The rules were met by
starting the true 18.06.3, 20.10.24 and 26.1.5 with wrong values.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

from provision.engine_keys import FLAG_KEYS, KEYS, Kind
from provision.engines import Engine
from provision.urls import registry_mirror_trouble

Path = tuple[str | int, ...]

DEFAULT_ROOT = "/var/lib/docker"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the value that `path` leads to, and what to do, in one line."""

    path: Path
    text: str


def problems(settings: Mapping[str, Any], engine: Engine | None) -> Iterator[Problem]:
    """What is wrong with these settings, whatever else the file holds.

    `engine` is the one that will read them, None where only each host can tell. None as a value stands for a key that
    is to be taken out: any key, also one that no engine knows.
    """
    for name, value in settings.items():
        if value is None:
            continue
        if trouble := _unusable(name, engine):
            yield Problem((name,), trouble)
            continue
        misfits = tuple(_misfits(KEYS[name].kind, value, (name,)))
        yield from misfits or _wrong_values(name, value)
    yield from _clashes(settings)


def _unusable(name: str, engine: Engine | None) -> str:
    """Why this key can't be set for this engine; empty if it can."""
    keys = engine.keys if engine else KEYS.keys()
    if name in keys:
        return ""
    if name in FLAG_KEYS:
        return f"{name} is a flag's name, which dockerd takes without effect: write {FLAG_KEYS[name]}"
    unknown = f"Docker {engine.version if engine else 'of no version'} has no setting {name!r}"
    if name in KEYS:
        return f"{unknown}, only other versions have it: leave it out"
    return f"{unknown}: {_instead(name, keys)}"


def _instead(name: str, names: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(names), n=1)
    return f"did you mean {near[0]}?" if near else "leave it out"


# ── kinds: dockerd says "cannot unmarshal string into Go struct field … of type bool" ──

_LEAVES: Mapping[Kind, type] = {Kind.BOOL: bool, Kind.INT: int, Kind.STRING: str}
_INNER: Mapping[Kind, Kind] = {
    Kind.STRINGS: Kind.STRING,
    Kind.STRING_MAP: Kind.STRING,
    Kind.BOOL_MAP: Kind.BOOL,
    Kind.NESTED_MAP: Kind.STRING_MAP,
    Kind.OBJECTS: Kind.OBJECT,
    Kind.OBJECT_MAP: Kind.OBJECT,
}


def _misfits(kind: Kind, value: Any, path: Path) -> Iterator[Problem]:
    inner = _INNER.get(kind)
    if kind in _LEAVES:
        fits = type(value) is _LEAVES[kind]  # isinstance would take True for a number
    elif kind in (Kind.STRINGS, Kind.OBJECTS):
        fits = isinstance(value, list | tuple)
    else:
        fits = isinstance(value, Mapping)
    if not fits:
        hint = ": put it in quotes" if kind is Kind.STRING and isinstance(value, int) else ""
        yield Problem(path, f"{_dotted(path)} must be {kind}{hint}")
    elif inner:
        for key, each in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _misfits(inner, each, (*path, key))


def _dotted(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)[1:]


# ── values ──

Rule = Callable[[Any], str]
"""Says what is wrong with a value, beginning with the value; empty if nothing is."""


def _wrong_values(name: str, value: Any) -> Iterator[Problem]:
    if rule := _WHOLE.get(name):
        parts: Iterable[tuple[Path, Any]] = [((name,), value)]
    elif rule := _EACH.get(name):
        parts = [
            ((name, key), each)
            for key, each in (value.items() if isinstance(value, Mapping) else enumerate(value))
        ]
    else:
        return
    for path, part in parts:
        if trouble := rule(part):
            yield Problem(path, f"{name}: {trouble}")


def _one_of(*words: str) -> Rule:
    return lambda value: "" if value in words else f"{value!r} must be one of {', '.join(words)}"


def _matching(pattern: str, expected: str) -> Rule:
    whole = re.compile(pattern)
    return lambda value: "" if whole.fullmatch(value) else f"{value!r} must be {expected}"


def _parsed_by(parse: Callable[[str], object], expected: str) -> Rule:
    def rule(value: str) -> str:
        try:
            parse(value)
        except ValueError:
            return f"{value!r} must be {expected}"
        return ""

    return rule


def _at_least(least: int) -> Rule:
    return lambda value: "" if value >= least else f"{value} must be {least} or more"


def _fields(kinds: Mapping[str, Kind], *, every: bool = False) -> Rule:
    """A mapping with these names (Go takes them in any case) and no others, which are dropped in silence.

    `every`: all of them must be there, because what is left out counts as 0.
    """
    known = {name.lower(): kind for name, kind in kinds.items()}

    def rule(value: Mapping[str, Any]) -> str:
        for name, each in value.items():
            if name.lower() not in known:
                return f"{name!r} has no place here: {_instead(name, kinds)}"
            if misfit := next(_misfits(known[name.lower()], each, (name,)), None):
                return misfit.text
        left_out = known.keys() - {name.lower() for name in value}
        return f"all of {', '.join(kinds)} must be given" if every and left_out else ""

    return rule


def _bridge_address(value: str) -> str:
    address = ip_interface(value)
    if "/" not in value or address.ip == address.network.network_address:
        raise ValueError(value)
    return value


def _network(value: str) -> object:
    if "/" not in value:
        raise ValueError(value)
    return ip_network(value, strict=False)


def _listeners(hosts: Iterable[str]) -> str:
    for host in hosts:
        if not host.startswith(("unix://", "tcp://")):
            return f"{host!r} must begin with unix:// or tcp://"
    if not any(host.startswith("unix://") for host in hosts):
        return "unix:///var/run/docker.sock must stay among them: docker's own commands come in there"
    return ""


def _labels(labels: Iterable[str]) -> str:
    seen: dict[str, str] = {}
    for label in labels:
        name, equals, value = label.partition("=")
        if not (name and equals):
            return f"{label!r} must be written NAME=VALUE"
        if seen.setdefault(name, value) != value:
            return f"{name!r} is given two values: keep one"
    return ""


def data_root(settings: Mapping[str, Any]) -> str:
    """The folder that settings name for what the daemon keeps. Only one of its two keys can be set."""
    found = settings.get("data-root") or settings.get("graph")
    return posixpath.normpath(found) if isinstance(found, str) else DEFAULT_ROOT


def _log_options(options: Mapping[str, str]) -> str:
    if (size := options.get("max-size")) and not re.fullmatch(r"-1|[0-9]+[kmgKMG]?", size):
        return f"max-size {size!r} must be a number with k, m or g, or no container starts"
    if (files := options.get("max-file")) and not re.fullmatch(r"[1-9][0-9]*", files):
        return f"max-file {files!r} must be a number from 1 up, or no container starts"
    return ""


_ADDRESS = _parsed_by(ip_address, "an IP address")
_ABSOLUTE = _matching(r"/.*", "an absolute path, or dockerd never answers")

_WHOLE: Mapping[str, Rule] = {
    "bip": _parsed_by(
        _bridge_address, "an address with its network, like 172.26.0.1/16 and not 172.26.0.0/16"
    ),
    "builder": _fields({"gc": Kind.OBJECT, "entitlements": Kind.OBJECT}),
    "data-root": _ABSOLUTE,
    "default-cgroupns-mode": _one_of("host", "private"),
    "default-gateway": _ADDRESS,
    "default-gateway-v6": _ADDRESS,
    "default-ipc-mode": _one_of("shareable", "private"),
    "default-shm-size": _matching(r"[0-9]+(\.[0-9]+)? ?[kKmMgGtTpP]?[iI]?[bB]?", "a size like 64M"),
    "exec-root": _ABSOLUTE,
    "fixed-cidr": _parsed_by(_network, "a network like 172.26.1.0/24"),
    "fixed-cidr-v6": _parsed_by(_network, "a network like 2001:db8:1::/64"),
    "graph": _ABSOLUTE,
    "host-gateway-ip": _ADDRESS,
    "hosts": _listeners,
    "ip": _ADDRESS,
    "labels": _labels,
    "log-format": _one_of("text", "json"),
    "log-level": _one_of("debug", "info", "warn", "error", "fatal"),
    "log-opts": _log_options,
    "max-concurrent-downloads": _at_least(0),
    "max-concurrent-uploads": _at_least(0),
    "max-download-attempts": _at_least(1),
    "proxies": _fields({"http-proxy": Kind.STRING, "https-proxy": Kind.STRING, "no-proxy": Kind.STRING}),
    "storage-driver": _one_of("overlay2", "overlay", "devicemapper", "btrfs", "zfs", "vfs", "aufs"),
}
"""Rules for a whole value."""

_EACH: Mapping[str, Rule] = {
    "default-address-pools": _fields({"base": Kind.STRING, "size": Kind.INT}, every=True),
    "default-ulimits": _fields({"Name": Kind.STRING, "Hard": Kind.INT, "Soft": Kind.INT}, every=True),
    "dns": _ADDRESS,
    "exec-opts": _one_of("native.cgroupdriver=cgroupfs", "native.cgroupdriver=systemd"),
    "insecure-registries": _matching(
        r"[A-Za-z0-9][A-Za-z0-9._-]*(:[0-9]{1,5}|/[0-9]{1,2})?|\[[0-9a-fA-F:]+\](:[0-9]{1,5})?|[0-9a-fA-F:]+/[0-9]{1,3}",
        "HOST, HOST:PORT or a network like 10.1.0.0/16, without http:// and without a path",
    ),
    "node-generic-resources": _matching(r"[^=]+=[^=]+", "NAME=VALUE"),
    "registry-mirrors": registry_mirror_trouble,
    "runtimes": _fields(
        {"path": Kind.STRING, "runtimeArgs": Kind.STRINGS, "runtimeType": Kind.STRING, "options": Kind.OBJECT}
    ),
}
"""Rules for each part of a list or mapping."""


def incompatible(settings: Mapping[str, Any]) -> Iterator[Problem]:
    """Settings that dockerd refuses side by side, whoever set each."""
    for one, other in (("graph", "data-root"), ("bridge", "bip")):
        if settings.get(one) is not None and settings.get(other) is not None:
            yield Problem((one,), f"{one} and {other} can't both be set: leave one out")
    driver, options = settings.get("log-driver"), settings.get("log-opts")
    for name in ("max-size", "max-file"):
        if driver in _UNROTATED and isinstance(options, Mapping) and options.get(name) is not None:
            text = f"log-opts: {driver} has no {name}, and dockerd doesn't start with it: leave it out, or the driver"
            yield Problem(("log-opts", name), text)


_UNROTATED = ("awslogs", "fluentd", "gcplogs", "gelf", "journald", "logentries", "splunk", "syslog")
"""Log drivers that don't write files themselves: an unknown option is refused at the start (18.06.3, run)."""


def _clashes(settings: Mapping[str, Any]) -> Iterator[Problem]:
    """Settings that dockerd refuses side by side, or that hand the host to anybody who asks."""
    yield from incompatible(settings)
    if settings.get("iptables") is False and settings.get("icc") is False:
        yield Problem(("icc",), "icc: false needs iptables: leave one of the two out")
    runtimes, runtime = settings.get("runtimes"), settings.get("default-runtime")
    if isinstance(runtimes, Mapping) and "runc" in runtimes:
        yield Problem(("runtimes", "runc"), "runtimes: the name runc is reserved: choose another")
    if isinstance(runtimes, Mapping) and isinstance(runtime, str) and runtime not in (*runtimes, "runc"):
        yield Problem(("default-runtime",), f"default-runtime: no {runtime!r} stands under runtimes: add it")
    hosts = settings.get("hosts")
    if isinstance(hosts, list | tuple) and settings.get("tlsverify") is not True:
        for index, host in enumerate(hosts):
            if isinstance(host, str) and host.startswith("tcp://"):
                text = (
                    f"hosts: whoever reaches {host!r} becomes root: set tlsverify: true and its certificates"
                )
                yield Problem(("hosts", index), text)
