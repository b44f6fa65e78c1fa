"""The plan: a value made of what was asked for and what was read. It prints, it can be refused, it can be empty."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from provision import preflight
from provision.errors import Refused
from provision.facts import Facts, probed
from provision.preflight import Terms
from provision.resources import record
from provision.resources.base import Change, Finding, Note, Pending, Refusal, Step, Trace, Unknown
from provision.resources.bundled import BUNDLED_ID
from provision.resources.images import IMAGES_ID
from provision.resources.record import RECORD_ID, Record
from provision.resources.unfinished import UNFINISHED_ID

UNKEPT = (RECORD_ID, UNFINISHED_ID, BUNDLED_ID, IMAGES_ID)
"""What nobody wants back as it was before."""

NO_TERMS = Terms()
"""Nothing out of the ordinary is allowed."""


@dataclass(frozen=True, slots=True)
class Item:
    """One finding, and the step that it belongs to."""

    step: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Stage:
    """What is applied in one go, in order."""

    items: tuple[Item, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(item.finding for item in self.items if isinstance(item.finding, Change))


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done to one host."""

    stages: tuple[Stage, ...]

    def _findings(self) -> Iterator[Finding]:
        return (item.finding for stage in self.stages for item in stage.items)

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(finding for finding in self._findings() if isinstance(finding, Change))

    @property
    def pending(self) -> tuple[Pending, ...]:
        return tuple(finding for finding in self._findings() if isinstance(finding, Pending))

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(finding for finding in self._findings() if isinstance(finding, Note))

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(finding for finding in self._findings() if isinstance(finding, Refusal))

    @property
    def empty(self) -> bool:
        """Nothing to do: the host is as asked for."""
        return not self.changes and not self.pending

    def next_stage(self) -> int:
        """Which stage is the first that changes something; call it on a plan that has changes."""
        return next(index for index, stage in enumerate(self.stages) if stage.changes)

    def raise_if_unsafe(self) -> None:
        """Raises Refused with every reason not to touch the host, and its remedy."""
        if self.refusals:
            # what is wrong with daemon.json is said of the file, and of the service that needs it
            raise Refused("; ".join(dict.fromkeys(refusal.text for refusal in self.refusals)))


def plan(facts: Facts, steps: Sequence[Step], only: Collection[str] = (), terms: Terms = NO_TERMS) -> Plan:
    """What brings the host to what is asked for; `only` names the steps to look at, all where it is empty.

    Raises Refused where the host can't be served.
    """
    _fit(facts, terms)
    wanted = {*only, *(step.followed_by for step in steps if step.name in only)}
    chosen = [step for step in steps if not only or step.name in wanted]
    items = [
        Item(step.name, _reachable(finding, {each.name for each in chosen}))
        for step in chosen
        for resource in step.resources
        for finding in resource.compare(facts.states)
    ]
    items += [Item(RECORD_ID, finding) for finding in Record().compare(facts.states)]
    changes = [item.finding for item in items if isinstance(item.finding, Change)]
    ahead = [Item(preflight.STEP, finding) for finding in preflight.findings(facts, chosen, changes, terms)]
    joined = any(change.joins for change in changes)
    stages = [[*ahead, *filter(_leads, items)]]
    stages += [
        [item for item in items if item.step in names and not _leads(item)]
        for names in _stages(chosen, joined=joined)
    ]
    return Plan(_recorded([Stage(tuple(stage)) for stage in stages], facts, steps, terms.known))


def absent(facts: Facts, steps: Sequence[Step], terms: Terms = NO_TERMS) -> Plan:
    """The way back: what takes away what we brought, in reverse order, by the host's own record."""
    _fit(facts, terms)
    order = [(step.name, resource) for step in steps for resource in step.resources]
    items = [
        Item(name, finding)
        for name, resource in [*reversed(order), (RECORD_ID, Record())]
        for finding in resource.withdraw(facts.states)
    ]
    return Plan((Stage(tuple(items)),))


def _fit(facts: Facts, terms: Terms) -> None:
    reasons = list(preflight.unfit(facts.host, terms))
    if reasons:
        raise Refused("; ".join(reasons))


def _reachable(finding: Finding, chosen: Collection[str]) -> Finding:
    """What waits for a step that isn't among the chosen ones would wait for ever, what needs one be left half done."""
    if isinstance(finding, Pending) and finding.after not in chosen:
        text = f"needs the step {finding.after} first: add it to --only, or leave --only out"
        return Refusal(finding.resource, text)
    if isinstance(finding, Change) and finding.joins and finding.joins not in chosen:
        text = f"stops what the step {finding.joins} starts again: add it to --only, or leave --only out"
        return Refusal(finding.resource, text)
    return finding


def _leads(item: Item) -> bool:
    return isinstance(item.finding, Change) and item.finding.first


def _stages(steps: Sequence[Step], *, joined: bool) -> list[set[str]]:
    """The names of each stage's steps. All is one stage where changes are `joined`."""
    stages: list[set[str]] = [{RECORD_ID}]
    for step in steps:
        if step.opens_stage and not joined:
            stages.append(set())
        stages[-1].add(step.name)
    return stages


def _recorded(
    stages: Sequence[Stage], facts: Facts, steps: Sequence[Step], known: Sequence[Trace]
) -> tuple[Stage, ...]:
    """The stages, with the host's record ahead of the first change. Later stages are planned anew by then."""
    index = next((index for index, stage in enumerate(stages) if stage.changes), 0)
    first = stages[index]
    made = [(trace, change.provisional) for change in first.changes for trace in change.traces]
    traces = (*known, *(trace for trace, _ in made))
    if not traces and not first.changes:
        return tuple(stages)
    before = {r.id: r.remember(facts.states[r.id]) for r in probed(steps) if r.id not in UNKEPT}
    state = facts.states[RECORD_ID]
    wanted = record.recorded(state, before, traces)
    if wanted is None or isinstance(state, Unknown):
        return tuple(stages)
    lasting = (*known, *(trace for trace, provisional in made if not provisional))
    led = Stage(
        (Item(RECORD_ID, record.writing(state, wanted, record.after(state, before, lasting))), *first.items)
    )
    return (*stages[:index], led, *stages[index + 1 :])
