"""Fabric Connections as this program makes them: tuned, host keys checked on every hop, jump hosts shared."""

from __future__ import annotations

import logging
import re
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import fabric
import paramiko
from fabric.connection import derive_shorthand

from provision.errors import OperatorError, ProvisionError, Unreachable
from provision.inventory import Ssh
from provision.remote import sshconfig
from provision.remote.explain import explain
from provision.remote.hostkeys import HostKeyPolicy
from provision.remote.identities import Keyring
from provision.remote.login import AUTH_KWARGS, Login, plan_login
from provision.remote.sshconfig import HostOptions, Strictness
from provision.remote.transport import Transport, transport_factory
from provision.script import local_user

log = logging.getLogger("provision.remote")

CONNECT_TIMEOUT = 10.0  # seconds, for each of: TCP, the server's greeting, the key exchange, a channel
LOGIN_TIMEOUT = 30.0  # seconds: PAM may ask an LDAP server that is slow

_SIGNS = re.compile(r"[\x00-\x20\x7f'\"`$;&|<>(){}]|\\$|^-")
"""What a shell would take for more than a letter; OpenSSH refuses it in names since 9.6."""

KEYRING = Keyring()  # a key is parsed once per process, and a passphrase asked for once


class HostConnection(fabric.Connection):  # type: ignore[misc]  # Fabric carries no types
    """A fabric.Connection that opens as described above. Opening raises Unreachable, and nothing else.

    Safe to open from several threads, as a jump host is by all hosts behind it.
    """

    # Fabric's own looks through dir(self) at each assignment, in case a configuration key was meant: 0.4 ms.
    __setattr__ = object.__setattr__

    def __init__(self, ssh: Ssh, *, wiring: Wiring, gateway: HostConnection | None = None) -> None:
        self._wiring = wiring
        self.ssh = ssh
        self._opening = threading.RLock()
        self._failures = 0
        self._failure: Unreachable | None = None
        self._patient = False
        self._users = 0
        self._leased = False
        self._proxy: subprocess.Popen[bytes] | None = None
        super().__init__(
            ssh.address,
            user=ssh.user,
            port=ssh.port,
            config=wiring.config,
            gateway=gateway,
            forward_agent=False,
        )
        self.options: HostOptions = sshconfig.host_options(self.ssh_config, self._tokens())
        policy = HostKeyPolicy(self.host, self.port, self.options)
        self.client.set_missing_host_key_policy(policy)
        given = dict(wiring.connect_kwargs)
        timeout = given.pop("timeout", None)  # -t; it outranks ssh_config's ConnectTimeout
        if timeout:
            self.connect_timeout = timeout
        self.connect_kwargs = {name: value for name, value in given.items() if name not in AUTH_KWARGS}
        self.connect_kwargs["transport_factory"] = transport_factory(
            policy.known_kinds, keepalive=self.options.keepalive, patient=lambda: self._patient
        )
        self.connect_kwargs["auth_strategy"] = wiring.login(self)
        self._lease()

    def _tokens(self) -> dict[str, str]:
        return {
            "h": self.host,
            "n": self.original_host,
            "p": str(self.port),
            "r": self.user,
            "u": local_user(),
            "d": str(Path.home()),
        }

    def resolve_connect_kwargs(self, connect_kwargs: Any) -> dict[str, Any]:  # noqa: ARG002 - Fabric's signature
        """Nothing yet: the final ones need what Fabric works out after this call."""
        return {}

    def get_gateway(self) -> HostConnection | str | None:
        """The jump host or ProxyCommand of ssh_config."""
        return self._wiring.gateway_of(self)

    def open(self) -> None:
        """Connect and log in, if that isn't done. Raises Unreachable."""
        failures = self._failures
        with self._opening:
            if self.is_connected:
                return
            if self._failures != failures and self._failure is not None:
                raise self._failure  # a jump host: whoever waited for it shares the outcome
            self._lease()
            try:
                self._connect()
            except Unreachable as failure:
                self._failure = failure
                self._failures += 1
                raise

    def _connect(self) -> None:
        limit = float(self.connect_timeout or CONNECT_TIMEOUT)
        self.connect_timeout = limit
        self.connect_kwargs.setdefault("channel_timeout", limit)
        self.connect_kwargs.setdefault("auth_timeout", max(limit, LOGIN_TIMEOUT))
        # Longer than the handshake as a whole, so that one and the same time is the first to be up.
        self.connect_kwargs.setdefault("banner_timeout", 2 * limit)
        try:
            self._log_in()
        except ProvisionError:
            self.hang_up()
            raise
        except (paramiko.SSHException, OSError, EOFError) as problem:
            self.hang_up()
            raise Unreachable(explain(problem, self.host, self.port, limit), passing=True) from problem

    def _log_in(self) -> None:
        """Once more, and patiently, where a server takes it ill that a login comes before it has said that one may."""
        try:
            self._hand_over()
        except Unreachable:
            transport = self.client.get_transport()
            if not isinstance(transport, Transport) or not transport.overrun:
                raise
            self.hang_up()
            self._patient = True
            self._hand_over()

    def _hand_over(self) -> None:
        """As Fabric's own, which asks its configuration anew for each host: 0.3 ms."""
        self.client.connect(
            self.host,
            self.port,
            self.user,
            sock=self.open_gateway() if self.gateway else None,
            timeout=self.connect_timeout,
            **self.connect_kwargs,
        )
        self.transport = self.client.get_transport()

    def open_gateway(self) -> Any:
        """A channel through the jump host, or a socket whose other end a ProxyCommand holds."""
        if isinstance(self.gateway, str):
            return self._start_proxy(self.gateway)
        try:
            self.gateway.open()
        except Unreachable as problem:
            text = f"jump host {self.gateway.original_host}: {problem}"
            raise Unreachable(text, passing=problem.passing) from problem
        return super().open_gateway()

    def _start_proxy(self, command: str) -> socket.socket:
        """Run a ProxyCommand as OpenSSH does: by a shell, and with a socket, so that its end is seen.

        paramiko's ProxyCommand knows no shell words and spins when the command dies.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            words = ["/bin/sh", "-c", f"exec {sshconfig.expand(command, self._tokens())}"]
            self._proxy = subprocess.Popen(words, stdin=theirs.fileno(), stdout=theirs.fileno())
        return ours

    def close(self) -> None:
        """Hang up, and let go of the jump host; the last to do so closes that too."""
        self.hang_up()
        with self._opening:
            leased, self._leased = self._leased, False
        if leased and isinstance(self.gateway, HostConnection):
            self.gateway.release()

    def hang_up(self) -> None:
        """End this connection alone; it may be opened again."""
        super().close()
        self.client.close()
        self.transport = None
        if self._proxy is not None:
            self._proxy.terminate()
            self._proxy.wait()
            self._proxy = None

    def _lease(self) -> None:
        if not self._leased and isinstance(self.gateway, HostConnection):
            self._leased = True
            self.gateway.hold()

    def hold(self) -> None:
        """Count one more host behind this jump host."""
        with self._opening:
            self._users += 1

    def release(self) -> None:
        """Count one less; the last one closes."""
        with self._opening:
            self._users -= 1
            if self._users == 0:
                self.close()


class Wiring:
    """What the connections of one run share: settings, keys, jump hosts."""

    def __init__(self, config: Any, connect_kwargs: Mapping[str, Any], keyring: Keyring) -> None:
        sshconfig.complete(config)
        self.config = config
        self.connect_kwargs: dict[str, Any] = {**config.connect_kwargs, **connect_kwargs}
        self._keyring = keyring
        self._logins: dict[Any, Login] = {}
        self._gateways: dict[str, HostConnection] = {}

    @property
    def gateways(self) -> list[HostConnection]:
        """The jump hosts met so far."""
        return list(self._gateways.values())

    def connection(self, ssh: Ssh) -> HostConnection:
        """One host. Raises OperatorError for an address that can't be one."""
        try:
            _raise_if_hostile(ssh)
            return HostConnection(ssh, wiring=self)
        except ValueError as problem:  # a port that is no number, in the address or in ssh_config
            raise OperatorError(
                f"host {ssh.address!r} or its ssh_config can't be used: {problem}"
            ) from problem

    def login(self, connection: HostConnection) -> Login:
        """How to log in there; hosts with the same user and keys share one Login."""
        configured = tuple(connection.ssh_config.get("identityfile", ()))
        own = connection.ssh.identity
        password = connection.ssh.password
        key = (connection.user, own, password, configured, connection.options.identities_only)
        if key not in self._logins:
            kwargs = self.connect_kwargs
            if password is not None and kwargs.get("password") is None:
                kwargs = {**kwargs, "password": password.value}
            if own is not None:
                named = kwargs.get("key_filename") or ()
                kwargs = {**kwargs, "key_filename": [*([named] if isinstance(named, str) else named), own]}
            self._logins[key] = plan_login(
                connection.user,
                kwargs,
                configured,
                identities_only=connection.options.identities_only,
                keyring=self._keyring,
            )
        return self._logins[key]

    def gateway_of(self, connection: HostConnection) -> HostConnection | str | None:
        """The jump host of a connection, one object per chain of hops, or its ProxyCommand."""
        jump = connection.ssh.gateway or connection.ssh_config.get("proxyjump")
        if jump is not None:
            hops = [hop.strip().removeprefix("ssh://") for hop in jump.split(",")]
            if jump == "none" or any(_is_same(hop, connection) for hop in hops):
                return None  # a bastion under `Host *` must not jump through itself
            return self._chain(hops)
        command: str | None = connection.ssh_config.get("proxycommand", self.config.gateway)
        return command

    def _chain(self, hops: Sequence[str]) -> HostConnection:
        """The last of several hops; they are visited in the order written, as ssh does (Fabric reverses it)."""
        name = ",".join(hops)
        if name not in self._gateways:
            _raise_if_hostile(Ssh(hops[-1]))
            before = self._chain(hops[:-1]) if len(hops) > 1 else None
            self._gateways[name] = HostConnection(Ssh(hops[-1]), wiring=self, gateway=before)
        return self._gateways[name]


def _raise_if_hostile(ssh: Ssh) -> None:
    """A ProxyCommand and a `Match exec` of ssh_config put names into a shell's text. Raises OperatorError."""
    parts = derive_shorthand(ssh.address)
    if not parts["host"]:
        raise OperatorError(
            f"{ssh.address!r} names no host: write it like user@host:port; jump hosts with commas between"
        )
    for name in filter(None, (parts["host"], parts["user"], ssh.user)):
        if _SIGNS.search(name):
            raise OperatorError(
                f"{name!r} can't be the name of a host or a user: it holds signs of a shell, which a ProxyCommand or a"
                " Match exec of ssh_config would run"
            )


def _is_same(hop: str, connection: HostConnection) -> bool:
    return derive_shorthand(hop)["host"] in (connection.host, connection.original_host)


def connections(
    config: fabric.Config, hosts: Sequence[Ssh], connect_kwargs: Mapping[str, Any]
) -> list[fabric.Connection]:
    """Connections to hosts, in their order; none is opened yet.

    To be called from one thread, since Fabric's Config isn't safe to share while Connections are built. `config`
    is Fabric's with the command line's identities, passwords and ssh_config in it; `connect_kwargs` are further
    arguments of paramiko's SSHClient.connect. Passphrases of named keys are asked for here. Raises OperatorError
    for bad addresses, unreadable identities and a bad ssh_config.
    """
    wiring = Wiring(config, connect_kwargs, KEYRING)
    built = [wiring.connection(ssh) for ssh in hosts]
    relaxed = [one for one in (*built, *wiring.gateways) if one.options.strictness is not Strictness.YES]
    if relaxed:
        log.warning(
            "unknown host keys of %s%s are taken as they come: ssh_config says StrictHostKeyChecking %s",
            relaxed[0].original_host,
            f" and {len(relaxed) - 1} more" if len(relaxed) > 1 else "",
            relaxed[0].options.strictness,
        )
    return built
