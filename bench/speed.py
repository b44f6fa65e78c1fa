"""A run that finds nothing to change, by us and by our peers: processor time of the controller, and wall time.

python -m bench.speed               all of it; needs bench/requirements.txt in .bench (`make bench` sees to that)
python -m bench.speed all NAME...   only these beside us
python -m bench.speed quick         50 hosts, OpenSSH beside us

Runs are interleaved, so that whatever else the machine does falls on all alike, and only ratios within one call count.
"""

from __future__ import annotations

import csv
import ctypes
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, fields
from datetime import date
from pathlib import Path

from bench.contenders import CONTENDERS, SETTINGS, Contender
from bench.field import Field, field

ROWS = Path(__file__).parent / "rows"
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
TIMES = 3
OURS = "docker-provision"


@dataclass(frozen=True)
class Row:
    """One run: how many hosts, at which round trip, and what it took, in seconds.

    `memory` is the peak in MiB of the largest process; Linux has it begin with that of whoever started it, some 50.
    """

    contender: str
    hosts: int
    rtt: float
    wall: float
    processor: float
    memory: float

    def __str__(self) -> str:
        return " ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in astuple(self))


def measured(contender: Contender, ground: Field, count: int, rtt: float) -> Row:
    """One run, with all that it started: what it left to itself is ended and counted too."""
    command = contender.command(ground, count)
    # as users have it: the program's modules are compiled once
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    with (ground.folder / f"{contender.name}.log").open("w") as log:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = (ground.folder / f"{contender.name}.log").read_text()[-2000:]
        raise SystemExit(f"bench: {contender.name} ended with {process.returncode}:\n{tail}")
    processor = usage.ru_utime + usage.ru_stime + sum(_left_behind())
    return Row(contender.name, count, rtt, wall, processor, usage.ru_maxrss / 1024)


def adopt_orphans() -> None:
    """What a command leaves behind becomes a child of this process, whatever it is."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _left_behind() -> Iterator[float]:
    """Ansible's ssh masters outlive it: as its orphans they are ours now. End them; what they took."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    for pid in children.read_text().split():
        if Path(f"/proc/{pid}/comm").read_bytes() == b"ssh\n":
            with suppress(ProcessLookupError):
                os.kill(int(pid), 15)
            _, _, usage = os.wait4(int(pid), 0)
            yield usage.ru_utime + usage.ru_stime


def series(
    ground: Field, plan: Sequence[tuple[int, float]], names: Sequence[str], times: int
) -> Iterator[Row]:
    """Each contender in turn, `times` over, for each number of hosts and round trip; each row as it comes."""
    for count, rtt in plan:
        with ground.delayed(rtt):
            for turn in range(times):
                for contender in CONTENDERS:
                    if contender.name not in names or contender.most < count:
                        continue
                    if contender.name == "ansible" and count > 50 and (turn or rtt):
                        continue  # once, for it takes minutes
                    yield measured(contender, ground, count, rtt)


def keep(rows: Sequence[Row], kind: str) -> None:
    """Into a file of today's."""
    ROWS.mkdir(exist_ok=True)
    with (ROWS / f"{kind}-{date.today()}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(each.name for each in fields(Row))
        writer.writerows(astuple(row) for row in rows)


def ratios(rows: Sequence[Row]) -> list[str]:
    """Of each number of hosts and round trip: the medians, and ours as a share of the others'."""
    groups: dict[tuple[int, float], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[row.hosts, row.rtt][row.contender].append(row)
    lines = [
        "| hosts | RTT | who | processor s | wall s | memory MiB | ours: processor | ours: wall |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (count, rtt), found in sorted(groups.items()):
        middle = {
            name: tuple(
                statistics.median(getattr(row, what) for row in each)
                for what in ("processor", "wall", "memory")
            )
            for name, each in found.items()
        }
        ours = middle[OURS]
        for name, (processor, wall, memory) in middle.items():
            share = f"{ours[0] / processor:.2f} | {ours[1] / wall:.2f}" if name != OURS else "|"
            taken = f"{processor:.2f} | {wall:.2f} | {memory:.0f}"
            lines.append(f"| {count} | {rtt * 1000:g} ms | {name} | {taken} | {share} |")
    return lines


ALL = "all"
PLANS = {
    # what aims are held against comes first, should there be no time for the rest
    ALL: [(200, 0.0), (50, 0.1), (1, 0.1), (1, 0.0), (10, 0.1), (10, 0.0), (200, 0.1), (50, 0.0)],
    "quick": [(50, 0.0)],
}
BESIDE = {ALL: tuple(each.name for each in CONTENDERS), "quick": ("openssh",)}


def main(kind: str, *beside: str) -> None:
    """Measure, keep the rows, print the ratios last."""
    adopt_orphans()
    plan, names = PLANS[kind], (OURS, *(beside or BESIDE[kind]))
    rows: list[Row] = []
    with field(max(n for n, _ in plan), *SETTINGS) as ground:
        measured(CONTENDERS[0], ground, 1, 0.0)  # what is compiled once
        for row in series(ground, plan, names, TIMES):
            rows.append(row)
            print(row, flush=True)
            if kind != "quick":
                keep(rows, kind)  # an hour's worth, whatever becomes of the next one
    print("\n".join(ratios(rows)))


if __name__ == "__main__":
    main(*(sys.argv[1:] or [ALL]))
