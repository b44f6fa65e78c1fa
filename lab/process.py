"""Programs that the lab runs, and processes that it remembers."""

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


class LabError(Exception):
    """The lab can't do what was asked; the text is one line, with the remedy where there is one."""


def run(*command: str, timeout: float = 120, stdin: str | None = None) -> str:
    """Run a program that is expected to succeed and return what it printed.

    Raises LabError with the program's own words when it fails or takes longer than `timeout` seconds.
    """
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"{' '.join(command[:4])}: no end after {timeout:.0f} s") from None
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise LabError(f"{' '.join(command)}: exit {done.returncode}: {' | '.join(words[-3:])}")
    return done.stdout


def tied(*command: str) -> list[str]:
    """The command in a form that dies, with all its descendants, when the thread that started it dies.

    A build that outlived its killed parent would go on writing while the next one begins.
    """
    return [
        *("setpriv", "--pdeathsig", "KILL"),
        *("unshare", "--fork", "--pid", "--kill-child", "--mount-proc"),
        *command,
    ]


@dataclass(frozen=True)
class Process:
    """A process as the kernel knows it: ids are used again, an id with a start time isn't."""

    pid: int
    started: int  # clock ticks after boot, field 22 of /proc/PID/stat

    @classmethod
    def of(cls, pid: int) -> "Process":
        """The process that has this id now; `started` is 0 if there is none."""
        return cls(pid, _start_time(pid))

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.started != 0 and _start_time(self.pid) == self.started

    def kill(self) -> None:
        """End it at once; nothing happens if it has ended."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


def _start_time(pid: int) -> int:
    try:
        # The second field is the program's name in brackets and may hold anything, brackets included.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])
