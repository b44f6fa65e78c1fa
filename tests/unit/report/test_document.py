"""run.json: what it has of a run, and that docs/run.schema.json says so."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from docs import schema
from provision import __version__
from provision.advisories import about
from provision.engines import engine
from provision.errors import Refused
from provision.events import Cause, Outcome, Status
from provision.report.document import Document, document
from provision.report.document import engine as version_of
from provision.resources.packages import PackagesState
from tests.unit.report.heard import CHANGES, CONVERGED, Played, many, ten

SCHEMA = jsonschema.Draft202012Validator(json.loads((schema.FOLDER / "run.schema.json").read_text()))


def plain(run: Document) -> Any:
    return json.loads(run.model_dump_json())


def one(played: Played) -> Any:
    """The one host of a run that is over then."""
    return plain(played.end(60))["hosts"][0]


def test_every_kind_of_end_is_as_the_schema_says() -> None:
    found = plain(ten())
    SCHEMA.validate(found)
    assert {each["host"]: each["status"] for each in found["hosts"]} == {
        "n1": "changed",
        "n2": "failed",
        "n3": "refused",
        "n4": "unreachable",
        "n5": "unreachable",
        "n6": "unchanged",
        "n7": "changed",
        "n8": "changed",
        "n9": "in flight",
        "n10": "untouched",
    }


@pytest.mark.parametrize(
    "spoil",
    [
        {"version": 2},
        {"cause": "bored"},
        {"began": 7},
        {"waves": None},
        {"more": 1},
    ],
)
def test_the_schema_refuses_what_is_otherwise(spoil: dict[str, Any]) -> None:
    assert not SCHEMA.is_valid({**plain(ten()), **spoil})


def test_the_schema_wants_everything_there() -> None:
    whole = plain(ten())
    for left_out in whole:
        assert not SCHEMA.is_valid({key: each for key, each in whole.items() if key != left_out}), left_out


def test_a_run_has_its_begin_its_end_and_its_waves() -> None:
    found = plain(ten())
    assert {key: found[key] for key in ("version", "run", "command", "dry_run", "cause", "exit_code")} == {
        "version": 1,
        "run": "20260102-030405-abcd",
        "command": "setup-docker",
        "dry_run": False,
        "cause": "let go",
        "exit_code": 130,
    }
    assert found["tool"] == {"name": "docker-provision", "version": __version__}
    assert (found["began"], found["ended"], found["seconds"]) == (
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:05:25Z",
        80.0,
    )
    assert [(wave["number"], wave["start"], len(wave["hosts"])) for wave in found["waves"]] == [
        (1, 0.0, 1),
        (2, 20.0, 4),
        (3, 60.0, 5),
    ]


def test_a_wave_that_never_began_has_no_time() -> None:
    played = Played(["a"], ["b"])
    played.at(0).wave(1, ["a"])
    played.ends("a", 0)
    found = plain(played.end(5, Cause.TOO_MANY_FAILURES))
    assert [wave["start"] for wave in found["waves"]] == [0.0, None]
    assert (found["hosts"][1]["start"], found["hosts"][1]["seconds"]) == (None, None)


def test_a_host_has_its_plan_its_steps_and_what_became_of_them() -> None:
    hosts = {each["host"]: each for each in plain(ten())["hosts"]}
    done, failed, refused = hosts["n1"], hosts["n2"], hosts["n3"]
    assert [each["resource"] for each in done["changes"]] == CHANGES == done["applied"]
    assert [(each["ident"], each["done"]) for each in done["steps"]] == [(each, True) for each in CHANGES]
    assert [each["step"] for each in done["steps"]] == [each["step"] for each in done["changes"]]
    assert (done["steps"][1]["start"], done["steps"][1]["seconds"]) == (2.5, 2.0)
    assert [each["after"] for each in done["pending"]] == ["engine", "engine"]
    assert (done["runs"], done["engine"], done["error"]) == (["run-of-n1"], "18.06.3", None)
    assert failed["error"] == {
        "text": "packages docker-ce: no room; make room",
        "cause": "packages docker-ce: no room; make room",
        "log": ["No space left"],
    }
    assert failed["steps"][-1]["done"] is False
    assert (failed["applied"], len(failed["changes"])) == (CHANGES[:4], 7)
    assert refused["changes"] == refused["steps"] == []
    assert hosts["n6"]["said"] == ["stays: libcgroup"]


def test_failures_are_told_by_cause() -> None:
    causes = [(each["status"], each["hosts"]) for each in plain(ten())["causes"]]
    assert causes == [("unreachable", ["n4", "n5"]), ("failed", ["n2"]), ("refused", ["n3"])]
    hosts = {each["host"]: each for each in plain(ten())["hosts"]}
    assert hosts["n4"]["error"]["text"] == "no answer from 10.0.0.4:22; is it up?"
    assert hosts["n4"]["error"]["cause"] == hosts["n5"]["error"]["cause"] == "no answer from …:22; is it up?"


def test_what_is_known_against_a_version_is_there_once() -> None:
    played = Played(["a", "b"])
    played.at(0).wave(1, ["a", "b"])
    played.ends("a", 0)
    played.ends("b", 0)
    played.end(2)
    known = about(engine("18.06.3"))
    found = plain(document(played.recorder, 0, [known]))
    SCHEMA.validate(found)
    assert len(found["advisories"]) == len(known.notes) + len(known.holes) + len(known.closed)
    assert {each["docker_version"] for each in found["advisories"]} == {"18.06.3"}


def test_no_secret_is_in_it() -> None:
    played = Played(["a"])
    played.at(0).wave(1, ["a"])
    url = "https://alice:geheim@mirror.example"
    error = Refused(f"{url} says no", log=(f"password: geheim at {url}",))
    played.at(1).step("a", f"waits for {url}")
    played.ends("a", 1, error)
    assert "geheim" not in played.end(3).model_dump_json()


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        ({"docker-ce": "18.06.3.ce-3.el7"}, "18.06.3"),
        (
            {"docker-ce": "26.1.4-1.el7", "docker-ce-cli": "26.1.4-1.el7", "containerd.io": "1.6.33-3.1.el7"},
            "26.1.4",
        ),
        ({"docker-ce": "3:20.10.24-3.el7"}, "20.10.24"),
        ({"docker": "1.13.1-209.git7d71120.el7.centos"}, "1.13.1"),
        ({"docker-ce-cli": "26.1.4-1.el7"}, None),
        ({}, None),
    ],
)
def test_the_engine_is_told_by_its_package(versions: dict[str, str], told: str | None) -> None:
    states = {"packages docker-ce": PackagesState(versions)}
    assert version_of(Outcome("a", Status.CHANGED, facts=replace(CONVERGED, states=states))) == told


def test_of_a_host_that_was_not_read_no_engine_is_told() -> None:
    assert version_of(Outcome("a", Status.UNREACHABLE)) is None


def test_a_host_to_which_something_would_be_done() -> None:
    played = Played(["a"], command="plan", dry_run=True)
    played.at(0).wave(1, ["a"])
    played.pending("a", 0)
    found = one(played)
    assert (found["status"], found["steps"], found["applied"], found["engine"]) == ("pending", [], [], None)
    assert [each["resource"] for each in found["changes"]] == CHANGES
    assert any(each["diff"] for each in found["changes"])


def test_a_fleet_is_as_the_schema_says() -> None:
    found = plain(many(100))
    SCHEMA.validate(found)
    assert [len(each["hosts"]) for each in found["causes"]] == [10, 10]
