"""What tests of the proofs look at: everything that a host's Docker holds, object by object."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.support import fab

FIRST, SECOND = "redis:7.0.11-bullseye", "nginx:1.25.0"
OBJECTS = {
    "container": "docker ps -aq --no-trunc",
    "image": "docker images -aq --no-trunc",
    "network": "docker network ls -q --no-trunc",
    "volume": "docker volume ls -q",
}

DOCKERS_OWN = ("bridge", "host", "none")
"""Networks that the daemon makes anew whenever it starts."""


def objects(host: LabHost) -> dict[str, dict[str, Any]]:
    """Each object of the host's Docker by kind and id, as `docker inspect` has it."""
    return {kind: _inspected(host, kind, listing) for kind, listing in OBJECTS.items()}


def _inspected(host: LabHost, kind: str, listing: str) -> dict[str, Any]:
    names = sorted(set(host.run(listing).stdout.split()))
    if not names:
        return {}
    found = json.loads(host.run(f"docker {kind} inspect {' '.join(names)}").stdout)
    for each in found:
        if kind == "network" and each["Name"] in DOCKERS_OWN:
            del each["Id"], each["Created"], each["IPAM"]
        if kind == "image":
            del each["Metadata"]  # when it was last given a name: one that is put back is given anew
    return {each.get("Id") or each["Name"]: each for each in found}


def rest(host: LabHost) -> str:
    """What proofs leave behind besides objects; empty if nothing."""
    return host.run("ls -d /var/lib/docker-provision/prove 2>/dev/null; pgrep -ax docker; true").stdout


def prove(lab: Lab, *words: str, host: str = "host1") -> subprocess.CompletedProcess[str]:
    return fab(lab, "-H", host, "prove-docker", *words)


def through(host: LabHost, *urls: str) -> None:
    """Have the daemon pull through these mirrors."""
    (host.root / "etc/docker/daemon.json").write_text(json.dumps({"registry-mirrors": urls}))
    host.run("systemctl reload docker")
    wanted = [f"{url}/" for url in urls]
    deadline = time.monotonic() + 30
    while (json.loads(host.run("docker info -f '{{json .RegistryConfig.Mirrors}}'").stdout) or []) != wanted:
        assert time.monotonic() < deadline, "the daemon doesn't take up its mirrors"
        time.sleep(0.1)


def verdicts(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The verdicts of a run with --json on one host, by proof."""
    (host,) = json.loads(done.stdout)["hosts"]
    assert host["error"] is None, host["error"]
    return {each["name"]: each["verdict"] for each in host["proofs"]}


def proof(done: subprocess.CompletedProcess[str], name: str) -> dict[str, Any]:
    """One proof of a run with --json on one host."""
    (host,) = json.loads(done.stdout)["hosts"]
    assert host["error"] is None, host["error"]
    found: dict[str, Any] = next(each for each in host["proofs"] if each["name"] == name)
    return found


def evidence(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A proof's evidence by key; of several of one key the last."""
    return {each["key"]: each["values"] for each in found["evidence"]}
