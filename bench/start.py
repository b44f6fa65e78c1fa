"""What the program costs before it asks its first host: python -m bench.start"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

TIMES = 11
FAB = str(Path(sys.executable).with_name("fab"))
COMMANDS = {
    "import fabric": [sys.executable, "-c", "import fabric"],
    "fab --list": [FAB, "--list"],
    # nobody listens there: all of a run but a host
    "fab -H 127.0.0.1:1 plan": [FAB, "-H", "127.0.0.1:1", "plan", "--ack-eol"],
}


def processor(command: list[str]) -> float:
    """Seconds of processor time that a command takes."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Each command in turn, so that whatever else the machine does falls on all alike."""
    rows: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(TIMES):
        for name, command in COMMANDS.items():
            rows[name].append(processor(command))
    least = statistics.median(rows["import fabric"])
    for name, each in rows.items():
        middle = statistics.median(each)
        print(f"{name}: median of {TIMES} {middle:.2f} s, {middle / least:.2f} of fabric's import")


if __name__ == "__main__":
    main()
