"""Outcomes, plans and facts as plain data: what `--json` prints."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Any

from provision.advisories import Advisories
from provision.events import End, Outcome
from provision.facts import Facts
from provision.holes import AS_OF, Cve
from provision.masking import MASK, masked, names_secret
from provision.plan import Plan
from provision.resources.base import Absent, Change, Pending, Unknown


def plan(found: Plan) -> dict[str, Any]:
    """A plan: its changes in order, what waits for them, what is refused, what should be known."""
    steps = {id(item.finding): item.step for stage in found.stages for item in stage.items}

    def change(each: Change) -> dict[str, Any]:
        return {
            "step": steps[id(each)],
            "resource": each.resource,
            "actual": each.actual,
            "desired": each.desired,
            "reason": each.reason,
            "diff": each.diff,
            "stops_daemon": each.stops_daemon,
        }

    def pending(each: Pending) -> dict[str, Any]:
        return {
            "step": steps[id(each)],
            "resource": each.resource,
            "desired": each.desired,
            "after": each.after,
        }

    return {
        "changes": [change(each) for each in found.changes],
        "pending": [pending(each) for each in found.pending],
        "refusals": [{"resource": each.resource, "text": each.text} for each in found.refusals],
        "notes": [{"resource": each.resource, "text": each.text} for each in found.notes],
    }


def outcome(end: Outcome) -> dict[str, Any]:
    """One host's end."""
    return {
        "host": end.host,
        "status": str(end.status),
        "seconds": round(end.seconds, 3),
        "error": str(end.error) if end.error else None,
        "log": list(end.error.log) if end.error else [],
        "plan": plan(end.plan) if end.plan else None,
        "applied": [change.resource for change in end.applied],
        "notes": end.notes,
        "runs": end.runs,
    }


def run(end: End, known: Sequence[Advisories]) -> dict[str, Any]:
    """A run: its hosts in the order in which they were given, why it ended, which hosts have no end in it, and what is
    known against the versions asked for."""
    return {
        "hosts": [outcome(each) for each in end.outcomes],
        "cause": str(end.cause),
        "in_flight": list(end.in_flight),
        "untouched": list(end.untouched),
        "advisories": [each for version in known for each in advisories(version)],
    }


def advisories(known: Advisories) -> list[dict[str, Any]]:
    """Each advisory, then each CVE with whether it concerns the version."""
    dated = {"docker_version": known.version, "as_of": AS_OF}

    def cve(each: Cve, *, concerns: bool) -> dict[str, Any]:
        return {
            **dated,
            "topic": "cve",
            "text": each.what,
            "source": each.source,
            "cve": each.id,
            "component": str(each.component),
            "fixed_in": each.fixed_in,
            "concerns": concerns,
        }

    return [
        *({**dated, **dataclasses.asdict(note)} for note in known.notes),
        *(cve(each, concerns=True) for each in known.holes),
        *(cve(each, concerns=False) for each in known.closed),
    ]


def facts(read: Facts) -> dict[str, Any]:
    """What was read of a host."""
    states = {ident: _state(state) for ident, state in read.states.items()}
    return {"host": _plain(read.host), "resources": states}


def _state(state: Any) -> Any:
    if isinstance(state, Unknown):
        return {"unknown": state.why}
    if isinstance(state, Absent):
        return None
    return _plain(state)


def _hidden(key: str, value: Any) -> bool:
    return isinstance(value, str) and names_secret(key)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, bytes):
        return masked(value.decode(errors="replace"))
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {str(key): MASK if _hidden(str(key), each) else _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted(masked(str(each)) for each in value)
    if isinstance(value, IPv4Network):
        return str(value)
    return value
