"""verify on real hosts: passes on what setup-docker made, and each drift fails the checks that it concerns."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lab.host import LabHost
from lab.lab import Lab
from provision.converge import Output
from provision.handed import defaults
from provision.spec import Spec
from provision.verify import backend, checks, service
from tests.lab.sshdlog import SshdLog
from tests.lab.state import difference, whole
from tests.lab.support import fab
from tests.unit.verify.fakehost import ReadOnly

REPOSITORY = "/etc/yum.repos.d/docker-ce.repo"
DAEMON = {"answers", "running_version", "registry_mirrors"}
"""The checks that ask the daemon, if only mirrors are asked for."""
EVERY = {check.__name__ for check in checks.checks(defaults())}


def verdicts(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """PASSED or FAILED by `HOST::CHECK`."""
    found = dict(re.findall(r"^(\S+::\w+) (PASSED|FAILED) ", done.stdout, re.MULTILINE))
    assert found, done.stdout + done.stderr
    return found


def failed(done: subprocess.CompletedProcess[str]) -> set[str]:
    return {name.partition("::")[2] for name, word in verdicts(done).items() if word == "FAILED"}


def test_a_host_that_was_set_up_passes(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    before = whole(converged)
    report = tmp_path / "verify.xml"
    log = SshdLog(converged)
    done = fab(lab, "-H", "host1", "verify", "--junit", str(report), *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert verdicts(done) == {f"host1::{name}": "PASSED" for name in EVERY}
    assert log.count().connections == 1
    assert difference(before, whole(converged)) == {}
    suite = ET.parse(report).getroot()[0]  # noqa: S314  of our own making
    assert {(case.get("classname"), case.get("name")) for case in suite} == {
        ("host1", name) for name in EVERY
    }


def test_the_last_version_for_el7_passes(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    of_version = ("--docker-version", "26.1.4", *asked)
    done = fab(lab, "-H", "host1", "setup-docker", *of_version)
    assert done.returncode == 0, done.stdout + done.stderr
    assert failed(fab(lab, "-H", "host1", "verify", *of_version)) == set()
    # from 18.09 on docker itself would start it again
    host.run("systemctl stop docker.service")
    assert failed(fab(lab, "-H", "host1", "verify", *of_version)) == {"service", *DAEMON}
    assert host.run("systemctl is-active docker.service", check=False).stdout == "inactive\n"


def test_a_host_that_is_fresh(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    before = whole(host)
    done = fab(lab, "-H", "host1", "verify", *asked)
    assert done.returncode == 1
    assert failed(done) == EVERY - {
        "other_repositories",
        "other_packages",
        "failed_units",
        "effective_settings",
        # what isn't asked for isn't there
        "bridge_filter",
        "images",
        "cgroup_driver",
        "daemon_proxy",
        "package_proxy",
        "registry_certificate",
    }
    assert "Traceback" not in done.stdout + done.stderr
    assert difference(before, whole(host)) == {}


@dataclass(frozen=True)
class Drift:
    """What is done to a converged host, and what it makes fail; `spec` is what is asked for besides."""

    does: str
    fails: frozenset[str]
    spec: str = ""


def drift(does: str, *fails: str, spec: str = "") -> Drift:
    return Drift(does, frozenset(fails), spec)


DRIFTS = {
    "exclude line removed": drift(f"sed -i '/^exclude/d' {REPOSITORY}", "repository"),
    "Docker's own file beside ours": drift(
        f"sed 's/docker-ce-stable/docker/; /^exclude/d' {REPOSITORY} >/etc/yum.repos.d/docker.repo",
        "other_repositories",
    ),
    "key file replaced": drift("echo >/etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce", "signing_key"),
    "no key in rpm": drift("rpm -e $(rpm -qa 'gpg-pubkey*')", "signing_key"),
    "package gone": drift(
        "rpm -e --justdb --nodeps --noscripts docker-ce",
        *("packages", "running_version"),
    ),
    "rpm database unreadable": drift(
        "for f in $(rpm -E %_dbpath)/*; do [ ! -f $f ] || head -c 100 /dev/urandom >$f; done",
        *("signing_key", "packages", "other_packages", "running_version"),
    ),
    "daemon.json damaged": drift("echo '}' >>/etc/docker/daemon.json", "daemon_json"),
    "drop-in removed": drift(
        "rm /etc/systemd/system/docker.service.d/docker-provision.conf; systemctl daemon-reload", "drop_in"
    ),
    "unit not read anew": drift(
        "sed -i 's/^Restart=.*/Restart=always/' /usr/lib/systemd/system/docker.service", "drop_in"
    ),
    "service stopped": drift("systemctl stop docker", "service", "socket", *DAEMON),
    "service disabled": drift("systemctl disable docker", "service"),
    "a unit failed": drift("systemd-run --unit=docker-gc false; sleep 0.5", "failed_units"),
    "an older daemon runs": drift(
        "sed -i 's/18[.]06[.]3-ce+lab/18.06.1-ce+lab/g' /usr/libexec/docker-lab/dockerd && systemctl restart docker",
        "running_version",
    ),
    "other mirrors in effect": drift(
        "cd /etc/docker && cp -p daemon.json kept && echo '{\"registry-mirrors\": []}' >daemon.json &&"
        " systemctl reload docker && sleep 1 && mv kept daemon.json",
        "registry_mirrors",
    ),
    "a setting not in effect": drift(
        'sed -i \'1s/{/{"log-driver": "journald",/\' /etc/docker/daemon.json',
        "effective_settings",
        spec="daemon: {log-driver: journald}",
    ),
    "socket for all": drift("chmod 666 /var/run/docker.sock", "socket"),
    "user left out": drift("true", "users", spec="users: [plain]"),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_a_drift_fails_its_checks_alone(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], tmp_path: Path, name: str
) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(DRIFTS[name].spec)
    converged.run(DRIFTS[name].does)
    done = fab(lab, "-H", "host1", "verify", "--spec", str(spec), *asked)
    assert failed(done) == DRIFTS[name].fails, done.stdout
    assert done.returncode == 1


def test_a_hung_daemon_is_not_waited_for(lab: Lab, converged: LabHost) -> None:
    """The check as a plain function, as whoever has a testinfra Host may call it."""

    class Inside(ReadOnly):
        """A Remote into the host without ssh."""

        def read(self, script: str, *, timeout: float | None = None) -> Output:
            done = converged.run(script, check=False, timeout=timeout or 60)
            return Output(done.stdout, done.stderr, done.returncode)

    inside = backend.host("host1", Inside())
    service.answers(inside, Spec())
    converged.run("systemctl kill --signal=STOP --kill-who=main docker.service")
    with pytest.raises(AssertionError, match="the daemon gives no answer within 20 s; look at `journalctl"):
        service.answers(inside, Spec())


def test_hosts_that_cannot_be_reached_leave_the_others_their_checks(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    done = fab(lab, "-H", "nowhere.invalid,deploy@host1,plain@host1", "verify", *asked)
    assert done.returncode == 1
    found = verdicts(done)
    assert {name for name in found if name.startswith("deploy@host1::")} == {
        f"deploy@host1::{name}" for name in EVERY
    }
    lost = {name for name, word in found.items() if word == "FAILED"}
    assert lost == {"nowhere.invalid::repository", "plain@host1::repository"}
    assert done.stdout.count("nowhere.invalid") == 3  # its line, its headline, its reason
    assert "sudo wants a password for plain" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
