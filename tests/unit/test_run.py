"""One run of a command: what is asked for is checked before any host is touched, and all hosts have one verdict."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from provision.errors import Refused, Unreachable
from provision.events import Observer
from provision.fleet import guarded
from provision.run import Run
from provision.verify import Subject
from tests.unit.case import WORD
from tests.unit.core import framed
from tests.unit.fake import Reads, Remote
from tests.unit.running import CONVERGED, ENDS, Hosts, hosts, inventory, spec
from tests.unit.words import recorded

__all__ = ["hosts", "inventory", "spec"]


def test_proofs_have_the_manners_of_every_run(
    hosts: Hosts, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "FIRST", 0.0)
    monkeypatch.setattr(guarded, "JITTER", 0.0)
    hosts["a"] = Remote(Unreachable("no answer", passing=True), Refused("no docker there"))
    assert hosts.run(Run.prove, retry="1") == 1
    assert hosts["a"].commands == ["read", "read"]
    said = capsys.readouterr().out
    assert "attempt 1 of 2: no answer" in said
    assert "no docker there" in said


def test_hosts_are_listed_with_who_said_what(
    hosts: Hosts, inventory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hosts.of(Run.hosts, inventory, users="bob") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "web1 (web)"
    assert f'  spec.registry_mirrors = ["https://mirror.example"]  # group db, {inventory}:6' in said
    assert said.count('  spec.users = ["bob"]  # flags, --users') == 2
    assert "  spec.docker_version = 18.06.3  # default" in said
    hosts.of(Run.hosts, inventory, json=True, limit="db1")
    (host,) = json.loads(capsys.readouterr().out)["hosts"]
    assert (host["name"], host["groups"]) == ("db1", ["db"])
    assert host["spec"]["registry_mirrors"] == {
        "value": ["https://mirror.example"],
        "from": "group db",
        "place": f"{inventory}:6",
    }
    assert host["spec"]["repo_key"] == {"value": None, "from": "default", "place": ""}
    assert host["ssh"]["address"]["value"] == "db1"


def test_hosts_of_which_the_same_is_said_are_one_entry(
    hosts: Hosts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text("hosts: ['web[01:40]', db]\n")
    hosts.of(Run.hosts, str(path))
    assert capsys.readouterr().out.startswith("db,web[01-40]\n")


@pytest.mark.parametrize("command", [Run.plan, Run.facts, Run.versions])
def test_json_stands_alone_on_standard_output(
    hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str], command: Callable[[Run], int]
) -> None:
    answer = versions_answer() if command is Run.versions else CONVERGED
    hosts.update({"a": Remote(Reads(answer)), "b": ENDS["unreachable"]()})
    assert hosts.run(command, spec=spec, json=True) == 1
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert "a" in ([each["host"] for each in document["hosts"]] if command is Run.plan else document)
    assert "b: " in said.err


def versions_answer() -> str:
    listed = recorded.text("yum/03").split("$ yum -q list docker-ce --showduplicates")[1].split("\n$ ")[0]
    return framed({"offers": listed, "installed": "18.06.3.ce-3.el7"}, WORD)


@pytest.mark.parametrize(
    ("command", "shown"), [(Run.facts, "CentOS Linux 7 (Core)"), (Run.versions, "3:26.1.4-1.el7")]
)
def test_what_was_read_is_shown_and_who_did_not_answer(
    hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str], command: Callable[[Run], int], shown: str
) -> None:
    answer = versions_answer() if command is Run.versions else CONVERGED
    hosts.update({"b": ENDS["unreachable"](), "a": Remote(Reads(answer))})
    assert hosts.run(command, spec=spec) == 1
    said = capsys.readouterr()
    assert shown in said.out
    assert said.err == "b: no route to host\n"


def test_all_that_answered_is_success(hosts: Hosts, spec: str) -> None:
    hosts["a"] = Remote(Reads(CONVERGED))
    assert hosts.run(Run.facts, spec=spec) == 0


def test_what_a_host_says_instead_of_an_answer_cannot_move_the_cursor(
    hosts: Hosts, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts["a"] = Remote(Reads("\x1b[2J\x1b]0;owned\x07 no shell"))
    assert hosts.run(Run.facts) == 1
    assert (
        capsys.readouterr().err
        == "a: the host's answer was cut off before host was read; it said: no shell\n"
    )


@pytest.mark.parametrize("code", [0, 1])
def test_verify_gives_pytests_verdict(
    hosts: Hosts, spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    asked: list[tuple[list[str], str]] = []

    def verify(subjects: Mapping[str, Subject], observer: Observer, *, junit: str) -> int:
        assert all(each.handed.repo_key.startswith(b"-----BEGIN PGP") for each in subjects.values())
        asked.append((list(subjects), junit))
        return code

    monkeypatch.setattr("provision.verify.run", verify)
    hosts.update({"a": Remote(), "b": Remote()})
    assert hosts.run(Run.verify, spec=spec, junit=f"{tmp_path}/it.xml") == code
    assert asked == [(["a", "b"], f"{tmp_path}/it.xml")]
    assert [host.closed for host in hosts.values()] == [1, 1]


def test_steps_are_listed_without_a_host(capsys: pytest.CaptureFixture[str]) -> None:
    assert Hosts().run(Run.steps) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "base",
        "repos",
        "engine",
        "kernel",
        "daemon",
        "service",
        "access",
        "images",
    ]
    assert all(len(line.split()) > 3 for line in lines)
