"""One lab of ten hosts for the tests of fleets, and an inventory that names them n1 to n10."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.fleet.controller import Fleet

COUNT = 10


@pytest.fixture(scope="session")
def ten() -> Iterator[Lab]:
    """A lab with host1 to host10."""
    lab = Lab.up(f"f{os.getpid()}", hosts=COUNT, owned=True)
    yield lab
    lab.down()


@pytest.fixture
def fleet(ten: Lab, tmp_path: Path) -> Fleet:
    """The hosts as new, and an inventory of them, with a journal of its own."""
    hosts = {f"n{number}": ten.hosts[f"host{number}"] for number in range(1, COUNT + 1)}
    with ThreadPoolExecutor(COUNT) as pool:
        list(pool.map(_fresh, hosts.values()))
    return Fleet(ten, hosts, tmp_path)


def _fresh(host: LabHost) -> None:
    host.restore("fresh")
