"""What `--json` prints: all of it plain data, and nothing lost on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from provision.errors import Refused
from provision.events import Cause, End, Outcome, Status
from provision.plan import plan
from provision.report import data
from provision.resources.base import Unknown
from tests.unit.case import NAMES, Case
from tests.unit.core import fresh, steps_for

STEPS = steps_for(users="alice", registry_mirrors="https://mirror.example")
PLAN = plan(fresh(STEPS), STEPS)


def through_json(document: Any) -> Any:
    return json.loads(json.dumps(document, ensure_ascii=False))


def planned() -> Iterator[Outcome]:
    yield Outcome(
        "a", Status.CHANGED, plan=PLAN, applied=list(PLAN.changes), notes=["stays"], seconds=1.23456
    )
    yield Outcome("b", Status.REFUSED, error=Refused("no root", log=("sudo: no",)))


def test_outcomes_survive_json() -> None:
    document = data.run(End(Cause.DONE, tuple(planned())), [])
    assert through_json(document) == document


def test_an_outcome_tells_how_it_ended() -> None:
    first, second = data.run(End(Cause.DONE, tuple(planned())), [])["hosts"]
    assert {key: value for key, value in first.items() if key not in ("plan", "applied")} == {
        "host": "a",
        "status": "changed",
        "seconds": 1.235,
        "error": None,
        "log": [],
        "notes": ["stays"],
        "runs": [],
    }
    assert second["log"] == ["sudo: no"]
    assert first["applied"] == [change.resource for change in PLAN.changes]
    assert (second["status"], second["error"], second["plan"], second["applied"]) == (
        "refused",
        "no root",
        None,
        [],
    )


def test_a_plan_has_everything_but_the_scripts() -> None:
    document = data.plan(PLAN)
    assert [each["resource"] for each in document["changes"]] == [change.resource for change in PLAN.changes]
    steps = [each["step"] for each in document["changes"]]
    assert steps == ["record", "repos", "repos", "repos", "engine", "daemon", "daemon"]
    for each, change in zip(document["changes"], PLAN.changes, strict=True):
        assert {key: value for key, value in each.items() if key != "step"} == {
            key: getattr(change, key)
            for key in ("resource", "actual", "desired", "reason", "diff", "stops_daemon")
        }
    assert document["pending"] == [
        {
            "step": "service",
            "resource": "service docker.service",
            "desired": "enabled and running with this configuration",
            "after": "engine",
        },
        {"step": "access", "resource": "group docker", "desired": "members alice", "after": "engine"},
    ]


def test_refusals_and_notes_are_told() -> None:
    refused, noted = Case.load("hard-key-busy"), Case.load("adopted-edited")
    (refusal,) = data.plan(plan(refused.facts(), refused.steps))["refusals"]
    assert refusal["resource"] == "service docker.service"
    assert "which stops running containers: web" in refusal["text"]
    notes = data.plan(plan(noted.facts(), noted.steps))["notes"]
    told = {note["resource"]: note["text"] for note in notes if note["resource"] != "host"}
    assert told.keys() == {"packages docker-ce", "service docker.service"}
    assert "adopted" in told["packages docker-ce"]
    assert "daemon.json is younger than the running daemon" in told["service docker.service"]


READABLE = [name for name in NAMES if not Case.load(name).plan.startswith("failed: ")]


@pytest.mark.parametrize("name", READABLE)
def test_facts_of_every_recorded_host_survive_json(name: str) -> None:
    read = Case.load(name).facts()
    document = data.facts(read)
    assert through_json(document) == document
    assert document["host"]["os_id"] == read.host.os_id
    assert list(document["resources"]) == list(read.states)
    for ident, state in read.states.items():
        if isinstance(state, Unknown):
            assert document["resources"][ident] == {"unknown": state.why}


def test_facts_tell_what_was_read() -> None:
    found = data.facts(Case.load("converged").facts())["resources"]
    assert json.loads(found["file /etc/docker/daemon.json"]["content"]) == {
        "registry-mirrors": ["http://registry.example:5000"]
    }
    assert found["packages docker-ce"] == {"versions": {"docker-ce": "18.06.3.ce-3.el7"}, "spoilt": []}
    assert found["group docker"] == {"members": ["alice"], "users": ["alice"]}
    assert found["service docker.service"]["info"]["mirrors"] == ["http://registry.example:5000/"]
    assert data.facts(Case.load("fresh-defaults").facts())["resources"]["packages docker-ce"] is None
