"""Items 11 and 13: settings for the engine that will run, and mirrors on an engine of somebody else's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import fab
from tests.lab.test_bad_input import told
from tests.lab.test_preflight import settings
from tests.lab.test_restart import PIDS

DROP_INS = "/etc/systemd/system/docker.service.d"
MIRRORS = "docker info -f '{{json .RegistryConfig.Mirrors}}'"


# ── 11: keys against flags ──

OWN: dict[str, tuple[str, str]] = {
    f"{DROP_INS}/own.conf": (
        "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd \\\n  --icc=true\n",
        f"the key 'icc' that is asked for collides with --icc in {DROP_INS}/own.conf:4",
    ),
    "/etc/systemd/system/docker.service": (
        "[Service]\nType=notify\nExecStart=/usr/bin/dockerd --icc=true\n",
        "the key 'icc' that is asked for collides with --icc in /etc/systemd/system/docker.service:3",
    ),
    "/etc/sysconfig/docker": (
        "# by hand\nOPTIONS='--icc=true'\n",
        "the key 'icc' that is asked for collides with --icc in /etc/sysconfig/docker:2",
    ),
}
READS_OPTIONS = (
    "[Service]\nEnvironmentFile=-/etc/sysconfig/docker\nExecStart=\nExecStart=/usr/bin/dockerd $OPTIONS\n"
)


def put(host: LabHost, path: str, text: str) -> None:
    host.run(f"mkdir -p $(dirname {path}) && cat >{path} <<'END'\n{text}END\n")


def test_a_key_that_the_hosts_own_unit_sets_is_refused_by_file_and_line(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    for path, (text, says) in OWN.items():
        put(converged, path, text)
        if path == "/etc/sysconfig/docker":
            put(converged, f"{DROP_INS}/own.conf", READS_OPTIONS)
        before = whole(converged)
        told(fab(lab, "-H", "host1", "setup-docker", *settings(tmp_path, icc=False), *asked), "refused", says)
        assert difference(before, whole(converged)) == {}
        converged.run(f"rm -f {path} {DROP_INS}/own.conf")


def test_hosts_against_the_flag_of_the_version_that_will_run(
    lab: Lab, host: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    hosts = settings(tmp_path, hosts=["unix:///var/run/docker.sock"])
    newer = ("--docker-version", "26.1.4", *hosts, *asked)
    before = whole(host)
    done = fab(lab, "-H", "host1", "setup-docker", *newer)
    told(
        done,
        "refused",
        "'hosts' that is asked for collides with -H in /usr/lib/systemd/system/docker.service",
    )
    assert difference(before, whole(host)) == {}
    # a drop-in without that flag is the way around; 18.06.3 has none
    put(host, f"{DROP_INS}/own.conf", "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd\n")
    assert fab(lab, "-H", "host1", "plan", *newer).returncode == 3
    host.run(f"rm {DROP_INS}/own.conf")
    done = fab(lab, "-H", "host1", "setup-docker", *hosts, *asked)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_daemon_that_was_started_with_other_flags_than_its_unit_has_is_restarted(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    put(converged, "/etc/sysconfig/docker", "OPTIONS='--label=rack=7'\n")
    put(converged, f"{DROP_INS}/own.conf", READS_OPTIONS)
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "started with other flags than its unit has (its unit says --label)" in done.stdout
    assert converged.run("docker info -f '{{.Labels}}'").stdout == "[rack=7]\n"
    assert fab(lab, "-H", "host1", "plan", *asked).returncode == 0


# ── 13: mirrors alone ──

REPOSITORY = """[by-hand]
name=by hand
baseurl=https://mirrors.aliyun.com/docker-ce/linux/centos/7/x86_64/stable
enabled=1
gpgcheck=0
"""
STATIC = "rpm -e --justdb --nodeps docker-ce"


def installed_by_hand(host: LabHost, registry: str, package: str, then: str = "true") -> None:
    """A Docker of somebody else's whose mirror is dead, with a container that runs."""
    put(host, "/etc/yum.repos.d/by-hand.repo", REPOSITORY)
    present = {"registry-mirrors": ["http://dead.example"], "insecure-registries": [registry]}
    put(host, "/etc/docker/daemon.json", json.dumps(present) + "\n")
    host.run(
        f"yum install -y {package} && {then} && systemctl start docker &&"
        f" docker run -d --name web {registry}/library/busybox sleep 600",
        timeout=120,
    )


@pytest.mark.parametrize(
    ("package", "then"),
    [("docker-ce-20.10.24", "true"), ("docker-ce-17.12.1.ce", STATIC)],
    ids=["20.10.24", "17.12.1 out of an archive"],
)
def test_mirrors_alone_change_by_a_reload_whatever_docker_it_is(
    lab: Lab, host: LabHost, package: str, then: str
) -> None:
    registry = lab.registry_url.removeprefix("http://")
    installed_by_hand(host, registry, package, then)
    before, running = whole(host), host.run(PIDS).stdout
    only = ("--only", "daemon", "--registry-mirrors", lab.registry_url)
    done = fab(lab, "-H", "host1", "setup-docker", *only)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "running with this configuration, reload" in done.stdout
    assert json.loads(host.run(MIRRORS).stdout) == [f"{lab.registry_url}/"]
    assert json.loads(host.run("cat /etc/docker/daemon.json").stdout)["insecure-registries"] == [registry]
    assert host.run(PIDS).stdout == running
    host.run("docker pull redis", timeout=120)
    changed = difference(before, whole(host))
    assert changed.keys() == {"etc"}
    # a file's checksum stands in a line of its own; daemon.json keeps its mode and owner
    assert {line.split()[0] for line in changed["etc"] if line.startswith(".")} == {
        "./systemd/system/docker.service.d",
        "./systemd/system/docker.service.d/docker-provision.conf",
    }
    again = fab(lab, "-H", "host1", "plan", *only)
    assert again.returncode == 0
    assert "can't be told" not in again.stdout
    # and back
    assert fab(lab, "-H", "host1", "uninstall-docker").returncode == 0
    assert difference(before, whole(host)) == {}
    assert host.run(PIDS).stdout == running


def test_the_distributions_docker_takes_mirrors_only_at_a_start(lab: Lab, host: LabHost) -> None:
    """1.13 doesn't reload them (moby#29650); the one that stands for it here would."""
    installed_by_hand(host, lab.registry_url.removeprefix("http://"), "docker")
    running = host.run(PIDS).stdout
    only = ("--only", "daemon", "--registry-mirrors", lab.registry_url)
    told(
        fab(lab, "-H", "host1", "setup-docker", *only),
        "refused",
        "must restart (registry-mirrors takes effect only at a start), which stops running containers: web",
    )
    assert host.run(PIDS).stdout == running
    host.run("docker rm -f web")
    done = fab(lab, "-H", "host1", "setup-docker", *only)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(host.run(MIRRORS).stdout) == [f"{lab.registry_url}/"]
    # what a flag sets can't be set by the file too
    put(host, "/etc/sysconfig/docker", "OPTIONS='--registry-mirror=http://dead.example'\n")
    told(
        fab(lab, "-H", "host1", "setup-docker", *only),
        "refused",
        "'registry-mirrors' that is asked for collides with --registry-mirror in /etc/sysconfig/docker:1",
    )


# ── 14: options for single settings ──

KEPT = "cd /etc && ls -A modules-load.d sysctl.d docker systemd/system && cat docker/daemon.json"
BRIDGE = "cd /proc/sys/net/bridge && cat bridge-nf-call-iptables bridge-nf-call-ip6tables"


def test_what_most_ask_for_has_options_and_all_of_it_goes_back(
    lab: Lab, host: LabHost, asked: tuple[str, ...]
) -> None:
    put(host, "/etc/docker/daemon.json", '{"log-opts": {"labels": "app", "max-size": "1m"}, "mtu": 1400}\n')
    host.run("sysctl -q -w net.bridge.bridge-nf-call-iptables=0; mkdir /var/lib/docker/data")
    before = host.run(KEPT).stdout
    flags = (
        *("--log-max-size", "50m", "--log-max-file=3", "--data-root", "/var/lib/docker/data"),
        *("--live-restore", "yes", "--cgroup-driver=cgroupfs", "--bridge-nf", "yes", *asked),
    )
    done = fab(lab, "-H", "host1", "setup-docker", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert fab(lab, "-H", "host1", "plan", *flags).returncode == 0
    assert fab(lab, "-H", "host1", "verify", *flags).returncode == 0
    present = json.loads(host.run("cat /etc/docker/daemon.json").stdout)
    assert present["log-opts"] == {"labels": "app", "max-size": "50m", "max-file": "3"}
    assert present["mtu"] == 1400
    shown = "{{.DockerRootDir}} {{.CgroupDriver}} {{.LiveRestoreEnabled}} {{.BridgeNfIptables}}"
    assert host.run(f"docker info -f '{shown}'").stdout == "/var/lib/docker/data cgroupfs true true\n"
    host.run("docker run -d --name web busybox sleep 600", timeout=120)
    rotation = "docker inspect -f '{{json .HostConfig.LogConfig.Config}}' web"
    assert json.loads(host.run(rotation).stdout)["max-size"] == "50m"
    host.run("docker rm -f web")
    # somebody else's change of one value is seen, and a boot keeps them
    host.run("sysctl -q -w net.bridge.bridge-nf-call-iptables=0")
    told_of = fab(lab, "-H", "host1", "plan", *flags)
    assert told_of.returncode == 3
    assert "bridge-nf-call-iptables=1" in told_of.stdout
    host.run("systemctl restart systemd-sysctl")
    assert host.run(BRIDGE).stdout == "1\n1\n"
    assert fab(lab, "-H", "host1", "uninstall-docker", *asked).returncode == 0
    assert host.run(BRIDGE).stdout == "0\n1\n"
    assert host.run(KEPT).stdout == before


def test_the_cgroup_driver_of_systemd(lab: Lab, converged: LabHost, asked: tuple[str, ...]) -> None:
    done = fab(lab, "-H", "host1", "setup-docker", "--cgroup-driver", "systemd", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert converged.run("docker info -f '{{.CgroupDriver}}'").stdout == "systemd\n"
    converged.run("docker create --name kept busybox true", timeout=120)
    # and what guards it holds for the option too
    told(
        fab(lab, "-H", "host1", "setup-docker", "--cgroup-driver", "cgroupfs", *asked),
        "refused",
        "the cgroup driver changes from systemd to cgroupfs",
    )


def test_a_contradiction_is_told_with_both_places(lab: Lab, asked: tuple[str, ...], tmp_path: Path) -> None:
    done = fab(
        lab, "-H", "host1", "plan", *settings(tmp_path, live_restore=True), "--live-restore=no", *asked
    )
    assert done.returncode == 2
    assert "spec.yaml:1: live-restore is true here, and false by live_restore (--live-restore)" in done.stderr
