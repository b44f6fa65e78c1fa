"""Commands as they are run, on hosts that stand for real ones: what a command line gives, and the hosts by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from invoke import Config

from provision import errors
from provision.inventory import Ssh
from provision.run import Run
from tests.unit.case import WORD, Case
from tests.unit.core import framed
from tests.unit.fake import NOBODY, Reads, Remote

SPEC = "registry_mirrors: [http://registry.example:5000]\nusers: [alice]\n"
CONVERGED = Case.load("converged").answer
FRESH = Case.load("fresh-mirror-users").answer
ALONG = framed(
    {
        "packages that came along": "came libcgroup",
        "data": "",
        "file /etc/modules-load.d/docker-provision.conf": "absent",
        "file /etc/sysctl.d/docker-provision.conf": "absent",
        "sysctl net.bridge.bridge-nf-call": "0 0",
    },
    WORD,
)
"""What is asked besides where Docker is to be taken away."""
REFUSED = Case.load("docker-silent").answer
ENDS: dict[str, Callable[[], Remote]] = {
    "right": lambda: Remote(Reads(CONVERGED)),
    "pending": lambda: Remote(Reads(Case.load("service-stopped").answer)),
    "refused": lambda: Remote(Reads(REFUSED), NOBODY),
    "unreachable": lambda: Remote(errors.Unreachable("no route to host")),
    "failed": lambda: Remote(Reads("")),
}


@dataclass
class Asked:
    """What the command line gives to a run."""

    hosts: tuple[str, ...] = ()
    dry: bool = False

    def __post_init__(self) -> None:
        self.config = Config(overrides={"connect_kwargs": {}})


class Hosts(dict[str, Remote]):
    """The hosts that there are, by name."""

    def run(self, command: Callable[[Run], int], **flags: str | bool) -> int:
        return command(Run.asked_for(Asked(tuple(self)), {"spec": "", **flags}))

    def of(self, command: Callable[[Run], int], path: str, **flags: str | bool) -> int:
        """The same for those that an inventory names."""
        return command(Run.asked_for(Asked(), {"spec": "", "inventory": path, **flags}))


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Hosts:
    """No connection is made: a host's name leads to its stand-in."""
    found = Hosts()

    def connections(config: Config, ways: Sequence[Ssh], kwargs: Mapping[str, Any]) -> list[str]:
        assert (config.connect_kwargs, kwargs) == ({}, {})
        return [way.address for way in ways]

    def session(name: str, *, sudo_password: str | None) -> Remote:
        assert sudo_password is None
        return found[name]

    monkeypatch.setattr("provision.remote.connections", connections)
    monkeypatch.setattr("provision.remote.Session", session)
    return found


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "site.yml"
    path.write_text(SPEC)
    return str(path)


@pytest.fixture
def inventory(tmp_path: Path) -> str:
    """Of two hosts web1 has what the host's stand-in says, and db1 another mirror."""
    path = tmp_path / "inventory.yaml"
    path.write_text(
        f"spec: {json.dumps(yaml.safe_load(SPEC))}\n"
        "groups:\n  web: {hosts: [web1]}\n  db:\n    hosts: [db1]\n"
        "    spec: {registry_mirrors: [https://mirror.example]}\n"
    )
    return str(path)
