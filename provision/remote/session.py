"""One host's Remote: reads it and changes it over one SSH connection, one exec each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from typing import Any

import fabric
import paramiko
import stamina

from provision.converge import Output
from provision.errors import Failed, HostError, Refused, Unreachable
from provision.inventory import Ssh
from provision.remote.become import Become
from provision.remote.connection import CONNECT_TIMEOUT, KEYRING, Wiring
from provision.remote.exchange import KILLED, Content, Exchange
from provision.runs import HostRun
from provision.runs.sending import blocks

READ_TIMEOUT = 300.0  # seconds for a read that was given no time of its own
SILENCE = (
    30.0  # seconds without a sign of a watched script, which gives one every second, that mean a dead line
)
TAKING_LIMIT = 300.0  # the same while files are sent: the host may be at their checksums
RETURN_LIMIT = 300.0  # seconds without a word from the host after which a run is left to itself
FIRST_WAIT = 0.5  # seconds before the first attempt to come back, doubled with each
LONGEST_WAIT = 20.0  # seconds between two attempts at most
JITTER = 1.0  # seconds: a thousand hosts behind one link don't all come back at once
_LOST = (ConnectionError, EOFError, paramiko.SSHException)


class _Anew(Exception):
    """This connection is given up for a new one."""


class _Heard:
    """What came of a run so far, over however many connections. Raises `_Anew` where the run asks for a new one."""

    def __init__(self, run: HostRun, hear: Callable[[str], None]) -> None:
        self._run, self._hear = run, hear
        self._pieces: list[str] = []
        self._line = ""
        self.bytes = 0

    def __call__(self, piece: str) -> None:
        self._pieces.append(piece)
        self._hear(piece)
        *lines, self._line = (self._line + piece).split("\n")
        if any(map(self._run.wants_return, lines)):
            raise _Anew

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self._pieces)


class Session:
    """A `provision.converge.Remote`. Opens at the first read or apply, and again if the connection was lost.

    `connection` comes from `connections()`, `sudo_password` from --prompt-for-sudo-password. `connect_timeout`, in
    seconds, is for hosts that neither -t nor ssh_config gives one. One Session belongs to one thread at a time.
    """

    def __init__(
        self,
        connection: Any,
        *,
        sudo_password: str | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
    ) -> None:
        self._connection = connection
        self._sudo_password = sudo_password
        self._connect_timeout = connect_timeout

    def __reduce__(self) -> tuple[Any, ...]:
        """On another machine: the same host, by that machine's own keys and ssh_config."""
        return _elsewhere, (self._connection.ssh, self._sudo_password)

    @property
    def place(self) -> str:
        """Where the host is, whatever it is called: two names with one place are one host."""
        hops: list[str] = []
        hop = self._connection
        while hop is not None and not isinstance(hop, str):
            hops.append(f"{hop.host}:{hop.port}")
            hop = hop.gateway
        return " via ".join(hops + ([hop] if hop else []))

    def read(self, script: str, *, timeout: float | None = None) -> Output:
        """Run a script that changes nothing, within `timeout` seconds (READ_TIMEOUT if None).

        Raises Unreachable (no connection, or lost), Refused (no root), Failed (time is up).
        """
        limit = READ_TIMEOUT if timeout is None else timeout
        with closing(self._channel()) as channel:
            try:
                return Exchange(channel, self._become(), script, eager=True).run(limit)
            except _LOST as problem:
                raise Unreachable(
                    f"the connection was lost while the host was read ({problem}): nothing was changed, run again",
                    passing=True,
                ) from problem

    def watch(self, script: str, on_piece: Callable[[str], None]) -> Output:
        """Run a script for as long as it takes and goes on saying something; `on_piece` gets what it prints, decoded,
        in pieces as they come, and the Output has nothing of it: it may be gigabytes.

        Raises Unreachable and Refused while nothing was begun, Failed if the connection was lost.
        """
        with closing(self._channel()) as channel:
            try:
                exchange = Exchange(channel, self._become(), script, eager=False, on_piece=on_piece)
                return exchange.run(None, silence=SILENCE, keeps=False)
            except _LOST as problem:
                raise Failed(f"the connection was lost ({problem}): run again") from problem

    def apply(self, run: HostRun, hear: Callable[[str], None], lost: Callable[[str], None]) -> Output:
        """Begin a run (or join it) and follow it to its end, for as long as it takes; what it needs is sent before.

        `hear` gets what it says, decoded, in pieces as they come; `lost` hears of lost connections, after which the
        host is come back to, and followed from the last byte. So it is where the run asks for a new connection, which
        shows that the host can be reached. Raises Unreachable and Refused while nothing was begun,
        Failed if the host isn't reached again within RETURN_LIMIT seconds.
        """
        if run.sends:
            self._hand_over(run)
        answer = self._to_its_end(run, _Heard(run, hear), lost)
        if farewell := run.ended(answer.stdout):
            with suppress(HostError):  # the run is what counts; what is left goes with the next one
                self.read(farewell)
        return answer

    def _hand_over(self, run: HostRun) -> None:
        """Send the files that the run needs, before anything is begun. Raises Refused if the host doesn't take them,
        Unreachable if the connection is lost."""
        with closing(self._channel()) as channel:
            try:
                exchange = Exchange(channel, self._become(), run.receive, eager=False)
                content = Content(run.asks, blocks(run.sends))
                answer = exchange.run(None, silence=TAKING_LIMIT, content=content)
            except _LOST as problem:
                raise Unreachable(
                    f"the connection was lost while files were sent ({problem}): nothing was changed, run again",
                    passing=True,
                ) from problem
        if answer.status:
            raise Refused(run.not_taken(answer.stdout))

    def _to_its_end(self, run: HostRun, heard: _Heard, lost: Callable[[str], None]) -> Output:
        try:
            return self._follow(run.begin, heard)
        except _Anew:
            pass
        except _LOST as problem:
            lost(f"the connection was lost ({problem}); the run goes on by itself, coming back to it")
        try:
            return self._come_back(run, heard)
        except (*_LOST, Unreachable) as problem:
            raise Failed(
                f"the connection was lost, and the host wasn't reached again within {RETURN_LIMIT:g} s ({problem}). The"
                f" run goes on by itself: `attach --run {run.id}` joins it, or shows what came of it"
            ) from problem

    def _come_back(self, run: HostRun, heard: _Heard) -> Output:
        """Follow again, as often as the connection is lost; the time is counted from the host's last word."""
        while True:
            before = heard.bytes

            def silent(problem: Exception, before: int = before) -> bool:
                return isinstance(problem, (*_LOST, Unreachable)) and heard.bytes == before

            try:
                for attempt in stamina.retry_context(
                    on=silent,
                    attempts=None,
                    timeout=RETURN_LIMIT,
                    wait_initial=FIRST_WAIT,
                    wait_max=LONGEST_WAIT,
                    wait_jitter=JITTER,
                ):
                    with attempt:
                        return self._follow(run.follow(heard.bytes + 1), heard)
            except _Anew:
                continue
            except _LOST:
                if heard.bytes == before:
                    raise

    def _follow(self, script: str, heard: _Heard) -> Output:
        """One exec. Raises what `_LOST` names if it ends before the script does."""
        with closing(self._channel()) as channel:
            exchange = Exchange(channel, self._become(), script, eager=False, on_piece=heard)
            try:
                answer = exchange.run(None)
            except _Anew:
                self._connection.hang_up()
                raise
            finally:
                heard.bytes += exchange.handed_on
        if answer.status == KILLED:
            raise ConnectionError("the session was ended on the host")
        return Output(heard.text, answer.stderr, answer.status)

    def close(self) -> None:
        """End the connection, and that to the jump host with the last host behind it."""
        self._connection.close()

    def _become(self) -> Become:
        return Become(self._connection.user, self._sudo_password)

    def _channel(self) -> paramiko.Channel:
        if not self._connection.connect_timeout:
            self._connection.connect_timeout = self._connect_timeout
        if self._connection.is_connected:
            try:
                return self._open_channel()
            except Unreachable:
                self._connection.hang_up()  # it died while nothing was asked of it: nothing is lost by a new one
        self._connection.open()
        return self._open_channel()

    def _open_channel(self) -> paramiko.Channel:
        try:
            channel: paramiko.Channel = self._connection.transport.open_session()
        except (paramiko.SSHException, EOFError, OSError) as problem:
            raise Unreachable(
                f"logged in, but the host opens no session: {problem}", passing=True
            ) from problem
        return channel


_WIRING_LOCK = threading.Lock()


@cache
def _wiring() -> Wiring:
    """What the connections of a worker share."""
    return Wiring(fabric.Config(), {}, KEYRING)


def _elsewhere(ssh: Ssh, sudo_password: str | None) -> Session:
    with _WIRING_LOCK:  # Fabric's Config isn't safe to share while Connections are built
        return Session(_wiring().connection(ssh), sudo_password=sudo_password)
