"""A forward proxy in a lab's network, as companies have them: Debian's tinyproxy, for whoever knows the password."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab import apt, network, services
from lab.lab import Lab

PORT = 3128
SETTINGS = """\
Listen {address}
Port {port}
Timeout 60
MaxClients 100
LogFile "{log}"
LogLevel Connect
BasicAuth {user} {password}
"""
# The machine's own names stand behind the lab's, in a file that only the proxy sees.
START = 'mount --bind "$1" /etc/hosts && exec tinyproxy -d -c "$2"'


@dataclass(frozen=True)
class Proxy:
    """A proxy that runs. `folder` holds its settings and its log."""

    address: str
    folder: Path

    def url(self, login: str = "") -> str:
        """Its URL, with the login as it may stand in one."""
        return f"http://{login}{'@' if login else ''}{self.address}:{PORT}"

    def requests(self) -> list[str]:
        """What it was asked for, a line each: `GET http://… HTTP/1.1` or `CONNECT host:port HTTP/1.1`."""
        lines = (self.folder / "proxy.log").read_text().splitlines()
        return [line.partition("): ")[2] for line in lines if "Request (file descriptor" in line]


@contextmanager
def running(lab: Lab, folder: Path, *, user: str, password: str) -> Iterator[Proxy]:
    """A proxy for as long as the block lasts. tinyproxy takes letters, digits, dots, - and _ in a password."""
    apt.ensure("tinyproxy-bin")
    proxy = Proxy(lab.address, folder)
    names = "".join(f"{lab.address} {name}\n" for name in services.NAMES)
    (folder / "hosts").write_text(names + Path("/etc/hosts").read_text())
    (folder / "tinyproxy.conf").write_text(
        SETTINGS.format(
            address=lab.address, port=PORT, log=folder / "proxy.log", user=user, password=password
        )
    )
    words = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        START,
        "sh",
        str(folder / "hosts"),
        str(folder / "tinyproxy.conf"),
    ]
    pid = services.spawn(words, network.namespace(lab.name), folder / "proxy.out")
    try:
        services.wait_until_listening(pid, (PORT,), folder / "proxy.out")
        yield proxy
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
