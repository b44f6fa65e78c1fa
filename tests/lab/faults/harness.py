"""One cell on one host: from its start, through its fault, to the comparison with a run that nobody disturbed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.faults.cells import Cell, Fault, Start
from tests.lab.state import difference, whole
from tests.lab.support import BIN, CHECKOUT, fab

NAME = "host1"
UNIT = "systemctl list-units --plain --no-legend 'docker-provision-*' | cut -d' ' -f1"
ON_HOST = {
    Fault.SESSION: "pkill -KILL -f '^sshd: root@notty'",
    Fault.SSHD: "systemctl kill -s KILL ssh; sleep 1; systemctl restart ssh",
    Fault.LINK: "iptables -I INPUT -p tcp --dport 22 -j DROP; sleep 5; iptables -D INPUT -p tcp --dport 22 -j DROP",
    Fault.SCRIPT: "pkill -KILL -f '^/bin/sh /var/lib/docker-provision/runs/'",
    Fault.UNIT: f"systemctl kill -s KILL $({UNIT})",
    Fault.YUM: "pkill -KILL -f 'yum.* install'",
    Fault.STOP: f"systemctl stop $({UNIT})",
}
OBJECTS = "docker ps -aq --no-trunc; docker images -q --no-trunc; docker volume ls -q; docker network ls -q --no-trunc"
LEFT = (
    "systemctl list-units --plain --no-legend 'docker-provision-*'; systemctl --failed --plain --no-legend;"
    " find /var/tmp /etc /run -xdev -name '*.docker-provision.*' -o -name 'docker-provision.*.*' | grep -v conf;"
    " ls /var/lib/docker-provision/runs/*/script /var/lib/docker-provision/pending 2>/dev/null"
)
EFFECTIVE = (
    "docker info -f '{{json .RegistryConfig.Mirrors}} {{json .Labels}} {{.LiveRestoreEnabled}} {{.Driver}}'"
)
SETTLED = "timeout 60 sh -c 'until docker info >/dev/null 2>&1; do sleep 0.2; done'"
STARTED = "docker inspect -f '{{.State.StartedAt}} {{.State.Pid}}' kept"
WATCH = """
setsid python3 - >/dev/null 2>&1 <<'END' &
import json, os, time
path, seen, bad = "/etc/docker/daemon.json", %(there)s, "/var/lib/watched"
while not os.path.exists("/run/enough"):
    try:
        with open(path) as file:
            json.load(file)
        seen = True
    except FileNotFoundError:
        if seen:
            open(bad, "a").write("missing\\n")
    except ValueError:
        open(bad, "a").write("not whole\\n")
    time.sleep(0.002)
END
"""
"""daemon.json is looked at throughout: once there it is never missing, empty or half written."""


@dataclass(frozen=True, slots=True)
class World:
    """What is compared: the whole of a host, what the daemon runs with, the objects that are kept in it."""

    parts: dict[str, list[str]]

    @classmethod
    def of(cls, host: LabHost) -> World:
        """As a host is now."""
        host.run(SETTLED)
        parts = whole(host)
        # files that the host's own tools keep as the last version of another, and what a start draws anew
        drawn = ("./group-", "./gshadow", "./passwd-", "./ld.so.cache", "./docker/key.json")
        kept, skip = [], False
        for line in parts["etc"]:
            skip = line.startswith(drawn) if line.startswith("./") else False
            if line.startswith("./") and not skip:
                kept.append(line)
        sums = host.run(
            "cd /etc && sha256sum docker/daemon.json yum.repos.d/*.repo systemd/system/docker.service.d/*"
        )
        parts["etc"] = [*kept, *sums.stdout.splitlines()]
        parts["effective"] = host.run(EFFECTIVE).stdout.splitlines()
        parts["objects"] = sorted(host.run(OBJECTS).stdout.split())
        parts["left over"] = host.run(LEFT, check=False).stdout.splitlines()
        return cls(parts)


@dataclass(slots=True)
class Result:
    """What came of a cell; no `problems` is what is wanted."""

    cell: Cell
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Campaign:
    """Cells on one lab; starts and undisturbed ends are made once."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._host = lab.hosts[NAME]
        self._ends: dict[Start, World] = {}
        key = ("--repo-key", str(lab.repo_key))
        usual = (*key, "--registry-mirrors", lab.registry_url)
        self._asked = {
            Start.FRESH: usual,
            Start.BUSY: (*key, "--registry-mirrors", f"{lab.registry_url},https://mirror.example"),
            Start.OLDER: usual,
        }
        self._usual = usual
        self._started = ""

    def run(self, cell: Cell) -> Result:
        """One cell; whatever goes wrong is a problem of its result."""
        begun = time.monotonic()
        end = self._undisturbed(cell.start)
        before = self._from(cell.start)
        result = Result(cell)
        reached = self._disturbed(cell)
        if not reached:
            result.problems.append("the step was never reached")
        again = self._setup(cell.start)
        if again.returncode:
            said = [line for line in again.stdout.splitlines() if line.startswith(f"{NAME}: ")]
            result.problems.append(f"run again: {said[-1] if said else again.stderr.strip()}")
        else:
            self._compare(result, end, before)
        result.seconds = time.monotonic() - begun
        return result

    def _compare(self, result: Result, end: World, before: set[str]) -> None:
        found = World.of(self._host)
        for part, lines in difference(end.parts, found.parts).items():
            # ids are drawn anew from start to start; that none is lost is looked at below
            if part != "objects":
                result.problems.append(f"{part} differs: {', '.join(sorted(lines)[:5])}")
        if lost := before - set(found.parts["objects"]):
            result.problems.append(f"lost: {', '.join(sorted(lost))}")
        watched = self._host.run("touch /run/enough; cat /var/lib/watched 2>/dev/null", check=False).stdout
        if watched:
            result.problems.append(f"daemon.json was {watched.splitlines()[0]}")
        protected = result.cell.start is not Start.FRESH and result.cell.fault is not Fault.POWER
        if protected and self._host.run(STARTED).stdout != self._started:
            result.problems.append("a container was restarted that live-restore protects")

    def _undisturbed(self, start: Start) -> World:
        if start not in self._ends:
            self._from(start)
            done = self._setup(start)
            assert done.returncode == 0, done.stdout + done.stderr
            self._ends[start] = World.of(self._host)
        return self._ends[start]

    def _from(self, start: Start) -> set[str]:
        """The host as it starts; the ids of what it holds."""
        if start is Start.FRESH:
            self._host.restore("fresh")
            self._host.run(WATCH % {"there": False})
            return set()
        if start not in self._host.disk.snapshots():
            self._make(start)
        self._host.restore(start)
        self._host.run(f"{SETTLED}; docker start kept >/dev/null")
        self._host.run(WATCH % {"there": True})
        self._started = self._host.run(STARTED).stdout
        return set(self._host.run(OBJECTS).stdout.split())

    def _make(self, start: Start) -> None:
        self._host.restore("fresh")
        self._host.run(
            'mkdir /etc/docker; echo \'{"labels": ["rack=7"], "live-restore": true}\' >/etc/docker/daemon.json'
        )
        older = ("--docker-version", "18.06.2") if start is Start.OLDER else ()
        done = fab(self._lab, "-H", NAME, "setup-docker", *self._usual, *older)
        assert done.returncode == 0, done.stdout + done.stderr
        self._host.run(
            "docker volume create data >/dev/null; docker run -d --name kept -v data:/data busybox sleep 36000;"
            " docker create --name stopped busybox true; docker network create mine"
        )
        self._host.snapshot(start)

    def _setup(self, start: Start) -> subprocess.CompletedProcess[str]:
        return fab(self._lab, "-H", NAME, "setup-docker", *self._asked[start])

    def _disturbed(self, cell: Cell) -> bool:
        """A run that meets the fault at the step; whether it got there."""
        wait = (
            f"for i in $(seq 6000); do grep -qsE '^@[0-9a-f]{{16}} step {cell.step}$'"
            " $(find /var/lib/docker-provision/runs -name log -newer /run/begin 2>/dev/null) /dev/null && exit 0;"
            " sleep 0.01; [ ! -e /run/over ] || exit 1; done; exit 1"
        )
        self._host.run("rm -f /run/over; touch /run/begin; sleep 0.05")
        with self._begun(cell.start) as client, ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self._host.run, wait, check=False, timeout=280)
            reached = waiting.result().returncode == 0
            if reached:
                self._inject(cell, client)
            client.wait(timeout=300)
            return reached

    def _inject(self, cell: Cell, client: subprocess.Popen[bytes]) -> None:
        if cell.fault is Fault.CLIENT:
            client.kill()
        elif cell.fault is Fault.POWER:
            self._host.power_cut()
            self._host.boot()
        elif cell.fault is Fault.SECOND:
            self._setup(cell.start)
        else:
            self._host.run(ON_HOST[cell.fault], check=False, timeout=200)

    @contextmanager
    def _begun(self, start: Start) -> Iterator[subprocess.Popen[bytes]]:
        command = [str(BIN / "fab"), "--ssh-config", str(self._lab.ssh_config), "-H", NAME, "setup-docker"]
        with subprocess.Popen(
            [*command, *self._asked[start]],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                yield process
            finally:
                process.kill()
