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
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Stage:
    """One command, and the seconds that it may take."""

    name: str
    command: tuple[str, ...]
    timeout: int


def _pytest(name: str, timeout: int, *arguments: str) -> Stage:
    # a single test that hangs ends with its stack, well before its stage does
    one = f"--timeout={min(timeout, 300)}"
    return Stage(name, (sys.executable, "-m", "pytest", "-q", one, *arguments), timeout)


LINT = (
    Stage("ruff format", (str(BIN / "ruff"), "format", "--check", "."), 60),
    Stage("ruff check", (str(BIN / "ruff"), "check", "."), 60),
    Stage("mypy", (sys.executable, "-m", "mypy"), 300),
    Stage("import-linter", (str(BIN / "lint-imports"),), 60),
    _pytest("shellcheck", 120, "tests/unit/test_scripts.py"),
)
UNIT = (_pytest("unit tests", 600, "-n", "auto", "tests/unit"),)
TEST = (*UNIT, _pytest("lab tests", 3300, "-n", "2", "--dist", "loadfile", "tests/lab"))
VAGRANT = (_pytest("tests on a virtual machine", 1500, "tests/vagrant"),)
STAGES = {"lint": LINT, "unit": UNIT, "test": TEST, "vagrant": VAGRANT}


def run(stage: Stage) -> bool:
    """Run one stage; whether it passed."""
    print(f"== {stage.name}", flush=True)
    begun = time.monotonic()
    process = subprocess.Popen(stage.command, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True)
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
        status, word = 1, f"took longer than {stage.timeout} s"
    print(f"== {stage.name}: {word}, {time.monotonic() - begun:.1f} s", flush=True)
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
