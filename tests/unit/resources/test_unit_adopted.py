"""The service of a Docker that was there before, and flags that its unit has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from provision.resources.base import Finding, Note, Refusal
from provision.resources.file import FileState
from provision.resources.packages import PackagesState
from provision.resources.unitfiles import parse as parse_files
from tests.unit.core import encoded, steps_for
from tests.unit.model import INFO
from tests.unit.resources.test_unit import SERVICE, WEB, changed, states, unit_of


class TestAdopted:
    """`--only daemon` on a host whose engine is of another version than the one that would be installed."""

    ASKED = steps_for("daemon", registry_mirrors="https://mirror.example")

    def content(self, version: str) -> list[Finding]:
        given = {
            **states(),
            "packages docker-ce": PackagesState({"docker-ce": version}),
            "file /etc/docker/daemon.json": FileState(
                b'{"features": {"buildkit": true}}', "644", "root:root", 0
            ),
        }
        (file,) = (r for step in self.ASKED for r in step.resources if r.id == "file /etc/docker/daemon.json")
        return file.compare(given)

    def test_keys_are_those_of_the_installed_version(self) -> None:
        assert "features" in changed(self.content("26.1.4-1.el7")).diff
        (found,) = self.content("18.06.3.ce-3.el7")
        assert isinstance(found, Refusal)
        assert "Docker 18.06.3 doesn't know the key 'features'" in found.text

    def test_of_a_version_that_is_not_known_only_mirrors_are_judged(self) -> None:
        diff = changed(self.content("17.12.1.ce-1.el7")).diff
        assert "features" in diff
        assert '+    "https://mirror.example"' in diff

    def other(self, version: str, **unit: Any) -> list[Finding]:
        """What the service comes to on a host with a Docker of somebody else's, its daemon.json older than it."""
        info = replace(INFO, server_version=version)
        there = {"started": None, "enabled": "disabled", "info": info, "elapsed": 500, **unit}
        given = {
            **states(**there),
            "packages docker-ce": PackagesState({"docker": "1.13.1-209"}),
            "file /etc/docker/daemon.json": FileState(b'{"zzz": 1}', "644", "root:root", 1),
        }
        return unit_of(self.ASKED).compare(given)

    def test_mirrors_are_all_that_changes(self) -> None:
        change = changed(self.other("28.0.1", containers=(WEB,), argv=("/usr/bin/dockerd", "--zzz")))
        assert change.desired == "running with this configuration, reload"
        assert not change.stops_daemon
        assert "enable_unit" not in change.script
        # or the next plan couldn't tell whether all of the file is in effect
        before = encoded(b'{"zzz": 1}')
        assert f"record_start {before}" in change.script
        assert "record_start" not in changed(self.other("28.0.1", started={})).script

    def test_what_reloads_no_mirrors_is_restarted_unless_containers_run(self) -> None:
        assert changed(self.other("1.13.1")).desired.endswith(", restart")
        (found,) = self.other("1.13.1", containers=(WEB,))
        assert isinstance(found, Refusal)
        assert "registry-mirrors takes effect only at a start" in found.text

    def test_what_does_not_run_is_not_started(self) -> None:
        (found,) = self.other("18.06.3-ce", active="inactive", info=None)
        assert isinstance(found, Note)
        assert "doesn't run; it takes daemon.json up when it is started" in found.text


class TestFlags:
    """A unit's own flags, by which a start would make a difference."""

    FILES = parse_files(
        "file=/usr/lib/x\nunit=/usr/lib/systemd/system/x\t1\tExecStart=/usr/bin/dockerd --debug"
    )

    def test_a_daemon_that_was_started_with_others_is_restarted(self) -> None:
        files = replace(self.FILES, paths=("/usr/lib/systemd/system/x",))
        change = changed(SERVICE.compare(states(files=files, argv=("/usr/bin/dockerd", "-D"))))
        assert change.desired.endswith(", restart")
        assert change.reason == (
            "it was started with other flags than its unit has (it runs with -D, its unit says --debug)"
        )
        assert SERVICE.compare(states(files=files, argv=("/usr/bin/dockerd", "--debug"))) == []
