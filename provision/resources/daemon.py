"""The state of a running daemon, and what it would take to make it run with what is asked for. Pure decisions."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from provision.engines import Engine
from provision.resources.daemonjson import differing, load, mirrors
from provision.resources.file import Unsuitable
from provision.words import docker


class Act(StrEnum):
    """What the running daemon needs, the mildest first."""

    NOTHING = "nothing"
    RELOAD = "reload"
    RESTART = "restart"
    START = "start"


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

    def __str__(self) -> str:
        lines = [f"{self.active}, {self.enabled or self.load}"]
        if self.info is not None:
            lines += [
                f"version {self.info.server_version}, {self.info.driver} in {self.info.root_dir}",
                f"mirrors: {', '.join(self.info.mirrors) or 'none'}",
                f"running containers: {', '.join(map(str, self.containers)) or 'none'}",
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
    containers = []
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if key == "container" and equals:
            name, _, restart = value.partition(" ")
            containers.append(Container(name.removeprefix("/"), restart or "no"))
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
        info=docker.info(values["info"]) if values.get("info") else None,
        containers=tuple(containers),
        remembered={key: values.get(key, "") for key in REMEMBERED},
    )


def _recorded(encoded: str | None) -> Mapping[str, Any] | None:
    """A daemon.json that a start recorded. What isn't valid there never came up, so it says nothing."""
    if encoded is None:
        return None
    try:
        return load(base64.b64decode(encoded))
    except (Unsuitable, ValueError):
        return None


CLEARED_BY_REMOVAL = frozenset(
    {"max-concurrent-downloads", "max-concurrent-uploads", "authorization-plugins"}
)
"""Keys that a reload resets when they are gone from the file; all others keep their old value (18.06.3, run)."""


@dataclass(frozen=True, slots=True)
class Need:
    """What to do to the daemon, why, and what can't be told."""

    act: Act
    reasons: tuple[str, ...] = ()
    doubt: str = ""


def need(
    state: UnitState,
    wanted: Mapping[str, Any],
    present: tuple[Mapping[str, Any], int] | None,
    engine: Engine,
) -> Need:
    """What the daemon needs to run with `wanted`, observed and never remembered.

    `present` is the daemon.json that is there and its ctime; None where there is none.
    """
    if not state.runs:
        return Need(Act.START, (f"it is {state.active}",))
    running = (state.info.server_version if state.info else "").partition("+")[0]
    if running != engine.daemon_version:
        return Need(Act.RESTART, (f"version {running} runs, {engine.daemon_version} is installed",))
    loaded = _loaded(state, present, engine)
    if loaded is None:
        return _unrecorded(state, wanted)
    changed = list(differing(wanted, loaded))
    hard = [key for key in changed if not _reloads(key, wanted, engine)]
    if hard:
        return Need(Act.RESTART, tuple(_why_restart(key, engine) for key in hard))
    reasons = tuple(f"{key} differs from what it took up" for key in changed)
    return Need(Act.RELOAD, reasons) if reasons else _effective(state, wanted)


def _reloads(key: str, wanted: Mapping[str, Any], engine: Engine) -> bool:
    return key in engine.reloadable and (key in wanted or key in CLEARED_BY_REMOVAL)


def _why_restart(key: str, engine: Engine) -> str:
    if key in engine.reloadable:
        return f"{key} is taken out, and a reload leaves it as it was"
    return f"{key} takes effect only at a start"


def _loaded(
    state: UnitState, present: tuple[Mapping[str, Any], int] | None, engine: Engine
) -> Mapping[str, Any] | None:
    """The settings that the daemon runs with, or None where that can't be told."""
    if state.started is None:
        if present is None:
            return {}
        settings, changed = present
        return settings if changed < state.now - state.elapsed else None
    if state.reloaded is None:
        return state.started
    kept = {key: value for key, value in state.started.items() if key not in engine.reloadable}
    return kept | {key: value for key, value in state.reloaded.items() if key in engine.reloadable}


def _unrecorded(state: UnitState, wanted: Mapping[str, Any]) -> Need:
    """A daemon that somebody started before our drop-in was there, and a daemon.json that is younger."""
    doubt = (
        "daemon.json is younger than the running daemon and its start left no record, so it can't be told whether "
        "all of it is in effect; `systemctl restart docker` at a good time settles it"
    )
    seen = _effective(state, wanted)
    return Need(seen.act, seen.reasons, doubt)


def _effective(state: UnitState, wanted: Mapping[str, Any]) -> Need:
    """What docker info shows must be what is asked for, whatever the records say."""
    asked = mirrors(wanted)
    if asked is None or state.info is None or shown_mirrors(asked) == list(state.info.mirrors):
        return Need(Act.NOTHING)
    return Need(Act.RELOAD, (f"its mirrors are {', '.join(state.info.mirrors) or 'none'}",))


def shown_mirrors(asked: list[str]) -> list[str]:
    """Mirrors as docker info shows them: a slash added, later duplicates dropped (18.06.3, run)."""
    return list(dict.fromkeys(mirror.rstrip("/") + "/" for mirror in asked))


def keeps_containers(wanted: Mapping[str, Any]) -> bool:
    """Whether a daemon that starts with these settings leaves the containers alone that run.

    Without live-restore it ends those that the daemon before it spared (18.06.3, run).
    """
    return wanted.get("live-restore") is True
