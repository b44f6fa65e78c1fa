"""Interrupted yum: what a run leaves that lost its host amid a transaction is told, and mended by the next."""

from __future__ import annotations

import json

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import cut_off, fab

UP = ("--docker-version", "18.09.9", "--cross-line")
NAMES = "docker-ce docker-ce-cli containerd.io"
HANG = r"""
mv /usr/bin/getent /usr/bin/getent.real
cat >/usr/bin/getent <<'END'
#!/bin/sh
# in scriptlets of packages: the first is that of docker-ce-cli, the second that of docker-ce
if tr '\0' ' ' </proc/$PPID/cmdline | grep -q rpm-tmp; then
  if [ -e /root/once ]; then touch /root/hangs; sleep 1000; fi
  touch /root/once
fi
exec /usr/bin/getent.real "$@"
END
chmod 755 /usr/bin/getent
"""


def killed(lab: Lab, host: LabHost, *asked: str) -> None:
    """The host loses its power while the new package's %post runs: the old one is still there."""
    host.run(HANG)
    cut_off(lab, host, (host.root / "root/hangs").exists, "setup-docker", *asked)
    host.run("mv /usr/bin/getent.real /usr/bin/getent; rm /root/hangs /root/once")


def test_an_upgrade_that_was_killed_is_told_and_finished(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    killed(lab, converged, *UP, *asked)
    assert converged.run("rpm -q docker-ce").stdout.count("docker-ce-") == 2
    told = fab(lab, "-H", "host1", "plan", "--json", *UP, *asked)
    assert told.returncode == 3, told.stdout + told.stderr
    found = json.loads(told.stdout)["hosts"][0]["plan"]
    (mend,) = [each for each in found["changes"] if each["resource"] == "unfinished transactions"]
    assert "docker-ce-18.06.3.ce-3.el7.x86_64 stands beside its successor" in mend["reason"]
    done = fab(lab, "-H", "host1", "setup-docker", *UP, *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert converged.run(f"rpm -q {NAMES}").stdout.split() == [
        "docker-ce-18.09.9-3.el7.x86_64",
        "docker-ce-cli-18.09.9-3.el7.x86_64",
        "containerd.io-1.2.13-3.2.el7.x86_64",
    ]
    assert converged.run("rpm -V docker-ce docker-ce-cli", check=False).stdout == ""
    assert converged.run("ls /var/lib/yum/transaction-*", check=False).stdout == ""
    assert converged.run("docker run --rm busybox echo it runs").stdout == "it runs\n"
    assert fab(lab, "-H", "host1", "plan", *UP, *asked).returncode == 0


def test_an_engine_that_another_one_half_overwrote_is_installed_again(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    """As a disk that filled up leaves it (yum 3.4.3, run): the new CLI is there, the old engine's files are spoilt."""
    converged.run(
        "yum -y --disableexcludes=all --downloadonly --setopt=cachedir=/root/cache install docker-ce-cli-18.09.9-3.el7;"
        " rpm -i --force --nodeps $(find /root/cache -name 'docker-ce-cli-*.rpm'); echo >/usr/bin/docker-proxy"
    )
    told = fab(lab, "-H", "host1", "plan", *asked)
    assert told.returncode == 3, told.stdout + told.stderr
    assert "files of docker-ce are another package's, so it is installed again" in told.stdout
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert converged.run("rpm -q docker-ce docker-ce-cli", check=False).stdout.split("\n")[0] == (
        "docker-ce-18.06.3.ce-3.el7.x86_64"
    )
    assert converged.run("rpm -V docker-ce", check=False).stdout == ""
    assert fab(lab, "-H", "host1", "plan", *asked).returncode == 0


def test_two_versions_without_a_journal_and_an_engine_half_overwritten_are_mended(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    """A killed downgrade whose journal somebody has cleaned up; then what a full disk leaves of an 18.06 whose new CLI
    was taken away again."""
    converged.run(
        "yum -y --disableexcludes=all --downloadonly --setopt=cachedir=/root/cache downgrade"
        " docker-ce-18.06.2.ce-3.el7; rpm -i --force --nodeps --noscripts --oldpackage"
        " $(find /root/cache -name 'docker-ce-18.06.2*.rpm')"
    )
    assert converged.run("rpm -q docker-ce").stdout.count("docker-ce-18.06") == 2
    told = fab(lab, "-H", "host1", "plan", "--json", *asked)
    assert told.returncode == 3, told.stdout + told.stderr
    (mend, *_) = json.loads(told.stdout)["hosts"][0]["plan"]["changes"]
    assert mend["resource"] == "unfinished transactions"
    assert "left no journal; docker-ce-18.06.3.ce-3.el7.x86_64 stands beside its successor" in mend["reason"]
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert converged.run("rpm -q docker-ce").stdout.split() == ["docker-ce-18.06.3.ce-3.el7.x86_64"]
    assert converged.run("rpm -V docker-ce", check=False).stdout == ""
    converged.run(
        "cp -p /usr/bin/docker /root/docker; echo >>/root/docker; mv /root/docker /usr/bin/docker;"
        " : >/usr/bin/docker-proxy"
    )
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "files of docker-ce are another package's, so it is installed again" in done.stdout
    assert converged.run("rpm -V docker-ce", check=False).stdout == ""
    assert fab(lab, "-H", "host1", "plan", *asked).returncode == 0


def test_others_unfinished_work_is_left_to_them(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    """And a lock whose number is another process's by now holds nobody up."""
    host.run(
        "mkdir -p /var/lib/yum;"
        " echo 'install 0:httpd-2.4-1.el7.x86_64' >/var/lib/yum/transaction-all.2020-01-01.00:00.00"
    )
    before = whole(host)
    told = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert told.returncode == 1
    assert "(httpd)" in told.stdout
    assert "yum-complete-transaction --cleanup-only" in told.stdout
    assert difference(before, whole(host)) == {}
    host.run(
        "rm /var/lib/yum/transaction-all.*; printf %s $(pgrep -xo sshd) >/run/yum.pid; touch -d 2020-01-01 /run/yum.pid"
    )
    done = fab(lab, "-H", "host1", "setup-docker", "--only", "repos,engine", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "yum's lock is a dead yum's" in done.stdout
