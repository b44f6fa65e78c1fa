"""Proof 1 where a mirror doesn't serve: what is wrong is told apart, on real hosts."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.prove.badmirror import Certificate, Fault, healthy, mirror, nameserver, silent, slow, status
from tests.lab.prove.support import objects, proof, prove, rest, through
from tests.lab.support import fab

EPERM = '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["clone3"], "action": "SCMP_ACT_ERRNO"}]}'
"""What an engine from before 20.10.10 answers to a call that glibc 2.34 makes first."""


@pytest.fixture(scope="module")
def host1(lab: Lab, asked: tuple[str, ...]) -> LabHost:
    """host1, set up once for all of these tests: none of them may leave anything."""
    host = lab.hosts["host1"]
    host.restore("fresh")
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    return host


@pytest.fixture
def host(host1: LabHost) -> Iterator[LabHost]:
    """The same, whose Docker is to be empty behind a test."""
    held = objects(host1)
    yield host1
    assert objects(host1) == held
    assert rest(host1) == ""


def found(lab: Lab, *words: str, patience: int = 6) -> dict[str, Any]:
    """The proof, which isn't one; a pull is given ten times the patience, in seconds."""
    done = prove(lab, "--json", "--patience", str(patience), *words)
    assert done.returncode == 1, done.stdout + done.stderr
    told = proof(done, "mirror")
    assert told["verdict"] == "not proven"
    assert told["remedy"]["text"]
    assert "Traceback" not in done.stderr
    return told


STATUSES: dict[str, tuple[Fault, str]] = {
    "403": (status(403), "fault.forbidden"),
    "429": (status(429), "fault.rate"),
    "502": (status(502), "fault.server"),
    "a page of a proxy": (status(200), "fault.no-registry"),
}


@pytest.mark.parametrize("name", STATUSES)
def test_a_mirror_that_answers_with_an_error(lab: Lab, host: LabHost, name: str) -> None:
    fault, key = STATUSES[name]
    with mirror(lab, fault) as server:
        through(host, f"http://{server.place}")
        told = found(lab)
    assert told["why"]["key"] == key
    assert server.place in told["why"]["text"]
    if name == "403":
        assert "Alibaba Cloud's own hosts" in told["remedy"]["text"]
    asked = {
        each["values"]["url"]: each["values"]["said"]
        for each in told["evidence"]
        if each["key"] == "mirror.asked"
    }
    assert f"HTTP {name[:3] if name[0] in '45' else 200} " in asked[f"http://{server.place}/"]


CERTIFICATES = {
    "unknown": (Certificate(trusted=False), "fault.untrusted"),
    "expired": (Certificate(expired=True), "fault.expired"),
    "of another name": (Certificate(name="mirror.example"), "fault.misnamed"),
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_certificate_that_is_no_good(lab: Lab, host: LabHost, tmp_path: Path, name: str) -> None:
    certificate, key = CERTIFICATES[name]
    with mirror(lab, tls=certificate.context(lab, tmp_path)) as server:
        through(host, f"https://{server.place}")
        assert found(lab)["why"]["key"] == key


def test_a_dead_mirror_and_one_that_speaks_no_https(lab: Lab, host: LabHost) -> None:
    with mirror(lab) as server:
        through(host, f"https://{server.place}")
        assert found(lab)["why"]["key"] == "fault.plain"
    through(host, f"http://{server.place}")
    assert found(lab)["why"]["key"] == "fault.dead"


def test_a_mirror_that_falls_silent_is_not_waited_for_and_is_well_again_later(
    lab: Lab, host: LabHost
) -> None:
    """The daemon gives the pull up with its client: nothing comes later, nothing stands in the way of the next."""
    with mirror(lab, silent) as server:
        through(host, f"http://{server.place}")
        assert found(lab)["why"]["key"] == "fault.silent"
        server.fault = healthy
        server.released.set()
        done = prove(lab, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert server.place in proof(done, "mirror")["evidence"][0]["text"]


def test_a_slow_mirror(lab: Lab, host: LabHost) -> None:
    with mirror(lab, slow) as server:
        through(host, f"http://{server.place}")
        told = found(lab, patience=3)
    assert told["why"]["key"] == "fault.slow"
    assert "MB/s" in told["why"]["text"]


def test_what_a_mirror_lacks(lab: Lab, host: LabHost) -> None:
    through(host, lab.registry_url)
    told = found(lab, "--image", "nobody/nothing:1")
    assert told["why"]["key"] == "fault.lacks"
    assert "nobody/nothing:1" in told["why"]["text"]


def test_a_mirror_behind_a_broken_one_serves_and_both_are_told(lab: Lab, host: LabHost) -> None:
    with mirror(lab, status(403)) as server:
        through(host, f"http://{server.place}", lab.registry_url)
        done = prove(lab, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = proof(done, "mirror")
    assert told["evidence"][0]["values"]["url"] == f"{lab.registry_url}/"
    logged = {each["values"]["url"] for each in told["evidence"] if each["key"] == "mirror.log"}
    assert logged == {f"http://{server.place}/"}


def test_dns_that_is_dead_and_a_name_that_it_does_not_know(lab: Lab, host: LabHost) -> None:
    through(host, "http://mirror.invalid")
    assert found(lab)["why"]["key"] == "fault.resolver"
    stop = threading.Event()
    server = threading.Thread(target=nameserver, args=(lab, stop))
    server.start()
    try:
        host.run(f"echo nameserver {lab.address.rpartition('.')[0]}.254 >/etc/resolv.conf")
        time.sleep(6)  # the daemon's resolver, Go's, looks at the file anew after five seconds
        assert found(lab)["why"]["key"] == "fault.name"
    finally:
        host.run(": >/etc/resolv.conf")
        stop.set()
        server.join()


def test_a_gateway_that_is_gone_and_no_way_at_all(lab: Lab, host: LabHost) -> None:
    through(host, "http://203.0.113.1")
    gone = lab.address.rpartition(".")[0] + ".250"
    way = host.run("ip route show default").stdout.strip()
    try:
        host.run(f"ip route replace default via {gone}")
        assert found(lab)["why"]["key"] == "fault.network"
        host.run("ip route del default")
        assert found(lab)["why"]["key"] == "fault.network"
    finally:
        host.run(f"ip route replace {way}")


def test_without_a_mirror(lab: Lab, host: LabHost) -> None:
    through(host)
    told = found(lab)
    assert told["why"]["key"] == "fault.resolver"
    assert "setup-docker --registry-mirrors" in told["remedy"]["text"]


def test_an_image_that_is_too_new(lab: Lab, host: LabHost) -> None:
    """The lab's images of Debian 12 have glibc 2.36; the engine is given what an old one's profile does."""
    kept = (host.root / "etc/docker/daemon.json").read_text()
    (host.root / "etc/docker/old.json").write_text(EPERM)
    settings = {"registry-mirrors": [lab.registry_url], "seccomp-profile": "/etc/docker/old.json"}
    (host.root / "etc/docker/daemon.json").write_text(json.dumps(settings))
    host.run("systemctl restart docker", timeout=120)
    try:
        told = found(lab, "--image", "redis:7", "--allow-restart")
        assert told["why"]["key"] == "mirror.too-new"
        assert "redis:7.0.11-bullseye" in told["remedy"]["text"]
        done = prove(lab, "--json")
        assert proof(done, "mirror")["verdict"] == "proven", done.stdout
    finally:
        (host.root / "etc/docker/daemon.json").write_text(kept)
        host.run("systemctl restart docker", timeout=120)
