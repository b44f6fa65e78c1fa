"""The rows of a `python -m bench.speed` as a picture, docs/performance.svg; needs what bench/requirements.txt names:

.bench/bin/python bench/plot.py bench/rows/all-DATE.csv
"""

from __future__ import annotations

import csv
import statistics
import sys
from collections import defaultdict
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

TARGET = Path(__file__).parents[1] / "docs" / "performance.svg"
PANELS = (
    ("processor", 0.0, "processor time of the controller, s"),
    ("wall", 0.1, "wall time at a round trip of 100 ms, s"),
)
OURS = "docker-provision"


def medians(rows: list[dict[str, str]], what: str, rtt: float) -> dict[str, list[tuple[int, float]]]:
    """By contender: of each number of hosts the middle of what was measured."""
    found: dict[tuple[str, int], list[float]] = defaultdict(list)
    for row in rows:
        if float(row["rtt"]) == rtt:
            found[row["contender"], int(row["hosts"])].append(float(row[what]))
    lines: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for (name, hosts), values in sorted(found.items()):
        lines[name].append((hosts, statistics.median(values)))
    return lines


def draw(axes: Axes, lines: dict[str, list[tuple[int, float]]], title: str) -> None:
    """One panel, both axes by powers of ten: a straight line is so much for each host."""
    for name, points in lines.items():
        hosts, values = zip(*points, strict=True)
        axes.plot(hosts, values, marker="o", label=name, linewidth=3 if name == OURS else 1.2)
    ticks = sorted({hosts for points in lines.values() for hosts, _ in points})
    axes.set(xscale="log", yscale="log", xlabel="hosts", title=title)
    axes.set_xticks(ticks, labels=[str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.grid(visible=True, which="major", linewidth=0.4)


def main(path: str) -> None:
    """Draw it."""
    rows = list(csv.DictReader(Path(path).read_text().splitlines()))
    mpl.rcParams["svg.hashsalt"] = OURS  # the same rows give the same file
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    for axes, (what, rtt, title) in zip(figure.subplots(1, len(PANELS)), PANELS, strict=True):
        draw(axes, medians(rows, what, rtt), title)
        axes.legend()
    figure.savefig(TARGET, metadata={"Date": None})


if __name__ == "__main__":
    main(sys.argv[1])
