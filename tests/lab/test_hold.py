"""Item 4: the hold on the pinned packages, beside other repositories and what the operator hid himself."""

from __future__ import annotations

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import fab

CORP = "/etc/yum.repos.d/corp.repo"
CORP_REPO = """\
[corp-docker]
name=Everything from the house's own mirror
baseurl=https://mirrors.aliyun.com/docker-ce/linux/centos/7/$basearch/stable
gpgkey=https://mirrors.aliyun.com/docker-ce/linux/centos/gpg
# of no use to us
exclude=docker-scan-plugin
"""
OURS = "docker-ce docker-ce-cli docker-ce-rootless-extras containerd.io docker-buildx-plugin docker-compose-plugin"
PINNED = "docker-ce-18.06.3.ce-3.el7.x86_64\n"


def write(host: LabHost, path: str, text: str) -> None:
    (host.root / path.lstrip("/")).write_text(text)


def refusal(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> str:
    """The words with which a set-up is refused, after a look that the host is as it was."""
    before = whole(host)
    for command in ("plan", "setup-docker"):
        done = fab(lab, "-H", "host1", command, *asked)
        assert done.returncode == 1, done.stdout + done.stderr
    assert difference(before, whole(host)) == {}
    return next(line for line in done.stdout.splitlines() if line.startswith("host1: refused"))


def test_item_4_a_second_repository_is_told_and_held_on_request(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    pid = converged.run("systemctl show docker -p MainPID").stdout
    # other packages are on offer, Docker isn't
    offers = converged.run("yum -q check-update", check=False)
    assert offers.returncode == 100
    assert "curl" in offers.stdout
    assert "docker" not in offers.stdout
    assert "isn't held" not in fab(lab, "-H", "host1", "plan", *asked).stdout

    # a second one defeats that, which the plan tells before yum has ever read it, and after
    write(converged, CORP, CORP_REPO)
    told = " ".join(fab(lab, "-H", "host1", "plan", *asked).stdout.split())
    assert (
        f"the pin isn't held against {CORP}, line 1 ([corp-docker]), which leads to where docker-ce is"
        in told
    )
    offers = converged.run("yum -q check-update docker-ce", check=False)
    assert offers.returncode == 100
    assert "3:26.1.4-1.el7" in offers.stdout
    done = fab(lab, "-H", "host1", "plan", *asked)
    told = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stdout
    assert "([corp-docker]), which offers docker-ce 26.1.4-1.el7 too" in told
    assert f"write exclude=docker-scan-plugin {OURS}" in told
    assert "corp.repo" in fab(lab, "-H", "host1", "verify", *asked).stdout

    # the remedy, on consent
    done = fab(lab, "-H", "host1", "setup-docker", "--hold-everywhere", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert converged.run("yum -q check-update docker-ce", check=False).returncode == 0
    converged.run("yum -q -y update")
    assert converged.run("rpm -q docker-ce").stdout == PINNED
    assert "el7_9.2" in converged.run("rpm -q curl").stdout
    assert converged.run("systemctl show docker -p MainPID").stdout == pid
    for command in ("plan", "verify"):
        done = fab(lab, "-H", "host1", command, *asked)
        assert done.returncode == 0, done.stdout
        assert "isn't held" not in done.stdout

    # and back
    assert fab(lab, "-H", "host1", "uninstall-docker", *asked[:2]).returncode == 0
    assert converged.run(f"cat {CORP}").stdout == CORP_REPO


def test_item_4_packages_come_from_our_repository_whoever_else_has_them(
    lab: Lab, host: LabHost, asked: tuple[str, ...]
) -> None:
    write(host, CORP, CORP_REPO)
    assert fab(lab, "-H", "host1", "setup-docker", *asked).returncode == 0
    assert "@docker-ce-stable" in host.run("yum -q list installed docker-ce").stdout
    # its file is as it was
    assert host.run(f"cat {CORP}").stdout == CORP_REPO


@pytest.mark.parametrize(
    ("line", "named"),
    [("exclude=kernel* docker*", "docker-ce-18.06.3.ce-3.el7"), ("reposdir=/etc/corp", "/etc/yum.repos.d")],
)
def test_item_4_what_yum_conf_hides_is_respected_and_named(
    lab: Lab, host: LabHost, asked: tuple[str, ...], line: str, named: str
) -> None:
    host.run(f"echo '{line}' >>/etc/yum.conf")
    number = len(host.run("cat /etc/yum.conf").stdout.splitlines())
    said = refusal(lab, host, asked)
    assert f"/etc/yum.conf, line {number} ({line})" in said
    assert named in said


def test_item_4_a_section_that_yum_takes_for_ours_is_named(
    lab: Lab, host: LabHost, asked: tuple[str, ...]
) -> None:
    path = "/etc/yum.repos.d/docker-ce-corp.repo"
    write(host, path, CORP_REPO.replace("corp-docker", "docker-ce-stable"))
    assert f"{path}, line 1 ([docker-ce-stable]) has the id of our repository" in refusal(lab, host, asked)


def test_item_4_locks_are_respected_named_and_taken_for_the_hold_that_they_are(
    lab: Lab, host: LabHost, asked: tuple[str, ...]
) -> None:
    host.run("yum -q -y install yum-plugin-versionlock")
    write(host, CORP, CORP_REPO)
    listed = "/etc/yum/pluginconf.d/versionlock.list"
    host.run("yum versionlock add docker-ce-18.06.2.ce-3.el7")
    number = host.run(f"grep -n docker-ce {listed}").stdout.partition(":")[0]
    said = refusal(lab, host, asked)
    assert (
        f"{listed}, line {number} (0:docker-ce-18.06.2.ce-3.el7.*) hides docker-ce-18.06.3.ce-3.el7" in said
    )
    assert "yum versionlock delete" in said
    host.run("yum versionlock delete docker-ce")

    assert fab(lab, "-H", "host1", "setup-docker", *asked).returncode == 0
    assert "isn't held" in fab(lab, "-H", "host1", "plan", *asked).stdout
    # the operator's own hold, over all repositories
    host.run("yum versionlock add docker-ce")
    assert "isn't held" not in fab(lab, "-H", "host1", "plan", *asked).stdout
    host.run("yum -q -y update")
    assert host.run("rpm -q docker-ce").stdout == PINNED
