"""Item 5: a host that has this Docker already, whoever brought it: no package is changed, nothing restarts."""

from __future__ import annotations

import json

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import fab

FILES = "https://mirrors.aliyun.com/docker-ce/linux/centos/7/x86_64/stable/Packages"
PINNED = "docker-ce-18.06.3.ce-3.el7"
CORP = "/etc/yum.repos.d/corp.repo"
CORP_REPO = """\
[corp-docker]
baseurl=https://mirrors.aliyun.com/docker-ce/linux/centos/7/$basearch/stable
gpgkey=https://mirrors.aliyun.com/docker-ce/linux/centos/gpg
"""
FOREIGN = "/etc/systemd/system/docker.service.d/limits.conf"
WAYS = {
    "another repository": f"cat >{CORP} <<'END'\n{CORP_REPO}END\nyum -q -y install {PINNED}",
    "rpm": f"""
        yum -q -y install container-selinux libcgroup libtool-ltdl
        curl -sSO {FILES}/{PINNED}.x86_64.rpm && rpm -U --nosignature {PINNED}.x86_64.rpm
    """,
    "a file": f"curl -sSO {FILES}/{PINNED}.x86_64.rpm && yum -q -y --nogpgcheck install ./{PINNED}.x86_64.rpm",
}


def alive(host: LabHost) -> tuple[str, ...]:
    """What must not change: the daemon's process, the container and its process, the packages and when they came."""
    commands = (
        "systemctl show docker -p MainPID",
        "docker ps -a --no-trunc --format '{{.ID}} {{.Names}}'",
        "docker inspect -f '{{.State.Pid}}' web",
        "rpm -qa --qf '%{NAME}-%{VERSION}-%{RELEASE} %{INSTALLTIME}\\n' | grep -v gpg-pubkey | sort",
    )
    return tuple(host.run(command).stdout for command in commands)


@pytest.mark.parametrize("way", WAYS)
def test_item_5_a_host_that_has_it_is_adopted(
    lab: Lab, host: LabHost, asked: tuple[str, ...], way: str
) -> None:
    settings = {"registry-mirrors": [lab.registry_url], "labels": ["rack=7"], "log-driver": "json-file"}
    host.run(f"""
        set -e
        {WAYS[way]}
        mkdir -p /etc/docker {FOREIGN.rpartition("/")[0]}
        printf '%s' '{json.dumps(settings)}' >/etc/docker/daemon.json
        printf '[Service]\\nLimitNOFILE=4096\\n' >{FOREIGN}
        systemctl daemon-reload && systemctl enable docker && systemctl start docker
        docker run -d --name web busybox sleep 1000
    """)
    before, running = whole(host), alive(host)

    plan = fab(lab, "-H", "host1", "plan", *asked)
    assert plan.returncode == 3, plan.stdout
    assert f"{PINNED}: adopted" in plan.stdout
    assert ("isn't held against" in plan.stdout) is (way == "another repository")
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert alive(host) == running
    assert json.loads(host.run("cat /etc/docker/daemon.json").stdout) == settings
    assert "LimitNOFILE=4096" in host.run(f"cat {FOREIGN}").stdout
    assert "exclude=docker-ce" in host.run("cat /etc/yum.repos.d/docker-ce.repo").stdout
    again = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert "nothing to do" in again.stdout, again.stdout
    assert alive(host) == running

    # another mirror by a reload, which is taken back with all else
    other = fab(
        lab, "-H", "host1", "setup-docker", *asked[:2], "--registry-mirrors", "https://mirror.example"
    )
    assert other.returncode == 0, other.stdout + other.stderr
    gone = fab(lab, "-H", "host1", "uninstall-docker", *asked[:2])
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert f"{PINNED} stays: it was there before us" in gone.stdout
    assert alive(host) == running
    shown = host.run("docker info -f '{{json .RegistryConfig.Mirrors}}'").stdout
    assert json.loads(shown) == [f"{lab.registry_url}/"]
    left = difference(before, whole(host))
    assert {line for line in left.pop("packages", set()) if not line.startswith("gpg-pubkey")} == set()
    assert {line for line in left.pop("etc", set()) if not line.startswith(("./group", "./gshadow"))} == set()


def test_item_5_the_same_engine_with_another_cli(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    """What belongs to it is led to what is asked for; the engine goes on."""
    host.run(f"""
        set -e
        cat >{CORP} <<'END'
{CORP_REPO}END
        yum -q -y install docker-ce-26.1.4-1.el7 docker-ce-cli-26.1.4-1.el7
        mkdir -p /etc/docker
        printf '%s' '{{"registry-mirrors": ["{lab.registry_url}"]}}' >/etc/docker/daemon.json
        systemctl enable docker && systemctl start docker
        docker run -d --name web busybox sleep 1000
        yum -q -y downgrade docker-ce-cli-20.10.24-3.el7
    """)
    pid = host.run("systemctl show docker -p MainPID").stdout
    flags = ("--docker-version", "26.1.4", *asked)
    done = fab(lab, "-H", "host1", "setup-docker", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "docker-ce-cli-26.1.4-1.el7" in host.run("rpm -q docker-ce-cli").stdout
    assert host.run("systemctl show docker -p MainPID").stdout == pid
    assert host.run("docker inspect -f '{{.State.Running}}' web").stdout == "true\n"
    again = fab(lab, "-H", "host1", "plan", *flags)
    assert again.returncode == 0, again.stdout
    assert "adopted" in again.stdout
    gone = fab(lab, "-H", "host1", "uninstall-docker", *asked[:2])
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert "stays: it was there before us" in gone.stdout
    assert host.run("systemctl show docker -p MainPID").stdout == pid
