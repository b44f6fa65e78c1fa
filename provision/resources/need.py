"""What it would take to make a daemon run with what is asked for. Pure decisions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from provision.engine_keys import CLEARED_BY_REMOVAL, RESETS
from provision.engines import Engine
from provision.resources import unitfiles
from provision.resources.daemon import UnitState, in_swarm
from provision.resources.daemonjson import differing, mirrors


class Act(StrEnum):
    """What the running daemon needs, the mildest first."""

    NOTHING = "nothing"
    RELOAD = "reload"
    RESTART = "restart"
    START = "start"


class Reach(StrEnum):
    """How far a run goes with a daemon."""

    WHOLE = "whole"
    SERVICE = "service"
    """daemon.json isn't written, in between neither."""
    SETTINGS = "settings"
    """It may be somebody else's: only what daemon.json says is taken up."""


@dataclass(frozen=True, slots=True)
class Need:
    """What to do to the daemon, why, and what can't be told.

    `first` are settings that a reload has to take up before daemon.json is written as it is asked for.
    """

    act: Act
    reasons: tuple[str, ...] = ()
    doubt: str = ""
    first: Mapping[str, Any] = field(default_factory=dict)


def need(
    state: UnitState,
    wanted: Mapping[str, Any],
    present: tuple[Mapping[str, Any], int] | None,
    engine: Engine,
    reach: Reach = Reach.WHOLE,
) -> Need:
    """What the daemon needs to run with `wanted`, observed and never remembered.

    `present` is the daemon.json that is there and its ctime; None where there is none.
    """
    if not state.runs:
        return Need(Act.START, (f"it is {state.active}",))
    turn, writes = before_restart(state, wanted), reach is not Reach.SERVICE
    if not writes:
        turn = {key: value for key, value in turn.items() if wanted.get(key) == value}
    reasons = tuple(_of_another_start(state, engine)) if reach is not Reach.SETTINGS else ()
    if state.strange:
        variables = ", ".join(state.strange)
        reasons = (*reasons, f"it was started with another proxy than is asked for ({variables})")
    if reasons:
        return Need(Act.RESTART, reasons, first=turn)
    loaded = _loaded(state, present, engine)
    if loaded is None:
        return _unrecorded(state, wanted)
    changed = [key for key in differing(wanted, loaded, RESETS) if engine.listed or key in engine.keys]
    if hard := [key for key in changed if not _reloads(key, wanted, engine, writes=writes)]:
        return Need(Act.RESTART, tuple(_why_restart(key, engine) for key in hard), first=turn)
    if not changed:
        return _effective(state, wanted)
    first = {key: RESETS[key] for key in changed if _stays(key, wanted)}
    reasons = tuple(f"{key} differs from what it took up" for key in changed if key not in first)
    return Need(Act.RELOAD if reasons else Act.NOTHING, reasons, first=first)


def _of_another_start(state: UnitState, engine: Engine) -> Iterator[str]:
    """What a start today would make different, apart from daemon.json."""
    running = (state.info.server_version if state.info else "").partition("+")[0]
    if running != engine.daemon_version:
        yield f"version {running} runs, {engine.daemon_version} is installed"
    if otherwise := unitfiles.unlike(state.argv, state.files.command()):
        yield otherwise


def _reloads(key: str, wanted: Mapping[str, Any], engine: Engine, *, writes: bool) -> bool:
    return key in engine.reloadable and (not _stays(key, wanted) or (writes and key in RESETS))


def _stays(key: str, wanted: Mapping[str, Any]) -> bool:
    """Whether a reload leaves this key as it is, because the file doesn't have it."""
    return wanted.get(key) is None and key not in CLEARED_BY_REMOVAL


def _why_restart(key: str, engine: Engine) -> str:
    if key in engine.reloadable:
        return f"{key} is taken out, and a reload leaves it as it was"
    return f"{key} takes effect only at a start"


def before_restart(state: UnitState, wanted: Mapping[str, Any]) -> Mapping[str, bool]:
    """live-restore, where it has to be turned by a reload before the daemon restarts with these settings.

    On, it keeps the containers over the restart. Off, or the next start ends what the stop has spared (18.06.3, run).
    """
    if not state.containers or state.info is None:
        return {}
    keeps = keeps_containers(wanted) and not in_swarm(state)
    return {} if keeps == state.info.live_restore else {"live-restore": keeps}


def why_first(settings: Mapping[str, Any]) -> str:
    """Why a reload has to take these settings up before anything else is done."""
    if settings == {"live-restore": True}:
        return "without it the restart would stop containers"
    names = [name for name in settings if name != "live-restore"]
    reasons = [f"a reload leaves what is only taken out as it was: {', '.join(names)}"] if names else []
    if "live-restore" in settings:
        reasons.append("live-restore is still on, and the next start without it would end the containers")
    return "; ".join(reasons)


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
    """What the daemon says of itself must be what is asked for, whatever the records say."""
    reasons = tuple(_unlike(state, wanted))
    return Need(Act.RELOAD if reasons else Act.NOTHING, reasons)


def _unlike(state: UnitState, wanted: Mapping[str, Any]) -> Iterator[str]:
    if state.info is None:
        return
    asked = mirrors(wanted)
    if asked is not None and shown_mirrors(asked) != list(state.info.mirrors):
        yield f"its mirrors are {', '.join(state.info.mirrors) or 'none'}"
    shown = {
        "debug": state.info.debug,
        "default-runtime": state.info.default_runtime,
        # in any order, for they go through a map (moby, GetConflictFreeLabels)
        "labels": sorted(state.info.labels),
        "live-restore": state.info.live_restore,
    }
    said = {key: state.event[key] for key in SAID if key in state.event}
    for key, value in {**said, **shown}.items():
        asked_for = wanted.get(key)
        if key == "labels" and isinstance(asked_for, list):
            asked_for = sorted(set(map(str, asked_for)))
        if asked_for is not None and asked_for != value:
            yield f"{key} is {json.dumps(value)} in the daemon"


def cgroup_driver(settings: Mapping[str, Any]) -> str:
    """The cgroup driver that settings name; empty where they don't."""
    options = settings.get("exec-opts")
    for option in options if isinstance(options, list) else ():
        name, _, value = str(option).partition("=")
        if name == "native.cgroupdriver":
            return value
    return ""


SAID = (
    "allow-nondistributable-artifacts",
    "insecure-registries",
    "max-concurrent-downloads",
    "max-concurrent-uploads",
    "max-download-attempts",
    "shutdown-timeout",
)
"""Keys that docker info doesn't show, or not as they were given; a reload's event does (18.06.3 to 26.1.5, run)."""


def shown_mirrors(asked: list[str]) -> list[str]:
    """Mirrors as docker info shows them: a slash added, later duplicates dropped (18.06.3, run)."""
    return list(dict.fromkeys(mirror.rstrip("/") + "/" for mirror in asked))


def keeps_containers(wanted: Mapping[str, Any]) -> bool:
    """Whether a daemon that starts with these settings leaves the containers alone that run.

    Without live-restore it ends those that the daemon before it spared (18.06.3, run).
    """
    return wanted.get("live-restore") is True


def left_by_others(state: UnitState) -> dict[str, str]:
    """What earlier runs have left of a start that is good: why it can go, and the shell function by which it does."""
    if state.unconfirmed:
        return {"its last start is confirmed, for the host was reached since": "keep_way"}
    if state.kept:
        return {
            "it runs with daemon.json as it is: what a run that was cut off kept of before can go": "settled"
        }
    return {}


def expected(wanted: Mapping[str, Any]) -> str:
    """What `docker info` must show, in the lines of the shell's `shown`; empty where nothing is asked for that it does.

    Not data-root: it is shown as links lead, and one folder deeper with userns-remap.
    """
    shown = {name: wanted[name] for name in SHOWN if wanted.get(name) is not None}
    listed = mirrors(wanted)
    if listed is not None:
        shown["registry-mirrors"] = shown_mirrors(listed)
    if driver := cgroup_driver(wanted):
        shown["cgroup-driver"] = driver
    return "\n".join(f"{name}={_in_go(value)}" for name, value in shown.items())


SHOWN = ("live-restore", "debug", "default-runtime", "log-driver", "storage-driver")
"""Settings whose value docker info shows as it was given (18.06.3 and 26.1.5, run).

Not labels: they come in any order (moby, GetConflictFreeLabels goes through a map).
"""


def _in_go(value: Any) -> str:
    """JSON as Go writes it, which escapes for HTML."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text
