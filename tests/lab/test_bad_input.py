"""Every mistake is one clear line with what to do: exit 2 for the operator's, exit 1 for a host's; nothing touched."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.sshdlog import Count, SshdLog
from tests.lab.state import difference, whole
from tests.lab.support import fab


@dataclass(frozen=True)
class Mistake:
    """Flags or a spec file, and what must stand in the one line."""

    says: tuple[str, ...]
    flags: tuple[str, ...] = ()
    spec: str | None = None


OPERATORS = {
    "malformed version": Mistake(("--docker-version", "18.06.x", "18.06.3"), ("--docker-version", "18.06.x")),
    "17.x": Mistake(("17.03.3", "not installed"), ("--docker-version", "17.03.3")),
    "unknown mirror": Mistake(("alyun", "did you mean aliyun"), ("--package-mirror", "alyun")),
    "bad mirror URL": Mistake(("--package-mirror",), ("--package-mirror", "https://")),
    "registry mirror without scheme": Mistake(("mirror.example",), ("--registry-mirrors", "mirror.example")),
    "registry mirror's port": Mistake(
        ("--registry-mirrors",), ("--registry-mirrors", "https://m.example:http")
    ),
    "unknown key": Mistake(
        ("spec.yaml:2", "docker_versoin", "docker_version"), spec="users: [a]\ndocker_versoin: '1'\n"
    ),
    "unquoted version": Mistake(("spec.yaml:1", "quote"), spec="docker_version: 18.10\n"),
    "duplicate key": Mistake(("spec.yaml:2", "users"), spec="users: [a]\nusers: [b]\n"),
    "broken YAML": Mistake(("spec.yaml:2",), spec="users: [a\ndaemon: {\n"),
    "setting unknown to the engine": Mistake(("spec.yaml:2", "builder"), spec="daemon:\n  builder: {}\n"),
    "setting's nearest": Mistake(
        ("registry-mirror", "write registry-mirrors"), spec="daemon:\n  registry-mirror: [x]\n"
    ),
    "spec file missing": Mistake(("--spec", "/nowhere/spec.yaml"), ("--spec", "/nowhere/spec.yaml")),
    "key file missing": Mistake(("--repo-key", "/nowhere/key"), ("--repo-key", "/nowhere/key")),
    "not a key": Mistake(("--repo-key", "OpenPGP"), ("--repo-key", "/etc/hostname")),
    "restart's word": Mistake(("--restart", "if-idel", "did you mean if-idle"), ("--restart", "if-idel")),
    "unknown step": Mistake(("--only", "demon", "daemon"), ("--only", "demon")),
}


def one_line(done: subprocess.CompletedProcess[str], *says: str) -> None:
    """It said one line on standard error, with these words in it, and no traceback."""
    assert "Traceback" not in done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in says:
        assert word in done.stderr


@pytest.mark.parametrize("name", OPERATORS)
def test_the_operators_mistakes(lab: Lab, host: LabHost, tmp_path: Path, name: str) -> None:
    mistake = OPERATORS[name]
    flags = list(mistake.flags)
    if mistake.spec is not None:
        (tmp_path / "spec.yaml").write_text(mistake.spec)
        flags += ["--spec", str(tmp_path / "spec.yaml")]
    log = SshdLog(host)
    done = fab(lab, "-H", "host1", "setup-docker", *flags)
    assert done.returncode == 2, done.stdout + done.stderr
    one_line(done, *mistake.says)
    assert log.count() == Count(connections=0, commands=0)


def test_no_host(lab: Lab) -> None:
    done = fab(lab, "setup-docker")
    assert done.returncode == 2
    one_line(done, "no host", "-H")


def test_unreadable_identity(lab: Lab, host: LabHost) -> None:
    done = fab(lab, "-i", "/nowhere/id_rsa", "-H", "host1", "setup-docker")
    assert done.returncode == 2, done.stdout + done.stderr
    one_line(done, "/nowhere/id_rsa")


# -- a host's troubles

Break = Callable[[LabHost], None]


def told(done: subprocess.CompletedProcess[str], status: str, *says: str) -> None:
    """The host's line says how it ended and why, and nothing was thrown."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith(f"host1: {status}"))
    for word in says:
        assert word in line, done.stdout


def test_unreachable(lab: Lab, host: LabHost) -> None:
    host.run("systemctl stop ssh.socket ssh.service sshd.service 2>/dev/null; true")
    told(fab(lab, "-t", "5", "-H", "host1", "setup-docker"), "unreachable", "port 22 refuses connections")


def test_version_not_on_offer(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    before = whole(host)
    done = fab(lab, "-H", "host1", "setup-docker", "--docker-version", "18.06.1", *asked)
    told(done, "refused", "18.06.1", "nearest on offer is 18.06.3")
    assert difference(before, whole(host)) == {}


def test_repository_down(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    before = whole(host)
    # nobody listens there
    done = fab(lab, "-H", "host1", "setup-docker", "--package-mirror", f"http://{lab.address}:9", *asked)
    told(done, "refused")
    assert difference(before, whole(host)) == {}


def test_key_other_than_the_pinned_one(lab: Lab, host: LabHost) -> None:
    """The lab's packages are signed by the lab's key; without --repo-key only Docker's own is trusted."""
    before = whole(host)
    done = fab(lab, "-H", "host1", "setup-docker")
    told(done, "refused", "signed", "--repo-key")
    assert difference(before, whole(host)) == {}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not valid JSON"),
        ('{"debug": true} rubbish', "not valid JSON"),
        ('{"debug": true, "debug": false}', "twice"),
        ('{"registry-mirror": []}', "registry-mirror"),
        ("", "empty"),
    ],
)
def test_the_present_daemon_json(
    lab: Lab, host: LabHost, asked: tuple[str, ...], content: str, says: str
) -> None:
    host.run(f"mkdir /etc/docker && printf %s '{content}' >/etc/docker/daemon.json")
    before = whole(host)
    told(fab(lab, "-H", "host1", "setup-docker", *asked), "refused", "/etc/docker/daemon.json", says)
    assert difference(before, whole(host)) == {}


def test_unknown_user(lab: Lab, converged: LabHost, asked: tuple[str, ...]) -> None:
    before = whole(converged)
    told(fab(lab, "-H", "host1", "setup-docker", "--users", "nobodyhere", *asked), "refused", "nobodyhere")
    assert difference(before, whole(converged)) == {}


def uname(option: str, answer: str) -> str:
    """Shell text that makes the host's uname lie about one thing."""
    script = f'#!/bin/sh\ncase $* in {option}) echo {answer};; *) exec /usr/bin/uname.real "$@";; esac\n'
    put = f"printf %s {shlex.quote(script)} >/usr/bin/uname; chmod 755 /usr/bin/uname"
    return f"mv /usr/bin/uname /usr/bin/uname.real; {put}"


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        ("sed -i 's/^ID=.*/ID=debian/' /etc/os-release", "not CentOS 7"),
        ("sed -i 's/^VERSION_ID=.*/VERSION_ID=8/' /etc/os-release", "not CentOS 7"),
        (uname("-r", "2.6.32-754.el6"), "kernel 2.6.32"),
        (uname("-m", "aarch64"), "aarch64"),
    ],
    ids=["debian", "centos 8", "old kernel", "not x86_64"],
)
def test_hosts_that_cannot_be_served(
    lab: Lab, host: LabHost, asked: tuple[str, ...], break_it: str, says: str
) -> None:
    host.run(break_it)
    before = whole(host)
    told(fab(lab, "-H", "host1", "setup-docker", *asked), "refused", says)
    assert difference(before, whole(host)) == {}


def test_no_root_and_no_sudo(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    done = fab(lab, "-H", "plain@host1", "setup-docker", *asked)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "plain@host1: refused" in done.stdout
    assert "sudo" in done.stdout


def test_sudo_without_a_password(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    done = fab(lab, "-H", "deploy@host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert host.run("systemctl is-active docker").stdout == "active\n"
