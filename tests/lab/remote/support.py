"""Sessions on the lab's hosts under an ssh_config of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fabric

from lab.host import LabHost
from lab.lab import Lab
from provision import script
from provision.inventory import Ssh
from provision.remote import Session, connections
from provision.runs import About, Claim, HostRun, Task, apply_script

BLOCK = """\
Host {name}
  HostName {address}
  User {user}
  UserKnownHostsFile {known_hosts}
  GlobalKnownHostsFile none
"""


class Desk:
    """An operator's desk: an ssh_config in a folder, and the sessions opened from it."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.folder = folder
        self._config = folder / "ssh_config"
        self._sessions: list[Session] = []

    def block(self, host: LabHost, *lines: str, user: str = "root", known_hosts: Path | None = None) -> None:
        """Add a host to the ssh_config; `lines` are further options."""
        text = BLOCK.format(
            name=host.name,
            address=host.address,
            user=user,
            known_hosts=known_hosts or self.lab.known_hosts,
        )
        self.write(text + "".join(f"  {line}\n" for line in lines))

    def write(self, text: str) -> None:
        """Add text to the ssh_config."""
        with self._config.open("a") as file:
            file.write(text)

    def sessions(self, *hosts: str, sudo_password: str | None = None, **kwargs: Any) -> list[Session]:
        """Sessions on hosts by their names in the ssh_config; `kwargs` are paramiko's."""
        config = fabric.Config(runtime_ssh_path=str(self._config))
        found = [
            Session(connection, sudo_password=sudo_password)
            for connection in connections(config, [Ssh(host) for host in hosts], kwargs)
        ]
        self._sessions += found
        return found

    def session(self, host: str, **kwargs: Any) -> Session:
        """One of them."""
        (found,) = self.sessions(host, **kwargs)
        return found

    def close(self) -> None:
        """Hang up everywhere."""
        for session in self._sessions:
            session.close()


def whoami(session: Session) -> str:
    """Who a session's scripts are, and where."""
    return session.read("echo $(id -un)@$(cat /etc/hostname)\n").stdout.strip()


@contextmanager
def changed(host: LabHost, change: str, back: str) -> Iterator[None]:
    """A host with something changed, for a while."""
    host.run(change)
    try:
        yield
    finally:
        host.run(back)


def run_of(change: str) -> HostRun:
    """A run that makes this change, in shell text, on a host that isn't ours: nothing stays of it."""
    word = script.nonce()
    text = apply_script([Task("it", change)], [("all", "true")], (), word, Claim("a test"))
    return HostRun(word, text, About("setup-docker", "a test", "1", ["it"]))


@dataclass
class Followed:
    """What came of a run: its words without frames, the pieces in which they came, and each lost connection."""

    words: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def applied(session: Session, run: HostRun) -> Followed:
    """Begin a run and follow it to its end."""
    found = Followed()
    answer = session.apply(run, found.pieces.append, found.lost.append)
    assert answer.stdout == "".join(found.pieces), "each byte once"
    found.words = [line for line in answer.stdout.split("\n") if line and not script.frame(line, run.word)]
    return found
