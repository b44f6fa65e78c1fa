"""The state of a running daemon, as systemd and the daemon itself tell it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provision.resources import unitfiles
from provision.resources.daemonjson import load
from provision.resources.file import Unsuitable
from provision.resources.unitfiles import UnitFiles
from provision.words import docker

SERVICE = "service docker.service"
"""The id of the resource whose state this is."""


@dataclass(frozen=True, slots=True)
class Container:
    """A running container. `restart` is its restart policy, or "removed" for one that was run with --rm."""

    name: str
    restart: str = "no"

    def __str__(self) -> str:
        return f"{self.name} ({self.restart})"


@dataclass(frozen=True, slots=True)
class UnitState:
    """docker.service as systemd and the daemon itself tell it.

    `elapsed` is the age of the daemon's process in seconds, `now` the host's clock. `started` is the daemon.json
    that the last start took up, `reloaded` the one of our last confirmed reload; None where there is no record.
    `event` is what the daemon said then that it took up. `files` are those that make up the unit, `argv` is the command
    line that the daemon was started with. `owed` are containers that a change of version has stopped, and that nobody
    has started again. `strange` are the variables of its process that aren't as they should be; their values stay on
    the host. `bridge`: docker0 is there. `unconfirmed`: there was a start that may have cut the host off, and nobody
    has seen yet that it didn't; `kept`: a run that was cut off kept daemon.json from before; `tried` is when the host
    took the last such start back.
    """

    load: str
    active: str
    enabled: str
    stale: bool
    now: int
    elapsed: int
    started: Mapping[str, Any] | None
    reloaded: Mapping[str, Any] | None
    info: docker.Info | None
    containers: tuple[Container, ...]
    remembered: Mapping[str, str]
    event: Mapping[str, Any] = field(default_factory=dict)
    files: UnitFiles = field(default_factory=UnitFiles)
    argv: tuple[str, ...] = ()
    owed: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    bridge: bool = False
    unconfirmed: bool = False
    kept: bool = False
    tried: str = ""

    def __str__(self) -> str:
        lines = [f"{self.active}, {self.enabled or self.load}"]
        if self.info is not None:
            lines += [
                f"version {self.info.server_version}, {self.info.driver} in {self.info.root_dir}",
                f"mirrors: {', '.join(self.info.mirrors) or 'none'}",
                f"running containers: {', '.join(map(str, self.containers)) or 'none'}",
                *([f"stopped for a change of version: {', '.join(self.owed)}"] if self.owed else []),
            ]
            lines += [f"daemon's warning: {warning}" for warning in self.info.warnings]
        return "\n".join(lines)

    @property
    def runs(self) -> bool:
        return self.active == "active"


REMEMBERED = ("ip_forward", "forward", "etc_docker", "key_json")


def parse(text: str) -> UnitState:
    """Read `KEY=VALUE` lines as the probe prints them. Raises ValueError where they can't be what it prints."""
    values: dict[str, str] = {}
    containers, owed = [], []
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if key == "container" and equals:
            name, _, restart = value.partition(" ")
            containers.append(Container(name.removeprefix("/"), restart or "no"))
        elif key == "stopped":
            owed.append(value)
        elif equals:
            values[key] = value
    if not {"LoadState", "ActiveState", "now"} <= values.keys():
        raise ValueError("systemd doesn't say what docker.service is")
    return UnitState(
        load=values["LoadState"],
        active=values["ActiveState"],
        enabled=values.get("UnitFileState", ""),
        stale=values.get("NeedDaemonReload") == "yes",
        now=int(values["now"]),
        elapsed=int(values.get("elapsed") or 0),
        started=_recorded(values.get("started")),
        reloaded=_recorded(values.get("reloaded")),
        event=_event(values.get("event")),
        info=docker.info(values["info"]) if values.get("info") else None,
        containers=tuple(containers),
        strange=tuple(values.get("strange", "").split()),
        remembered={key: values.get(key, "") for key in REMEMBERED},
        files=unitfiles.parse(text),
        argv=_argv(values.get("argv")),
        bridge=values.get("bridge") == "yes",
        unconfirmed=values.get("unconfirmed") == "yes",
        kept=values.get("kept") == "yes",
        tried=values.get("tried", ""),
        owed=tuple(name for name in owed if name not in {each.name for each in containers}),
    )


def _recorded(encoded: str | None) -> Mapping[str, Any] | None:
    """A daemon.json that a start recorded. What isn't valid there never came up, so it says nothing."""
    if encoded is None:
        return None
    try:
        return load(base64.b64decode(encoded))
    except (Unsuitable, ValueError):
        return None


def _argv(encoded: str | None) -> tuple[str, ...]:
    try:
        words = base64.b64decode(encoded or "").decode(errors="replace")
    except ValueError:
        return ()
    return tuple(words.removesuffix("\0").split("\0")) if words else ()


def _event(encoded: str | None) -> Mapping[str, Any]:
    try:
        return docker.reloaded(base64.b64decode(encoded or "").decode())
    except ValueError:
        return {}


def in_swarm(state: UnitState) -> bool:
    """There live-restore is taken up by a reload, and keeps the daemon from its next start (18.06.3, run)."""
    return state.info is not None and state.info.swarm != "inactive"
