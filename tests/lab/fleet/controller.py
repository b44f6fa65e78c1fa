"""A controller of a fleet from outside: started, watched line by line, interrupted, killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.support import BIN, CHECKOUT

PATIENCE = 240
"""Seconds for which something that must come is waited for."""


@dataclass
class Fleet:
    """Ten hosts by the names that the inventory has for them; what a host is like stands in `special`."""

    lab: Lab
    hosts: Mapping[str, LabHost]
    folder: Path
    special: dict[str, dict[str, Any]] = field(default_factory=dict)
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.environment = {
            **os.environ,
            "XDG_STATE_HOME": str(self.folder / "state"),
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def inventory(self) -> Path:
        """The inventory, written anew."""
        hosts = {
            name: {"ssh": {"address": host.address}, **self.special.get(name, {})}
            for name, host in self.hosts.items()
        }
        spec = {"repo_key": str(self.lab.repo_key), "ack_eol": True}
        path = self.folder / "inventory.yaml"
        path.write_text(json.dumps({"ssh": {"user": "root"}, "spec": spec, "hosts": hosts}))
        return path

    def command(self, *words: str) -> list[str]:
        return [str(BIN / "fab"), "--ssh-config", str(self.lab.ssh_config), *words]

    def fab(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run fab to its end."""
        return subprocess.run(
            self.command(*words),
            cwd=CHECKOUT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def setup(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run setup-docker for the inventory to its end."""
        return self.fab("setup-docker", "--inventory", str(self.inventory), *words)

    @contextmanager
    def begun(self, *words: str) -> Iterator[Controller]:
        """fab, begun; what is still there of it at the end is killed."""
        process = subprocess.Popen(
            self.command(*words),
            cwd=CHECKOUT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield Controller(process)
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    def newest(self) -> dict[str, Any]:
        """The newest run in the journal."""
        found: dict[str, Any] = json.loads(self.fab("runs", "--json").stdout)["runs"][0]
        return found

    def logins(self) -> dict[str, int]:
        """How often somebody logged in on each host."""
        return {
            name: sum(line.startswith("Accepted ") for line in host.ssh_log())
            for name, host in self.hosts.items()
        }


@dataclass
class Controller:
    """A fab that runs."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def until(self, pattern: str) -> None:
        """Read on until a line holds this."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if re.search(pattern, line):
                return
        raise AssertionError(f"no line holds {pattern!r}:\n{''.join(self.lines)}")

    def press(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """Read to the end; the exit code."""
        assert self.process.stdout is not None
        self.lines += list(self.process.stdout)
        return self.process.wait(PATIENCE)


def eventually(holds: Any) -> None:
    """Wait until it holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.3)
