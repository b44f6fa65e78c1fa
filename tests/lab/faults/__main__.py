"""`make faults`: the cells on two labs side by side, each result at once into docs/faults.md.

python -m tests.lab.faults              all of them
python -m tests.lab.faults WORDS...     those whose names have all of these words, as in: fresh "power cut"
python -m tests.lab.faults --left       those that docs/faults.md has no row of
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from lab.lab import Lab
from tests.lab.faults import page
from tests.lab.faults.cells import CELLS, Cell
from tests.lab.faults.harness import Campaign, Result

LIMIT = 3300.0
"""Seconds after which no other cell is begun; what isn't run by then is said."""
LABS = (f"f{os.getpid()}a", f"f{os.getpid()}b")


class Work:
    """The cells that are to be run, and what came of those that were."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._left = deque(cells)
        self._lock = threading.Lock()
        self._until = time.monotonic() + LIMIT
        self.bad = 0

    def next(self) -> Cell | None:
        """The next one; None where there is none, or no time."""
        with self._lock:
            return self._left.popleft() if self._left and time.monotonic() < self._until else None

    def done(self, result: Result) -> None:
        """It goes into the page at once."""
        with self._lock:
            self.bad += bool(result.problems)
            page.write({**page.rows(), result.cell: page.row(result)})
            outcome = "; ".join(result.problems) or f"converges (the run itself: {result.ended})"
            print(f"{result.seconds:5.1f} s  {result.cell}: {outcome}", flush=True)

    def stop(self) -> None:
        """No other cell is begun."""
        with self._lock:
            self._until = 0.0

    def left(self) -> int:
        return len(self._left)


def main(arguments: Sequence[str]) -> int:
    """0 if every cell that was asked for was run and is as it should be."""
    cells = chosen(arguments)
    begun = time.monotonic()
    work = Work(cells)
    with ThreadPoolExecutor(len(LABS)) as pool:
        workers = [pool.submit(_play, work, name) for name in LABS[: len(cells)]]
        try:
            for worker in workers:
                worker.result()
        except KeyboardInterrupt:
            work.stop()
            print("the cells under way come to their end; --left goes on from here", flush=True)
    print(f"{len(cells) - work.left()} cells in {time.monotonic() - begun:.0f} s, {work.bad} don't converge")
    if work.left():
        print(f"{work.left()} weren't run: --left runs them")
    return int(bool(work.left() or work.bad))


def chosen(arguments: Sequence[str]) -> list[Cell]:
    """The cells that are meant. Raises SystemExit if there is none."""
    if arguments == ["--left"]:
        known = page.rows()
        return [cell for cell in CELLS if cell not in known]
    cells = [cell for cell in CELLS if all(words in str(cell) for words in arguments)]
    if not cells:
        raise SystemExit(f"no cell has {' and '.join(map(repr, arguments))} in its name")
    return cells


def _play(work: Work, name: str) -> None:
    lab = Lab.up(name, hosts=1, owned=True)
    try:
        campaign = Campaign(lab)
        while cell := work.next():
            work.done(campaign.run(cell))
    except BaseException:
        work.stop()
        raise
    finally:
        lab.down()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
