"""Draw README's pictures: what a terminal shows of real runs on hosts of the lab.

python -m docs.picture        (root, Debian or Ubuntu; writes the pictures beside this file)
"""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.text import Text

from docs import live
from docs.drawing import COLUMNS, svg
from lab.browser import chromium, whole
from lab.lab import Lab

FOLDER = Path(__file__).parent
BIN = Path(sys.executable).parent
WIDE = 1180
"""Of the page about a fleet, in pixels."""
HOST = "host1"
SITE = "registry_mirrors: [{registry}]\nrepo_key: lab.asc\nack_eol: true\n"
SCENES = {
    "setup.svg": (
        f"fab -H {HOST} setup-docker --spec site.yml",
        f"fab -H {HOST} setup-docker --spec site.yml",
    ),
    "plan.svg": (f"fab -H {HOST} plan --spec site.yml --registry-mirrors https://mirror.example.com",),
}
"""The commands of each picture, in the order in which they are run."""

_ERASE_LINE = "\x1b[2K"
_CURSOR = re.compile(r"\r|\x1b\[\?25[hl]")


def draw(lab: Lab) -> dict[str, str]:
    """The pictures by file name. The lab's first host has to be fresh, and is set up afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _furnish(folder, lab)
        return {file: _picture(commands, folder) for file, commands in SCENES.items()}


def _furnish(folder: Path, lab: Lab) -> None:
    """A checkout and a home such as an operator has, so that the commands are what anyone would type."""
    for file in ("fabfile.py", "fabric.yaml"):
        (folder / file).symlink_to(FOLDER.parent / file)
    (folder / "site.yml").write_text(SITE.format(registry=lab.registry_url))
    (folder / "lab.asc").write_bytes(lab.repo_key.read_bytes())
    (folder / ".ssh").mkdir()
    (folder / ".ssh/config").symlink_to(lab.ssh_config)


def _picture(commands: tuple[str, ...], folder: Path) -> str:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for number, command in enumerate(commands):
        if number:
            console.print()
        console.print(Text.assemble(("$ ", "green"), (command, "bold")))
        console.print(Text.from_ansi(screen(_in_terminal(command, folder))))
    return svg(console)


def _in_terminal(command: str, folder: Path) -> str:
    """What a command prints on a terminal of COLUMNS."""
    ours, theirs = pty.openpty()
    surroundings = {
        **os.environ,
        "COLUMNS": str(COLUMNS),
        "HOME": str(folder),
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "TERM": "xterm-256color",
    }
    with subprocess.Popen(
        command.split(), stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=surroundings
    ):
        os.close(theirs)
        output = b""
        with suppress(OSError):  # a terminal without another end
            while piece := os.read(ours, 65536):
                output += piece
    os.close(ours)
    return output.decode()


def screen(output: str) -> str:
    """What stays on the screen: progress is drawn on one line, and erased before the next is written."""
    lines = output.replace("\r\n", "\n").rstrip("\n").split("\n")
    return "\n".join(_CURSOR.sub("", line.rpartition(_ERASE_LINE)[2]) for line in lines)


def photograph(lab: Lab) -> bytes:
    """The page of prove-docker in a browser, as PNG. The lab's first host has to be set up."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _furnish(folder, lab)
        _in_terminal(f"fab -H {HOST} prove-docker --html proofs.html", folder)
        with chromium() as browser:
            browser.get((folder / "proofs.html").as_uri())
            whole(browser)
            return browser.get_screenshot_as_png()


FLEET = 10
SPOILT = {
    "host4": "mkdir -p /etc/docker; echo '{bad' >/etc/docker/daemon.json",
    "host6": "mount -t tmpfs -o size=50m tmpfs /var/tmp",
    "host9": "mount -t tmpfs -o size=50m tmpfs /var/tmp",
}
"""What is wrong with some hosts of a fleet. One more is down."""


INVENTORY = """\
spec: {{registry_mirrors: [{registry}], repo_key: lab.asc, ack_eol: true}}
hosts: ['host[1:{count}]']
"""


def report(lab: Lab) -> tuple[bytes, str]:
    """The page about a run of FLEET fresh hosts in a browser, as PNG, and the run's run.json."""
    for host, script in SPOILT.items():
        lab.hosts[host].run(script)
    lab.hosts["host8"].stop()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _furnish(folder, lab)
        (folder / "inventory.yaml").write_text(INVENTORY.format(registry=lab.registry_url, count=FLEET))
        _in_terminal(live.COMMAND, folder)
        with chromium(WIDE) as browser:
            browser.get((folder / "report/index.html").as_uri())
            whole(browser, WIDE)
            return browser.get_screenshot_as_png(), (folder / "report/run.json").read_text()


def main() -> None:
    """Draw the pictures on labs of their own."""
    for hosts, draw_with in ((1, _one), (FLEET, _fleet)):
        lab = Lab.up(name="picture", hosts=hosts, owned=True)
        try:
            draw_with(lab)
        finally:
            lab.down()


def _one(lab: Lab) -> None:
    for file, picture in draw(lab).items():
        (FOLDER / file).write_text(picture)
    (FOLDER / "prove.png").write_bytes(photograph(lab))


def _fleet(lab: Lab) -> None:
    page, run = report(lab)
    (FOLDER / "report.png").write_bytes(page)
    live.RECORDED.write_text(live.reduced(run))
    live.PICTURE.write_text(live.draw())


if __name__ == "__main__":
    main()
