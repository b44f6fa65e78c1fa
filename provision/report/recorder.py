"""What a report has of a run that no outcome has: when each wave began, when each host had its turn, what it was at."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from provision.events import CHECK, Course, End, Observer, Outcome
from provision.plan import Plan
from provision.report.clean import one_line
from provision.resources.base import Change, Pending
from provision.runs.applying import LOOK

WAIT, HOOK = "wait", "hook"
"""What a host can be at that is no step of its plan, beside CHECK."""


@dataclass(slots=True)
class Spell:
    """A time in which a host was at one thing. `start` is in seconds from the run's begin; `kind` is the step of the
    plan that it belongs to, or WAIT, HOOK, CHECK."""

    ident: str
    kind: str
    start: float
    seconds: float = 0.0
    done: bool = False
    over: bool = False


@dataclass(slots=True)
class Turn:
    """A host's turn; `start` as in Spell."""

    start: float
    seconds: float = 0.0
    spells: list[Spell] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    """The step of each resource that there is something to do about."""


class Recorder(Observer):
    """Keeps the times of a run. `clock` gives seconds, from whenever."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._zero = clock()
        self._over = False
        self.course: Course | None = None
        self.waves: dict[int, float] = {}
        """When each wave began that did, by its number, in seconds from the run's begin."""
        self.turns: dict[str, Turn] = {}
        self.end: End | None = None

    def begun(self, course: Course) -> None:
        self.course, self._zero = course, self._clock()

    def wave(self, number: int, hosts: Sequence[str]) -> None:  # noqa: ARG002  Observer's signature
        self.waves[number] = self._now

    def started(self, host: str) -> None:
        if not self._over:
            self.turns[host] = Turn(self._now)

    def planned(self, host: str, found: Plan) -> None:
        turn = self._turn(host)
        for stage in found.stages:
            for item in stage.items:
                if isinstance(item.finding, (Change, Pending)):
                    turn.kinds[item.finding.resource] = item.step

    def step(self, host: str, ident: str) -> None:
        turn, now = self._turn(host), self._now
        kind = turn.kinds.get(ident.removeprefix(LOOK)) or _kind(ident)
        for spell in turn.spells:
            # a change goes on while somebody is waited for, or the connection is lost
            if not spell.over and (spell.kind in (WAIT, HOOK, CHECK) or kind != WAIT):
                spell.done = spell.kind == HOOK  # if that had failed, nothing would come behind it
                _close(spell, now)
        turn.spells.append(Spell(one_line(ident), kind, now))

    def changed(self, host: str, ident: str) -> None:
        turn, now = self._turn(host), self._now
        for spell in turn.spells:
            if not spell.over:
                spell.done = spell.ident == one_line(ident)
                _close(spell, now)

    def finished(self, outcome: Outcome) -> None:
        turn, now = self._turn(outcome.host), self._now
        turn.seconds = now - turn.start
        for spell in turn.spells:
            if not spell.over:
                # what the operator runs here behind a change has no other end than the host's
                spell.done = spell.kind == HOOK and outcome.error is None
                _close(spell, now)

    def unhealthy(self, outcome: Outcome) -> None:
        turn, now = self._turn(outcome.host), self._now
        for spell in turn.spells:
            if spell.kind == CHECK:
                spell.done = False
                _close(spell, now)

    def ended(self, end: End) -> None:
        now = self._now
        for host in end.in_flight:
            self._turn(host).seconds = now - self._turn(host).start
        for turn in self.turns.values():
            for spell in turn.spells:
                _close(spell, now)
        self.end = end
        # who was let go may still be heard of, and is no part of what was
        self._over = True

    @property
    def _now(self) -> float:
        return self._clock() - self._zero

    def _turn(self, host: str) -> Turn:
        """A host's turn; one that isn't kept where the run is over."""
        if self._over:
            return Turn(0)
        return self.turns.setdefault(host, Turn(self._now))


def _kind(ident: str) -> str:
    if ident.startswith("--"):
        return HOOK
    return CHECK if ident.startswith(CHECK) else WAIT


def _close(spell: Spell, now: float) -> None:
    if not spell.over:
        spell.seconds, spell.over = now - spell.start, True
