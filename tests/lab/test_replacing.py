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
