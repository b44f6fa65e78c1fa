"""`make faults`: all cells on a lab of their own, then their table into docs/faults.md.

python -m tests.lab.faults            all of them
python -m tests.lab.faults few        those that `make test` has
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import date

from lab.lab import Lab
from provision import __version__
from tests.lab.faults.cells import CELLS, FEW, Cell
from tests.lab.faults.harness import Campaign, Result
from tests.stages import ROOT

LIMIT = 3600.0
"""Seconds for all of them; what is left by then isn't run, and is said to be so."""
PAGE = ROOT / "docs" / "faults.md"


def main(arguments: Sequence[str]) -> int:
    """0 if every cell that was run is as it should be, and all were run."""
    cells = FEW if "few" in arguments else CELLS
    begun = time.monotonic()
    results: list[Result] = []
    lab = Lab.up("faults", hosts=1, owned=True)
    try:
        campaign = Campaign(lab)
        for cell in cells:
            if time.monotonic() - begun > LIMIT:
                break
            results.append(campaign.run(cell))
            print(f"{cell}: {'; '.join(results[-1].problems) or 'converges'}", flush=True)
    finally:
        lab.down()
    PAGE.write_text(page(results, len(cells)))
    return int(len(results) < len(cells) or any(result.problems for result in results))


def page(results: Sequence[Result], planned: int) -> str:
    """The table, with when and of what it is."""
    good = sum(not result.problems for result in results)
    left = "" if len(results) == planned else f", {planned - len(results)} were not run"
    rows = [f"| {_words(each.cell)} | {'; '.join(each.problems) or 'converges'} |" for each in results]
    return "\n".join(
        (
            "# Runs that were disturbed",
            "",
            "Each row is a run on a real host of the lab that met a fault as soon as the host had begun with the step,",
            "and a second one without help. It converges if the host then is as one that nobody disturbed: packages,",
            "files, units, groups, what the daemon runs with; every container, image, volume and network is still",
            "there, nothing is left over, and daemon.json was whole at every moment. `make faults` writes this page.",
            "",
            f"{date.today():%Y-%m-%d}, docker-provision {__version__}: {good} of {len(results)} cells converge{left}.",
            "",
            "| start | step | fault | outcome |",
            "|---|---|---|---|",
            *rows,
            "",
        )
    )


def _words(cell: Cell) -> str:
    return f"{cell.start} | {cell.step} | {cell.fault}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
