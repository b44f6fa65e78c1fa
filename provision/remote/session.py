"""One host's Remote: reads it and changes it over one SSH connection, one exec each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import paramiko

from provision.converge import Output
from provision.errors import Failed, Unreachable
from provision.remote.become import Become
from provision.remote.connection import CONNECT_TIMEOUT
from provision.remote.exchange import Exchange

READ_TIMEOUT = 300.0  # seconds for a read that was given no time of its own


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

    def read(self, script: str, *, timeout: float | None = None) -> Output:
        """Run a script that changes nothing, within `timeout` seconds (READ_TIMEOUT if None).

        Raises Unreachable (no connection, or lost), Refused (no root), Failed (time is up).
        """
        limit = READ_TIMEOUT if timeout is None else timeout
        with closing(self._channel()) as channel:
            try:
                return Exchange(channel, self._become(), script, eager=True).run(limit)
            except (ConnectionError, EOFError, paramiko.SSHException) as problem:
                raise Unreachable(
                    f"the connection was lost while the host was read ({problem}): nothing was changed, run again"
                ) from problem

    def apply(self, script: str, on_piece: Callable[[str], None]) -> Output:
        """Run a script that changes the host, for as long as it takes.

        `on_piece` gets what the script prints, decoded, in pieces as they come. Raises Unreachable and Refused while
        nothing was changed, Failed if the connection was lost with the change under way.
        """
        with closing(self._channel()) as channel:
            try:
                return Exchange(channel, self._become(), script, eager=False, on_piece=on_piece).run(None)
            except (ConnectionError, EOFError, paramiko.SSHException) as problem:
                raise Failed(
                    f"the connection was lost while the change was under way ({problem}). The host may still be at"
                    " work on it: run again, and it goes on from what it finds"
                ) from problem

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
            raise Unreachable(f"logged in, but the host opens no session: {problem}") from problem
        return channel
