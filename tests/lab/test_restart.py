"""Item 12: what stops the daemon, and the operator's word on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import fab

PIDS = "docker inspect -f '{{.Name}} {{.Id}} {{.State.Pid}}' $(docker ps -aq) | sort"
IDS = "docker ps -aq --no-trunc | sort"
NAMES = "docker ps --format '{{.Names}}' | sort"
LOG_DRIVER = "docker info -f '{{.LoggingDriver}}'"


@pytest.fixture
def hard(asked: tuple[str, ...], tmp_path: Path) -> tuple[str, ...]:
    """Asks for a setting that takes effect only at a start."""
    spec = tmp_path / "spec.yaml"
    spec.write_text("daemon: {log-driver: journald}\n")
    return ("--spec", str(spec), *asked)


@pytest.fixture
def busy(converged: LabHost) -> LabHost:
    """A host with a container that comes back after a restart, and one that doesn't."""
    converged.run(
        "docker run -d --name back --restart always busybox sleep 600;"
        " docker run -d --name gone busybox sleep 600"
    )
    return converged


def test_an_idle_daemon_is_restarted(lab: Lab, converged: LabHost, hard: tuple[str, ...]) -> None:
    done = fab(lab, "-H", "host1", "setup-docker", *hard)
    assert done.returncode == 0, done.stdout + done.stderr
    assert converged.run(LOG_DRIVER).stdout == "journald\n"
    assert fab(lab, "-H", "host1", "plan", *hard).returncode == 0


def test_running_containers_are_a_reason_to_refuse(lab: Lab, busy: LabHost, hard: tuple[str, ...]) -> None:
    before, running = whole(busy), busy.run(PIDS).stdout
    done = fab(lab, "-H", "host1", "setup-docker", *hard)
    assert done.returncode == 1
    for word in ("back", "gone", "stop them first", "--restart always"):
        assert word in done.stdout
    assert difference(before, whole(busy)) == {}
    assert busy.run(PIDS).stdout == running


def test_with_consent_they_are_stopped_and_the_plan_says_which_come_back(
    lab: Lab, busy: LabHost, hard: tuple[str, ...]
) -> None:
    told = fab(lab, "-H", "host1", "plan", "--restart", "always", *hard)
    assert told.returncode == 3
    assert "gone (no restart policy: stays stopped), back (restart policy always: comes back)" in told.stdout
    there = busy.run(IDS).stdout
    done = fab(lab, "-H", "host1", "setup-docker", "--restart", "always", *hard)
    assert done.returncode == 0, done.stdout + done.stderr
    assert busy.run(LOG_DRIVER).stdout == "journald\n"
    assert busy.run(NAMES).stdout == "back\n"
    assert busy.run(IDS).stdout == there


def test_never_is_never(lab: Lab, converged: LabHost, hard: tuple[str, ...]) -> None:
    before = whole(converged)
    done = fab(lab, "-H", "host1", "setup-docker", "--restart", "never", *hard)
    assert done.returncode == 1
    assert (
        "must restart (log-driver takes effect only at a start), and --restart never was said" in done.stdout
    )
    assert difference(before, whole(converged)) == {}


def test_a_container_that_is_started_meanwhile_is_not_stopped(
    lab: Lab, converged: LabHost, hard: tuple[str, ...], asked: tuple[str, ...]
) -> None:
    """systemd runs generators at the daemon-reload that comes before the restart: one starts a container there."""
    converged.run("docker pull busybox")
    converged.run(
        "mkdir -p /etc/systemd/system-generators && cd /etc/systemd/system-generators &&"
        " printf '#!/bin/sh\\nexec docker run -d --name late busybox sleep 600\\n' >late && chmod 755 late"
    )
    done = fab(lab, "-H", "host1", "setup-docker", *hard)
    assert done.returncode == 1
    assert "containers were started meanwhile and would be stopped: late" in done.stdout
    assert converged.run(NAMES).stdout == "late\n"
    assert converged.run(LOG_DRIVER).stdout == "json-file\n"
    assert fab(lab, "-H", "host1", "plan", *asked).returncode == 0  # daemon.json is back as it was


def test_with_consent_live_restore_comes_first_and_containers_go_on(
    lab: Lab, busy: LabHost, hard: tuple[str, ...]
) -> None:
    running = busy.run(PIDS).stdout
    told = fab(lab, "-H", "host1", "plan", "--enable-live-restore", *hard)
    assert "running with live-restore: true, reload" in told.stdout
    assert "live-restore keeps gone, back" in told.stdout
    done = fab(lab, "-H", "host1", "setup-docker", "--enable-live-restore", *hard)
    assert done.returncode == 0, done.stdout + done.stderr
    assert busy.run(LOG_DRIVER).stdout == "journald\n"
    assert busy.run(PIDS).stdout == running
    assert fab(lab, "-H", "host1", "plan", *hard).returncode == 0  # and it stays


def test_live_restore_is_off_before_it_leaves_the_file(
    lab: Lab, busy: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    spec = tmp_path / "live.yaml"
    spec.write_text("daemon: {live-restore: true}\n")
    assert fab(lab, "-H", "host1", "setup-docker", "--spec", str(spec), *asked).returncode == 0
    running = busy.run(PIDS).stdout
    spec.write_text("daemon: {live-restore: null}\n")
    done = fab(lab, "-H", "host1", "setup-docker", "--spec", str(spec), *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "live-restore" not in busy.run("cat /etc/docker/daemon.json").stdout
    assert busy.run("docker info -f '{{.LiveRestoreEnabled}}'").stdout == "false\n"
    assert busy.run(PIDS).stdout == running
    assert fab(lab, "-H", "host1", "plan", "--spec", str(spec), *asked).returncode == 0


def test_on_a_node_of_a_swarm_live_restore_is_left_alone(
    lab: Lab, busy: LabHost, hard: tuple[str, ...]
) -> None:
    busy.run(f"docker swarm init --advertise-addr {busy.address}")
    running = busy.run(PIDS).stdout
    done = fab(lab, "-H", "host1", "setup-docker", "--enable-live-restore", *hard)
    assert done.returncode == 1
    assert "stop them first, or consent by --restart always" in done.stdout
    assert busy.run("docker info -f '{{.LiveRestoreEnabled}}'").stdout == "false\n"
    assert busy.run(PIDS).stdout == running


def test_what_docker_info_does_not_show_is_confirmed_by_the_daemons_event(
    lab: Lab, busy: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    running = busy.run(PIDS).stdout
    spec = tmp_path / "soft.yaml"
    spec.write_text("daemon: {max-concurrent-downloads: 7, shutdown-timeout: 33, labels: [rack=7]}\n")
    done = fab(lab, "-H", "host1", "setup-docker", "--spec", str(spec), *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(", reload") == 1
    said = json.loads(busy.run("cat /run/docker-provision/event.json").stdout)
    assert (said["max-concurrent-downloads"], said["shutdown-timeout"]) == ("7", "33")
    assert busy.run(PIDS).stdout == running
    assert fab(lab, "-H", "host1", "plan", "--spec", str(spec), *asked).returncode == 0


def test_what_leaves_the_file_is_set_back_by_a_reload(
    lab: Lab, busy: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    running = busy.run(PIDS).stdout
    spec = tmp_path / "soft.yaml"
    spec.write_text("daemon: {labels: [rack=7], debug: true, shutdown-timeout: 33}\n")
    assert fab(lab, "-H", "host1", "setup-docker", "--spec", str(spec), *asked).returncode == 0
    spec.write_text("daemon: {labels: null, debug: null, shutdown-timeout: null}\n")
    done = fab(lab, "-H", "host1", "setup-docker", "--spec", str(spec), *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert busy.run("docker info -f '{{json .Labels}} {{.Debug}}'").stdout == "[] false\n"
    assert json.loads(busy.run("cat /run/docker-provision/event.json").stdout)["shutdown-timeout"] == "15"
    assert json.loads(busy.run("cat /etc/docker/daemon.json").stdout) == {
        "registry-mirrors": [lab.registry_url]
    }
    assert busy.run(PIDS).stdout == running
    assert fab(lab, "-H", "host1", "plan", "--spec", str(spec), *asked).returncode == 0


def test_a_plugin_that_is_not_there_is_noticed_before(
    lab: Lab, busy: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    """A reload with it would end the daemon."""
    before, running = whole(busy), busy.run(PIDS).stdout
    spec = tmp_path / "plugin.yaml"
    spec.write_text("daemon: {authorization-plugins: [nosuch]}\n")
    done = fab(lab, "-H", "host1", "setup-docker", "--spec", str(spec), *asked)
    assert done.returncode == 1
    assert "the authorization plugin nosuch isn't there" in done.stdout
    assert difference(before, whole(busy)) == {}
    assert busy.run(PIDS).stdout == running
