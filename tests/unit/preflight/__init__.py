"""What a plan says of the host itself: helpers to spoil one fact of a host and read what comes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import Any

from provision import preflight
from provision.facts import Facts
from provision.facts.host import DataRoot, Route
from provision.plan import plan
from provision.preflight import Terms
from provision.resources import daemonjson
from provision.resources.base import Note, Refusal, Step
from provision.resources.daemon import UnitState
from provision.resources.file import FileState
from provision.resources.packages import PackagesState
from tests.unit.core import fresh, steps_for
from tests.unit.model import INFO, UNIT

DAEMON_JSON = f"file {daemonjson.PATH}"
ROTATED = {"log-opts": {"max-size": "10m", "max-file": "3"}}
"""Asked for, so that nothing is to be said of logs."""


@dataclass(frozen=True)
class Said:
    """What stands under `host` in a plan."""

    refusals: tuple[str, ...]
    notes: tuple[str, ...]


def steps(settings: Mapping[str, Any] | None = None, **flags: Any) -> tuple[Step, ...]:
    """The steps for these settings of daemon.json, with logs rotated."""
    return steps_for(daemon={**ROTATED, **(settings or {})}, **flags)


def said(
    read: Facts,
    asked: tuple[Step, ...],
    *,
    terms: Terms | None = None,
    only: frozenset[str] = frozenset(),
    **host: Any,
) -> Said:
    """What a plan says of this host, with these of its facts being otherwise."""
    other = replace(read, host=replace(read.host, **host))
    found = plan(other, asked, only, terms or Terms())
    here = [item.finding for stage in found.stages for item in stage.items if item.step == preflight.STEP]
    return Said(
        tuple(each.text for each in here if isinstance(each, Refusal)),
        tuple(each.text for each in here if isinstance(each, Note)),
    )


def new(settings: Mapping[str, Any] | None = None, **host: Any) -> Said:
    """What is said of a host on which nothing of ours is."""
    asked = steps(settings)
    return said(fresh(asked), asked, **host)


def with_docker(
    asked: tuple[Step, ...], present: Mapping[str, Any], *, runs: bool = True, **info: Any
) -> Facts:
    """A host that has this daemon.json and Docker with it; `info` is what differs in docker info."""
    read = fresh(asked)
    states = dict(read.states)
    states["packages docker-ce"] = PackagesState({"docker-ce": "18.06.3.ce-3.el7"})
    states[DAEMON_JSON] = FileState(json.dumps(present).encode(), "644", "root:root", 1)
    unit: UnitState = states[UNIT]
    unit = replace(unit, load="loaded", enabled="enabled")
    if runs:
        unit = replace(unit, active="active", started=dict(present), info=replace(INFO, **info))
    states[UNIT] = unit
    docker0 = Route(IPv4Network("172.17.0.0/16"), "docker0")
    host = replace(read.host, bridges=("docker0",), routes=(*read.host.routes, docker0))
    return Facts(host, states)


def holding(path: str = "/var/lib/docker", **counts: Any) -> DataRoot:
    """A folder with data in it."""
    return DataRoot(**{"path": path, "real": path, "drivers": ("overlay2",), **counts})
