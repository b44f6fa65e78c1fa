"""A host whose yum knows only made-up packages."""

from pathlib import Path

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.lab import extra


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repositories of extra.py, made once."""
    return extra.build(tmp_path_factory.mktemp("made-up"))


@pytest.fixture(scope="module")
def prepared(lab: Lab, made_up: Path) -> LabHost:
    """host3, fresh, with the made-up packages in its yum and no other."""
    host = lab.hosts["host3"]
    host.restore("fresh")
    extra.add(made_up, host)
    return host


@pytest.fixture
def yum_host(prepared: LabHost) -> LabHost:
    """The same, with nothing left of earlier tests."""
    extra.clear(prepared)
    return prepared
