"""One host of a lab: systemd-nspawn on the host's disk, on the lab's bridge, in control groups of its own."""

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab import cgroups, network
from lab.disk import Disk
from lab.process import LabError
from lab.rootfs import ORIGINALS

BOOT = 120.0  # seconds that a boot may take on a machine under load; alone it takes half a second
JOBS = 30.0  # seconds that units may take to start before a boot counts as done
STOP = 120.0  # seconds; systemd grants each unit 90 before it kills it
# The shell moves itself into the groups, then becomes what follows: nothing of the host ever runs outside.
ENTER = 'while [ "$1" != -- ]; do echo $$ >"$1" || exit; shift; done; shift; exec "$@"'
NSPAWN = {
    "SYSTEMD_NSPAWN_TMPFS_TMP": "0",  # EL7's /tmp is on the disk
    "SYSTEMD_NSPAWN_LOCK": "0",  # it would leave a file in /run for every boot
}
ENVIRONMENT = (  # of `run`: what a root login gets on EL7
    *("HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/bash", "TERM=dumb"),
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
)


@dataclass(frozen=True)
class LabHost:
    """A host by its name; `groups` are its control groups and `console` the file that its boot prints to."""

    name: str
    address: str
    lab: str
    disk: Disk
    groups: list[Path]
    console: Path

    @property
    def root(self) -> Path:
        """The host's root directory as the machine sees it, mounted whether the host runs or not."""
        return self.disk.root

    @property
    def running(self) -> bool:
        """Whether the host's init runs."""
        return self.init is not None

    @property
    def init(self) -> int | None:
        """The process that is number 1 in the host, by its number on the machine."""
        for pid in cgroups.processes(self.groups):
            with suppress(FileNotFoundError, ProcessLookupError):
                for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                    # One number for each PID namespace, ours first: containers' first processes have three.
                    if line.startswith("NSpid:") and len(line.split()) == 3 and line.split()[2] == "1":
                        return pid
        return None

    def boot(self) -> None:
        """Start the host and wait until it answers on port 22 and systemd has no more jobs (or half a minute).

        Does nothing if it runs already. Raises LabError with the console's last lines if it doesn't come up.
        """
        if self.running:
            return
        self.disk.mount()
        # a cable of a host that was cut off may be there yet, held by what was at work inside
        stale = ("ip", "-n", network.namespace(self.lab), "link", "del", network.port(self.lab, self.name))
        subprocess.run(stale, check=False, capture_output=True)
        bases = [cgroups.create(group.parent, group.name) / "cgroup.procs" for group in self.groups]
        command = [
            *("setsid", "--fork", "sh", "-c", ENTER, "sh", *map(str, bases), "--"),
            *("nsenter", f"--net=/run/netns/{network.namespace(self.lab)}"),
            *("systemd-nspawn", "--quiet", "--boot", f"--directory={self.root}"),
            *(f"--machine={network.machine(self.lab, self.name)}", f"--hostname={self.name}"),
            *("--register=no", "--keep-unit", "--network-bridge=br0", "--console=pipe"),
            # Else dockerd's containers fail with "unable to join session keyring".
            "--system-call-filter=@keyring bpf add_key keyctl",
            # Else the engine sees an overlay below it and falls back to the vfs storage driver.
            f"--bind={self.disk.docker}:/var/lib/docker",
        ]
        with self.console.open("w") as console:
            subprocess.run(
                command,
                env={**os.environ, **NSPAWN},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                check=True,
            )
        self._wait_for_ssh()
        # Not by the name of the wrapper: systemd 219 can't wait. A dockerd with a bad configuration starts for ever.
        with suppress(subprocess.TimeoutExpired):
            self.run(f"/{ORIGINALS}/systemctl is-system-running --wait", check=False, timeout=JOBS)

    def _wait_for_ssh(self) -> None:
        deadline = time.monotonic() + BOOT
        began = False
        while not self._answers():
            runs = bool(cgroups.processes(self.groups))
            if time.monotonic() > deadline or (began and not runs):
                words = " | ".join(self.console.read_text(errors="replace").splitlines()[-3:])
                raise LabError(f"{self.name} doesn't answer on port 22; its console: {words or 'empty'}")
            began = began or runs
            time.sleep(0.02)

    def _answers(self) -> bool:
        # A first packet that meets no host is sent again after a second only: better to try anew.
        with suppress(OSError), socket.create_connection((self.address, 22), timeout=0.1) as connection:
            connection.settimeout(10)
            return connection.recv(4) == b"SSH-"
        return False

    def run(
        self, script: str, *, check: bool = True, timeout: float = 60
    ) -> "subprocess.CompletedProcess[str]":
        """Run shell text as root inside the host, not by ssh, so that sshd's log stays clean.

        `timeout` is in seconds. Raises subprocess.CalledProcessError when `check` and the text fails,
        subprocess.TimeoutExpired, and LabError when the host isn't running.
        """
        init = self.init
        if init is None:
            raise LabError(f"{self.name} isn't running")
        inside = ("nsenter", "--all", "--root", "--wd", f"--target={init}", "env", "-i", *ENVIRONMENT)
        return subprocess.run(
            [*inside, "sh", "-c", script],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=check,
        )

    def ssh_log(self) -> list[str]:
        """What sshd wrote since the boot: "Connection from …" and "Starting session: …" once for each."""
        return self.run("journalctl --unit=ssh --output=cat --no-pager").stdout.splitlines()

    def stop(self) -> None:
        """Shut the host down in order and wait for the end."""
        init = self.init
        if init is not None:
            with suppress(ProcessLookupError):
                os.kill(init, signal.SIGRTMIN + 3)  # systemd's signal for: halt.target
        deadline = time.monotonic() + STOP
        while cgroups.processes(self.groups):
            if time.monotonic() > deadline:
                raise LabError(f"{self.name} doesn't stop")
            time.sleep(0.02)

    def power_cut(self) -> None:
        """End everything in the host at once, with no chance to tidy up."""
        cgroups.kill(self.groups)

    def snapshot(self, name: str) -> None:
        """Keep the host's disk under this name. A running host is shut down for it and booted again.

        Raises LabError for a name that is no good, with the host left alone.
        """
        self.disk.check_new(name)
        was_running = self.running
        self.stop()
        self.disk.snapshot(name)
        if was_running:
            self.boot()

    def restore(self, name: str) -> None:
        """Put the disk back to a snapshot and boot; "fresh" is always there. What runs is cut off.

        Raises LabError for an unknown name, with the host left alone.
        """
        self.disk.check(name)
        self.power_cut()
        self.disk.restore(name)
        self.boot()
