"""The tuned transport, without a network."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import paramiko
import pytest

from provision.remote.transport import LOST_AFTER, transport_factory


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
