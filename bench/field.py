"""Many addresses of one real host that is as asked for: each an sshd of its own in a network namespace of its own.

All of them read the same systemd, rpm and dockerd, so that a thousand hosts fit on one machine, and none is a mock.
The lab's namespace routes to them; they end with its host. Ways to them: a cable, or a line that holds packets back.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab import cgroups, network
from lab.host import ENTER, LabHost
from lab.lab import Lab
from lab.process import run
from tests.lab.support import fab

NETWORK = "10.78.0.0/16"
ROUTER = "169.254.1.1"
NEAR, FAR = "10.79.0.1", "10.79.0.2"
"""The delay line's ends: on this machine, and in the lab's namespace."""
CONFIG = "/etc/ssh/bench_config"
SSHD = """Port 22
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile none
PermitRootLogin prohibit-password
UsePAM no
LogLevel ERROR
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True)
class Field:
    """Hosts by their addresses, and the ssh_config by which they are reached."""

    lab: Lab
    addresses: tuple[str, ...]
    ssh_config: Path

    @property
    def folder(self) -> Path:
        """Where things are kept that end with the lab."""
        return self.lab.folder

    @contextmanager
    def delayed(self, seconds: float) -> Iterator[None]:
        """The way to the hosts and back takes so long; none where it is 0."""
        if not seconds:
            yield
            return
        line = subprocess.Popen(
            [sys.executable, "-m", "bench.delay", network.namespace(self.lab.name), str(seconds / 2)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert line.stdout is not None  # noqa: S101  asked for above
        try:
            line.stdout.readline()  # it says that it is there
            run("ip", "route", "replace", NETWORK, "via", FAR)
            yield
        finally:
            run("ip", "route", "replace", NETWORK, "via", self.lab.address)
            line.terminate()
            line.wait()
            line.stdout.close()


@contextmanager
def field(count: int, *asked: str) -> Iterator[Field]:
    """So many hosts for as long as the block lasts, set up by `setup-docker` with the flags `asked`."""
    lab = Lab.up("bench", hosts=1, owned=True)
    try:
        host = lab.hosts["host1"]
        done = fab(lab, "-H", "host1", "setup-docker", "--repo-key", str(lab.repo_key), *asked)
        if done.returncode:
            raise SystemExit(f"bench: the host isn't set up:\n{done.stdout}{done.stderr}")
        yield grow(lab, host, count)
    finally:
        run("ip", "route", "flush", NETWORK)
        lab.down()


def grow(lab: Lab, host: LabHost, count: int) -> Field:
    """So many addresses of this host, for as long as it isn't restored."""
    (host.root / CONFIG.lstrip("/")).write_text(SSHD)
    space = network.namespace(lab.name)
    run("ip", "netns", "exec", space, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    run("ip", "route", "replace", NETWORK, "via", lab.address)
    groups = [cgroups.create(group, "bench") for group in host.groups]
    addresses = tuple(f"10.78.{number // 250}.{number % 250 + 1}" for number in range(count))
    for number, address in enumerate(addresses):
        _sow(host, groups, space, number, address)
    known = (lab.folder / "known_hosts").read_text().split()
    key = " ".join(known[known.index("ssh-ed25519") :][:2])
    (lab.folder / "bench_known_hosts").write_text("".join(f"{address} {key}\n" for address in addresses))
    config = lab.folder / "bench_ssh_config"
    config.write_text(
        f"Host *\n  User root\n  IdentityFile {lab.identity}\n  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {lab.folder / 'bench_known_hosts'}\n  StrictHostKeyChecking yes\n"
    )
    _wait_for(addresses[-1])
    return Field(lab, addresses, config)


def _sow(host: LabHost, groups: list[Path], space: str, number: int, address: str) -> None:
    """One more sshd: in the host but for its network."""
    inside = ("nsenter", "--mount", "--pid", "--uts", "--ipc", "--root", "--wd", f"--target={host.init}")
    entering = ("sh", "-c", ENTER, "sh", *(str(group / "cgroup.procs") for group in groups), "--")
    process = subprocess.Popen(
        [*entering, "unshare", "--net", *inside, "/usr/sbin/sshd", "-D", "-f", CONFIG],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    # that of a host which was restored may be there yet
    stale = ("ip", "-n", space, "link", "del", f"v{number}")
    subprocess.run(stale, check=False, capture_output=True)
    own = f"/proc/{process.pid}/ns/net"
    machine = Path("/proc/self/ns/net").readlink()
    while Path(own).readlink() == machine:
        time.sleep(0.001)
    run(
        "ip",
        "-n",
        space,
        "link",
        "add",
        f"v{number}",
        "type",
        "veth",
        "peer",
        "eth0",
        "netns",
        str(process.pid),
    )
    way = (
        f"addr add {ROUTER}/32 dev v{number}",
        f"link set v{number} up",
        f"route add {address}/32 dev v{number}",
    )
    _batch(("ip", "-n", space), *way)
    back = ("link set eth0 up", f"route add {ROUTER} dev eth0", f"route add default via {ROUTER}")
    _batch(("nsenter", f"--net={own}", "ip"), f"addr add {address}/32 dev eth0", *back)


def _batch(ip: tuple[str, ...], *lines: str) -> None:
    subprocess.run([*ip, "-batch", "-"], input="\n".join(lines), text=True, check=True)


def _wait_for(address: str) -> None:
    while subprocess.run(["ssh-keyscan", "-T", "1", address], check=False, capture_output=True).returncode:
        time.sleep(0.1)
