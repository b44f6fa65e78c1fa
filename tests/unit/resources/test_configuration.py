"""daemon.json where the engine stays: the daemon lets go of what we had set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provision.resources.base import Change, State
from provision.resources.configuration import DaemonJson
from provision.resources.record import RECORD_ID, RecordState
from tests.unit.core import steps_for
from tests.unit.model import UNIT
from tests.unit.preflight import DAEMON_JSON, with_docker

STEPS = steps_for(registry_mirrors="https://mirror.example")
(CONFIGURATION,) = [each for step in STEPS for each in step.resources if each.id == DAEMON_JSON]


def scripts(
    present: dict[str, Any], part: dict[str, Any], *, ours: bool = False, active: str = "active"
) -> list[str]:
    """What taking our part of it back comes to, on a host whose packages are ours or were there before us."""
    assert isinstance(CONFIGURATION, DaemonJson)
    states: dict[str, State] = dict(with_docker(STEPS, present).states)
    entries: dict[str, Any] = {DAEMON_JSON: {"before": None, "ours": {"part": part, "sha256": "of long ago"}}}
    if ours:
        installed = {"installed": ["docker-ce-18.06.3.ce-3.el7"]}
        entries["packages docker-ce"] = {"before": None, "ours": installed}
    states[RECORD_ID] = RecordState(entries)
    states[UNIT] = replace(states[UNIT], active=active)
    (found,) = CONFIGURATION.withdraw(states)
    assert isinstance(found, Change)
    return [line.split()[0] for line in found.script.splitlines()]


PART = {"registry-mirrors": ["https://mirror.example"]}
PRESENT = {**PART, "labels": ["theirs"]}


def test_what_a_reload_only_leaves_is_set_back_before_it_is_taken_out() -> None:
    *first, forget = scripts(PRESENT, PART)
    assert first == ["put_file", "reload_unit", "keep", "put_file", "reload_unit"]
    assert forget == "rm"


def test_what_takes_effect_at_a_start_needs_one_reload() -> None:
    part = {"bip": "172.26.0.1/16"}
    assert scripts({**part, "labels": ["theirs"]}, part) == ["keep", "put_file", "reload_unit", "rm"]


@pytest.mark.parametrize("kind", [{"ours": True}, {"active": "inactive"}])
def test_a_daemon_that_goes_or_does_not_run_is_not_reloaded(kind: dict[str, Any]) -> None:
    assert scripts(PRESENT, PART, **kind) == ["keep", "put_file"]
