"""One lab for all lab tests of a run, and hosts that are as new."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.host import LabHost
from lab.lab import Lab


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
