"""Item 6: which starts may cut a host off, and what the host does if nobody comes back."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provision.resources import way
from provision.resources.daemon import UnitState
from provision.resources.need import Act
from provision.script import Mark, quote
from tests.unit.model import UNIT
from tests.unit.resources.servicehost import Host
from tests.unit.resources.test_unit import states
from tests.unit.shell import SHELLS, run

RUNS = replace(states()[UNIT], bridge=True, started={"mtu": 1400}, remembered={"ip_forward": "1"})
STOPPED = replace(RUNS, active="inactive", started=None)


@pytest.mark.parametrize(
    ("host", "act", "wanted", "present", "what"),
    [
        (STOPPED, Act.START, {}, {}, ""),
        (replace(STOPPED, bridge=False), Act.START, {}, {}, "docker0 comes"),
        (replace(STOPPED, bridge=False), Act.START, {"bridge": "none"}, {"bridge": "none"}, ""),
        (STOPPED, Act.START, {"bip": "10.9.0.1/24"}, {}, "bip changes"),
        (RUNS, Act.RESTART, {"bip": "10.9.0.1/24"}, {"bip": "10.9.0.1/24"}, "bip changes"),
        (RUNS, Act.RESTART, {"mtu": 1500}, {}, ""),
        (RUNS, Act.RESTART, {"iptables": False, "ip-masq": False}, {}, "iptables changes, ip-masq changes"),
        (RUNS, Act.RELOAD, {"bip": "10.9.0.1/24"}, {}, ""),
        (
            replace(STOPPED, bridge=False, remembered={"ip_forward": "0"}),
            Act.START,
            {},
            {},
            "docker0 comes, FORWARD's policy becomes DROP",
        ),
        (
            replace(STOPPED, bridge=False, remembered={"ip_forward": "0"}),
            Act.START,
            {"iptables": False},
            {"iptables": False},
            "docker0 comes",
        ),
    ],
)
def test_what_may_cut_a_host_off(
    host: UnitState, act: Act, wanted: dict[str, Any], present: dict[str, Any], what: str
) -> None:
    assert way.risk(host, act, wanted, present) == what


def test_a_plan_says_that_it_was_taken_back_before() -> None:
    assert way.told(replace(RUNS, tried="2026-01-02"), "bip changes") == (
        "bip changes: taken back (as on 2026-01-02) unless this machine gets through anew within 60 s"
    )


@pytest.mark.parametrize(
    ("ran", "wanted", "said"),
    [
        ({"mtu": 1400}, {"bip": "10.9.0.1/24"}, {"mtu": 1400, "bip": "@ADDRESS@"}),
        ({"bip": "10.8.0.1/24"}, {"bip": "10.9.0.1/24"}, None),
        ({}, {"iptables": False}, None),
    ],
)
def test_an_address_that_no_file_says_is_said_once(
    ran: dict[str, Any], wanted: dict[str, Any], said: dict[str, Any] | None
) -> None:
    found = way.saying_address(replace(RUNS, started=ran), wanted, {})
    assert (json.loads(base64.b64decode(found)) if found else None) == said


COMES = "await_return() { return 0; }\n"
NOBODY = "await_return() { return 1; }\n"
RESTART = "watch_way 'bip changes'\nrestart_unit docker.service 'registry-mirrors=[1]' always ended"


@pytest.fixture(params=SHELLS, ids="-".join)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    host = Host(request.param, tmp_path)
    host.keep("[0]")
    host.daemon_json.write_text("[1]")
    return host


def left(host: Host) -> list[str]:
    places = ("state/pending", "run/docker-provision/way", "units/docker-provision-way.conf")
    return [place for place in places if (host.root / place).exists()]


class TestWatched:
    def test_what_is_confirmed_stays_and_nothing_is_left_of_the_guard(self, host: Host) -> None:
        (host.root / "state/taken-back").write_text("earlier")
        assert host.run(COMES + RESTART) == ("", [])
        assert host.daemon_json.read_text() == "[1]"
        assert left(host) == []
        assert not (host.root / "state/taken-back").exists()

    def test_what_nobody_confirms_goes_back_and_is_kept_aside(self, host: Host) -> None:
        _, frames = host.run(NOBODY + RESTART)
        assert [frame.mark for frame in frames] == [Mark.FAIL]
        assert frames[0].rest.startswith(
            "nobody came back over a new connection within 60 s of a start by which bip changes, so the host took it"
        )
        assert "and the daemon runs with it" in frames[0].rest
        assert (host.daemon_json.read_text(), host.active) == ("[0]", "active")
        assert (host.root / "state/taken-back.json").read_text() == "[1]"
        assert left(host) == []

    def test_a_first_start_ends_with_the_daemon_stopped(self, host: Host) -> None:
        host.set(active="inactive")
        _, frames = host.run(
            f"{NOBODY}watch_way 'docker0 comes'\nstart_unit docker.service 'registry-mirrors=[1]'"
        )
        assert "docker.service is stopped, docker0 is as before" in frames[-1].rest
        assert host.active == "inactive"

    def test_a_start_that_fails_is_taken_back_as_without_a_guard(self, host: Host) -> None:
        host.daemon_json.write_text("bad")
        _, frames = host.run(COMES + RESTART)
        assert [frame.rest for frame in frames] == ["daemon restart taken-back"]
        assert left(host) == []

    def test_without_a_file_of_ours_that_comes_back_with_which_it_ran(self, host: Host) -> None:
        host.pending.unlink()
        record = host.root / "run/docker-provision/started.json"
        record.parent.mkdir(parents=True)
        record.write_text("[7]")
        host.run(NOBODY + RESTART)
        assert host.daemon_json.read_text() == "[7]"

    def test_what_a_killed_run_leaves_its_supervisor_takes_back(self, host: Host) -> None:
        _, frames = host.run("run=/runs/1\nwatch_way 'bip changes'\nabandoned")
        assert frames[0].rest.startswith(
            "before the start by which bip changes was confirmed, the run ended:"
        )
        assert host.daemon_json.read_text() == "[0]"
        assert left(host) == []
        assert host.run("run=/runs/2\nabandoned") == ("", [])


class TestBoot:
    def starts(self, host: Host) -> None:
        """As systemd does it with the drop-in."""
        for line in (host.root / "units/docker-provision-way.conf").read_text().splitlines():
            if "=-/bin/sh " in line:
                script, when = line.partition("=-/bin/sh ")[2].split(" ")
                done = run(host.shell, f"set -- {when}\n{Path(script).read_text()}")
                assert done.stderr == ""

    def test_behind_a_boot_the_old_file_is_back_and_the_run_says_so(self, host: Host) -> None:
        folder = host.root / "state/runs/1"
        folder.mkdir(parents=True)
        (folder / "status").touch()
        (folder / "log").touch()
        host.run(f"run={quote(str(folder))}\nwatch_way 'bip changes'")
        assert len(left(host)) == 3
        self.starts(host)
        assert host.daemon_json.read_text() == "[1]", "no boot came in between"
        host.run('rm -rf "$way"')
        self.starts(host)
        assert host.daemon_json.read_text() == "[0]"
        assert (host.root / "run/docker-provision/started.json").read_text() == "[0]"
        assert (host.root / "state/taken-back.json").read_text() == "[1]"
        assert (folder / "status").read_text().splitlines()[1].startswith("fail the host went down before")
        assert "\n@1 fail the host went down before" in (folder / "log").read_text()
        assert left(host) == []
