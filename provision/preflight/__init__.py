"""What speaks against serving a host, each with the remedy, and what an operator should know of it.

One file per concern. `unfit` comes first: such a host isn't even planned for. `findings` belong into the plan: a
Refusal where the plan would bring a trouble about, a Note where the trouble is there already or can only be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provision.facts import HOST, Facts
from provision.preflight import advice, data, fitness, network, predecessors, storage
from provision.preflight.fitness import unfit
from provision.preflight.situation import Terms, situation
from provision.resources.base import Change, Finding, Note, Refusal, Step

__all__ = ["STEP", "Terms", "findings", "unfit"]

STEP = "host"
"""What a plan shows these findings under; it can't be left out as steps can."""


def findings(
    facts: Facts, steps: Sequence[Step], changes: Sequence[Change], terms: Terms
) -> Iterator[Finding]:
    """What is to be said of a host for which `steps` come to `changes`."""
    case = situation(facts, steps, changes, terms)
    for check in (fitness.refusals, storage.refusals, network.refusals, data.refusals):
        yield from (Refusal(HOST, text) for text in check(case))
    for tell in (predecessors.notes, network.notes, storage.notes, advice.notes):
        yield from (Note(HOST, text) for text in tell(case))
