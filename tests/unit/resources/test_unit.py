"""docker.service: enabled, running, and running with what is asked for; never at containers' expense."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from provision.resources.base import ABSENT, Change, Finding, Note, Pending, Refusal, State, Trace, Unknown
from provision.resources.daemon import Container, UnitState
from provision.resources.file import FileState
from provision.resources.packages import PackagesState
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.restart import Policy
from provision.resources.unit import Unit
from provision.resources.withdrawal import Withdrawal
from provision.script import Section
from tests.unit.case import Case
from tests.unit.core import fresh, steps_for
from tests.unit.model import INFO, UNIT, Host

STEPS = steps_for(registry_mirrors="https://mirror.example")
MIRRORS = 'registry-mirrors=["https://mirror.example/"]'
WEB = Container("web")
KEEPING = Policy(enable_live_restore=True)


def unit_of(chosen: tuple[Any, ...] = STEPS) -> Unit:
    (unit,) = [resource for step in chosen for resource in step.resources if resource.id == UNIT]
    assert isinstance(unit, Unit)
    return unit


SERVICE = unit_of()


def converged() -> dict[str, State]:
    host = Host(fresh(STEPS))
    host.converge(STEPS)
    return dict(host.facts.states)


CONVERGED = converged()


def states(**values: Any) -> dict[str, State]:
    """A converged host whose service differs in this."""
    return {**CONVERGED, UNIT: replace(CONVERGED[UNIT], **values)}


def changed(found: list[Finding]) -> Change:
    (change,) = found
    assert isinstance(change, Change)
    return change


class TestParse:
    def test_a_running_unit(self) -> None:
        found = Case.load("converged").facts().states[UNIT]
        assert isinstance(found, UnitState)
        assert "active, enabled" in str(found)

    @pytest.mark.parametrize(
        ("section", "why"),
        [
            (Section("", 1), "can't ask systemd about docker.service: no answer"),
            (
                Section("Failed to get D-Bus connection\n", 1),
                "about docker.service: Failed to get D-Bus connection",
            ),
            (Section("LoadState=loaded", 0, complete=False), "can't ask systemd about docker.service"),
            (Section("LoadState=loaded", 0), "docker.service: systemd doesn't say what docker.service is"),
            (
                Section("LoadState=loaded\nActiveState=active\nnow=1", 0),
                "docker.service runs but `docker info` doesn't answer; look at `journalctl -u docker.service`",
            ),
            (Section("LoadState=loaded\nActiveState=active\nnow=1\ninfo={", 0), "docker.service: Expecting"),
        ],
    )
    def test_all_else_is_unknown(self, section: Section, why: str) -> None:
        found = SERVICE.parse(section)
        assert isinstance(found, Unknown)
        assert why in found.why


class TestCompare:
    def test_as_asked_for(self) -> None:
        assert SERVICE.compare(CONVERGED) == []

    def test_unknown_is_refused(self) -> None:
        assert SERVICE.compare({**CONVERGED, UNIT: Unknown("no")}) == [Refusal(UNIT, "no")]

    @pytest.mark.parametrize("values", [{"load": "masked"}, {"enabled": "masked"}])
    def test_a_masked_unit_is_meant(self, values: dict[str, str]) -> None:
        (found,) = SERVICE.compare(states(**values))
        assert isinstance(found, Refusal)
        assert "`systemctl unmask docker.service`" in found.text

    @pytest.mark.parametrize(
        "differing",
        [
            {UNIT: replace(CONVERGED[UNIT], load="not-found")},
            {"packages docker-ce": ABSENT},
            {"packages docker-ce": PackagesState({"docker-ce": "26.1.4-1.el7"})},
            {"packages docker-ce": Unknown("no")},
        ],
    )
    def test_it_waits_for_the_engine(self, differing: Mapping[str, State]) -> None:
        found = SERVICE.compare({**CONVERGED, **differing})
        assert found == [Pending(UNIT, "enabled and running with this configuration", "engine")]

    @pytest.mark.parametrize(
        ("values", "reason", "desired", "last"),
        [
            (
                {"active": "inactive", "info": None},
                "it is inactive",
                "enabled, running with this configuration, start",
                ["start_unit", "docker.service", MIRRORS],
            ),
            (
                {"active": "failed", "info": None, "enabled": "disabled"},
                "it is failed; it is disabled",
                "enabled, running with this configuration, start",
                ["enable_unit", "docker.service"],
            ),
            (
                {"unconfirmed": True},
                "its last start is confirmed, for the host was reached since",
                "enabled, running with this configuration",
                ["keep_way"],
            ),
            (
                {"kept": True},
                "it runs with daemon.json as it is: what a run that was cut off kept of before can go",
                "enabled, running with this configuration",
                ["settled"],
            ),
            (
                {"enabled": "disabled"},
                "it is disabled",
                "enabled, running with this configuration",
                ["enable_unit", "docker.service"],
            ),
            (
                {"enabled": ""},
                "it is not enabled",
                "enabled, running with this configuration",
                ["enable_unit", "docker.service"],
            ),
            (
                {"stale": True},
                "its unit files changed on disk",
                "enabled, running with this configuration",
                ["systemctl", "daemon-reload", "||", "fail", "systemctl daemon-reload failed"],
            ),
            (
                {"info": replace(INFO, mirrors=("https://other.example/",))},
                "its mirrors are https://other.example/",
                "enabled, running with this configuration, reload",
                ["reload_unit", "docker.service", MIRRORS],
            ),
            (
                {"started": {"mtu": 1400}},
                "registry-mirrors differs from what it took up",
                "enabled, running with this configuration, restart",
                ["restart_unit", "docker.service", MIRRORS, "if-idle", "ended"],
            ),
        ],
    )
    def test_what_it_needs(self, values: dict[str, Any], reason: str, desired: str, last: list[str]) -> None:
        found = changed(SERVICE.compare(states(**values)))
        assert reason in found.reason or "mtu takes effect only at a start" in found.reason
        assert found.desired == desired
        lines = found.script.splitlines()
        assert lines[0].startswith("systemctl daemon-reload ||")
        assert shlex.split(lines[-1]) == last
        assert ("look_room /var/lib/docker" in lines) == desired.endswith(" start")
        assert found.stops_daemon == desired.endswith("restart")
        assert found.traces == (Trace(UNIT, "managed", "enabled and started"),)

    def test_no_mirrors_asked_for_are_not_looked_for(self) -> None:
        unit = unit_of(steps_for())
        given = {**states(active="inactive", info=None), "file /etc/docker/daemon.json": ABSENT}
        assert shlex.split(changed(unit.compare(given)).script.splitlines()[-1]) == [
            "start_unit",
            "docker.service",
            "",
        ]

    def test_a_configuration_that_cannot_be_read_is_refused(self) -> None:
        broken = FileState(b"{", "644", "root:root", 1)
        (found,) = SERVICE.compare({**CONVERGED, "file /etc/docker/daemon.json": broken})
        assert isinstance(found, Refusal)
        assert found.text.startswith("/etc/docker/daemon.json: line 1, column 2: not valid JSON")

    def test_doubt_is_a_note_and_no_change(self) -> None:
        given = states(started=None, elapsed=10_000)
        (found,) = SERVICE.compare(given)
        assert isinstance(found, Note)
        assert "`systemctl restart docker` at a good time settles it" in found.text


def test_before_us() -> None:
    assert SERVICE.remember(CONVERGED[UNIT]) == {
        "ip_forward": "0",
        "forward": "-P FORWARD ACCEPT",
        "etc_docker": "",
        "key_json": "",
    }
    assert SERVICE.remember(Unknown("no")) is None


class TestWithdraw:
    def back(self, given: Mapping[str, State], *, stop: bool = False) -> list[Finding]:
        return unit_of(steps_for(withdrawal=Withdrawal(stop_containers=stop))).withdraw(given)

    def test_the_service_goes_with_what_its_first_start_brought(self) -> None:
        lines = changed(self.back(CONVERGED)).script.splitlines()
        assert [shlex.split(line)[0:2] for line in lines] == [
            ["remove_unit", "docker.service"],
            ["rm", "-f"],
            ["rmdir", "/etc/docker"],
            ["sysctl", "-q"],
        ]
        assert shlex.split(lines[0])[2:] == ["idle", "-P FORWARD ACCEPT"]

    def test_what_was_there_before_us_stays(self) -> None:
        record = CONVERGED[RECORD_ID]
        before = {"ip_forward": "1", "forward": "-P FORWARD DROP", "etc_docker": "yes", "key_json": "yes"}
        entries = {**record.entries, UNIT: {**record.entries[UNIT], "before": before}}
        given = {**CONVERGED, RECORD_ID: RecordState(entries)}
        (line,) = changed(self.back(given)).script.splitlines()
        assert shlex.split(line) == ["remove_unit", "docker.service", "idle", "-P FORWARD DROP"]

    def test_running_containers_need_consent(self) -> None:
        given = states(containers=(WEB, Container("db", "always")))
        (found,) = self.back(given)
        assert found == Refusal(
            UNIT, "containers are running: web, db; stop them first, or say --stop-containers"
        )
        assert shlex.split(changed(self.back(given, stop=True)).script.splitlines()[0])[2] == "stop"

    def test_a_service_whose_packages_stay_stays(self) -> None:
        record = CONVERGED[RECORD_ID]
        kept = {key: entry for key, entry in record.entries.items() if key != "packages docker-ce"}
        assert self.back({**CONVERGED, RECORD_ID: RecordState(kept)}) == []
        assert self.back({**CONVERGED, RECORD_ID: ABSENT}) == []
        assert self.back({**CONVERGED, "packages docker-ce": ABSENT}) == []

    def test_unknown_is_refused(self) -> None:
        assert self.back({**CONVERGED, UNIT: Unknown("no")}) == [Refusal(UNIT, "no")]
