"""docs/faults.md: a row for each cell, the last that was run of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from provision import __version__
from tests.lab.faults.cells import CELLS, Cell
from tests.lab.faults.harness import Result
from tests.stages import ROOT

PAGE = ROOT / "docs" / "faults.md"
CONVERGES = "converges"
HEAD = """\
# Runs that were disturbed

Each row is a run of `setup-docker` on a real host of the lab that met a fault at that step, and a second run without
help. It converges if the host then is as one that nobody disturbed: packages, files, units, groups, what the daemon
runs with, the record by which uninstalling goes; every container, image, volume and network is still there; no
container was restarted that live-restore protects (but by a power cut); daemon.json was never missing, empty, half
written or written in its place; nothing is left over. "The run itself" is how the disturbed one ended: cut connections,
a second controller and a slow repository have to let it come to its end.

A host is fresh; or busy, with Docker 18.06.3, live-restore, a running container that has a volume, a stopped one, a
network and an operator's daemon.json, and asked for another mirror and rotated logs, over which the daemon restarts; or
older, the same under 18.06.2 and asked for 18.06.3. All are CentOS 7.9 as the lab makes it.

The run is stopped as soon as it has announced the step, or has come to the moment within it, and goes on with the
fault. A disk that is full has room again, and a repository or a daemon is well again, before the second run.

`make faults` runs all cells and writes this page; `python -m tests.lab.faults WORDS` those whose names have these
words, `python -m tests.lab.faults --left` those that have no row yet.
"""
TABLE = "| start | step | fault | the run itself | after the next run | run with |\n|---|---|---|---|---|---|"

SOAK = "## A soak"

Rows = Mapping[Cell, str]


def rows() -> dict[Cell, str]:
    """Those of the page as it is, of cells that there still are."""
    lines = PAGE.read_text().splitlines() if PAGE.exists() else []
    return {cell: line for cell in CELLS for line in lines if line.startswith(f"{_name(cell)} | ")}


def row(result: Result) -> str:
    """What came of a cell, when and with which version."""
    outcome = "; ".join(result.problems).replace("|", "/") or CONVERGES
    return f"{_name(result.cell)} | {result.ended} | {outcome} | {when()} |"


def when() -> str:
    """By what a figure is known."""
    return f"{date.today():%Y-%m-%d}, {__version__}"


def write(found: Rows, soak: str | None = None) -> None:
    """The page with these rows, in the order of the cells, and what came of the soak; without that as it is there."""
    if soak is None:
        _, _, soak = (PAGE.read_text() if PAGE.exists() else "").partition(f"{SOAK}\n\n")
    good = sum(f"| {CONVERGES} |" in line for line in found.values())
    told = f"{good} of {len(found)} cells converge"
    if left := len(CELLS) - len(found):
        told += f"; {left} of the {len(CELLS)} were not run"
    table = [found[cell] for cell in CELLS if cell in found]
    new = PAGE.with_suffix(".new")
    tail = (SOAK, "", soak) if soak else ("",)
    new.write_text("\n".join((HEAD, f"{told}.", "", TABLE, *table, *(("", *tail) if soak else tail))))
    new.replace(PAGE)


def _name(cell: Cell) -> str:
    return f"| {cell.start} | {cell.place} | {cell.fault}"
