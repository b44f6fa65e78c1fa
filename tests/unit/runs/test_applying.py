"""What a run does: the host's lock, then every look, then the changes; its verdict; how it ends when it is told to."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from provision.runs import Task
from provision.script import Mark
from tests.unit.runs.runhost import READ, RECORD, RunHost, around, wait_for
from tests.unit.shell import SHELLS


@pytest.fixture(params=SHELLS, ids="-".join)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> RunHost:
    return RunHost(tmp_path, request.param)


def test_all_looks_come_before_the_first_change(host: RunHost) -> None:
    tasks = [Task("a", "echo a", "echo look a"), Task("b", "helper"), Task("c", "echo c", "echo look c")]
    found = host.begin(*tasks)
    assert found.frames == [*around("look a", "look c", "a", "b", "c"), *READ]
    assert found.said == ["look a", "look c", "a", "helped", "c", "read"]


def test_what_fails_before_the_first_change_is_refused(host: RunHost) -> None:
    found = host.begin(Task("a", "echo a"), Task("b", "echo b", "fail missing 18.06.9"))
    assert found.frames == [(Mark.STEP, "look b"), (Mark.REFUSE, "missing 18.06.9")]
    assert found.said == []


def test_a_failure_ends_the_run_and_names_its_change(host: RunHost) -> None:
    found = host.begin(Task("a", "true"), Task("b", "fail no room"), Task("c", "echo c"))
    assert found.frames == [*around("a"), (Mark.STEP, "b"), (Mark.FAIL, "no room")]
    assert found.said == []


@pytest.mark.parametrize(("body", "status"), [("false", 1), ("sh -c 'exit 7'", 7), ("return 9", 9)])
def test_a_change_that_says_nothing_fails_by_its_status(host: RunHost, body: str, status: int) -> None:
    found = host.begin(Task("a", body), Task("b", "echo b"))
    assert found.frames == [(Mark.STEP, "a"), (Mark.FAIL, f"ended with {status}")]


def test_changes_share_what_looks_found(host: RunHost) -> None:
    """The packages that a look downloaded are what the change installs."""
    found = host.begin(Task("a", 'echo "$look"', "look=/somewhere"))
    assert found.said == ["/somewhere", "read"]


def test_both_streams_come_in_one_order(host: RunHost) -> None:
    found = host.begin(Task("a", "echo one; echo two >&2; echo three"))
    assert found.said == ["one", "two", "three", "read"]


def test_standard_input_is_empty(host: RunHost) -> None:
    assert host.begin(Task("a", "cat; echo read it")).said == ["read it", "read"]


def test_the_lock_says_who_holds_it_since_when_and_by_which_run(host: RunHost) -> None:
    assert host.begin(Task("a", f"cat {host.lock}")).said[0] == "it's me at $HOME"
    assert re.match(
        r"it's me at \$HOME\nsince \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\nrun 0123456789abcdef\n$",
        host.lock.read_text(),
    )
    assert host.lock.stat().st_mode & 0o777 == 0o600, "else anybody could hold it"


@pytest.mark.parametrize(
    ("run", "named"), [("", ""), ("run 00ff00ff00ff00ff\n", " (run 00ff00ff00ff00ff); that run has died")]
)
def test_a_second_run_is_refused_while_the_first_holds_the_host(host: RunHost, run: str, named: str) -> None:
    """The lock is held by another process, as it would be."""
    host.lock.write_text(f"eve at host2\nsince 2024-05-01\n{run}")
    with subprocess.Popen(
        ["flock", host.lock, "sh", "-c", "echo held; read x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        found = host.begin(Task("a", "echo a"))
        holder.communicate(b"\n")
    text = f"another run holds this host: eve at host2 since 2024-05-01{named}"
    assert [mark for mark, _ in found.frames] == [Mark.WAIT, Mark.REFUSE]
    assert all(rest.startswith(text) for _, rest in found.frames)
    assert "still after 0 s" in found.frames[1][1]
    assert found.said == []
    assert host.begin(Task("a", "echo a")).said == ["a", "read"]


def test_without_a_lock_nothing_is_changed(host: RunHost, tmp_path: Path) -> None:
    host.lock = tmp_path / "no/folder/lock"
    found = host.begin(Task("a", "echo a"))
    assert [mark for mark, _ in found.frames] == [Mark.REFUSE]


def test_what_is_asked_to_stop_stops_between_two_changes(host: RunHost, tmp_path: Path) -> None:
    """As by `systemctl stop`: what is under way comes to its end, whatever it is."""
    ready, go = tmp_path / "ready", tmp_path / "go"
    slow = f"touch {ready}; until [ -e {go} ]; do sleep 0.05; done; echo whole"
    with host.begun(RECORD, Task("a", slow), Task("b", "echo b")) as session:
        wait_for(ready.exists)
        subprocess.run(["kill", "-s", "TERM", str(host.unit())], check=True)
        go.touch()
        assert session.stdout is not None
        said = session.stdout.read()
    assert "whole\n" in said
    assert "\nb\n" not in said
    assert "fail stopped on the host, before b; run again" in said
    status, _, verdict = (host.run_folder / "status").read_text().partition("\n")
    assert status.startswith("1 ")
    assert verdict.startswith("fail stopped on the host")


def test_what_had_to_wait_for_the_host_is_to_be_planned_anew(host: RunHost, tmp_path: Path) -> None:
    go = tmp_path / "go"
    host.lock.write_text("eve at host2\n")
    wait = f"echo held; until [ -e {go} ]; do sleep 0.05; done"
    with subprocess.Popen(["flock", host.lock, "sh", "-c", wait], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with subprocess.Popen(["sh", "-c", f"sleep 2; touch {go}"]):
            found = host.begin(RECORD, Task("a", "echo a"), patience=60)
    assert [mark for mark, _ in found.frames] == [Mark.WAIT, Mark.STALE, *(mark for mark, _ in READ)]
    assert not host.run_folder.exists(), "nothing was done by it"
