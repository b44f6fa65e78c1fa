"""Logging in: which keys and passwords are tried, in which order, and what is said when none is taken.

The order is OpenSSH's but for one thing: identities that were named come before the agent's other keys, since
a server hangs up after six wrong ones (MaxAuthTries).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko

from provision.errors import OperatorError, Unreachable
from provision.remote.identities import DEFAULT_NAMES, Identity, Keyring

HELP = "name a key with -i FILE, load one with ssh-add, or use --prompt-for-login-password"

# What of connect_kwargs is used up here: paramiko takes none of it beside an `auth_strategy`.
AUTH_KWARGS = ("allow_agent", "key_filename", "look_for_keys", "passphrase", "password", "pkey")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A key to try: how it is called, and how it is had. Loading an RSA key costs 150 ms, so only when needed."""

    label: str
    key: Callable[[], paramiko.PKey]


@dataclass(slots=True)
class Login:
    """What paramiko takes as `auth_strategy`: logs a user in, or says what was tried. Shared by many hosts."""

    user: str
    candidates: list[Candidate] = field(default_factory=list)
    password: str | None = None
    skipped: list[str] = field(default_factory=list)

    def authenticate(self, transport: paramiko.Transport) -> None:
        """Return when the user is logged in. Raises Unreachable, saying what was tried."""
        tried: list[str] = []
        allowed = {"publickey", "password", "keyboard-interactive"}
        for methods, label, attempt in self._attempts(transport):
            if not methods & allowed:
                continue
            tried.append(label)
            try:
                remaining = attempt()
            except paramiko.BadAuthenticationType as problem:
                allowed = set(problem.allowed_types)
            except (paramiko.SSHException, EOFError, OSError, OperatorError) as problem:
                if not transport.is_active():
                    raise Unreachable(self._cut_off(tried, problem)) from problem
            else:
                if not remaining:
                    return
                allowed = set(remaining)
        raise Unreachable(self._refused(tried, allowed))

    def _attempts(
        self, transport: paramiko.Transport
    ) -> Iterator[tuple[set[str], str, Callable[[], list[str]]]]:
        def by_key(candidate: Candidate) -> Callable[[], list[str]]:
            return lambda: transport.auth_publickey(self.user, candidate.key())

        for candidate in self.candidates:
            yield {"publickey"}, candidate.label, by_key(candidate)
        password = self.password
        if password is not None:
            methods = {"password", "keyboard-interactive"}  # paramiko falls back to the second by itself
            yield methods, "the password", lambda: transport.auth_password(self.user, password)

    def _refused(self, tried: Sequence[str], allowed: Iterable[str]) -> str:
        skipped = f"; not tried: {', '.join(self.skipped)}" if self.skipped else ""
        if not self.candidates and self.password is None:
            return f"no identity to log in as {self.user} with{skipped}: {HELP}"
        return (
            f"login as {self.user} failed; tried: {', '.join(tried) or 'nothing'}{skipped};"
            f" the host takes: {', '.join(sorted(allowed))}. {HELP[0].upper()}{HELP[1:]}"
        )

    def _cut_off(self, tried: Sequence[str], problem: Exception) -> str:
        return (
            f"login as {self.user}: the connection ended ({problem}); tried: {', '.join(tried)}. Servers hang up"
            " after too many keys (MaxAuthTries): name the right one with -i FILE, or IdentitiesOnly in ssh_config"
        )


def plan_login(
    user: str,
    kwargs: Mapping[str, Any],
    configured: Sequence[str],
    *,
    identities_only: bool,
    keyring: Keyring,
) -> Login:
    """Decide what to try on a host.

    `kwargs` are paramiko's (`key_filename` holds what -i named, `password`, `passphrase`, `pkey`, `allow_agent`,
    `look_for_keys`), `configured` the IdentityFiles of ssh_config. Passphrases are asked for here, before any
    connection is made. Raises OperatorError for a named identity that can't be read or unlocked.
    """
    login = Login(user, password=kwargs.get("password"))
    if kwargs.get("pkey") is not None:
        login.candidates.append(Candidate("the key given", lambda: kwargs["pkey"]))
    agent = _agent_by_public(keyring) if kwargs.get("allow_agent", True) else {}
    named = [
        *_from_flags(kwargs.get("key_filename"), keyring),
        *_from_config(configured, login.skipped, keyring),
    ]
    for identity in named:
        if identity.private and identity.public not in agent:
            keyring.unlock(identity, kwargs.get("passphrase"))
        _add(login, identity, agent, keyring)
    if not identities_only:
        login.candidates += [_held(agent.pop(public)) for public in list(agent)]
    if not named and kwargs.get("look_for_keys", True):
        _add_defaults(login, agent, keyring, kwargs.get("passphrase"))
    return login


def _agent_by_public(keyring: Keyring) -> dict[str | None, paramiko.AgentKey]:
    return {base64.b64encode(key.blob).decode(): key for key in keyring.agent_keys()}


def _from_flags(names: str | Sequence[str] | None, keyring: Keyring) -> Iterator[Identity]:
    """What -i named has to be there."""
    for name in [names] if isinstance(names, str) else names or ():
        try:
            yield keyring.identity(Path(name).expanduser())
        except FileNotFoundError as problem:
            raise OperatorError(f"can't read the identity {name}: no such file") from problem


def _from_config(names: Sequence[str], skipped: list[str], keyring: Keyring) -> Iterator[Identity]:
    """What ssh_config names may be missing, as for OpenSSH."""
    for name in names:
        if name == "none":
            continue
        try:
            yield keyring.identity(Path(name).expanduser())
        except FileNotFoundError:
            skipped.append(f"{name} (no such file)")


def _add(
    login: Login, identity: Identity, agent: dict[str | None, paramiko.AgentKey], keyring: Keyring
) -> None:
    """Add a key by way of the agent if it holds it, else from its file."""
    held = agent.pop(identity.public, None)
    if held is not None:
        login.candidates.append(_held(held))
    elif identity.private:
        login.candidates.append(Candidate(str(identity.path), lambda: keyring.unlock(identity)))
    else:
        login.skipped.append(f"{identity.path} (a public key whose other half no agent holds)")


def _held(key: paramiko.AgentKey) -> Candidate:
    return Candidate(f"the agent's {key.get_name()} {key.comment or key.fingerprint}", lambda: key)


def _add_defaults(
    login: Login, agent: dict[str | None, paramiko.AgentKey], keyring: Keyring, passphrase: str | None
) -> None:
    """The keys of ~/.ssh, where none was named. A locked one is asked for only if there is nothing else."""
    for name in DEFAULT_NAMES:
        path = Path("~/.ssh", name).expanduser()
        try:
            identity = keyring.identity(path)
            if identity.encrypted and identity.public not in agent:
                if passphrase is None and (login.candidates or login.password is not None):
                    login.skipped.append(f"{path} (encrypted)")
                    continue
                keyring.unlock(identity, passphrase)
        except FileNotFoundError:
            continue
        except OperatorError as problem:
            login.skipped.append(str(problem))
            continue
        _add(login, identity, agent, keyring)
