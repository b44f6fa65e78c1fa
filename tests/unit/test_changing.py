"""The commands that plan or change hosts: what they do, what is told of it, and their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from provision.run import Run
from tests.unit.fake import Applies, Reads, Remote
from tests.unit.running import ALONG, CONVERGED, ENDS, FRESH, Asked, Hosts, hosts, spec

__all__ = ["hosts", "spec"]


def test_what_is_known_against_a_version_is_said_once_for_each(
    hosts: Hosts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text(
        "hosts: {a: , b: , c: {spec: {docker_version: 26.1.4}}, d: {spec: {docker_version: 20.10.24, ack_eol: true}}}"
    )
    hosts.update({name: ENDS["unreachable"]() for name in "abcd"})
    hosts.of(Run.plan, str(path))
    said = capsys.readouterr().out
    assert [said.count(f"Docker {version} on CentOS 7") for version in ("18.06.3", "26.1.4", "20.10.24")] == [
        1,
        1,
        0,
    ]


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        (["right"], 0),
        (["pending"], 3),
        (["refused"], 1),
        (["unreachable"], 1),
        (["failed"], 1),
        (["right", "right"], 0),
        (["right", "pending"], 3),
        (["pending", "unreachable", "right"], 1),
        (["right", "refused"], 1),
    ],
)
def test_of_several_exit_codes_the_gravest_counts(
    hosts: Hosts, spec: str, ends: list[str], code: int
) -> None:
    hosts.update({f"host{number}": ENDS[end]() for number, end in enumerate(ends)})
    assert hosts.run(Run.plan, spec=spec) == code


def test_every_host_is_told_and_in_the_document_in_the_order_in_which_they_were_given(
    hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts.update({"z": ENDS["unreachable"](), "a": ENDS["right"](), "m": ENDS["refused"]()})
    hosts.run(Run.setup, spec=spec, json=True)
    document, said = capsys.readouterr()
    assert [each["host"] for each in json.loads(document)["hosts"]] == ["z", "a", "m"]
    lines = said.splitlines()
    ends = sorted(line.split()[:2] for line in lines if " s): " in line)
    assert ends == [["a:", "unchanged"], ["m:", "refused"], ["z:", "unreachable"]]
    assert lines[-1].endswith(": 1 unchanged, 1 refused, 1 unreachable")


def test_people_are_spoken_to_in_the_language_of_the_flag_or_the_locale_and_machines_are_not(
    hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(**flags: str | bool) -> tuple[str, str]:
        hosts["a"] = ENDS["right"]()
        assert hosts.run(Run.setup, spec=spec, **flags) == 0
        return capsys.readouterr()

    assert "无需操作" in run(lang="zh")[0]
    document, said = run(lang="zh", json=True)
    assert "无需操作" in said
    assert json.loads(document)["hosts"][0]["status"] == "unchanged"
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "无需操作" in run()[0]
    assert "nothing to do" in run(lang="en")[0]
    assert run(quiet=True, lang="en")[0].endswith(": 1 unchanged\n")


def test_every_connection_is_ended(hosts: Hosts, spec: str) -> None:
    hosts.update({name: end() for name, end in ENDS.items()})
    for command in (Run.plan, Run.facts):
        hosts.run(command, spec=spec)
        assert [host.closed for host in hosts.values()] == [1] * len(ENDS)
        hosts.update({name: end() for name, end in ENDS.items()})


@pytest.mark.parametrize(
    ("command", "dry", "flags"),
    [
        (Run.plan, False, {}),
        (Run.setup, True, {}),
        (Run.setup, False, {"dry_run": True}),
        (Run.uninstall, True, {}),
    ],
)
def test_a_dry_run_only_reads(
    hosts: Hosts,
    capsys: pytest.CaptureFixture[str],
    command: Callable[[Run], int],
    dry: bool,
    flags: dict[str, bool],
) -> None:
    answer = CONVERGED + ALONG if command is Run.uninstall else FRESH
    hosts["a"] = Remote(Reads(answer))
    run = Run.asked_for(Asked(("a",), dry), {"spec": "", **flags})
    assert command(run) == 3
    assert hosts["a"].commands == ["read"]
    assert capsys.readouterr().out.endswith("Nothing was changed.\n")


def test_setup_applies(hosts: Hosts, spec: str) -> None:
    hosts["a"] = Remote(Reads(FRESH), Applies(CONVERGED))
    assert hosts.run(Run.setup, spec=spec) == 0
    assert hosts["a"].commands == ["read", "apply"]


def test_uninstall_takes_away(hosts: Hosts, spec: str) -> None:
    hosts["a"] = Remote(Reads(CONVERGED + ALONG), Applies(FRESH + ALONG))
    assert hosts.run(Run.uninstall, spec=spec) == 0
    assert hosts["a"].commands == ["read", "apply"]
