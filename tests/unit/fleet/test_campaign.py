"""A run with all that belongs to it, from flags to the journal, on hosts that are stand-ins."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from provision import verify
from provision.converge import Output
from provision.errors import Failed, HostError, LetGo, OperatorError, Unreachable
from provision.fleet import past
from provision.fleet.claims import Claims
from provision.fleet.journal import folder
from provision.run import Run
from provision.runs import HostRun
from tests.unit.case import Case
from tests.unit.fake import Applies, Reads, Remote
from tests.unit.report.watched import console, written
from tests.unit.running import CONVERGED, FRESH, SPEC, Asked, Hosts, hosts

__all__ = ["hosts"]

HALF_WAY = Case.load("engine-alone").answer


@pytest.fixture(autouse=True)
def _a_new_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(sys, "argv", ["/opt/fab", "-H", "a,b,c", "setup-docker"])


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "site.yml"
    path.write_text(SPEC)
    return str(path)


def right() -> Remote:
    return Remote(Reads(CONVERGED))


def fresh() -> Remote:
    return Remote(Reads(FRESH), Applies(CONVERGED))


def away() -> Remote:
    return Remote(Unreachable("no route to host"))


def test_the_id_of_a_run_is_whole_in_the_narrowest_list() -> None:
    ident = "20261130-021920-ab12"
    counts = {"hosts": 1000, "done": 900, "failed": ["a"] * 60, "left": ["a"] * 40}
    found = {
        "run": ident,
        "command": "uninstall-docker",
        "by": "deploy at bastion.example.com",
        "state": "cut off",
    }
    for width in (80, 60):
        out = console(width=width)
        out.print(past.table([{**found, **counts}]))
        assert ident in written(out)
        assert "…" not in written(out)


def row() -> dict[str, object]:
    """The newest run in the journal."""
    return past.rows()[0]


def test_a_run_is_in_the_journal(hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    hosts.update({"a": fresh(), "b": away(), "c": right()})
    assert hosts.run(Run.setup, spec=spec) == 1
    found = row()
    assert (found["state"], found["hosts"], found["done"]) == ("done", 3, 2)
    assert (found["failed"], found["left"], found["command"]) == (["b"], [], "setup-docker")
    assert found["words"] == [sys.executable, "/opt/fab", "-H", "a,b,c", "setup-docker"]
    capsys.readouterr()
    assert Run.asked_for(Asked(), {"json": True}).runs() == 0
    assert json.loads(capsys.readouterr().out)["runs"] == [found]
    assert Run.asked_for(Asked(), {}).runs() == 0
    assert str(found["run"]) in capsys.readouterr().out


@pytest.mark.parametrize("command", [Run.plan, Run.facts])
def test_who_only_looks_leaves_no_trace(hosts: Hosts, spec: str, command: Callable[[Run], int]) -> None:
    hosts["a"] = right()
    hosts.run(command, spec=spec)
    assert not folder().exists()


def test_once_too_many_failed_no_other_host_is_asked(
    hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts.update({"a": away(), "b": right(), "c": right()})
    assert hosts.run(Run.setup, spec=spec, max_failures="0", forks="1") == 1
    assert hosts["b"].commands == hosts["c"].commands == []
    said = capsys.readouterr().out
    assert "The run ended early: too many failures." in said
    assert "had no turn: b,c" in said.replace("b-c", "b,c")
    assert row()["left"] == ["b", "c"]


class Checks:
    """Stands for verify's checks: who is ill, and who was looked at."""

    def __init__(self, *ill: str) -> None:
        self.ill, self.looked = ill, list[str]()

    def trouble(self, name: str, _subject: verify.Subject) -> HostError | None:
        self.looked.append(name)
        return Failed("service: docker is down") if name in self.ill else None


@pytest.mark.parametrize(("ill", "asked"), [((), ["a", "b", "c"]), (("a",), ["a"])])
def test_after_each_wave_its_hosts_are_checked(
    hosts: Hosts, spec: str, monkeypatch: pytest.MonkeyPatch, ill: Sequence[str], asked: list[str]
) -> None:
    checks = Checks(*ill)
    monkeypatch.setattr(verify, "trouble", checks.trouble)
    hosts.update({"a": right(), "b": right(), "c": right()})
    assert hosts.run(Run.setup, spec=spec, waves="1,100%") == (1 if ill else 0)
    assert sorted(checks.looked) == asked
    assert [name for name, host in hosts.items() if host.commands] == asked
    assert row()["failed"] == list(ill)


@pytest.fixture
def hook(tmp_path: Path) -> Callable[[str], list[str]]:
    """A hook that writes down how it was called; with FAILS in its name it fails."""
    program = tmp_path / "hook"
    program.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/calls\ncase "$1" in FAILS) exit 3; esac\n')
    program.chmod(0o755)

    def calls(words: str = "") -> list[str]:
        path = tmp_path / "calls"
        return [f"{program} {words}"] if words else path.read_text().splitlines() if path.exists() else []

    return calls


def test_hooks_go_around_changes_alone(hosts: Hosts, spec: str, hook: Callable[[str], list[str]]) -> None:
    hosts.update({"a": fresh(), "b": right(), "c": away()})
    flags = {"before": hook("before {host}")[0], "after": hook("after {host} {status}")[0]}
    assert hosts.run(Run.setup, spec=spec, **flags) == 1
    assert hook("") == ["before a", "after a changed"]


def test_where_the_hook_before_fails_the_host_stays_as_it_was(
    hosts: Hosts, spec: str, hook: Callable[[str], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    hosts["a"] = fresh()
    after = hook("after {host} {status}")[0]
    assert hosts.run(Run.setup, spec=spec, before=hook("FAILS {host}")[0], after=after) == 1
    assert hosts["a"].commands == ["read"]
    assert hook("") == ["FAILS a"]
    assert "a: refused" in capsys.readouterr().out


def test_a_host_that_failed_is_not_put_back_to_work(
    hosts: Hosts, spec: str, hook: Callable[[str], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    hosts["a"] = Remote(Reads(FRESH), Applies(error=Failed("lost")))
    flags = {"before": hook("before {host}")[0], "after": hook("after {host}")[0]}
    assert hosts.run(Run.setup, spec=spec, **flags) == 1
    assert hook("") == ["before a"]
    assert "--after was not run" in capsys.readouterr().out


def test_a_host_that_can_not_be_put_back_to_work_failed(
    hosts: Hosts, spec: str, hook: Callable[[str], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    hosts["a"] = fresh()
    assert hosts.run(Run.setup, spec=spec, after=hook("FAILS {host}")[0]) == 1
    assert row()["failed"] == ["a"]
    assert "; see why, then run it by hand: a later run does so only where" in capsys.readouterr().out


class Interrupting(Remote):
    """Ctrl-C comes while it is changed."""

    def apply(self, run: HostRun, hear: Callable[[str], None], lost: Callable[[str], None]) -> Output:
        os.kill(os.getpid(), signal.SIGINT)
        return super().apply(run, hear, lost)


@pytest.fixture
def interrupted(hosts: Hosts, spec: str) -> str:
    """A run of a, b, c that was interrupted at a; its id."""
    hosts.update({"a": Interrupting(Reads(FRESH), Applies(CONVERGED)), "b": right(), "c": away()})
    assert hosts.run(Run.setup, spec=spec, forks="1") == 130
    return str(row()["run"])


def again(command: Callable[[Run], int], spec: str) -> int:
    return command(Run.asked_for(Asked(("a", "b", "c")), {"spec": spec, "forks": "1"}))


def test_an_interrupted_run_goes_on_with_the_hosts_that_are_not_done(
    hosts: Hosts, spec: str, interrupted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (row()["state"], row()["left"]) == ("interrupted", ["b", "c"])
    typed: list[tuple[str, Sequence[str]]] = []

    def execve(program: str, words: Sequence[str], environment: dict[str, str]) -> None:
        typed.append((program, words))
        monkeypatch.setenv(past.RESUMES, environment[past.RESUMES])

    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.setattr(os, "chdir", lambda _: None)
    Run.asked_for(Asked(), {"run": ""}).resume()
    assert typed == [(sys.executable, (sys.executable, "/opt/fab", "-H", "a,b,c", "setup-docker"))]
    assert again(Run.uninstall, spec) == 0  # it came before the command that is gone on with
    assert again(Run.plan, spec) == 0
    assert hosts["b"].commands == []
    assert again(Run.setup, spec) == 1
    assert [hosts[name].commands for name in "abc"] == [["read", "apply"], ["read"], ["read"]]
    assert (row()["run"], row()["state"], row()["left"], row()["failed"]) == (interrupted, "done", [], ["c"])
    hosts["c"] = right()
    Run.asked_for(Asked(), {"run": interrupted, "failed": True}).resume()
    assert again(Run.setup, spec) == 0
    assert (len(past.rows()), row()["failed"]) == (1, [])
    assert hosts["b"].commands == ["read"]


def test_a_host_that_is_gone_is_told(
    hosts: Hosts, spec: str, interrupted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(past.RESUMES, interrupted)
    with pytest.raises(OperatorError, match=r"^c: no longer among the hosts, but left to do"):
        Run.asked_for(Asked(("a", "b")), {"spec": spec}).setup()


def test_what_can_not_be_gone_on_with_is_told(
    hosts: Hosts, spec: str, interrupted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OperatorError, match="there is no run 7: `fab runs` lists them"):
        past.resume("7", failed=False)
    with (
        Claims(folder()).held(interrupted, {}),
        pytest.raises(OperatorError, match=f"run {interrupted} is under way"),
    ):
        past.resume(interrupted, failed=False)
    db = sqlite3.connect(folder() / "runs.sqlite", isolation_level=None)
    db.execute("UPDATE runs SET words = '[\"/no/such/program\"]'")
    db.close()
    with pytest.raises(OperatorError, match=f"run {interrupted} can't be gone on with: No such file"):
        past.resume(interrupted, failed=False)


def test_a_run_that_is_done_leaves_nothing_to_go_on_with(
    hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts["a"] = right()
    hosts.run(Run.setup, spec=spec)
    with pytest.raises(OperatorError, match="no run of this machine has anything left to do"):
        past.resume("", failed=False)
    assert past.resume(str(row()["run"]), failed=True) == 0
    assert "nothing is left to do" in capsys.readouterr().err


def test_two_runs_are_not_at_one_host(hosts: Hosts, spec: str) -> None:
    hosts["a"] = right()
    with (
        Claims(folder()).held("other", {"x": hosts["a"].place}),
        pytest.raises(OperatorError, match="run other of this machine is at a"),
    ):
        hosts.run(Run.setup, spec=spec)
    assert hosts["a"].commands == []


def test_let_go_the_report_is_written_all_the_same(
    hosts: Hosts, spec: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def let_go(*_: object) -> None:
        raise LetGo

    monkeypatch.setattr("provision.fleet.runners.wait", let_go)
    hosts["a"] = right()
    with pytest.raises(LetGo):
        hosts.run(Run.setup, spec=spec)
    assert "The run ended early: let go." in capsys.readouterr().out
