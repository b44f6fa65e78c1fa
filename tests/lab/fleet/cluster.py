"""A Dask scheduler and its workers on this machine, as processes of their own that talk TLS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lab.private import NEW_KEY

PATIENCE = 60
"""Seconds for which a process is waited for."""


@dataclass
class Cluster:
    """A scheduler that runs. Workers log in by the keys and the ssh_config of a home of their own."""

    folder: Path
    home: Path
    environment: Mapping[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """For --scheduler."""
        found: str = json.loads((self.folder / "scheduler.json").read_text())["address"]
        return found

    def worker(self, name: str, threads: int = 2, **environment: str) -> subprocess.Popen[bytes]:
        """One more worker, once it serves."""
        words = (
            "--name",
            name,
            "--nthreads",
            str(threads),
            "--no-nanny",
            "--local-directory",
            str(self.folder),
        )
        process = self.start(name, "worker", self.address, *words, HOME=str(self.home), **environment)
        self.until(name, "Registered to:")
        return process

    def start(self, name: str, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        """A program of Dask's; what it says goes to a file of its name."""
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words, "--host", "127.0.0.1", "--no-dashboard"],
                cwd=self.folder,
                env={**os.environ, **self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def until(self, name: str, words: str) -> None:
        """Wait until one of them says this."""
        end = time.monotonic() + PATIENCE
        while words not in (said := (self.folder / f"{name}.log").read_text()):
            assert time.monotonic() < end, said
            time.sleep(0.1)


@contextmanager
def cluster(folder: Path, ssh_config: Path) -> Iterator[Cluster]:
    """A scheduler for as long as the block lasts; `ssh_config` is what workers have of their own."""
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True)
    shutil.copy(ssh_config, home / ".ssh/config")
    found = Cluster(folder, home, tls(folder))
    try:
        found.start(
            "scheduler", "scheduler", "--port", "0", "--scheduler-file", str(folder / "scheduler.json")
        )
        found.until("scheduler", "Scheduler at:")
        yield found
    finally:
        for process in reversed(found.processes):
            process.kill()
            process.wait()


def tls(folder: Path) -> dict[str, str]:
    """The environment by which Dask's programs know each other, and nobody else."""
    key, certificate = folder / "dask.key", folder / "dask.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            *NEW_KEY,
            "-subj",
            "/CN=dask",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )
    prefix = "DASK_DISTRIBUTED__COMM__"
    roles = ("SCHEDULER", "WORKER", "CLIENT")
    return {
        f"{prefix}DEFAULT_SCHEME": "tls",
        f"{prefix}REQUIRE_ENCRYPTION": "true",
        f"{prefix}TLS__CA_FILE": str(certificate),
        **{f"{prefix}TLS__{role}__CERT": str(certificate) for role in roles},
        **{f"{prefix}TLS__{role}__KEY": str(key) for role in roles},
    }
