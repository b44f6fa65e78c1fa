"""The campaign: a few of its cells, and a short soak. `make faults` and `make soak` have all of it, and docs/faults.md
what came of it."""

from __future__ import annotations

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.faults.cells import FEW, Cell
from tests.lab.faults.harness import Campaign
from tests.lab.faults.soak import soak


@pytest.fixture(scope="module")
def campaign(lab: Lab) -> Campaign:
    return Campaign(lab)


@pytest.mark.parametrize("cell", FEW, ids=str)
def test_campaign_a_disturbed_run_is_brought_to_the_end_by_the_next(campaign: Campaign, cell: Cell) -> None:
    assert campaign.run(cell).problems == []


def test_runs_that_find_nothing_to_do_leave_nothing(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    first, last = soak(lab, converged, asked, runs=15, warm=3)
    assert first.failed_units == 0
    assert first.grown(last) == []
