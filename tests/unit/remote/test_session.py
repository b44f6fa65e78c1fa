"""What a run needs is handed over before it begins; where that fails nothing is begun."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from provision import script
from provision.errors import Refused, Unreachable
from provision.remote import Session
from provision.runs import HostRun, Sent
from tests.unit.remote.localhost import Channel, Host


@dataclass
class Connection:
    """One that is open to a machine without systemd: what begins a run there ends at once, and says so."""

    host: Host
    losing: bool = False
    user: str = "root"
    connect_timeout: float = 1
    is_connected: bool = True

    def __post_init__(self) -> None:
        self.channels: list[Channel] = []

    @property
    def transport(self) -> Connection:
        return self

    def open_session(self) -> Channel:
        self.channels.append(self.host.channel("/bin/sh"))
        if self.losing:
            self.channels[-1].send = self._lost  # type: ignore[method-assign]  # the line dies under the first block
        return self.channels[-1]

    def _lost(self, data: bytes) -> int:  # noqa: ARG002  a channel has it
        self.channels[-1].lose()
        raise OSError("Socket is closed")

    def close(self) -> None:
        pass


@pytest.fixture
def host(tmp_path: Path) -> Host:
    found = Host(tmp_path, uid=0)
    for tool in Path("/usr/bin").glob("*"):
        if tool.name in ("find", "rm", "mkdir", "sha256sum", "tr", "sed"):
            (found.bin / tool.name).symlink_to(tool)
    return found


def run_of(path: Path, said: bytes) -> HostRun:
    """A run that needs the file `path`, which is to hold what is said."""
    path.write_bytes(b"content")
    return HostRun(script.nonce(), "true", sends=(Sent(path, "a/b", 7, hashlib.sha256(said).hexdigest()),))


def apply(connection: Connection, run: HostRun) -> list[str]:
    """The scripts that were sent, by their titles."""
    try:
        Session(connection).apply(run, lambda _piece: None, lambda _why: None)
    finally:
        for channel in connection.channels:
            channel.close()
    return [channel.sent.decode().partition("\n")[0] for channel in connection.channels]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def test_files_go_first(host: Host, path: Path) -> None:
    run = run_of(path, b"content")
    given = Path(f"/var/tmp/docker-provision.given-{run.id}")  # noqa: S108  where hosts have it
    try:
        titles = apply(Connection(host), run)
        assert (given / "a/b").read_bytes() == b"content"
    finally:
        (given / "a/b").unlink()
        (given / "a").rmdir()
        (given / "SHA256SUMS").unlink()
        given.rmdir()
    assert titles == ["# docker-provision: receive", "# docker-provision: run"]


def test_nothing_is_begun_with_files_that_did_not_arrive(host: Host, path: Path) -> None:
    connection = Connection(host)
    with pytest.raises(Refused, match=r"what was sent didn't arrive as it is here \(a/b: FAILED"):
        apply(connection, run_of(path, b"another"))
    assert len(connection.channels) == 1


def test_nothing_is_begun_where_the_connection_is_lost_meanwhile(host: Host, path: Path) -> None:
    connection = Connection(host, losing=True)
    with pytest.raises(Unreachable) as error:
        apply(connection, run_of(path, b"content"))
    assert error.value.passing  # --retry tries again
    assert "nothing was changed" in str(error.value)
    assert len(connection.channels) == 1
