"""What the tests of the core share: specs, steps and readings without a host."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from provision import facts, handed, spec, steps
from provision.facts import Facts, HostFacts
from provision.resources.base import ABSENT, State, Step
from provision.resources.baserepos import BaseState
from provision.resources.daemon import UnitState
from provision.resources.hold import HoldState
from provision.resources.membership import NoGroup
from provision.resources.record import RECORD_ID
from provision.resources.restart import DEFAULT, Policy
from provision.resources.withdrawal import Withdrawal

MIRROR = "https://mirror.example"
HOST = HostFacts(
    os_id="centos",
    os_version="7",
    os_name="CentOS Linux 7 (Core)",
    release="CentOS Linux release 7.9.2009 (Core)",
    kernel="3.10.0-1160.el7.x86_64",
    machine="x86_64",
    systemd=True,
    selinux="Enforcing",
)


def steps_for(
    *only: str,
    policy: Policy = DEFAULT,
    withdrawal: Withdrawal | None = None,
    daemon: Mapping[str, Any] | None = None,
    **flags: str,
) -> tuple[Step, ...]:
    """The steps of a Spec as flags would give it; `daemon` as a file would."""
    layers = [spec.parse(json.dumps({"daemon": daemon}), "site.yml")] if daemon else []
    asked = spec.build(*layers, spec.from_flags(flags))
    return steps.steps(asked, handed.defaults(), only=only, policy=policy, withdrawal=withdrawal)


def no_unit() -> UnitState:
    """systemd's answer where there is no docker.service."""
    remembered = {"ip_forward": "0", "forward": "-P FORWARD ACCEPT", "etc_docker": "", "key_json": ""}
    return UnitState("not-found", "inactive", "", False, 1_000_000, 0, None, None, None, (), remembered)


def fresh(chosen: tuple[Step, ...], users: frozenset[str] = frozenset({"alice", "bob"})) -> Facts:
    """A host on which nothing of ours is."""
    states: dict[str, State] = {resource.id: ABSENT for resource in facts.probed(chosen)}
    states["base repositories"] = BaseState(HOST.release, None, {})
    states["hold docker-ce"] = HoldState({}, frozenset(), {})
    states["service docker.service"] = no_unit()
    states["group docker"] = NoGroup(users)
    states[RECORD_ID] = ABSENT
    return Facts(HOST, states)


def framed(sections: Mapping[str, str], word: str) -> str:
    """A host's answer with these sections, each printed with status 0."""
    return "".join(f"\n{word} begin {key}\n{text}\n\n{word} end {key} 0\n" for key, text in sections.items())


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
