"""One virtual machine for all tests of a run, in place of the lab's hosts."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.lab import Lab
from lab.machines import Machine, Machines
from tests.lab.support import fab


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder: it needs root, and Debian."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("vagrant")


@pytest.fixture(scope="session")
def lab() -> Iterator[Machines]:
    """host1 as a virtual machine. If the run is killed, the next lab to come up clears it away."""
    lab = Lab.up(f"v{os.getpid()}", hosts=0, owned=True)
    try:
        machines = Machines(lab)
        machines.up()
        machines.hosts["host1"].snapshot("fresh")
        yield machines
        machines.vagrant("destroy", "--force")
    finally:
        lab.down()


@pytest.fixture
def host(lab: Machines) -> Machine:
    """The machine as the box gave it."""
    machine = lab.hosts["host1"]
    machine.restore("fresh")
    return machine


@pytest.fixture(scope="session")
def asked(lab: Machines) -> tuple[str, ...]:
    """What every set-up asks for: the lab's key, and its registry mirror."""
    return ("--repo-key", str(lab.repo_key), "--registry-mirrors", lab.registry_url)


@pytest.fixture(scope="session")
def _set_up(lab: Machines, asked: tuple[str, ...]) -> None:
    machine = lab.hosts["host1"]
    machine.restore("fresh")
    done = fab(lab, "-H", "host1", "setup-docker", *asked, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    machine.snapshot("converged")


@pytest.fixture
def converged(lab: Machines, _set_up: None) -> Machine:
    """The machine as `setup-docker` leaves it; set up once in a run, then restored."""
    machine = lab.hosts["host1"]
    machine.restore("converged")
    return machine
