"""`make soak`: many runs that find nothing to do leave a host as the first did; what was measured goes into
docs/faults.md.

The program runs in this process, so that a run costs its connection and its reading alone; to the host it is the same.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from unittest import mock

import fabric
from invoke import Collection

from lab.host import LabHost
from lab.lab import Lab
from provision import tasks
from provision.cli import Executor, Program
from tests.lab.faults import page
from tests.lab.faults.harness import NAME, ON_HOST
from tests.lab.support import fab, state

RUNS = 500
WARM = 50
"""Runs before the first measurement: by then caches are full and heaps have their size."""
SLACK = 4096
"""KiB by which memory may differ all the same: heaps of Go breathe. Over 450 runs that is 9 KiB each."""
SETTLE = 30.0
"""Seconds in which a host may put the last session away."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A host between two runs; memory is what the daemons have of their own, in KiB."""

    failed_units: int
    kept_runs: int
    control_groups: int
    processes: int
    files: int
    memory: int
    open_files: int

    @classmethod
    def of(cls, host: LabHost) -> Figures:
        (host.root / "root/measure.py").write_text((ON_HOST / "measure.py").read_text())
        return cls(*map(int, host.run("python3 /root/measure.py").stdout.split()))

    def grown(self, later: Figures) -> list[str]:
        """What there is more of later than there may be."""
        slack = {"memory": SLACK}
        names = [field.name for field in fields(self)]
        pairs = zip(names, astuple(self), astuple(later), strict=True)
        return [f"{name}: {was} -> {now}" for name, was, now in pairs if now > was + slack.get(name, 0)]


def soak(lab: Lab, host: LabHost, asked: Sequence[str], runs: int, warm: int) -> tuple[Figures, Figures]:
    """What is measured after `warm` runs and after all. Raises AssertionError where a run finds something to do."""
    with _program(lab) as run:
        for _ in range(warm):
            run(asked)
        first = Figures.of(host)
        for _ in range(runs - warm):
            run(asked)
    last, until = Figures.of(host), time.monotonic() + SETTLE
    while first.grown(last) and time.monotonic() < until:
        time.sleep(0.5)
        last = Figures.of(host)
    return first, last


@contextlib.contextmanager
def _program(lab: Lab) -> Iterator[Callable[[Sequence[str]], None]]:
    namespace = Collection.from_module(tasks)

    def run(asked: Sequence[str]) -> None:
        program = Program(namespace=namespace, executor_class=Executor, config_class=fabric.Config)
        words = ["fab", "-S", str(lab.ssh_config), "-H", NAME, "setup-docker", *asked]
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            program.run(words, exit=False)
        assert f"{NAME}: unchanged" in said.getvalue(), said.getvalue()

    with mock.patch.dict(os.environ, state(lab)):
        yield run


def main() -> int:
    """0 if nothing has grown."""
    begun = time.monotonic()
    lab = Lab.up(f"f{os.getpid()}s", hosts=1, owned=True)
    try:
        asked = ("--repo-key", str(lab.repo_key), "--registry-mirrors", lab.registry_url)
        done = fab(lab, "-H", NAME, "setup-docker", *asked)
        assert done.returncode == 0, done.stdout + done.stderr
        first, last = soak(lab, lab.hosts[NAME], asked, RUNS, WARM)
    finally:
        lab.down()
    grown = first.grown(last)
    print(f"{RUNS} runs in {time.monotonic() - begun:.0f} s: {'; '.join(grown) or 'nothing has grown'}")
    page.write(page.rows(), _section(first, last, grown))
    return int(bool(grown))


def _section(first: Figures, last: Figures, grown: Sequence[str]) -> str:
    names = [field.name.replace("_", " ") for field in fields(Figures)]
    rows = zip(names, astuple(first), astuple(last), strict=True)
    head = (
        f"{RUNS} runs that find nothing to do, one after the other, on one host ({page.when()}); memory is what the"
        f" daemons of the host have of their own, in KiB, and may differ by {SLACK}:"
        f" {'; '.join(grown) or 'nothing has grown'}."
    )
    table = [f"| | after {WARM} runs | after {RUNS} |", "|---|---|---|"]
    return "\n".join((head, "", *table, *(f"| {name} | {was} | {now} |" for name, was, now in rows), ""))


if __name__ == "__main__":
    sys.exit(main())
