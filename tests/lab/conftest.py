"""One lab for all lab tests of a run, and hosts that are as new."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.support import fab


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder: it needs root, and Debian or Ubuntu. The longest files come first, lest they be at
    it alone in the end."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("lab")
    items.sort(key=lambda item: item.path.name not in LONGEST)


LONGEST = frozenset({"test_fleet.py", "test_readme.py", "test_workers.py", "test_faults.py"})


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A lab with host1, host2 and host3. If the run is killed, the next lab to come up clears it away."""
    lab = Lab.up(f"t{os.getpid()}", hosts=3, owned=True)
    yield lab
    lab.down()


@pytest.fixture
def host(lab: Lab) -> LabHost:
    """host1, fresh and running."""
    host = lab.hosts["host1"]
    host.restore("fresh")
    return host


@pytest.fixture
def fresh_hosts(lab: Lab) -> list[LabHost]:
    """host1, host2 and host3, fresh and running."""
    hosts = [lab.hosts[f"host{number}"] for number in (1, 2, 3)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda host: host.restore("fresh"), hosts))
    return hosts


@pytest.fixture(scope="session")
def asked(lab: Lab) -> tuple[str, ...]:
    """What every set-up in the lab asks for: its key, and its registry mirror."""
    return ("--repo-key", str(lab.repo_key), "--registry-mirrors", lab.registry_url)


@pytest.fixture
def converged(lab: Lab, asked: tuple[str, ...]) -> LabHost:
    """host1 as `setup-docker` leaves it; set up once in a run, then restored."""
    return restored(lab, asked)


def restored(lab: Lab, asked: tuple[str, ...]) -> LabHost:
    """The same for a fixture that lasts longer."""
    host = lab.hosts["host1"]
    if "converged" not in host.disk.snapshots():
        host.restore("fresh")
        done = fab(lab, "-H", "host1", "setup-docker", *asked)
        assert done.returncode == 0, done.stdout + done.stderr
        host.snapshot("converged")
    host.restore("converged")
    host.run("timeout 30 sh -c 'until docker info >/dev/null 2>&1; do sleep 0.2; done'")
    return host
