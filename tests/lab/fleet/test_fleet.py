"""Fleets on ten real hosts: failures of each kind, controllers that are killed, interrupted, two at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from junitparser import JUnitXml

from tests.lab.fleet.controller import Fleet, eventually
from tests.lab.state import difference, whole
from tests.unit import junitschema
from tests.unit.report.test_document import SCHEMA

pytestmark = pytest.mark.timeout(480)

HOLDS_THE_LOCK = (
    "printf 'eve at host9\\nsince 2026-05-01 10:00:00 +0800\\n' >/run/docker-provision.lock; "
    "setsid flock /run/docker-provision.lock sleep 600 >/dev/null 2>&1 & sleep 0.3"
)
STEPS = ("record", "repos", "engine", "daemon", "service")
REPOSITORY = "test -e /etc/yum.repos.d/docker-ce.repo"


def has_repository(fleet: Fleet, *names: str) -> list[bool]:
    """Which of the hosts have ours."""
    return [fleet.hosts[name].run(REPOSITORY, check=False).returncode == 0 for name in names]


def reported(report: Path) -> dict[str, str]:
    """How each host of a run ended, and why the run did, as the report has it."""
    found = json.loads((report / "run.json").read_text())
    SCHEMA.validate(found)
    assert found["exit_code"] == 130
    return {**{each["host"]: each["status"] for each in found["hosts"]}, "cause": found["cause"]}


def test_each_failure_is_its_hosts_own(fleet: Fleet) -> None:
    hosts = fleet.hosts
    hosts["n2"].run("mkdir -p /etc/docker; echo '{bad' >/etc/docker/daemon.json")
    hosts["n4"].run("mv /root/.ssh/authorized_keys /root/.ssh/away")
    hosts["n5"].run(HOLDS_THE_LOCK)
    hosts["n6"].run("mount -t tmpfs -o size=50m tmpfs /var/tmp")
    fleet.special = {
        "n7": {"spec": {"package_mirror": "https://mirror.invalid/docker-ce"}},
        "n8": {"spec": {"daemon": {"default-runtime": "nosuch"}}},
    }
    refused = ("n2", "n5", "n6", "n7")
    before = {name: whole(hosts[name]) for name in refused}
    hosts["n3"].stop()
    patience = ("--lock-timeout", "1", "--retry", "1", "-t", "2")
    report, figures = fleet.folder / "report", fleet.folder / "docker.prom"
    files = ("--report", str(report), "--metrics", str(figures))
    done = fleet.setup("--waves", "3,100%", "--max-failures", "100%", "--json", *patience, *files)
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    ends = {each["host"]: (each["status"], str(each["error"])) for each in document["hosts"]}
    assert list(ends) == [f"n{number}" for number in range(1, 11)]
    for name, status, words in (
        ("n1", "changed", "None"),
        ("n2", "refused", "not valid JSON"),
        ("n3", "unreachable", "no answer from"),
        ("n4", "unreachable", "login as root failed"),
        ("n5", "refused", "another run holds this host: eve at host9"),
        ("n6", "refused", "make room"),
        ("n7", "refused", "mirror.invalid"),
        ("n8", "failed", "the daemon didn't take up its configuration"),
        ("n9", "changed", "None"),
        ("n10", "changed", "None"),
    ):
        assert ends[name][0] == status, (name, ends[name])
        assert words in ends[name][1], (name, ends[name])
    assert "attempt 1 of 2: no answer from" in done.stderr  # n3
    assert "wave 2: n[4-10]" in done.stderr
    ended = done.stderr.splitlines()
    assert ended[-1].endswith(": 3 changed, 4 refused, 1 failed, 2 unreachable")
    assert [line for line in ended if line.startswith("changed on n[1,")], done.stderr
    assert "`fab resume --failed` takes those that failed again." in ended
    told = json.loads((report / "run.json").read_text())
    SCHEMA.validate(told)
    assert {each["host"]: each["status"] for each in told["hosts"]} == {
        name: status for name, (status, _) in ends.items()
    }
    well = next(each for each in told["hosts"] if each["host"] == "n9")
    assert (well["wave"], well["engine"]) == (2, "18.06.3")
    assert {"repos", "engine", "daemon", "service"} <= {each["step"] for each in well["steps"]}
    assert all(
        each["done"] and each["seconds"] <= well["seconds"] for each in well["steps"] if each["step"] in STEPS
    )
    assert junitschema.faults((report / "junit.xml").read_bytes()) == []
    assert JUnitXml.fromfile(str(report / "junit.xml")).tests >= 10
    assert (
        'docker_provision_hosts{command="setup-docker",file="docker.prom",outcome="changed"} 3.0'
        in figures.read_text()
    )
    for name in refused:
        assert difference(before[name], whole(hosts[name])) == {}, name
    for name in ("n1", "n9", "n10"):
        assert hosts[name].run("systemctl is-active docker").stdout == "active\n"
    assert fleet.newest()["failed"] == ["n2", "n3", "n4", "n5", "n6", "n7", "n8"]

    # enough is enough: after the first failure nobody else gets a turn
    done = fleet.setup("--limit", "n2,n8,n9", "--forks", "1", "--max-failures", "0", "--json")
    assert (done.returncode, json.loads(done.stdout)["untouched"]) == (1, ["n8", "n9"])
    assert "The run ended early: too many failures." in done.stderr


def test_killed_in_each_wave_a_run_goes_on_with_exactly_those_who_are_not_done(fleet: Fleet) -> None:
    words = ("setup-docker", "--inventory", str(fleet.inventory), "--limit", "n[1:7]", "--only", "repos")
    with fleet.begun(*words, "--waves", "2,5,100%", "--forks", "2", "--before", "sleep 1") as run:
        run.until("^wave 1: ")
        run.until("^n1: file ")
        run.kill()
    first = fleet.newest()
    assert (first["state"], first["hosts"]) == ("cut off", 7)
    assert set(first["left"]) >= {"n3", "n4", "n5", "n6", "n7"}
    assert has_repository(fleet, "n3", "n7") == [False, False]

    seen = [set(first["left"])]
    for wave in ("n[3-5]", "n[6-7]"):  # what of the waves before is left comes first
        with fleet.begun("resume") as run:
            run.until(f"^run {first['run']} goes on: ")
            run.until(rf"^wave \d: {wave.replace('[', '.').replace(']', '.')}")
            run.until(f"^n{wave[2]}: file ")
            run.kill()
        after = fleet.newest()
        assert after["run"] == first["run"]
        assert set(after["left"]) < seen[-1]
        seen.append(set(after["left"]))
    assert seen[-1] <= {"n6", "n7"}

    logins = fleet.logins()
    with fleet.begun("resume") as run:
        assert run.end() == 0, "".join(run.lines)
    last = fleet.newest()
    assert (last["run"], last["state"], last["left"], last["failed"]) == (first["run"], "done", [], [])
    more = {name for name, count in fleet.logins().items() if count > logins[name]}
    assert more == seen[-1]
    assert all(has_repository(fleet, *(f"n{number}" for number in range(1, 8))))
    assert fleet.fab("resume").returncode == 2


def test_interrupted_once_and_twice(fleet: Fleet) -> None:
    go = fleet.folder / "go"
    waits = f"sh -c 'while ! test -e {go}; do sleep 0.1; done'"
    words = ("setup-docker", "--inventory", str(fleet.inventory), "--limit", "n[1:6]", "--forks", "2")
    report = fleet.folder / "report"
    hooks = ("--before", waits, "--after", "true")
    with fleet.begun(*words, "--only", "repos", *hooks, "--report", str(report)) as run:
        run.until("^n[12]: --before")
        run.until("^n[12]: --before")

        # another controller of this machine at the same time
        second = fleet.setup("--limit", "n2,n9", "--only", "repos")
        assert second.returncode == 2, second.stdout
        assert "of this machine is at n2: wait for its end" in second.stderr
        assert fleet.newest()["state"] == "under way"

        run.press()
        run.until("^No more hosts begin")
        go.touch()
        assert run.end() == 130
    said = "".join(run.lines)
    assert "No more hosts begin; waiting for n[1-2]." in said
    assert "had no turn: n[3-6]" in said
    state = fleet.newest()
    assert (state["state"], state["left"]) == ("interrupted", ["n3", "n4", "n5", "n6"])
    assert reported(report) == {
        **dict.fromkeys(("n1", "n2"), "changed"),
        **dict.fromkeys(("n3", "n4", "n5", "n6"), "untouched"),
        "cause": "interrupted",
    }
    assert has_repository(fleet, "n1", "n2", "n3", "n9") == [True, True, False, False]

    with fleet.begun("resume") as run:
        run.until("^n3: file ")
        run.press()
        run.until("^No more hosts begin")
        run.press()
        assert run.end() == 130
    said = "".join(run.lines)
    assert "in flight, going on alone: n[3-4]" in said or "in flight, going on alone: n3" in said
    assert "Traceback" not in said
    told = reported(report)
    assert (told["cause"], told["n3"]) == ("let go", "in flight")
    eventually(lambda: has_repository(fleet, "n3") == [True])
    with fleet.begun("resume") as run:
        assert run.end() == 0, "".join(run.lines)
    assert all(has_repository(fleet, *(f"n{number}" for number in range(1, 7))))
    state = fleet.newest()
    assert (state["state"], state["left"], state["failed"]) == ("done", [], [])
