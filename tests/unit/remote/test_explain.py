"""A failed connection in one line."""

from __future__ import annotations

import errno
import socket

import paramiko
import pytest
from paramiko.ssh_exception import IncompatiblePeer, NoValidConnectionsError

from provision.remote.explain import explain


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the name web can't be resolved"),
        (
            NoValidConnectionsError({("10.0.0.1", 22): ConnectionRefusedError(111, "Connection refused")}),
            "web port 22 refuses connections",
        ),
        (
            NoValidConnectionsError({("10.0.0.1", 22): OSError(errno.EHOSTUNREACH, "No route to host")}),
            "no SSH connection to web port 22: No route to host",
        ),
        (TimeoutError("timed out"), "no answer from web port 22 within 10 s"),
        (paramiko.ChannelException(2, "Connect failed"), "the jump host can't reach web port 22"),
        (IncompatiblePeer("Incompatible ssh peer (no acceptable kex algorithm)"), "share no algorithm"),
        (paramiko.SSHException("Error reading SSH protocol banner"), "closed the connection before"),
        (paramiko.SSHException("No existing session"), "did not finish the SSH handshake within 10 s"),
        (EOFError(), "closed the connection before"),
        (paramiko.SSHException(""), "no SSH connection to web port 22: SSHException"),
    ],
)
def test_each_reason_has_its_words(problem: BaseException, words: str) -> None:
    text = explain(problem, "web", 22, 10.0)
    assert words in text
    assert "\n" not in text
