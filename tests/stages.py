"""The stages of `make lint` and `make test`: each prints how long it took and has a timeout of its own.

A stage that fails doesn't hide the ones behind it: all are run, the exit code says whether all passed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
TESTS_FAILED = 1  # pytest's exit code where all tests were run and some failed
TOO_LONG = -1  # what wasn't run can't be asked for again


@dataclass(frozen=True, slots=True)
class Stage:
    """One command, and the seconds that it may take.

    `again` asks once more, one at a time, what failed side by side: two labs on two cores take each other's time, and
    a host's patience with a lock or a connection is counted in seconds. What fails alone too has failed.
    """

    name: str
    command: tuple[str, ...]
    timeout: int
    again: tuple[str, ...] = ()


def _pytest(name: str, timeout: int, *arguments: str, one: int = 300) -> Stage:
    # a single test that hangs ends with its stack, well before its stage does
    each = f"--timeout={min(timeout, one)}"
    return Stage(name, (sys.executable, "-m", "pytest", "-q", each, *arguments), timeout)


LINT = (
    Stage("ruff format", (str(BIN / "ruff"), "format", "--check", "."), 60),
    Stage("ruff check", (str(BIN / "ruff"), "check", "."), 60),
    Stage("mypy", (sys.executable, "-m", "mypy"), 300),
    Stage("import-linter", (str(BIN / "lint-imports"),), 60),
    _pytest("shellcheck", 120, "tests/unit/test_scripts.py"),
)
UNIT = (_pytest("unit tests", 600, "-n", "auto", "tests/unit"),)
LAB = _pytest("lab tests", 3300, "--durations=25", "tests/lab")
SIDE_BY_SIDE = replace(
    LAB,
    # in their own order: by number of tests, the longest files, which have few, would come last and on one core
    command=(*LAB.command, "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"),
    again=(*LAB.command, "--last-failed", "--last-failed-no-failures=none"),
)
TEST = (*UNIT, SIDE_BY_SIDE)
# In software emulation all of it is one core's work: 16 minutes on one machine, and twice that on a slower one.
# The first test waits for the box and for the machine's first boot. Which test is at it is told: each takes long.
TOLD = ("--verbosity=1", "--durations=5")
VAGRANT = (_pytest("tests on a virtual machine", 2900, *TOLD, "tests/vagrant", one=900),)
STAGES = {"lint": LINT, "unit": UNIT, "test": TEST, "vagrant": VAGRANT}


def run(stage: Stage) -> bool:
    """Run one stage; whether it passed."""
    print(f"== {stage.name}", flush=True)
    begun = time.monotonic()
    # Tests start the program some thousand times: as its users do, with the modules compiled once.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        stage.command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        status = process.wait(timeout=stage.timeout)
        word = "passed" if status == 0 else f"failed (exit {status})"
    except subprocess.TimeoutExpired:
        # an interrupt first, so that pytest puts away what it made
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        status, word = TOO_LONG, f"took longer than {stage.timeout} s"
    print(f"== {stage.name}: {word}, {time.monotonic() - begun:.1f} s", flush=True)
    if status == TESTS_FAILED and stage.again:
        return run(Stage(f"{stage.name} that failed, one at a time", stage.again, stage.timeout))
    return status == 0


def main(arguments: Sequence[str]) -> int:
    """Run the stages of one name; 0 if all passed."""
    results = {stage.name: run(stage) for stage in STAGES[arguments[0]]}
    failed = [name for name, passed in results.items() if not passed]
    print(
        f"== {len(results) - len(failed)} stages passed"
        + (f", failed: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
