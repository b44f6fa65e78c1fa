"""The campaign: a few of its cells. `make faults` runs all of them and writes docs/faults.md."""

from __future__ import annotations

import pytest

from lab.lab import Lab
from tests.lab.faults.cells import FEW, Cell
from tests.lab.faults.harness import Campaign


@pytest.fixture(scope="module")
def campaign(lab: Lab) -> Campaign:
    return Campaign(lab)


@pytest.mark.parametrize("cell", FEW, ids=str)
def test_campaign_a_disturbed_run_is_brought_to_the_end_by_the_next(campaign: Campaign, cell: Cell) -> None:
    assert campaign.run(cell).problems == []
