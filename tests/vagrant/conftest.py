"""One virtual machine for all tests of a run, in place of the lab's hosts."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import cli, machines
from lab.lab import Lab
from lab.machines import Machine, Machines
from tests.lab.support import fab

SAID = "said at the end"
"""The name of a property whose text is told at the end of the run."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder: it needs root, and Debian."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("vagrant")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What a test that passed has left open."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == SAID:
                terminalreporter.write_line(str(text))


@pytest.fixture(scope="session")
def lab() -> Iterator[Machines]:
    """host1 as a virtual machine. If the run is killed, the next lab to come up clears away what isn't a process."""
    problem = cli.refusal() or machines.refusal()
    if problem:
        pytest.exit(f"no virtual machine can be made here: {problem}", returncode=1)
    lab = Lab.up(f"v{os.getpid()}", hosts=0, owned=True)
    made = Machines(lab)
    try:
        made.up()
        made.hosts["host1"].snapshot("fresh")
        yield made
        made.vagrant("destroy", "--force")
        assert made.virsh("list", "--all", "--name").split() == []
    finally:
        made.down()
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
