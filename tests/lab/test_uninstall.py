"""uninstall-docker: the host as it was before us, and nothing of others' taken along."""

from __future__ import annotations

import json

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import fab

DEPENDENCIES = {
    "audit-libs-python",
    "checkpolicy",
    "container-selinux",
    "libcgroup",
    "libsemanage-python",
    "libtool-ltdl",
    "policycoreutils-python",
    "python-IPy",
    "setools-libs",
}
# reasoned exceptions: files that the host's own tools keep as the last version of another, or rewrite in place
BACKUPS = ("./group- ", "./gshadow- ", "./gshadow ", "./ld.so.cache ")


def left_in_etc(lines: set[str]) -> set[str]:
    """The lines of /etc that differ, without the reasoned exceptions and their checksums."""
    named = {line for line in lines if line.startswith("./")}
    return {line for line in named if not line.startswith(BACKUPS)}


def test_the_host_is_as_it_was(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    before = whole(host)
    assert fab(lab, "-H", "host1", "setup-docker", "--users", "plain", *asked).returncode == 0
    host.run(
        "docker network create mine && docker run -d -p 8080:80 --network mine --name web nginx && docker rm -f web"
    )
    done = fab(lab, "-H", "host1", "uninstall-docker", *asked[:2])
    assert done.returncode == 0, done.stdout + done.stderr
    left = difference(before, whole(host))
    packages = {line.rsplit("-", 2)[0] for line in left.pop("packages")}
    # yum imports the distribution's own key with the first package that it checks
    assert packages == DEPENDENCIES | {"gpg-pubkey"}
    for name in packages:
        assert name in done.stdout  # what stays is said
    assert left_in_etc(left.pop("etc", set())) == set()
    assert left == {}
    assert host.run("ls /run/docker-provision /var/lib/docker-provision", check=False).stdout == ""
    # data stays
    assert "nginx" in host.run("cat /var/lib/docker/image/overlay2/repositories.json").stdout


def test_firewall_rules_of_others_stay(lab: Lab, converged: LabHost, asked: tuple[str, ...]) -> None:
    """Also those that speak of docker; what a comment says is run by no shell."""
    converged.run("""
        iptables -A INPUT -i docker0 -p tcp --dport 9100 -j ACCEPT
        iptables -A INPUT -p tcp --dport 9 -m comment --comment 'DOCKER $(touch /etc/pwned) host' -j ACCEPT
    """)
    assert fab(lab, "-H", "host1", "uninstall-docker", *asked[:2]).returncode == 0
    rules = converged.run("iptables -S").stdout
    assert "-A INPUT -i docker0 -p tcp -m tcp --dport 9100 -j ACCEPT" in rules
    assert "touch /etc/pwned" in rules
    assert "-N DOCKER" not in rules
    assert converged.run("ls /etc/pwned", check=False).returncode != 0


def test_again_finds_nothing(lab: Lab, host: LabHost) -> None:
    before = whole(host)
    done = fab(lab, "-H", "host1", "uninstall-docker")
    assert done.returncode == 0
    assert "nothing to do" in done.stdout
    assert difference(before, whole(host)) == {}


def test_an_original_comes_back(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    original = '{"labels":   ["rack=7"]}\n'
    host.run(
        f"mkdir /etc/docker && printf %s '{original}' >/etc/docker/daemon.json && chmod 600 /etc/docker/daemon.json"
    )
    before = whole(host)
    assert fab(lab, "-H", "host1", "setup-docker", *asked).returncode == 0
    merged = json.loads(host.run("cat /etc/docker/daemon.json").stdout)
    assert merged == {"labels": ["rack=7"], "registry-mirrors": [lab.registry_url]}
    assert host.run("stat -c %a /etc/docker/daemon.json").stdout == "600\n"
    assert fab(lab, "-H", "host1", "uninstall-docker", *asked[:2]).returncode == 0
    assert left_in_etc(difference(before, whole(host)).get("etc", set())) == set()


def test_what_others_changed_since_stays(lab: Lab, converged: LabHost, asked: tuple[str, ...]) -> None:
    """Our keys are taken out of a daemon.json that somebody edited; a repository file that somebody edited stays."""
    settings = json.loads(converged.run("cat /etc/docker/daemon.json").stdout) | {"labels": ["rack=7"]}
    converged.run(f"printf %s '{json.dumps(settings)}' >/etc/docker/daemon.json")
    converged.run("echo '# mine' >>/etc/yum.repos.d/docker-ce.repo")
    done = fab(lab, "-H", "host1", "uninstall-docker", *asked[:2])
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(converged.run("cat /etc/docker/daemon.json").stdout) == {"labels": ["rack=7"]}
    assert converged.run("tail -n 1 /etc/yum.repos.d/docker-ce.repo").stdout == "# mine\n"
    assert "/etc/yum.repos.d/docker-ce.repo: it was changed since" in done.stdout


def test_running_containers_are_not_ended_unasked(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    converged.run("docker run -d --name kept busybox sleep 600")
    before = whole(converged)
    refused = fab(lab, "-H", "host1", "uninstall-docker", *asked[:2])
    assert refused.returncode == 1
    assert "kept" in refused.stdout
    assert "--stop-containers" in refused.stdout
    assert difference(before, whole(converged)) == {}
    told = fab(lab, "-H", "host1", "uninstall-docker", "--stop-containers", *asked[:2])
    assert told.returncode == 0, told.stdout + told.stderr
    assert converged.run("pgrep -x sleep", check=False).stdout == ""


def test_a_package_that_needs_docker_is_not_taken_along(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    converged.run("""
        mkdir /root/rpm && cd /root/rpm && cat >dependent.spec <<'END'
Name: dependent
Version: 1
Release: 1
Summary: needs docker-ce
License: MIT
BuildArch: noarch
Requires: docker-ce
%description
It needs docker-ce.
%files
END
        rpmbuild -bb --define '_rpmdir /root/rpm' dependent.spec && rpm -i --nosignature noarch/dependent-1-1.noarch.rpm
    """)
    before = whole(converged)
    done = fab(lab, "-H", "host1", "uninstall-docker", *asked[:2])
    assert done.returncode == 1
    assert "dependent" in done.stdout
    assert difference(before, whole(converged)) == {}


def test_a_host_that_we_did_not_set_up_keeps_its_docker(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    """Without the record nothing was brought by us, whatever is there."""
    converged.run("rm -rf /var/lib/docker-provision")
    before = whole(converged)
    done = fab(lab, "-H", "host1", "uninstall-docker", *asked[:2])
    assert done.returncode == 0
    assert "it was there before us" in done.stdout
    assert difference(before, whole(converged)) == {}
