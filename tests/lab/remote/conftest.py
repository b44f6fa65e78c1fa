"""What the tests of the SSH part share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.host import LabHost
from lab.lab import Lab
from provision.remote import connection
from provision.remote.identities import Keyring
from tests.lab.remote.support import Desk


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> list[LabHost]:
    """host1, host2 and host3, fresh: these tests put back what they change."""
    found = [lab.hosts[f"host{number}"] for number in (1, 2, 3)]
    for host in found:
        host.restore("fresh")
    return found


@pytest.fixture
def desk(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An operator with an empty home, no agent, and nothing remembered from other tests."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    keyring = Keyring()
    monkeypatch.setattr(connection, "KEYRING", keyring)
    desk = Desk(lab, tmp_path)
    yield desk
    desk.close()
    keyring.close()
