"""Item 15: each drift is told for what it is, healed by one run, and nothing else is touched."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import fab

SERVICE = "service docker.service"
FILE = "file /etc/docker/daemon.json"
DROP_IN = "file /etc/systemd/system/docker.service.d/docker-provision.conf"
REPOSITORY = "file /etc/yum.repos.d/docker-ce.repo"
KEY_FILE = "file /etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce"
FLAG = "/etc/systemd/system/docker.service.d/flag.conf"


@dataclass(frozen=True)
class Drift:
    """What somebody did, the resources that a plan must name and no others, and a word of why."""

    done: str
    named: tuple[str, ...]
    why: str


DRIFTS = {
    "file edited": Drift("echo '{}' >/etc/docker/daemon.json", (FILE, SERVICE), "its content differs"),
    "file removed": Drift("rm /etc/docker/daemon.json", (FILE, SERVICE), "it isn't there"),
    "mirror changed, and taken up": Drift(
        "sed -i 's,http:[^\"]*,https://other.example,' /etc/docker/daemon.json && systemctl reload docker && sleep 1",
        (FILE, SERVICE),
        "its mirrors are https://other.example/",
    ),
    "service stopped": Drift("systemctl stop docker", (SERVICE,), "it is inactive"),
    "service disabled": Drift("systemctl disable docker", (SERVICE,), "it is disabled"),
    "started with other flags": Drift(
        f"printf '[Service]\\nExecStart=\\nExecStart=/usr/bin/dockerd --debug\\n' >{FLAG}; systemctl daemon-reload;"
        f" systemctl restart docker; rm {FLAG}; systemctl daemon-reload",
        (SERVICE,),
        "it was started with other flags than its unit has",
    ),
    "drop-in and group": Drift(
        "rm /etc/systemd/system/docker.service.d/docker-provision.conf; systemctl daemon-reload;"
        " gpasswd -d plain docker",
        (DROP_IN, "group docker"),
        "it isn't there",
    ),
    "repository file replaced, key file too, key removed": Drift(
        "printf '[docker-ce-stable]\\nname=x\\nbaseurl=http://gone.example/\\n' >/etc/yum.repos.d/docker-ce.repo;"
        " echo >/etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce; rpm -e $(rpm -q gpg-pubkey --qf"
        " '%{NAME}-%{VERSION}-%{RELEASE} %{SUMMARY}\\n' | awk '/Docker/ {print $1}')",
        (KEY_FILE, "rpm-key KEY", REPOSITORY),
        "packages are checked against it",
    ),
    "repository disabled": Drift(
        "sed -i 's/^enabled=1/enabled=0/' /etc/yum.repos.d/docker-ce.repo",
        (REPOSITORY,),
        "its content differs",
    ),
    "exclude line removed": Drift(
        "sed -i '/^exclude/d' /etc/yum.repos.d/docker-ce.repo", (REPOSITORY,), "its content differs"
    ),
}


class Steady:
    """A host that is as asked for, with a user in the group; put back only where a case has left it otherwise."""

    def __init__(self, lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
        self.lab, self.host = lab, host
        self.asked = (*asked, "--users", "plain")
        self.was: dict[str, list[str]] = {}

    def fab(self, command: str, *more: str) -> subprocess.CompletedProcess[str]:
        return fab(self.lab, "-H", "host1", command, "--json", *more, *self.asked)

    def ready(self, converge: Callable[[], LabHost]) -> None:
        if not self.was or difference(self.was, whole(self.host)):
            converge()
            assert self.fab("setup-docker").returncode == 0
            self.was = whole(self.host)


@pytest.fixture(scope="module")
def one(lab: Lab, asked: tuple[str, ...]) -> Steady:
    return Steady(lab, lab.hosts["host1"], asked)


@pytest.fixture
def steady(one: Steady, request: pytest.FixtureRequest) -> Steady:
    one.ready(lambda: request.getfixturevalue("converged"))
    return one


@pytest.mark.parametrize("name", DRIFTS)
def test_a_drift_is_told_and_healed_by_one_run(steady: Steady, name: str) -> None:
    drift = DRIFTS[name]
    steady.host.run(drift.done, timeout=120)
    told = steady.fab("plan")
    assert told.returncode == 3, told.stdout + told.stderr
    found = json.loads(told.stdout)["hosts"][0]["plan"]
    named = {each["resource"].partition("rpm-key ")[0] or "rpm-key KEY" for each in found["changes"]}
    assert named - {"record"} == set(drift.named)
    assert drift.why in " ".join(f"{each['reason']} {each['actual']}" for each in found["changes"])
    healed = steady.fab("setup-docker")
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert difference(steady.was, whole(steady.host)) == {}


def test_a_newer_package_makes_way_with_consent(steady: Steady) -> None:
    """What else came with it, and may serve somebody else by now, isn't ours to take away."""
    steady.host.run("yum -y --disableexcludes=all update docker-ce", timeout=120)
    before = whole(steady.host)
    told = steady.fab("setup-docker")
    assert told.returncode == 1
    assert "--allow-downgrade" in json.loads(told.stdout)["hosts"][0]["error"]
    assert difference(before, whole(steady.host)) == {}
    consent = ("--allow-downgrade", "--cross-line", "--accept-data-change", "downgrade")
    healed = steady.fab("setup-docker", *consent)
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert steady.fab("plan").returncode == 0
    left = difference(steady.was, whole(steady.host))
    assert not [package for package in left["packages"] if package.startswith("docker-ce")]


def test_a_masked_service_is_left_alone_for_someone_meant_it(steady: Steady) -> None:
    steady.host.run("systemctl stop docker && systemctl mask docker")
    before = whole(steady.host)
    told = steady.fab("setup-docker")
    assert told.returncode == 1, told.stderr
    assert told.stdout, told.stderr
    assert (
        "someone meant it; `systemctl unmask docker.service`" in json.loads(told.stdout)["hosts"][0]["error"]
    )
    assert difference(before, whole(steady.host)) == {}
