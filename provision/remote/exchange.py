"""One exec on an open channel: a script goes in over stdin, both streams come out while it runs.

Invoke's Runner, which Fabric uses, feeds stdin one byte per 10 ms and polls: 25 ms of CPU per second and host.
Here one event wakes the thread when either stream has something.
"""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from threading import Event
from typing import Any

import paramiko
from paramiko.common import cMSG_CHANNEL_REQUEST

from provision.converge import Output
from provision.errors import Failed, Unreachable
from provision.remote.become import Become

BLOCK = 32768  # bytes; OpenSSH's largest packet
NOISE_KEPT = 65536  # bytes of what a login shell prints that are kept for the error text
START_LIMIT = 60.0  # seconds from the exec to a root shell; PAM delays a wrong password by some
QUIET = 2.0  # seconds: after the exit status, silence means the end even if a daemon holds the pipe open
KILL_LIMIT = 5.0  # seconds to end a sudo that asks again
CLOSE_LIMIT = 0.5  # seconds for the host to close the channel after it told the exit status
DEAF = 0.2  # seconds for which what a host says isn't heard where it has no room for what we have to send
KILLED = -1  # the status of a script that a signal ended on the host


class _Stream:
    """One of the two streams: the login shell's noise, then, behind our line, what the script prints."""

    def __init__(self, started: bytes, on_piece: Callable[[str], None]) -> None:
        self._line = started
        self._on_piece = on_piece
        self.keeps = True
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pieces: list[str] = []
        self.noise = b""
        self.started = False
        self._taken = 0

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Take what came over the wire."""
        if not self.started:
            before, line, data = (self.noise + data).partition(self._line)
            self.noise = before[-NOISE_KEPT:]
            self.started = bool(line)
        if self.started:
            self._taken += len(data)
            piece = self._decoder.decode(data, final)
            if piece:
                if self.keeps:
                    self._pieces.append(piece)
                self._on_piece(piece)

    @property
    def handed_on(self) -> int:
        """How many bytes the pieces so far were made of; those of a character that isn't whole don't count."""
        return self._taken - len(self._decoder.getstate()[0])

    @property
    def text(self) -> str:
        """What the script printed; nothing where it isn't kept."""
        return "".join(self._pieces)


@dataclass(frozen=True, slots=True)
class Content:
    """What goes in behind a script, once that has printed the line `asks`: by then its shell has read all of it, and
    reads nothing of this."""

    asks: str
    blocks: Iterator[bytes]


def _request_exec(channel: paramiko.Channel, command: str) -> None:
    """paramiko's exec_command without its wait for the answer, of which `event_ready` tells. That saves a round trip
    where a server has room for input at once; OpenSSH's has it with its answer."""
    request = paramiko.Message()
    request.add_byte(cMSG_CHANNEL_REQUEST)
    request.add_int(channel.remote_chanid)
    request.add_string("exec")
    request.add_boolean(True)
    request.add_string(command)
    transport: Any = channel.get_transport()
    transport._send_user_message(request)


class Exchange:
    """Runs one script as root.

    `eager` sends the script without waiting for the root shell, which saves a round trip; only for scripts that
    change nothing, for a shell that begins later than we waited would still run it. With sudo's password it never
    is, since a script must not be read as a password.
    """

    def __init__(
        self,
        channel: paramiko.Channel,
        become: Become,
        script: str,
        *,
        eager: bool,
        on_piece: Callable[[str], None] = lambda _piece: None,
    ) -> None:
        self._channel = channel
        self._content: Content | None = None
        self._become = become
        self._pending = become.opening
        self._script = become.release + script.encode()
        self._eager = eager and become.password is None
        self._script_given = False
        self._out = _Stream(become.started, on_piece)
        self._err = _Stream(become.started, lambda _piece: None)

    @property
    def handed_on(self) -> int:
        """How many bytes of the script's standard output were handed on, also where the connection was lost."""
        return self._out.handed_on

    def run(
        self,
        limit: float | None,
        *,
        silence: float | None = None,
        content: Content | None = None,
        keeps: bool = True,
    ) -> Output:
        """Run to the end, for at most `limit` seconds if one is given; the script takes in `content`. One that
        began and prints nothing for `silence` seconds is on a dead line, which the kernel takes longer to notice. The
        Output has what it printed unless `keeps` is False: that may be more than fits into memory.

        Raises Refused if there is no root shell, Failed if time is up, Unreachable if the connection ends before
        the script could begin, ConnectionError if it ends after.
        """
        begun, self._content, self._out.keeps = time.monotonic(), content, keeps
        wake = Event()
        self._start()
        self._channel.in_buffer.set_event(wake)
        self._channel.in_stderr_buffer.set_event(wake)
        last = begun
        while True:
            if self._receive() | self._send():
                last = time.monotonic()
                continue
            now = time.monotonic()
            if self._is_over(now - last):
                break
            if silence is not None and self._out.started and now - last >= silence:
                raise ConnectionError(f"nothing was heard for {silence:g} s")
            self._check_time(now - begun, limit)
            self._wait(wake, 1.0 if limit is None else max(0.0, min(1.0, limit - (now - begun))))
        self._await_close()
        return self._verdict()

    def _start(self) -> None:
        try:
            if self._eager:
                _request_exec(self._channel, self._become.command)
            else:
                self._channel.exec_command(self._become.command)
        except (paramiko.SSHException, EOFError) as problem:
            raise Unreachable(f"logged in, but the host runs no command: {problem}") from problem

    def _receive(self) -> bool:
        """Take what both streams hold. Never blocks: nothing is read that isn't there."""
        received = False
        if self._channel.recv_ready():
            self._out.feed(self._channel.recv(BLOCK))
            received = True
        if self._channel.recv_stderr_ready():
            self._err.feed(self._channel.recv_stderr(BLOCK))
            received = True
        if not self._out.started and self._become.sudo_asks_again(self._err.noise):
            self._end_sudo()
            raise self._become.wrong_password()
        return received

    def _end_sudo(self) -> None:
        """Keep sudo from counting a second attempt. If the host opens no second session, it may."""
        try:
            with closing(self._channel.get_transport().open_session(timeout=KILL_LIMIT)) as second:
                second.exec_command(self._become.kill_sudo(self._err.noise))
                second.status_event.wait(KILL_LIMIT)
        except (paramiko.SSHException, EOFError):
            return

    def _send(self) -> bool:
        """Send one block, if there is one and the host has room for it."""
        if not self._pending and not self._script_given and (self._eager or self._out.started):
            self._pending = self._script
            self._script_given = True
        elif not self._pending and self._content is not None and self._content.asks in self._out.text:
            self._next_block(self._content)
        if not self._pending or not self._channel.send_ready():
            return False
        try:
            sent = self._channel.send(self._pending[:BLOCK])
        except OSError:
            sent, self._content = 0, None  # the other side closed; why, its output and status say
        self._pending = self._pending[sent:] if sent else b""
        if not self._pending and self._script_given and self._content is None:
            self._channel.shutdown_write()
        return True

    def _next_block(self, content: Content) -> None:
        self._pending = next(content.blocks, b"")
        if not self._pending:
            self._content = None
            self._channel.shutdown_write()

    def _is_over(self, silence: float) -> bool:
        if not self._channel.status_event.is_set():
            return False
        return bool(self._channel.eof_received) or self._channel.closed or silence >= QUIET

    def _await_close(self) -> None:
        """Let the host close first: hanging up over its last words would read as an error in its log."""
        deadline = time.monotonic() + CLOSE_LIMIT
        while self._channel.eof_received and not self._channel.closed and time.monotonic() < deadline:
            time.sleep(0.002)

    def _check_time(self, elapsed: float, limit: float | None) -> None:
        if not self._out.started and elapsed >= START_LIMIT:
            said = self._err.noise.decode(errors="replace")
            raise self._become.refusal("", f"{said}\nno root shell within {START_LIMIT:g} s")
        if limit is not None and elapsed >= limit:
            raise Failed(
                f"the host did not answer within {limit:g} s: it may be overloaded, or a disk or daemon hangs"
            )

    def _wait(self, wake: Event, patience: float) -> None:
        """Until there may be something to do, for `patience` seconds at most."""
        if self._pending:
            # paramiko tells this of room and of the end, and not of what comes in
            room = self._channel.out_buffer_cv
            with room:
                if not (self._channel.out_window_size or self._channel.closed):
                    room.wait(min(patience, DEAF))
        elif self._channel.eof_received:
            # At the end of both streams `wake` stays set: what is left to wait for is the exit status.
            self._channel.status_event.wait(patience)
        else:
            wake.wait(patience)

    def _verdict(self) -> Output:
        status = self._channel.exit_status
        transport = self._channel.get_transport()
        if status == KILLED and not transport.is_active():
            if not self._out.started:
                raise Unreachable("the connection was lost before the host began; nothing was run on it")
            raise ConnectionError("the connection was lost")
        for stream in (self._out, self._err):
            stream.feed(b"", final=True)
        if not self._out.started:
            if self._channel.closed and not self._channel.event_ready:
                raise Unreachable("logged in, but the host runs no command: the request was refused")
            raise self._become.refusal(*(s.noise.decode(errors="replace") for s in (self._out, self._err)))
        return Output(self._out.text, self._err.text, status)
