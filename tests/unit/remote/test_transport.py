"""The tuned transport: what it asks for, and how it gets along with servers, which are paramiko's own side of one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import paramiko
import pytest

from provision.remote.transport import LOST_AFTER, Transport, transport_factory
from tests.unit.remote.keys import ed25519
from tests.unit.remote.server import serve


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a pipe."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_first_choices_move_to_the_front_and_nothing_is_lost(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    plain = paramiko.Transport(pair[1]).get_security_options()
    tuned = transport_factory(tuple, keepalive=30)(pair[0]).get_security_options()
    assert tuned.kex[0] == "curve25519-sha256@libssh.org"
    assert tuned.ciphers[:2] == ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
    assert tuned.key_types == plain.key_types
    assert sorted(tuned.kex) == sorted(plain.kex)
    assert sorted(tuned.ciphers) == sorted(plain.ciphers)


def test_what_the_operator_takes_out_is_not_offered(pair: tuple[socket.socket, socket.socket]) -> None:
    taken_out = {"kex": ["curve25519-sha256@libssh.org"], "ciphers": ["aes128-gcm@openssh.com"]}
    tuned = transport_factory(tuple, keepalive=30)(pair[0], disabled_algorithms=taken_out)
    assert taken_out["kex"][0] not in tuned.preferred_kex
    assert tuned.preferred_ciphers[0] == "aes256-gcm@openssh.com"


def test_known_host_key_types_are_asked_for_first(pair: tuple[socket.socket, socket.socket]) -> None:
    kinds = ("ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp256")
    tuned = transport_factory(lambda: kinds, keepalive=30)(pair[0]).get_security_options()
    assert tuned.key_types[:3] == ("rsa-sha2-512", "rsa-sha2-256", "ecdsa-sha2-nistp256")
    assert "ssh-ed25519" in tuned.key_types


def test_tcp_is_told_not_to_wait_and_to_notice_a_dead_peer() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as unconnected:
        transport_factory(tuple, keepalive=30)(unconnected)
        assert unconnected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert unconnected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert unconnected.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == LOST_AFTER * 1000


def connected(end: socket.socket, *, patient: bool = False) -> Transport:
    client = transport_factory(tuple, keepalive=30, patient=lambda: patient)(end)
    client.start_client(timeout=20)
    return client


def make(path: Path, kind: str) -> paramiko.PKey:
    return ed25519(path) if kind == "ed25519" else paramiko.RSAKey.generate(2048)


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_key_logs_in(pair: tuple[socket.socket, socket.socket], tmp_path: Path, kind: str) -> None:
    key = make(tmp_path / "key", kind)
    with closing(serve(pair[1], ed25519(tmp_path / "own"), key)), closing(connected(pair[0])) as client:
        assert client.auth_publickey("deploy", key) == []
        assert client.is_authenticated()
        assert not client.overrun


def test_a_key_behind_one_that_is_not_taken(
    pair: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    key = ed25519(tmp_path / "key")
    with closing(serve(pair[1], ed25519(tmp_path / "own"), key)), closing(connected(pair[0])) as client:
        with pytest.raises(paramiko.AuthenticationException):
            client.auth_publickey("deploy", ed25519(tmp_path / "other"))
        assert client.auth_publickey("deploy", key) == []


def test_a_server_that_wants_to_be_waited_for(
    pair: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    key = ed25519(tmp_path / "key")
    with (
        closing(serve(pair[1], ed25519(tmp_path / "own"), key, strict=True)),
        closing(connected(pair[0])) as client,
    ):
        with pytest.raises((paramiko.SSHException, OSError)):
            client.auth_publickey("deploy", key)
        assert client.overrun


def test_closing_wakes_the_thread_that_reads(
    pair: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    with closing(serve(pair[1], ed25519(tmp_path / "own"), ed25519(tmp_path / "key"))):
        client = connected(pair[0])
        pair[0].settimeout(None)  # so that nothing else does
        client.close()
        client.join(20)
        assert not client.is_alive()


def test_a_server_that_never_greets_is_given_up(pair: tuple[socket.socket, socket.socket]) -> None:
    with closing(transport_factory(tuple, keepalive=30)(pair[0])) as client:
        client.banner_timeout = 0.1
        with pytest.raises(paramiko.SSHException, match=r"Error reading SSH protocol banner$"):
            client.start_client(timeout=20)


def test_a_server_that_stops_behind_its_greeting_is_given_up(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    with closing(transport_factory(tuple, keepalive=30)(pair[0])) as client:
        client.handshake_timeout = 0.1
        pair[1].sendall(b"hello\r\nSSH-2.0-silent\r\n")
        with pytest.raises(EOFError):
            client.start_client(timeout=20)
        assert client.remote_version == "SSH-2.0-silent"


def test_a_connection_that_stands_is_looked_at_seldom_but_for_its_keepalive(
    pair: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    server = serve(pair[1], ed25519(tmp_path / "own"), ed25519(tmp_path / "key"))
    with closing(server), closing(transport_factory(tuple, keepalive=8)(pair[0])) as client:
        assert pair[0].gettimeout() == 1
        client.start_client(timeout=20)
        assert pair[0].gettimeout() == 2


class Told(socket.socket):
    """A socket that remembers what it was told."""

    def __init__(self) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.options: list[object] = []

    def setsockopt(self, *option: Any) -> None:
        self.options.append(option)
        super().setsockopt(*option)


def test_what_comes_is_acknowledged_at_once_behind_what_was_sent(tmp_path: Path) -> None:
    key = ed25519(tmp_path / "key")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        end = Told()
        end.connect(listening.getsockname())
        server = serve(listening.accept()[0], ed25519(tmp_path / "own"), key)
    with closing(server), closing(connected(end)) as client:
        end.options.clear()
        client.auth_publickey("deploy", key)
        assert (
            end.options == [(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)] * 2
        )  # for the service, for the login
