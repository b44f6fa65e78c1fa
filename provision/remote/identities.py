"""Private keys: files and agent, read once per process, passphrases asked for once.

A key file is examined without being unlocked: OpenSSH's format shows the public half, so that a locked key that
the agent holds needs no passphrase.
"""

from __future__ import annotations

import base64
import getpass
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko

from provision.errors import OperatorError

TRIES = 3  # for a passphrase, as ssh has it
DEFAULT_NAMES = ("id_rsa", "id_ecdsa", "id_ed25519")

_OPENSSH = "-----BEGIN OPENSSH PRIVATE KEY-----"
_OPENSSH_MAGIC = b"openssh-key-v1\0"
_PEM = {"-----BEGIN RSA PRIVATE KEY-----": "ssh-rsa", "-----BEGIN EC PRIVATE KEY-----": "ecdsa-sha2-nistp256"}
_CLASSES: dict[str, type[paramiko.PKey]] = {
    kind: cls
    for cls in (paramiko.RSAKey, paramiko.ECDSAKey, paramiko.Ed25519Key)
    for kind in cls.identifiers()
}


@dataclass(frozen=True, slots=True)
class Identity:
    """A key file as it was found: its type, its public half in base64 if that is known, and what it holds."""

    path: Path
    kind: str
    public: str | None
    private: bool = True
    encrypted: bool = False


def examine(path: Path) -> Identity:
    """Look at a key file. Raises FileNotFoundError, and OperatorError if it can't be read or is no key."""
    try:
        text = path.read_bytes().decode("ascii", "replace").strip()
    except FileNotFoundError:
        raise
    except OSError as problem:
        raise OperatorError(f"can't read the identity {path}: {problem.strerror}") from problem
    head = text.partition("\n")[0].strip()
    if head == _OPENSSH:
        return _examine_openssh(path, text)
    if head in _PEM:
        return Identity(path, _PEM[head], _public_beside(path), encrypted="ENCRYPTED" in text)
    fields = text.split()
    if len(fields) > 1 and fields[1].startswith("AAAA"):
        return Identity(path, fields[0], fields[1], private=False)
    raise OperatorError(
        f"identity {path} is no SSH key; `ssh-keygen -p -f {path}` turns other formats into one"
    )


def _examine_openssh(path: Path, text: str) -> Identity:
    try:
        message = paramiko.Message(base64.b64decode("".join(text.splitlines()[1:-1])))
        magic = message.get_bytes(len(_OPENSSH_MAGIC))
        cipher, _kdf, _options, _count = (
            message.get_text(),
            message.get_text(),
            message.get_binary(),
            message.get_int(),
        )
        blob = message.get_binary()
        kind = paramiko.Message(blob).get_text()
    except ValueError as problem:
        raise OperatorError(f"identity {path} is damaged: {problem}") from problem
    if magic != _OPENSSH_MAGIC:
        raise OperatorError(f"identity {path} is damaged")
    return Identity(path, kind, base64.b64encode(blob).decode(), encrypted=cipher != "none")


def _public_beside(path: Path) -> str | None:
    try:
        return path.with_name(f"{path.name}.pub").read_text().split()[1]
    except (OSError, IndexError, UnicodeDecodeError):
        return None


def ask_passphrase(prompt: str) -> str:
    """Ask at the terminal. Raises OperatorError where there is none, rather than reading a pipe."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError as problem:
        raise OperatorError(
            f"{prompt}: there is no terminal to ask at; add the key to an agent (ssh-add)"
        ) from problem
    return getpass.getpass(f"{prompt}: ")


class SharedAgentKey(paramiko.AgentKey):
    """A key in the agent. One connection to the agent serves all threads, one request at a time."""

    lock = threading.Lock()

    def sign_ssh_data(self, data: Any, algorithm: str | None = None) -> Any:
        """Let the agent sign. Raises paramiko.SSHException if it won't."""
        with self.lock:
            return super().sign_ssh_data(data, algorithm)


class Keyring:
    """The keys of a process, for all its threads."""

    def __init__(self, ask: Callable[[str], str] = ask_passphrase) -> None:
        self._ask = ask
        self._lock = threading.RLock()
        self._identities: dict[Path, Identity] = {}
        self._keys: dict[Path, paramiko.PKey] = {}
        self._passphrases: list[str] = []
        self._agent: paramiko.Agent | None = None
        self._agent_keys: tuple[paramiko.AgentKey, ...] = ()

    def identity(self, path: Path) -> Identity:
        """Examine a file, once. Raises as `examine`."""
        if path not in self._identities:
            self._identities[path] = examine(path)
        return self._identities[path]

    def agent_keys(self) -> tuple[paramiko.AgentKey, ...]:
        """The keys of the agent at SSH_AUTH_SOCK; none if there is no agent or it makes no sense."""
        with self._lock:
            if self._agent is None:
                try:
                    self._agent = paramiko.Agent()
                except (paramiko.SSHException, OSError):
                    return ()
                self._agent_keys = tuple(
                    SharedAgentKey(self._agent, key.blob, key.comment) for key in self._agent.get_keys()
                )
            return self._agent_keys

    def unlock(self, identity: Identity, given: str | None = None) -> paramiko.PKey:
        """The private key of a file, with its certificate if one lies beside it.

        `given` is a passphrase that was asked for up front; without it one that opened another key is tried, then
        the operator is asked, once per key and process. Raises OperatorError if the key can't be had.
        """
        with self._lock:
            if identity.path not in self._keys:
                self._keys[identity.path] = self._unlock(identity, given)
            return self._keys[identity.path]

    def _unlock(self, identity: Identity, given: str | None) -> paramiko.PKey:
        if not identity.encrypted:
            try:
                return _load(identity, None)
            except paramiko.SSHException as problem:
                raise OperatorError(f"identity {identity.path} can't be used: {problem}") from problem
        for passphrase in self._candidates(identity, given):
            try:
                key = _load(identity, passphrase)
            except paramiko.SSHException:
                continue
            self._passphrases.append(passphrase)
            return key
        raise OperatorError(f"wrong passphrase for the identity {identity.path}")

    def _candidates(self, identity: Identity, given: str | None) -> Iterator[str]:
        if given is not None:
            yield given
            return
        yield from tuple(self._passphrases)
        for _ in range(TRIES):
            yield self._ask(f"Passphrase of {identity.path}")

    def close(self) -> None:
        """Let go of the agent."""
        if self._agent is not None:
            self._agent.close()
            self._agent = None


def _load(identity: Identity, passphrase: str | None) -> paramiko.PKey:
    """Raises paramiko.SSHException: a wrong passphrase, or a damaged key."""
    if identity.kind not in _CLASSES:
        raise OperatorError(
            f"identity {identity.path}: {identity.kind} keys work through an agent only (ssh-add)"
        )
    key = _CLASSES[identity.kind].from_private_key_file(str(identity.path), passphrase)
    certificate = identity.path.with_name(f"{identity.path.name}-cert.pub")
    if certificate.is_file():
        key.load_certificate(str(certificate))
    return key
