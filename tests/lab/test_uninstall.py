"""Item 18, uninstall-docker: the host as it was before us, in the manner of piuparts, and nothing of others' gone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, left_in, tree, whole
from tests.lab.support import cut_off, fab

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
KEY = "gpg-pubkey"
"""yum imports the distribution's own with the first package that it checks."""


def uninstall(lab: Lab, asked: tuple[str, ...], *more: str) -> subprocess.CompletedProcess[str]:
    return fab(lab, "-H", "host1", "uninstall-docker", *more, *asked[:2])


def names(packages: set[str]) -> set[str]:
    return {package.rsplit("-", 2)[0] for package in packages}


def test_a_fresh_host_is_as_it_was(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    before, files = whole(host), tree(host)
    assert fab(lab, "-H", "host1", "setup-docker", "--users", "plain", *asked).returncode == 0
    host.run(
        "docker network create mine && docker run -d -p 8080:80 --network mine --name web nginx && docker rm -f web"
    )
    done = uninstall(lab, asked)
    assert done.returncode == 0, done.stdout + done.stderr
    left = difference(before, whole(host))
    assert names(left.pop("packages")) == DEPENDENCIES | {KEY}
    assert left.keys() <= {"etc"}  # whose lines are among those of the tree
    assert left_in(files, tree(host)) == set()
    # what stays is said
    for name in (*DEPENDENCIES, KEY, "/var/lib/docker stays (1 image, "):
        assert name in done.stdout
    assert "nginx" in host.run("cat /var/lib/docker/image/overlay2/repositories.json").stdout
    again = uninstall(lab, asked, "--purge-data")
    assert again.returncode == 0
    assert "nothing to do" in again.stdout
    assert "no record in /var/lib/docker-provision says that we brought it" in again.stdout
    assert "nginx" in host.run("cat /var/lib/docker/image/overlay2/repositories.json").stdout


OPERATORS = """
mkdir -p /etc/docker /etc/systemd/system/docker.service.d
printf '{"labels":   ["rack=7"]}' >/etc/docker/daemon.json && chmod 600 /etc/docker/daemon.json
chown plain:plain /etc/docker/daemon.json
printf '[Service]\\nLimitNOFILE=100000\\n' >/etc/systemd/system/docker.service.d/own.conf
printf '[docker-ce-stable]\\nname=mine\\nbaseurl=http://gone.example/\\nenabled=0\\n' >/etc/yum.repos.d/docker-ce.repo
groupadd docker && gpasswd -a plain docker
iptables -A INPUT -p tcp --dport 9 -m comment --comment 'DOCKER $(touch /etc/pwned) host' -j ACCEPT
"""


def test_a_host_with_an_operators_files_is_as_it_was(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    """With 26.1.4, whose containerd keeps data of its own; data and dependencies go, for that was asked for."""
    host.run(OPERATORS)
    before, files = whole(host), tree(host)
    done = fab(lab, "-H", "host1", "setup-docker", "--docker-version", "26.1.4", "--users", "deploy", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    merged = json.loads(host.run("cat /etc/docker/daemon.json").stdout)
    assert merged == {"labels": ["rack=7"], "registry-mirrors": [lab.registry_url]}
    assert host.run("stat -c '%a %U' /etc/docker/daemon.json").stdout == "600 plain\n"
    host.run("docker run -d --name web nginx")
    done = uninstall(lab, asked, "--stop-containers", "--purge-data", "--with-dependencies")
    assert done.returncode == 0, done.stdout + done.stderr
    left = difference(before, whole(host))
    assert names(left.pop("packages")) == {KEY}
    assert left.keys() <= {"etc"}
    assert left_in(files, tree(host)) == set()
    # the lab mounts /var/lib/docker: a mount point is emptied
    assert host.run("ls -A /var/lib/docker").stdout == ""


def test_after_a_setup_that_was_cut_off(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    """The host loses its power in the middle of yum's transaction."""
    before, files = whole(host), tree(host)
    journals = (host.root / "var/lib/yum").glob
    cut_off(lab, host, lambda: bool([*journals("transaction-done.*")]), "setup-docker", *asked)
    done = uninstall(lab, asked)
    assert done.returncode == 0, done.stdout + done.stderr
    left = difference(before, whole(host))
    assert names(left.pop("packages")) <= DEPENDENCIES | {KEY}
    assert left.keys() <= {"etc"}
    assert left_in(files, tree(host)) == set()


def test_firewall_rules_of_others_stay(lab: Lab, converged: LabHost, asked: tuple[str, ...]) -> None:
    """Also those that speak of docker; what a comment says is run by no shell."""
    converged.run("""
        iptables -A INPUT -i docker0 -p tcp --dport 9100 -j ACCEPT
        iptables -A INPUT -p tcp --dport 9 -m comment --comment 'DOCKER $(touch /etc/pwned) host' -j ACCEPT
    """)
    assert uninstall(lab, asked).returncode == 0
    rules = converged.run("iptables -S").stdout
    assert "-A INPUT -i docker0 -p tcp -m tcp --dport 9100 -j ACCEPT" in rules
    assert "touch /etc/pwned" in rules
    assert "-N DOCKER" not in rules
    assert converged.run("ls /etc/pwned", check=False).returncode != 0


def test_what_others_changed_since_stays(lab: Lab, converged: LabHost, asked: tuple[str, ...]) -> None:
    """Our keys are taken out of a daemon.json that somebody edited; a repository file that somebody edited stays. So
    does the group that somebody joined."""
    settings = json.loads(converged.run("cat /etc/docker/daemon.json").stdout) | {"labels": ["rack=7"]}
    converged.run(f"printf %s '{json.dumps(settings)}' >/etc/docker/daemon.json")
    converged.run("echo '# mine' >>/etc/yum.repos.d/docker-ce.repo; gpasswd -a plain docker")
    done = uninstall(lab, asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(converged.run("cat /etc/docker/daemon.json").stdout) == {"labels": ["rack=7"]}
    assert converged.run("tail -n 1 /etc/yum.repos.d/docker-ce.repo").stdout == "# mine\n"
    assert "/etc/yum.repos.d/docker-ce.repo: it was changed since" in done.stdout
    assert "the group docker stays: plain joined it since" in done.stdout
    assert converged.run("id -nG plain").stdout.split() == ["plain", "docker"]


def test_running_containers_are_not_ended_unasked(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    converged.run("docker run -d --name kept busybox sleep 600")
    before = whole(converged)
    refused = uninstall(lab, asked)
    assert refused.returncode == 1
    assert "kept" in refused.stdout
    assert "--stop-containers" in refused.stdout
    assert difference(before, whole(converged)) == {}
    told = uninstall(lab, asked, "--stop-containers")
    assert told.returncode == 0, told.stdout + told.stderr
    assert converged.run("pgrep -x sleep", check=False).stdout == ""


def install_dependent(host: LabHost, needed: str) -> None:
    """Somebody's package that needs another."""
    host.run(f"""
        mkdir -p /root/rpm && cd /root/rpm && cat >dependent.spec <<'END'
Name: dependent
Version: 1
Release: 1
Summary: needs {needed}
License: MIT
BuildArch: noarch
Requires: {needed}
%description
It needs {needed}.
%files
END
        rpmbuild -bb --define '_rpmdir /root/rpm' dependent.spec && rpm -i --nosignature noarch/dependent-1-1.noarch.rpm
    """)


@pytest.mark.parametrize(("needed", "more"), [("docker-ce", ()), ("libcgroup", ("--with-dependencies",))])
def test_a_package_that_needs_what_would_go_is_not_taken_along(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], needed: str, more: tuple[str, ...]
) -> None:
    install_dependent(converged, needed)
    before = whole(converged)
    done = uninstall(lab, asked, *more)
    assert done.returncode == 1
    assert "dependent" in done.stdout
    assert difference(before, whole(converged)) == {}


def test_what_yum_was_told_to_keep_stays(lab: Lab, converged: LabHost, asked: tuple[str, ...]) -> None:
    converged.run("echo user | tee /var/lib/yum/yumdb/l/*-libcgroup-*/reason")
    done = uninstall(lab, asked, "--with-dependencies")
    assert done.returncode == 0, done.stdout + done.stderr
    (told,) = [line for line in done.stdout.splitlines() if "stays, since others may need it by now" in line]
    assert "libcgroup" in told
    assert names(set(converged.run("rpm -qa").stdout.split())) & DEPENDENCIES == {"libcgroup"}


def test_data_goes_only_where_nothing_else_can_go_with_it(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    converged.run("docker create --name web -v vol:/data nginx")
    ids = "docker ps -aq --no-trunc; docker images -q --no-trunc; docker volume ls -q"
    held, before = converged.run(ids).stdout, whole(converged)
    mounted = "/var/lib/docker/volumes/theirs"
    for spoil, mend, why in (
        ("mkdir /var/lib/docker/photos", "rmdir /var/lib/docker/photos", "move photos elsewhere first"),
        (
            f"mkdir {mounted} && mount -t tmpfs tmpfs {mounted}",
            f"umount {mounted} && rmdir {mounted}",
            "umount volumes/theirs first",
        ),
    ):
        converged.run(spoil)
        done = uninstall(lab, asked, "--purge-data")
        assert done.returncode == 1
        assert why in done.stdout
        converged.run(mend)
    assert difference(before, whole(converged)) == {}
    assert converged.run(ids).stdout == held
    done = uninstall(lab, asked, "--purge-data")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 image, 1 container, 1 volume -> empty, the mount point itself stays" in done.stdout
    assert converged.run("ls -A /var/lib/docker").stdout == ""


def test_data_elsewhere_goes_and_what_lies_beside_it_stays(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text("daemon: {data-root: /srv/disk/docker}\n")
    converged.run("mkdir /srv/disk && mount -t tmpfs -o size=200m tmpfs /srv/disk && touch /srv/disk/theirs")
    held = converged.run("ls /var/lib/docker").stdout
    assert fab(lab, "-H", "host1", "setup-docker", "--spec", str(spec), *asked).returncode == 0
    converged.run("docker create busybox")
    done = uninstall(lab, asked, "--purge-data")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "data /srv/disk/docker: 1 image, 1 container, 0 volumes -> absent" in done.stdout
    assert converged.run("ls -A /srv/disk").stdout == "theirs\n"
    assert converged.run("ls /var/lib/docker").stdout == held


def test_without_the_record_nothing_was_brought_by_us(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    before = whole(converged)
    for spoil, code, said in (
        ("echo '{' >/var/lib/docker-provision/record.json", 1, "record.json is damaged: move it away"),
        (
            "rm -rf /var/lib/docker-provision",
            0,
            "no record in /var/lib/docker-provision says that we brought it",
        ),
    ):
        converged.run(spoil)
        done = uninstall(lab, asked, "--purge-data", "--with-dependencies")
        assert done.returncode == code
        assert said in done.stdout
    assert difference(before, whole(converged)) == {}
