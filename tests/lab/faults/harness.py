"""One cell on one host: from its start, through its fault, to the comparison with a run that nobody disturbed."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from lab.lab import Lab
from lab.process import LabError
from tests.lab.faults.cells import OUTLIVED, Cell, Fault, Start
from tests.lab.faults.injections import Missed, Scene, last_word, moment, prepared, strike
from tests.lab.faults.world import OBJECTS, SETTLED, STARTED, World
from tests.lab.support import begun, fab

NAME = "host1"
RUN_LIMIT = 420.0
"""Seconds for a run that is disturbed: it comes back to its host for 300 after the last word that it heard."""
ON_HOST = Path(__file__).parent / "onhost"
OPERATORS = '{"labels": ["rack=7"], "live-restore": true}'
NOTES = "cat /var/lib/watched 2>/dev/null | sort -u"


@dataclass(slots=True)
class Result:
    """What came of a cell; no `problems` is what is wanted. `ended` is how the disturbed run did."""

    cell: Cell
    ended: str = ""
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Campaign:
    """Cells on one lab; starts and undisturbed ends are made once."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._host = lab.hosts[NAME]
        self._ends: dict[Start, World] = {}
        key = ("--repo-key", str(lab.repo_key))
        self._usual = (*key, "--registry-mirrors", lab.registry_url)
        another = ("--registry-mirrors", f"{lab.registry_url},https://mirror.example")
        self._asked = {
            Start.FRESH: self._usual,
            Start.BUSY: (*key, *another, "--log-max-size", "10m"),
            Start.OLDER: self._usual,
        }
        self._started = ""

    def run(self, cell: Cell) -> Result:
        """One cell; whatever is found wrong is a problem of its result."""
        begun = time.monotonic()
        end = self._undisturbed(cell.start)
        result = Result(cell)
        try:
            self._play(result, end)
        except (subprocess.SubprocessError, LabError) as error:
            result.problems.append(f"not judged, for the lab failed: {' '.join(str(error).split())[-100:]}")
        result.seconds = time.monotonic() - begun
        return result

    def _play(self, result: Result, end: World) -> None:
        cell = result.cell
        self._restore(cell.start)
        with prepared(cell, self._lab, self._host):
            before = self._awake(cell.start)
            self._disturbed(result)
        again = self._setup(cell.start)
        if again.returncode:
            result.problems.append(f"run again: {last_word(again.stdout + again.stderr)}")
        else:
            self._compare(result, end, before)

    def _compare(self, result: Result, end: World, before: set[str]) -> None:
        found = World.of(self._host)
        result.problems += end.differences(found)
        if lost := before - found.objects:
            result.problems.append(f"lost: {', '.join(sorted(lost))}")
        watched = self._host.run(NOTES).stdout.splitlines()
        result.problems += [f"daemon.json was {each}" for each in watched]
        protected = result.cell.start is not Start.FRESH and result.cell.fault is not Fault.POWER
        if protected and self._host.run(STARTED).stdout != self._started:
            result.problems.append("a container was restarted that live-restore protects")

    def _undisturbed(self, start: Start) -> World:
        if start not in self._ends:
            self._restore(start)
            self._awake(start)
            done = self._setup(start)
            assert done.returncode == 0, done.stdout + done.stderr
            self._ends[start] = World.of(self._host)
        return self._ends[start]

    def _restore(self, start: Start) -> None:
        if start is not Start.FRESH and start not in self._host.disk.snapshots():
            self._make(start)
        self._host.restore(start)
        if start is not Start.FRESH:
            self._host.run(SETTLED, timeout=90)

    def _awake(self, start: Start) -> set[str]:
        """What was running runs, and daemon.json is watched; the ids of what the host holds."""
        if start is Start.FRESH:
            self._watch("no")
            return set()
        self._host.run("docker start kept >/dev/null")
        self._watch("yes")
        self._started = self._host.run(STARTED).stdout
        return set(self._host.run(OBJECTS).stdout.split())

    def _watch(self, was_there: str) -> None:
        (self._host.root / "root/watch.py").write_text((ON_HOST / "watch.py").read_text())
        self._host.run(f"setsid python3 /root/watch.py {was_there} >/dev/null 2>&1 </dev/null &")

    def _make(self, start: Start) -> None:
        self._host.restore("fresh")
        self._host.run(f"mkdir /etc/docker; echo '{OPERATORS}' >/etc/docker/daemon.json")
        older = ("--docker-version", "18.06.2") if start is Start.OLDER else ()
        done = fab(self._lab, "-H", NAME, "setup-docker", *self._usual, *older)
        assert done.returncode == 0, done.stdout + done.stderr
        self._host.run(
            "docker volume create data >/dev/null; docker run -d --name kept -v data:/data busybox sleep 36000;"
            " docker create --name stopped busybox true; docker network create mine;"
            # the shutdown for the snapshot would wait 90 s for what live-restore keeps
            " docker stop kept >/dev/null"
        )
        self._host.snapshot(start)

    def _setup(self, start: Start, home: Path | None = None) -> subprocess.CompletedProcess[str]:
        return fab(self._lab, "-H", NAME, "setup-docker", *self._asked[start], home=home)

    def _elsewhere(self, start: Start) -> subprocess.CompletedProcess[str]:
        """From another machine, which has a journal of its own."""
        return self._setup(start, self._lab.folder / "elsewhere")

    def _disturbed(self, result: Result) -> None:
        """A run that meets the fault."""
        cell = result.cell
        hold = self._host.root / "root/hold.py"
        hold.write_text((ON_HOST / "hold.py").read_text())
        runs = "rm -f /run/over; ls /var/lib/docker-provision/runs 2>/dev/null"
        known = self._host.run(runs, check=False).stdout.split()
        kind, pattern = moment(cell)
        words = f"exec python3 /root/hold.py {kind} '{pattern}' {' '.join(known)}"
        with (
            begun(self._lab, "-H", NAME, "setup-docker", *self._asked[cell.start]) as client,
            ThreadPoolExecutor(1) as pool,
        ):
            held = pool.submit(self._host.run, words, check=False, timeout=RUN_LIMIT)
            while not held.done() and client.poll() is None:
                time.sleep(0.01)
            if not held.done():
                self._host.run("touch /run/over")
            self._struck(result, held, client)
            result.ended = self._ended(result, client)

    def _struck(
        self,
        result: Result,
        held: Future[subprocess.CompletedProcess[str]],
        client: subprocess.Popen[str],
    ) -> None:
        run = held.result().stdout.strip()
        if not run:
            result.problems.append("the step was never reached")
            return
        cell, start = result.cell, result.cell.start
        try:
            strike(
                Scene(
                    cell,
                    self._lab,
                    self._host,
                    client,
                    lambda: self._release(run),
                    lambda: self._elsewhere(start),
                )
            )
        except Missed as problem:
            result.problems.append(str(problem))
        if cell.fault is Fault.POWER:
            self._watch("no" if start is Start.FRESH else "yes")

    def _release(self, run: str) -> None:
        group = rf"grep -ls '/docker-provision-{run}\.service' /proc/[0-9]*/cgroup | cut -d/ -f3"
        self._host.run(f"kill -s CONT $({group})", check=False)

    def _ended(self, result: Result, client: subprocess.Popen[str]) -> str:
        """How the run that was disturbed did."""
        said, _ = client.communicate(timeout=RUN_LIMIT)
        if "Traceback" in said or "defect of this program" in said:
            result.problems.append(f"the run itself: {last_word(said)}")
        if client.returncode < 0:
            return "killed"
        if client.returncode == 0:
            return "came to its end"
        word = last_word(said)
        if result.cell.fault in OUTLIVED:
            result.problems.append(f"the run itself: {word}")
        return word.partition(" ")[0]
