"""prove-docker on real hosts: every proof on every engine, and the operator's own objects as they were."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab import network
from lab.host import LabHost
from lab.lab import Lab
from provision.prove.texts import TITLES
from tests.lab.prove.badmirror import mirror, slow
from tests.lab.prove.support import FIRST, SECOND, evidence, objects, proof, prove, rest, through, verdicts
from tests.lab.sshdlog import SshdLog
from tests.lab.state import difference, whole
from tests.lab.support import begun, fab

OLD_ENGINES = ("18.09.9", "19.03.15", "20.10.24")

BUSY = f"""
docker pull -q busybox && docker pull -q nginx
docker network create theirs && docker volume create data
docker run -d --name up --network theirs -v data:/data -p 8080:80 nginx
docker run --name ended busybox true
docker run -d --name named --label docker-provision=no busybox sleep 10000
docker tag busybox {FIRST} && docker pull -q {SECOND}
docker pull -q redis:7 && docker run --name uses redis:7 true && docker tag busybox redis:7
"""
"""An operator's own: running and ended containers, a network, volumes; another image under the name that the proof
pulls, the very image under the other one, and one that lost its name."""


@pytest.fixture
def busy(converged: LabHost) -> LabHost:
    converged.run(f"set -e; {BUSY}", timeout=120)
    assert converged.run("docker ps -q | wc -l").stdout == "2\n"
    return converged


def test_everything_is_proven_on_an_idle_host_that_is_then_as_it_was(lab: Lab, converged: LabHost) -> None:
    before, held = whole(converged), objects(converged)
    log = SshdLog(converged)
    done = prove(lab, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert verdicts(done) == dict.fromkeys(TITLES, "proven")
    counted = log.count()
    assert (counted.connections, counted.commands) == (1, 2)
    assert evidence(proof(done, "shared"))["shared.count"]["count"] == 1
    assert evidence(proof(done, "layers"))["layers.count"]["count"] == 3
    systems = evidence(proof(done, "kernel"))["kernel.systems"]
    assert systems == {"host": "CentOS Linux 7 (Core)", "inside": "Debian GNU/Linux 11 (bullseye)"}
    assert evidence(proof(done, "copy-on-write"))["cow.diff"]["diff"] == "C /etc, C /etc/issue"
    assert "restart.came-back" in evidence(proof(done, "restart"))
    assert difference(before, whole(converged)) == {}
    assert objects(converged) == held
    assert rest(converged) == ""


def test_an_operators_own_objects_are_the_same_afterwards(lab: Lab, busy: LabHost) -> None:
    before, held = whole(busy), objects(busy)
    done = prove(lab, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = verdicts(done)
    assert found.pop("restart") == "not applicable here"
    assert proof(done, "restart")["why"]["values"]["names"] in ("named, up", "up, named")
    assert set(found.values()) == {"proven"}
    assert objects(busy) == held
    assert difference(before, whole(busy)) == {}
    assert rest(busy) == ""


def test_with_consent_the_daemon_restarts_under_containers(lab: Lab, converged: LabHost) -> None:
    converged.run("docker run -d --name theirs --restart always busybox sleep 10000")
    pid = converged.run("systemctl show -p MainPID docker").stdout
    done = prove(lab, "--allow-restart", "--json")
    assert verdicts(done)["restart"] == "proven", done.stdout
    assert converged.run("systemctl show -p MainPID docker").stdout != pid
    assert converged.run("docker ps -a --format '{{.Names}}'").stdout == "theirs\n"


def test_a_configuration_that_is_not_taken_up_yet_is_not_taken_up_by_a_proof(
    lab: Lab, converged: LabHost
) -> None:
    converged.run("echo '}' >>/etc/docker/daemon.json")
    done = prove(lab, "--allow-restart", "--json")
    found = proof(done, "restart")
    assert found["verdict"] == "not applicable here"
    assert found["why"]["values"] == {"file": "/etc/docker/daemon.json"}
    assert converged.run("systemctl is-active docker").stdout == "active\n"


CENTOS_OWN = "docker 1.13.1"


@pytest.mark.parametrize("version", [CENTOS_OWN, *OLD_ENGINES, "26.1.4"])
def test_every_engine(lab: Lab, host: LabHost, asked: tuple[str, ...], version: str) -> None:
    if version == CENTOS_OWN:
        settings = json.dumps({"registry-mirrors": [lab.registry_url]})
        host.run(
            f"yum -q -y install docker; echo '{settings}' >/etc/docker/daemon.json; "
            # of the same second as the start it would be in doubt whether that took it up; no tool sets a ctime back
            "sleep 2; systemctl start docker"
        )
    else:
        done = fab(lab, "-H", "host1", "setup-docker", "--docker-version", version, *asked)
        assert done.returncode == 0, done.stdout + done.stderr
    held = objects(host)
    done = prove(lab, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert verdicts(done) == dict.fromkeys(TITLES, "proven")
    assert objects(host) == held
    assert rest(host) == ""


class TestCutOff:
    """Whatever ends a run, nothing of it stays: at once, or with the next run."""

    @staticmethod
    @contextmanager
    def begun(lab: Lab, host: LabHost, sign: str) -> Iterator[subprocess.Popen[str]]:
        """A run that has come to where the sign is true on the host."""
        with begun(lab, "-H", "host1", "prove-docker") as run:
            host.run(f"timeout 60 sh -c 'until {sign}; do sleep 0.1; done'", timeout=70)
            yield run

    CONTAINERS = 'test -n "$(docker ps -q --filter label=docker-provision.prove)"'

    @staticmethod
    def clean_in_time(host: LabHost) -> None:
        host.run(
            "timeout 60 sh -c 'while [ -e /var/lib/docker-provision/prove ]; do sleep 0.2; done'", timeout=70
        )

    def test_by_ctrl_c(self, lab: Lab, converged: LabHost) -> None:
        held = objects(converged)
        with self.begun(lab, converged, self.CONTAINERS) as run:
            run.send_signal(signal.SIGINT)
            said, _ = run.communicate(timeout=60)
        assert run.returncode != 0
        assert "Traceback" not in said
        assert "interrupted: what was brought to the hosts is taken away there" in said
        self.clean_in_time(converged)
        assert objects(converged) == held

    def test_by_the_end_of_the_program_that_waits(self, lab: Lab, converged: LabHost) -> None:
        held = objects(converged)
        with self.begun(lab, converged, self.CONTAINERS) as run:
            run.kill()
        self.clean_in_time(converged)
        assert objects(converged) == held

    def test_by_kill_9_on_the_host(self, lab: Lab, converged: LabHost) -> None:
        held = objects(converged)
        with self.begun(lab, converged, self.CONTAINERS) as run:
            converged.run("pkill -9 -f '^sh -s'")
            said, _ = run.communicate(timeout=60)
        assert run.returncode == 1
        assert "the proofs were cut off" in said
        assert objects(converged) != held
        done = prove(lab, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        (host,) = json.loads(done.stdout)["hosts"]
        assert host["notes"] == ["an earlier run was cut off: what it had left is gone"]
        assert objects(converged) == held
        assert rest(converged) == ""

    def test_by_a_cable_in_the_middle_of_a_pull(self, lab: Lab, converged: LabHost) -> None:
        """Long before the kernel gives such a connection up."""
        held = objects(converged)
        with mirror(lab, slow) as server:
            through(converged, f"http://{server.place}")
            pulls = "grep -q Downloading /var/lib/docker-provision/prove/log 2>/dev/null"
            with self.begun(lab, converged, pulls) as run, unplugged(lab, converged):
                said, _ = run.communicate(timeout=90)
        assert run.returncode == 1
        assert "the connection was lost (nothing was heard for 30 s): run again" in said
        through(converged, lab.registry_url)
        done = prove(lab, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert verdicts(done)["mirror"] == "proven"
        assert objects(converged) == held
        assert rest(converged) == ""


@contextmanager
def unplugged(lab: Lab, host: LabHost) -> Iterator[None]:
    """The host has no network for as long as the block lasts."""
    cable = (
        "ip",
        "netns",
        "exec",
        network.namespace(lab.name),
        "ip",
        "link",
        "set",
        network.port(lab.name, host.name),
    )
    subprocess.run([*cable, "down"], check=True)
    try:
        yield
    finally:
        subprocess.run([*cable, "up"], check=True)


def test_several_hosts_have_one_report(lab: Lab, converged: LabHost) -> None:
    done = fab(lab, "-H", "host1,nowhere.invalid,plain@host1", "prove-docker", "--json")
    assert done.returncode == 1
    found = {each["host"]: each for each in json.loads(done.stdout)["hosts"]}
    assert list(found) == ["host1", "nowhere.invalid", "plain@host1"]
    assert [each["proven"] for each in found.values()] == [True, False, False]
    assert "sudo wants a password" in found["plain@host1"]["error"]


def test_a_host_without_docker_is_refused(lab: Lab, host: LabHost) -> None:
    before = whole(host)
    done = prove(lab)
    assert done.returncode == 1
    assert "docker.service isn't active: run setup-docker" in done.stdout
    assert difference(before, whole(host)) == {}
