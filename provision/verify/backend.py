"""testinfra over a connection that is open already: each command is one exec, bounded, in a clean environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from provision.errors import HostError

if TYPE_CHECKING:
    from provision.converge import Remote

LIMIT = 60  # seconds for a command on the host; docker's own are given fewer by the checks
GRACE = 15  # seconds more until the host as a whole counts as hanging

SCRIPT = f"""\
exec env -i LC_ALL=C HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin timeout -k 5 {LIMIT} sh -c %s </dev/null
"""
"""One command, as the root shell reads it. That shell may come with sudo's or the login's environment, where
DOCKER_HOST or LANGUAGE would have other things looked at, or said in other words; and what the command reads from
its stdin would be the script itself."""


class RemoteBackend(BaseBackend):  # type: ignore[misc]  # testinfra carries no types
    """Runs what testinfra asks for by `Remote.read`.

    A host that was lost is not asked again: its other checks fail at once, with the same words.
    """

    NAME = "docker-provision"

    def __init__(self, name: str, remote: Remote) -> None:
        super().__init__(name)
        self._remote = remote
        self.lost: HostError | None = None
        """Why the host can't be asked any more."""
        self.packages: dict[str, str] = {}
        """What checks saw of the installed packages, as `Outcome.packages`."""

    def get_encoding(self) -> str:
        """UTF-8; testinfra would run Python on the host to ask."""
        return "utf-8"

    def run(self, command: str, *args: str, **_kwargs: Any) -> CommandResult:
        """Run a command in which testinfra's quoting puts `args`. Raises HostError."""
        if self.lost is not None:
            raise self.lost
        command = self.get_command(command, *args)
        try:
            output = self._remote.read(self.quote(SCRIPT, command), timeout=LIMIT + GRACE)
        except HostError as error:
            self.lost = error
            raise
        return self.result(output.status, self.encode(command), output.stdout, output.stderr)


def host(name: str, remote: Remote) -> Host:
    """testinfra's Host for a connection; `name` is what its checks are shown under."""
    backend = RemoteBackend(name, remote)
    found = Host(backend)
    backend.set_host(found)
    return found
