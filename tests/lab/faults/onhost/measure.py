"""Prints what a host has of everything that a leak would have more of, a number a line, in the order of `Figures`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

DAEMONS = {"systemd", "systemd-journal", "systemd-logind", "dbus-daemon", "sshd", "dockerd", "containerd"}
SYSTEMDS = ("/run/systemd", "/run/log")
"""Notes of systemd's, which come and go."""
FOLDERS = ("/run", "/tmp", "/var/tmp", "/etc", "/var/lib/docker-provision")  # noqa: S108  they are counted


def main() -> None:
    failed = subprocess.run(
        ["systemctl", "--failed", "--plain", "--no-legend"], capture_output=True, text=True, check=True
    )
    print(len(failed.stdout.splitlines()))
    print(len(list(Path("/var/lib/docker-provision/runs").glob("*"))))
    print(sum(1 for _ in os.walk("/sys/fs/cgroup")))
    print(len(list(Path("/proc").glob("[0-9]*"))))
    print(
        sum(
            len(files)
            for each in FOLDERS
            for folder, _, files in os.walk(each)
            if not folder.startswith(SYSTEMDS)
        )
    )
    daemons = list(_daemons())
    print(sum(memory for memory, _ in daemons))
    print(sum(files for _, files in daemons))


def _daemons() -> Iterator[tuple[int, int]]:
    """Memory of their own in KiB, and open files, of those that run as long as the host does."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            lines = (line.split() for line in (process / "status").read_text().splitlines())
            status = {words[0]: words[1] for words in lines if len(words) > 1}
            # sessions of sshd are its children
            if status["Name:"] in DAEMONS and (status["Name:"] != "sshd" or status["PPid:"] == "1"):
                yield int(status["RssAnon:"]), len(list((process / "fd").iterdir()))


if __name__ == "__main__":
    main()
