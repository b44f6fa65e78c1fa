"""A host without a network: a login shell of this machine behind the face of a paramiko channel."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import paramiko
from paramiko.buffered_pipe import BufferedPipe
from paramiko.common import cMSG_CHANNEL_REQUEST

# Stands in for sudo and id. As root (uid 0) nothing but the test's own shell ever runs: WHOAMI is a variable.
SUDO = r"""#!/bin/sh
printf '%s\n' "$*" >>"$SUDO_LOG"
ask=no prompt=
while :; do
  case $1 in
    -n | -k) shift ;;
    -S) ask=yes; shift ;;
    -p) prompt=$2; shift 2 ;;
    *) break ;;
  esac
done
case $SUDO_MODE in
  nopasswd) WHOAMI=0; export WHOAMI; exec "$@" ;;
  requiretty) echo "sudo: sorry, you must have a tty to run sudo" >&2; exit 1 ;;
  stranger) echo "plain is not in the sudoers file.  This incident will be reported." >&2; exit 1 ;;
esac
[ $ask = yes ] || { echo "sudo: a password is required" >&2; exit 1; }
tries=0
while :; do
  printf %s "$prompt" >&2
  IFS= read -r given || { echo "$tries" >"$SUDO_LOG.eof"; exit 1; }
  [ "$given" = "$SUDO_PASSWORD" ] && { WHOAMI=0; export WHOAMI; exec "$@"; }
  tries=$((tries + 1))
  echo "Sorry, try again." >&2
done
"""
ID = '#!/bin/sh\necho "${WHOAMI:-1000}"\n'


class Host:
    """A machine with a login shell, with or without a sudo of the kind that `mode` names."""

    def __init__(self, home: Path, mode: str = "", password: str = "", *, uid: int = 1000) -> None:
        self.bin = home / "bin"
        self.bin.mkdir(exist_ok=True)
        self.sudo_log = home / "sudo.log"
        self._write("id", ID)
        if mode:
            self._write("sudo", SUDO)
        for tool in ("sh", "head", "sleep", "cat"):
            if not (self.bin / tool).exists():
                (self.bin / tool).symlink_to(f"/bin/{tool}")
        self.environment = {
            "PATH": str(self.bin),
            "WHOAMI": str(uid),
            "SUDO_MODE": mode,
            "SUDO_PASSWORD": password,
            "SUDO_LOG": str(self.sudo_log),
        }

    def _write(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def channel(self, *login_shell: str, noise: str = "") -> Channel:
        """A channel whose exec runs through `login_shell`, which first runs `noise`."""
        return Channel(login_shell or ("/bin/sh",), self.environment, noise)


class Transport:
    """Knows whether the connection lives, and opens further sessions."""

    def __init__(self, channel: Channel) -> None:
        self.active = True
        self._channel = channel

    def open_session(self, timeout: float) -> Channel:  # noqa: ARG002 - paramiko's signature
        """A second channel to the same host."""
        return self._channel.second()

    def is_active(self) -> bool:
        """Whether it does."""
        return self.active

    def _send_user_message(self, message: paramiko.Message) -> None:
        """An exec that isn't waited for."""
        message.rewind()
        assert message.get_byte() == cMSG_CHANNEL_REQUEST
        assert (message.get_int(), message.get_text(), message.get_boolean()) == (0, "exec", True)
        self._channel.exec_command(message.get_text())


class Channel:
    """As much of paramiko.Channel as an Exchange asks for."""

    def __init__(self, shell: tuple[str, ...], environment: Mapping[str, str], noise: str) -> None:
        self._shell, self._environment, self._noise = shell, dict(environment), noise
        self.transport = Transport(self)
        self.in_buffer: BufferedPipe[bytes] = BufferedPipe()
        self.in_stderr_buffer: BufferedPipe[bytes] = BufferedPipe()
        self.status_event = threading.Event()
        self.exit_status = -1
        self.eof_received = False
        self.closed = False
        self.event_ready = False
        self.remote_chanid = 0
        self.refuses = False  # to run anything
        self.sent = b""
        self.command = ""
        self._threads: list[threading.Thread] = []

    def exec_command(self, command: str) -> None:
        """Run a command line as sshd would."""
        self.command = command
        if self.refuses:
            self.closed = True
            self.status_event.set()
            return
        self.event_ready = True
        self._process = subprocess.Popen(
            [*self._shell, "-c", f"{self._noise}{command}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        readers = [
            threading.Thread(target=self._feed, args=(self._process.stdout, self.in_buffer)),
            threading.Thread(target=self._feed, args=(self._process.stderr, self.in_stderr_buffer)),
        ]
        self._threads = [*readers, threading.Thread(target=self._wait, args=(readers,))]
        for thread in self._threads:
            thread.start()

    def _feed(self, stream: IO[bytes], pipe: BufferedPipe[bytes]) -> None:
        while data := os.read(stream.fileno(), 65536):
            pipe.feed(data)

    def _wait(self, readers: list[threading.Thread]) -> None:
        status = self._process.wait()
        if status >= 0:
            self.exit_status = status
        self.status_event.set()
        for reader in readers:
            reader.join()
        self.eof_received = self.closed = True
        self.in_buffer.close()
        self.in_stderr_buffer.close()

    def second(self) -> Channel:
        """One more to the same host."""
        return Channel(self._shell, self._environment, "")

    def recv_ready(self) -> bool:
        """Whether stdout holds something."""
        return self.in_buffer.read_ready()

    def recv(self, size: int) -> bytes:
        """Something of stdout."""
        return self.in_buffer.read(size)

    def recv_stderr_ready(self) -> bool:
        """Whether stderr holds something."""
        return self.in_stderr_buffer.read_ready()

    def recv_stderr(self, size: int) -> bytes:
        """Something of stderr."""
        return self.in_stderr_buffer.read(size)

    def send_ready(self) -> bool:
        """Whether there is room."""
        return True

    def send(self, data: bytes) -> int:
        """Give something to stdin."""
        if self.refuses:
            raise OSError("Socket is closed")
        assert self._process.stdin is not None
        self.sent += data
        return os.write(self._process.stdin.fileno(), data)

    def shutdown_write(self) -> None:
        """End of stdin."""
        if self.refuses:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()

    def get_transport(self) -> Transport:
        """The connection."""
        return self.transport

    def lose(self) -> None:
        """Cut the connection: the host's side is killed, ours hears nothing more."""
        self.transport.active = False
        self._kill()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Hang up, and wait until the host's side is gone."""
        if self.refuses:
            return
        self._kill()
        for thread in self._threads:
            thread.join(5)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()
