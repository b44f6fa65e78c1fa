"""setup-docker on real hosts: fresh, again, dry, with what it must refuse, and with what it must take back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.sshdlog import Count, SshdLog
from tests.lab.state import difference, whole
from tests.lab.support import fab

MIRRORS = "docker info -f '{{json .RegistryConfig.Mirrors}}'"
STARTED = "docker inspect -f '{{.State.StartedAt}} {{.State.Pid}}' kept"


def test_fresh_host_with_the_defaults(lab: Lab, host: LabHost) -> None:
    log = SshdLog(host)
    done = fab(lab, "-H", "host1", "setup-docker", "--repo-key", str(lab.repo_key))
    assert done.returncode == 0, done.stdout + done.stderr
    counted = log.count()
    assert (
        counted.connections == 2
    )  # the second confirms that the daemon's first start doesn't cut the host off
    assert counted.commands <= 4
    assert host.run("rpm -q docker-ce").stdout == "docker-ce-18.06.3.ce-3.el7.x86_64\n"
    assert host.run("systemctl is-enabled docker; systemctl is-active docker").stdout == "enabled\nactive\n"
    assert host.run("docker version -f '{{.Server.Version}}'").stdout.startswith("18.06.3-ce")
    repository = host.run("cat /etc/yum.repos.d/docker-ce.repo").stdout
    assert "baseurl=https://mirrors.aliyun.com/docker-ce/linux/centos/7/$basearch/stable\n" in repository
    assert repository.count("[") == 1
    # nobody's mirror is a default
    assert host.run(MIRRORS).stdout.strip() in ("[]", "null")


def test_second_run_is_one_connection_and_one_command(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    before = whole(converged)
    log = SshdLog(converged)
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0
    assert "nothing to do" in done.stdout
    assert log.count() == Count(connections=1, commands=1)
    assert difference(before, whole(converged)) == {}


@pytest.mark.parametrize("words", [("plan",), ("setup-docker", "--dry-run")], ids=" ".join)
def test_a_dry_run_changes_nothing(
    lab: Lab, host: LabHost, asked: tuple[str, ...], words: tuple[str, ...]
) -> None:
    before = whole(host)
    done = fab(lab, "-H", "host1", *words, *asked)
    assert done.returncode == 3
    assert "docker-ce-18.06.3.ce-3.el7" in done.stdout
    assert f'+    "{lab.registry_url}"' in done.stdout  # the diff of daemon.json
    assert difference(before, whole(host)) == {}
    assert host.run("ls /var/lib/docker-provision", check=False).returncode != 0


def test_fabrics_own_dry_run_is_ours(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    before = whole(host)
    assert fab(lab, "--dry", "-H", "host1", "setup-docker", *asked).returncode == 3
    assert difference(before, whole(host)) == {}


def test_images_come_through_the_mirror(converged: LabHost, lab: Lab) -> None:
    assert json.loads(converged.run(MIRRORS).stdout) == [f"{lab.registry_url}/"]
    done = converged.run("docker run --rm busybox echo it runs")
    assert done.stdout == "it runs\n"


def test_the_pin_holds_against_update(converged: LabHost) -> None:
    converged.run("yum -y update")
    assert converged.run("rpm -q docker-ce").stdout == "docker-ce-18.06.3.ce-3.el7.x86_64\n"


def test_the_last_version_for_el7(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    done = fab(lab, "-H", "host1", "setup-docker", "--docker-version", "26.1.4", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    packages = host.run(
        "rpm -q docker-ce docker-ce-cli containerd.io docker-ce-rootless-extras"
    ).stdout.split()
    assert packages == [
        "docker-ce-26.1.4-1.el7.x86_64",
        "docker-ce-cli-26.1.4-1.el7.x86_64",
        "containerd.io-1.6.33-3.1.el7.x86_64",
        "docker-ce-rootless-extras-26.1.4-1.el7.x86_64",
    ]
    assert host.run("docker run --rm busybox echo it runs").stdout == "it runs\n"
    again = fab(lab, "-H", "host1", "setup-docker", "--docker-version", "26.1.4", *asked)
    assert "nothing to do" in again.stdout


def test_users_are_taken_into_the_group(lab: Lab, converged: LabHost, asked: tuple[str, ...]) -> None:
    done = fab(lab, "-H", "host1", "setup-docker", "--users", "plain", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert converged.run("id -nG plain").stdout.split() == ["plain", "docker"]


def test_mirrors_change_by_a_reload(lab: Lab, converged: LabHost) -> None:
    """No container is restarted for it."""
    converged.run("docker run -d --name kept busybox sleep 600")
    started = converged.run(STARTED).stdout
    other = "https://mirror.example"
    both = f"{lab.registry_url},{other}"
    done = fab(
        lab, "-H", "host1", "setup-docker", "--repo-key", str(lab.repo_key), "--registry-mirrors", both
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(converged.run(MIRRORS).stdout) == [f"{lab.registry_url}/", f"{other}/"]
    assert converged.run(STARTED).stdout == started
    # and the record of what the daemon runs with is true: nothing more to do
    again = fab(lab, "-H", "host1", "plan", "--repo-key", str(lab.repo_key), "--registry-mirrors", both)
    assert again.returncode == 0, again.stdout


def test_a_restart_under_running_containers_is_refused(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    converged.run("docker run -d --name kept busybox sleep 600")
    started = converged.run(STARTED).stdout
    before = whole(converged)
    spec = tmp_path / "spec.yaml"
    spec.write_text("daemon:\n  log-opts: {max-size: 10m}\n")
    done = fab(lab, "-H", "host1", "setup-docker", "--spec", str(spec), *asked)
    assert done.returncode == 1
    assert "kept" in done.stdout
    assert "stop them first" in done.stdout
    assert difference(before, whole(converged)) == {}
    assert converged.run(STARTED).stdout == started


def test_a_daemon_that_does_not_come_up_goes_back(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    before = converged.run("cat /etc/docker/daemon.json").stdout
    spec = tmp_path / "spec.yaml"
    spec.write_text("daemon:\n  bridge: nowhere0\n")
    done = fab(lab, "-H", "host1", "setup-docker", "--spec", str(spec), *asked)
    assert done.returncode == 1
    assert "daemon.json is back as it was" in done.stdout
    assert "nowhere0" in done.stdout  # the daemon's own last words
    assert converged.run("cat /etc/docker/daemon.json").stdout == before
    assert converged.run("systemctl is-active docker").stdout == "active\n"
    assert fab(lab, "-H", "host1", "plan", *asked).returncode == 0


def test_three_hosts_at_once_with_one_failing(
    lab: Lab, fresh_hosts: list[LabHost], asked: tuple[str, ...]
) -> None:
    before = whole(fresh_hosts[1])
    fresh_hosts[1].run("mkdir -p /etc/docker && echo '{' >/etc/docker/daemon.json")
    done = fab(lab, "-H", "host1,host2,host3", "setup-docker", "--json", *asked)
    assert done.returncode == 1
    ends = {end["host"]: end for end in json.loads(done.stdout)["hosts"]}
    assert {host: end["status"] for host, end in ends.items()} == {
        "host1": "changed",
        "host2": "refused",
        "host3": "changed",
    }
    assert "not valid JSON" in ends["host2"]["error"]
    left = difference(before, whole(fresh_hosts[1]))
    assert set(left) == {"etc"}  # the folder and file that this test made
    for name in ("host1", "host3"):
        assert lab.hosts[name].run("systemctl is-active docker").stdout == "active\n"
