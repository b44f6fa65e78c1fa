"""The tuned paramiko transport: what a controller pays for each SSH connection, in CPU and in round trips."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import paramiko
from paramiko.auth_handler import AuthHandler

from provision.remote.packets import Packets

# First choices only: the rest of paramiko's list stays behind them, so that CentOS 7's OpenSSH 7.4 and servers
# that insist on something newer are both served. Curve25519 costs half of mlkem768x25519, and AES-GCM needs no
# separate MAC (measured over 200 servers: 1 ms of CPU less per host).
KEX_FIRST = ("curve25519-sha256@libssh.org",)
CIPHERS_FIRST = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")

# paramiko knows an RSA host key by its signature algorithms, known_hosts by its key type.
SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}

LOOK = 1.0  # seconds between two looks at the clock; paramiko wakes ten times as often

LOST_AFTER = 120  # seconds without a sign of the peer until the kernel gives the connection up

_TCP_OPTIONS = {
    # paramiko leaves Nagle's algorithm on: with delayed ACKs that is 40 ms for every second small packet.
    "TCP_NODELAY": 1,
    # A peer that vanished is noticed by the kernel: paramiko's own keepalive never looks for an answer.
    "TCP_KEEPIDLE": 30,
    "TCP_KEEPINTVL": 30,
    "TCP_KEEPCNT": LOST_AFTER // 30,
    "TCP_USER_TIMEOUT": LOST_AFTER * 1000,
}


_OFFERED: Any = paramiko.Transport  # its lists are no part of the stubs


def _first(wanted: Sequence[str], offered: Sequence[str]) -> tuple[str, ...]:
    """`offered`, with those of `wanted` that it holds moved to the front."""
    front = [name for name in wanted if name in offered]
    return (*front, *(name for name in offered if name not in front))


class PromptLogin(AuthHandler):
    """Asks for the login service and logs in with one packet behind the other, where paramiko waits for an answer in
    between. A server takes packets in their order. That saves a round trip, but for one (as OpenSSH's is) that holds
    its second answer back until the first is acknowledged."""

    accepted = False
    """Whether the server has said that one may log in."""
    prompt = True

    transport: Transport

    def _request_auth(self) -> None:
        # with an RSA key the server's word on signatures counts, which may be on its way still
        rsa = self.private_key is not None and "rsa" in self.private_key.get_name()
        self.prompt = bool(self.transport.server_extensions) or not rsa
        super()._request_auth()  # type: ignore[misc]  # the stubs leave out what paramiko has for itself
        if self.prompt:
            self._log_in()

    def _parse_service_accept(self, m: paramiko.Message) -> None:
        self.accepted = True
        if not self.prompt:
            super()._parse_service_accept(m)  # type: ignore[misc]  # likewise

    def _log_in(self) -> None:
        word = paramiko.Message()
        word.add_string("ssh-userauth")
        word.rewind()
        super()._parse_service_accept(word)  # type: ignore[misc]  # likewise


class Seldom(threading.Event):
    """What paramiko waits for by looking ten times a second. It is set, too, when the connection ends by itself."""

    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(None if timeout is None else max(timeout, LOOK))


class Transport(paramiko.Transport):
    """paramiko's, for less. `patient` waits with each packet as paramiko does, for servers that insist on it."""

    _active_check_timeout = LOOK
    _preferred_kex: tuple[str, ...] = _first(KEX_FIRST, _OFFERED._preferred_kex)
    _preferred_ciphers: tuple[str, ...] = _first(CIPHERS_FIRST, _OFFERED._preferred_ciphers)

    active: bool
    server_extensions: Mapping[str, bytes]
    disabled_algorithms: Mapping[str, Iterable[str]]

    def __init__(self, sock: Any, *, patient: bool = False, **options: Any) -> None:
        super().__init__(sock, packetizer_class=Packets, **options)
        self._patient = patient

    def start_client(self, event: threading.Event | None = None, timeout: float | None = None) -> None:
        """As paramiko's: it ends with the handshake, or after `timeout` seconds. Raises paramiko.SSHException."""
        if event is not None:
            super().start_client(event)
            return
        met = threading.Event()
        super().start_client(met)
        end = None if timeout is None else time.monotonic() + timeout
        while not met.wait(LOOK if end is None else max(0.0, min(LOOK, end - time.monotonic()))):
            if not self.active or (end is not None and time.monotonic() >= end):
                break
        if not self.active:
            raise self.get_exception() or paramiko.SSHException("Negotiation failed.")

    def auth_publickey(
        self, username: str, key: paramiko.PKey, event: threading.Event | None = None
    ) -> list[str]:
        """As paramiko's, with the answer waited for in any case."""
        if self._patient:
            return super().auth_publickey(username, key, event)
        self.auth_handler = login = PromptLogin(self)
        done = event or Seldom()
        login.auth_publickey(username, key, done)
        return login.wait_for_response(done)

    def _filter_algorithm(self, kind: str) -> tuple[str, ...]:
        """The algorithms of a kind that we offer: paramiko goes through them 16 times, though none was taken out."""
        names: tuple[str, ...] = getattr(self, f"_preferred_{kind}")
        taken_out = self.disabled_algorithms.get(kind, ())
        return tuple(name for name in names if name not in taken_out) if taken_out else names

    def _parse_debug(self, m: paramiko.Message) -> None:
        """What an sshd says for its debuggers, twice at each login, is read by nobody."""

    @property
    def overrun(self) -> bool:
        """Whether the server hung up on a login that came before it had said that one may."""
        login = self.auth_handler
        return not self.active and isinstance(login, PromptLogin) and login.prompt and not login.accepted


def transport_factory(
    known_kinds: Callable[[], Sequence[str]], *, keepalive: int, patient: Callable[[], bool] = lambda: False
) -> Callable[..., Transport]:
    """What SSHClient.connect takes as `transport_factory`.

    `known_kinds` gives the types of the host's keys in known_hosts. They are offered first: a server shows the
    first type that it has, and a type added later would read as a changed key. `keepalive` is in seconds. `patient`
    says whether this host wants each packet waited for.
    """

    def build(sock: Any, **options: Any) -> Transport:
        _tune(sock)
        transport = Transport(sock, patient=patient(), **options)
        security = transport.get_security_options()
        wanted = [name for kind in known_kinds() for name in SIGNATURES.get(kind, (kind,))]
        security.key_types = _first(wanted, security.key_types)
        transport.set_keepalive(keepalive)
        return transport

    return build


def _tune(sock: Any) -> None:
    """Set the options that this system has. A gateway's channel or a proxy's pipe has none of them."""
    if not isinstance(sock, socket.socket) or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _TCP_OPTIONS.items():
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
