"""Item 6: what can't stay beside docker-ce is replaced on request, in one transaction that is looked at first."""

from __future__ import annotations

import json

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import fab

OF_CENTOS = "1.13.1-209.git7d71120.el7.centos"
THERE = [f"{name}-{OF_CENTOS}" for name in ("docker", "docker-common", "docker-client")]
DEPENDENT = """
    mkdir -p /root/rpm && cd /root/rpm && cat >dependent.spec <<'END'
Name: dependent
Version: 1
Release: 1
Summary: needs CentOS's docker
License: MIT
BuildArch: noarch
Requires: docker
%description
It needs docker.
%files
END
    rpmbuild -bb --define '_rpmdir /root/rpm' dependent.spec && rpm -i --nosignature noarch/dependent-1-1.noarch.rpm
"""


def refused(lab: Lab, host: LabHost, *flags: str) -> str:
    before = whole(host)
    done = fab(lab, "-H", "host1", "setup-docker", *flags)
    assert done.returncode == 1, done.stdout + done.stderr
    assert difference(before, whole(host)) == {}
    return next(line for line in done.stdout.splitlines() if line.startswith("host1: refused"))


def test_item_6_centos_docker_makes_way_on_request(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    settings = {"registry-mirrors": [lab.registry_url], "labels": ["rack=7"]}
    host.run(f"""
        set -e
        yum -q -y install docker
        printf '%s' '{json.dumps(settings)}' >/etc/docker/daemon.json
        mkdir -p /etc/sysconfig && echo 'OPTIONS=--debug' >/etc/sysconfig/docker
        systemctl enable docker && systemctl start docker
        docker run -d --name web --restart always busybox sleep 1000
        docker run -d --name job busybox sleep 1000
    """)
    ids = "docker ps -a --no-trunc --format '{{.ID}} {{.Names}}' | sort"
    containers = host.run(ids).stdout

    said = refused(lab, host, *asked)
    for package in THERE:
        assert package in said
    assert "--replace-conflicting" in said

    said = refused(lab, host, "--replace-conflicting", *asked)
    assert "stops running containers: job, web" in said or "stops running containers: web, job" in said
    consents = ("--replace-conflicting", "--restart", "always")
    host.run(DEPENDENT)
    assert "dependent" in refused(lab, host, *consents, *asked)
    host.run("rpm -e dependent")

    plan = " ".join(fab(lab, "-H", "host1", "plan", *consents, *asked).stdout.split())
    assert "web (restart policy always: is started again)" in plan
    assert "job (no restart policy: stays stopped)" in plan
    assert "docker-ce reads none of /etc/sysconfig/docker" in plan
    done = fab(lab, "-H", "host1", "setup-docker", *consents, *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert host.run("rpm -q docker-ce").stdout == "docker-ce-18.06.3.ce-3.el7.x86_64\n"
    assert host.run("rpm -q docker docker-common docker-client", check=False).returncode == 3
    assert host.run(ids).stdout == containers
    assert host.run("docker ps --format '{{.Names}}'").stdout == "web\n"
    assert json.loads(host.run("cat /etc/docker/daemon.json").stdout) == settings
    assert host.run("ls /etc/docker/*.rpmsave", check=False).stdout == ""
    record = json.loads(host.run("cat /var/lib/docker-provision/record.json").stdout)
    assert record["resources"]["packages docker-ce"]["ours"]["replaced"] == sorted(THERE)
    for command in ("plan", "verify"):
        again = fab(lab, "-H", "host1", command, *asked)
        assert again.returncode == 0, again.stdout

    gone = fab(lab, "-H", "host1", "uninstall-docker", "--stop-containers", *asked[:2])
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert f"before us there was {', '.join(sorted(THERE))}" in " ".join(gone.stdout.split())


def test_item_6_an_engine_that_does_not_come_up_makes_way_for_what_was_there(
    lab: Lab, host: LabHost, asked: tuple[str, ...]
) -> None:
    """As with a drop-in for CentOS's own daemon, which docker-ce's service then has too."""
    host.run("""
        set -e
        yum -q -y install docker
        mkdir -p /etc/systemd/system/docker.service.d && cd /etc/systemd/system/docker.service.d
        printf '[Service]\\nExecStart=\\nExecStart=/usr/bin/dockerd-current\\n' >own.conf
        systemctl daemon-reload && systemctl enable docker && systemctl start docker
    """)
    done = fab(lab, "-H", "host1", "setup-docker", "--replace-conflicting", *asked)
    assert done.returncode == 1
    assert "doesn't come up in its new version" in done.stdout
    assert host.run("rpm -q docker docker-common docker-client").stdout.split() == [
        f"{each}.x86_64" for each in THERE
    ]
    assert host.run("rpm -q docker-ce", check=False).returncode == 1
    assert host.run("systemctl is-active docker").stdout == "active\n"


OTHERS = {
    "host1": {
        "docker-latest-1.13.1-58.git87f2fab.el7.centos",
        "docker-common-1.13.1-209.git7d71120.el7.centos",
        "docker-client-latest-1.13.1-58.git87f2fab.el7.centos",
    },
    "host2": {"docker-engine-17.05.0.ce-1.el7.centos", "docker-engine-selinux-17.05.0.ce-1.el7.centos"},
    "host3": {"podman-docker-1.6.4-36.el7_9"},
}
"""What is in docker-ce's way, with what came along only for it, where the first word of each is installed."""
OF_DOCKER_ENGINE = """
[dockerrepo]
name=Docker Repository
baseurl=https://mirrors.aliyun.com/docker-engine/yum/repo/main/centos/$releasever/
enabled=1
gpgcheck=0
"""


def test_item_6_docker_latest_docker_engine_and_podman_docker_make_way_too(
    lab: Lab, fresh_hosts: list[LabHost], asked: tuple[str, ...]
) -> None:
    latest, engine, podman = fresh_hosts
    (engine.root / "etc/yum.repos.d/docker-engine.repo").write_text(OF_DOCKER_ENGINE)
    for host, name in zip(fresh_hosts, ("docker-latest", "docker-engine", "podman-docker"), strict=True):
        host.run(f"yum -q -y install {name}")
    latest.run("systemctl start docker-latest")
    everyone = ("-H", ",".join(OTHERS), "setup-docker")

    before = [whole(host) for host in fresh_hosts]
    done = fab(lab, *everyone, *asked)
    assert done.returncode == 1, done.stdout + done.stderr
    for name, packages in OTHERS.items():
        (said,) = [line for line in done.stdout.splitlines() if line.startswith(f"{name}: refused")]
        named = {package for package in packages if not package.startswith("docker-client-latest")}
        assert {package for package in packages if package in said} >= named
        assert "--replace-conflicting" in said
    assert [difference(*each) for each in zip(before, map(whole, fresh_hosts), strict=True)] == [{}, {}, {}]

    # a service of its own, whose containers nobody would look after any more
    said = refused(lab, latest, "--replace-conflicting", *asked)
    assert "docker-latest.service runs: stop its containers" in said
    latest.run("systemctl stop docker-latest")
    done = fab(lab, *everyone, "--replace-conflicting", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    for host in fresh_hosts:
        installed = set(host.run("rpm -qa --qf '%{NAME}-%{VERSION}-%{RELEASE}\\n'").stdout.split())
        assert "docker-ce-18.06.3.ce-3.el7" in installed
        assert installed.isdisjoint(OTHERS[host.name])
        assert host.run("docker version -f '{{.Server.Version}}'").stdout.startswith("18.06.3")
    # what is in nobody's way stays
    assert podman.run("rpm -q podman").returncode == 0
