"""The commands of `python -m lab`."""

import os
import platform
import urllib.request
from pathlib import Path

import pytest
import yaml

from lab import cli
from lab.host import LabHost
from lab.lab import Lab
from tests.lab.support import lab_command


def test_status_is_a_table_of_every_lab(lab: Lab, host: LabHost) -> None:
    lab.hosts["host2"].boot()
    lab.hosts["host3"].power_cut()
    rows = [line.split() for line in lab_command("status").stdout.splitlines()]
    assert rows[0] == ["LAB", "PHASE", "HOST", "ADDRESS", "STATE", "SNAPSHOTS"]
    mine = {row[2]: row[3:5] for row in rows if row[0] == lab.name}
    assert mine["mirrors"] == [lab.address, "running"]
    assert mine["host1"] == [host.address, "running"]
    assert mine["host3"] == [lab.hosts["host3"].address, "off"]


def test_inventory_is_yaml_that_names_every_host(lab: Lab) -> None:
    inventory = yaml.safe_load(lab_command("inventory", "--name", lab.name).stdout)
    hosts = inventory["all"]["hosts"]
    assert list(hosts) == list(lab.hosts)
    assert hosts["host1"] == {
        "address": lab.hosts["host1"].address,
        "user": "root",
        "identity": str(lab.identity),
    }
    assert lab.identity.stat().st_mode & 0o077 == 0


def test_paths_and_urls_are_printed_alone(lab: Lab) -> None:
    said = {
        name: lab_command(name, "--name", lab.name).stdout for name in ("ssh-config", "repo-key", "registry")
    }
    assert said["ssh-config"] == f"{lab.ssh_config}\n"
    assert "BEGIN PGP PUBLIC KEY BLOCK" in Path(said["repo-key"].strip()).read_text()
    with urllib.request.urlopen(f"{said['registry'].strip()}/v2/", timeout=10) as answer:  # noqa: S310 - http
        assert answer.status == 200


def test_ssh_runs_a_command_and_hands_on_its_exit_code(lab: Lab, host: LabHost) -> None:
    done = lab_command("ssh", "--name", lab.name, "host1", "hostname;", "exit", "5")
    assert (done.returncode, done.stdout) == (5, "host1\n")


def test_snapshot_and_restore(lab: Lab, host: LabHost) -> None:
    host.run("touch /etc/kept")
    assert lab_command("snapshot", "--name", lab.name, "host1", "cli").returncode == 0
    assert lab_command("restore", "--name", lab.name, "host1", "fresh").returncode == 0
    assert host.run("ls /etc/kept", check=False).returncode != 0
    assert lab_command("restore", "--name", lab.name, "host1", "cli").returncode == 0
    assert host.run("ls /etc/kept").stdout == "/etc/kept\n"


def test_up_makes_what_is_missing_and_leaves_the_rest(lab: Lab, host: LabHost) -> None:
    boot = host.run("cat /proc/sys/kernel/random/boot_id").stdout
    lab.hosts["host2"].power_cut()
    done = lab_command("up", "--name", lab.name, "--hosts", "3")
    assert done.returncode == 0
    assert done.stdout.startswith(f"lab {lab.name}: host1, host2, host3")
    assert lab.hosts["host2"].running
    assert host.run("cat /proc/sys/kernel/random/boot_id").stdout == boot


def test_up_starts_mirrors_anew_that_have_died(lab: Lab, host: LabHost) -> None:
    host.run(f"curl -sS --fail {lab.registry_url}/v2/")
    for service in lab._read().services:
        service.kill()
    assert host.run(f"curl -sS --fail {lab.registry_url}/v2/", check=False).returncode == 7
    assert not lab.mirrors_running
    assert lab_command("up", "--name", lab.name).returncode == 0
    host.run(f"curl -sS --fail {lab.registry_url}/v2/")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ssh", "host9"), "has no host 'host9'; it has: host1, host2, host3"),
        (("restore", "host1", "never"), "no snapshot 'never'; there are: fresh"),
        (("snapshot", "host1", "a/b"), "'a/b' is no good as a snapshot's name"),
    ],
)
def test_a_mistake_is_one_line(lab: Lab, arguments: tuple[str, ...], words: str) -> None:
    done = lab_command(arguments[0], "--name", lab.name, *arguments[1:])
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("status", "--hosts", "3"), "unrecognized arguments: --hosts 3"),
        (("up", "--hosts", "0"), "argument --hosts: from 1 to 200"),
        (
            ("inventory", "--name", "nosuch"),
            "no lab 'nosuch' is up; begin one with: python -m lab up --name nosuch",
        ),
        (("up", "--name", "Not good"), "'Not good' is no good as a name: a small letter"),
        (("down", "--name", "../etc"), "'../etc' is no good as a name"),
    ],
)
def test_mistakes_before_there_is_a_lab(arguments: tuple[str, ...], words: str) -> None:
    done = lab_command(*arguments)
    assert done.returncode in {1, 2}
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_without_root_one_line_says_what_to_use_instead(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert cli.main(["up"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert "needs root" in captured.err
    assert "Vagrantfile" in captured.err


def test_off_debian_one_line_says_what_to_use_instead(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "fedora", "ID_LIKE": "rhel"})
    assert cli.main(["status"]) == 2
    assert "needs Debian or Ubuntu, this is fedora: use the Vagrantfile" in capsys.readouterr().err


def test_ubuntu_is_debian_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        platform, "freedesktop_os_release", lambda: {"ID": "mint", "ID_LIKE": "ubuntu debian"}
    )
    assert cli.refusal() is None


def test_the_lab_needs_nothing_of_the_users_home(lab: Lab, tmp_path: Path) -> None:
    done = lab_command("ssh", "--name", lab.name, "host1", "true", HOME=str(tmp_path))
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []
