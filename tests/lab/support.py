"""What tests do to a lab's hosts from outside, as a user would."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from lab.host import LabHost
from lab.lab import Lab
from lab.process import Process
from lab.state import State
from tests.el7_repos import BASE

CHECKOUT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


class Reached(Protocol):
    """Hosts that an ssh_config leads to: a lab's, or virtual machines."""

    @property
    def ssh_config(self) -> Path:
        """The file for `fab --ssh-config`."""

    @property
    def folder(self) -> Path:
        """Where things are kept that end with the hosts."""


class Shell(Protocol):
    """A host on which shell text runs as root."""

    def run(
        self, script: str, *, check: bool = True, timeout: float = ...
    ) -> "subprocess.CompletedProcess[str]":
        """`timeout` is in seconds. Raises subprocess.CalledProcessError when `check` and the text fails."""


def fab(
    lab: Reached, *arguments: str, timeout: float = 300, home: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the checkout's fab with the lab's ssh_config; `timeout` in seconds. `home` is where another machine than the
    lab's user has its journal of runs."""
    return subprocess.run(
        [str(BIN / "fab"), "--ssh-config", str(lab.ssh_config), *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **state(lab), **({"XDG_STATE_HOME": str(home)} if home else {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@contextmanager
def begun(lab: Reached, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """The same, not waited for; what it prints comes in one pipe. It is killed with the block."""
    with subprocess.Popen(
        [str(BIN / "fab"), "--ssh-config", str(lab.ssh_config), *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **state(lab)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def cut_off(lab: Reached, host: LabHost, sign: Callable[[], bool], *arguments: str) -> None:
    """The host loses its power in the middle of that, as soon as the sign is true; then it boots."""
    with begun(lab, "-H", host.name, *arguments) as client:
        deadline = time.monotonic() + 200
        while not sign():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        client.kill()  # else it waits for the host to come back
        host.power_cut()
    host.boot()


def state(lab: Reached) -> dict[str, str]:
    """The environment by which the journal of runs is the lab's, not the user's."""
    return {"XDG_STATE_HOME": str(lab.folder / "state")}


def ssh(lab: Lab, host: str, command: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run a command on a host as `ssh` does; `options` go before the host's name, as in "-l", "deploy"."""
    return subprocess.run(
        ["ssh", "-F", str(lab.ssh_config), "-o", "BatchMode=yes", *options, host, command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def kill_base_repositories(host: LabHost) -> None:
    """Put them back as CentOS 7.9 shipped them: their servers have no address any more."""
    (host.root / "etc/yum.repos.d/CentOS-Base.repo").write_text(BASE)


def lab_command(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run `python -m lab` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def traces(written: State) -> list[str]:
    """Everything that is still there of a lab."""
    return list(_traces(written))


def _traces(written: State) -> Iterator[str]:
    yield from (f"folder {folder}" for folder in (written.folder, written.disk) if folder.exists())
    yield from (f"control group {group}" for group in written.cgroups if group.exists())
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    yield from (f"mount {line}" for line in mounts if str(written.disk) in line)
    namespaces = Path(f"/run/netns/dpl-{written.name}")
    cable = Path(f"/sys/class/net/dpl{written.subnet}")
    folders = Path("/run/systemd/nspawn/propagate").glob(f"{written.name}-*")
    yield from (f"folder {folder}" for folder in folders)
    yield from (f"network {path}" for path in (namespaces, cable) if path.exists())
    needles = (f"dpl-{written.name}", f"/{written.name}/")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            groups = (process / "cgroup").read_text()
        except OSError:  # it ended meanwhile
            continue
        ours = any(needle in words for needle in needles) or f"docker-provision-lab-{written.name}/" in groups
        alive = Process.of(int(process.name)).alive  # else a dead one that its parent hasn't looked at yet
        if ours and alive:
            yield f"process {process.name}: {words}"
