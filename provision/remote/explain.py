"""Why a connection did not come about: paramiko's and the system's exceptions as one line with the remedy."""

from __future__ import annotations

import socket

import paramiko
from paramiko.ssh_exception import IncompatiblePeer, NoValidConnectionsError

HUNG_UP = (
    "{place} closed the connection before keys were exchanged: a wrong port, sshd's MaxStartups, TCP wrappers, a"
    " ProxyCommand that failed?"
)

SILENT = (
    "{place} took the connection but did not finish the SSH handshake within {limit:g} s: is the host overloaded,"
    " or is that no SSH server?"
)

# The first that fits counts: a type, and words that its text has to hold.
_REASONS: tuple[tuple[type[BaseException], str, str], ...] = (
    (
        socket.gaierror,
        "",
        "the name {host} can't be resolved: check it, or give HostName in ssh_config ({problem})",
    ),
    (
        ConnectionRefusedError,
        "",
        "{place} refuses connections: does sshd listen there, and is the port right?",
    ),
    (
        TimeoutError,
        "",
        "no answer from {place} within {limit:g} s: is the host up, does a firewall let us through?",
    ),
    (paramiko.ChannelException, "", "the jump host can't reach {place} ({problem})"),
    (IncompatiblePeer, "", "{place} and this program share no algorithm: {problem}"),
    (
        paramiko.SSHException,
        "banner",
        HUNG_UP,
    ),
    (
        paramiko.SSHException,
        "No existing session",
        SILENT,
    ),
    (EOFError, "", HUNG_UP),
    (BaseException, "", "no SSH connection to {place}: {problem}"),
)


def explain(problem: BaseException, host: str, port: int, limit: float) -> str:
    """One line about a failed connection to `host`; `limit` is the time in seconds that each part of it had."""
    if isinstance(problem, NoValidConnectionsError):
        problem = next(iter(problem.errors.values()))  # one per address of the name
    said = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    text = next(text for kind, words, text in _REASONS if isinstance(problem, kind) and words in str(problem))
    return text.format(host=host, place=f"{host} port {port}", limit=limit, problem=said)
