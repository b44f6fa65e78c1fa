"""Cases of planning: what is asked for, what a real host answered to our probes, and the plan that must come of it.

One file in `cases/` each: a title, then parts that begin with a line `==== NAME`:

    from       fresh, or an engine's version: how the host was set up before; then shell text that spoils it
    spec       what is asked for, as a spec file
    answer     what the host printed, its frames with the nonce WORD
    plan       what must come of it, a line for each finding
    uninstall  the same for the way back (optional)

`python -m tests.unit.record` makes answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from provision import facts, handed, plan, spec, steps
from provision.errors import Failed, Refused
from provision.facts import Facts
from provision.plan import Plan
from provision.resources.base import Change, Finding, Note, Pending, Refusal, Step

FOLDER = Path(__file__).parent / "cases"
WORD = "@0123456789abcdef"
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))

_PART = re.compile(r"^==== (\w+)(?: (\S+))?\n", re.MULTILINE)


@dataclass(slots=True)
class Case:
    """One case. `origin` is what the host was set up with before `spoil` was run on it."""

    name: str
    title: str
    origin: str
    spoil: str
    spec: str
    answer: str
    plan: str
    uninstall: str | None

    @classmethod
    def load(cls, name: str) -> Self:
        # newline: a host's carriage returns are part of its answer
        with (FOLDER / f"{name}.txt").open(encoding="utf-8", newline="") as file:
            title, *parts = _PART.split(file.read())
        found = {part: (word, text.removesuffix("\n")) for part, word, text in _threes(parts)}
        origin, spoil = found["from"]
        texts = {part: text for part, (_, text) in found.items()}
        return cls(
            name=name,
            title=title.removesuffix("\n"),
            origin=origin,
            spoil=spoil,
            spec=texts["spec"],
            answer=texts.get("answer", ""),
            plan=texts.get("plan", ""),
            uninstall=texts.get("uninstall"),
        )

    def save(self) -> None:
        parts = [(f"from {self.origin}", self.spoil), ("spec", self.spec)]
        parts += [("answer", self.answer), ("plan", self.plan)]
        if self.uninstall is not None:
            parts.append(("uninstall", self.uninstall))
        text = self.title + "\n" + "".join(f"==== {head}\n{body}\n" for head, body in parts)
        with (FOLDER / f"{self.name}.txt").open("w", encoding="utf-8", newline="") as file:
            file.write(text)

    @property
    def steps(self) -> tuple[Step, ...]:
        asked = spec.build(spec.parse(self.spec, self.name))
        return steps.steps(asked, handed.defaults())

    def facts(self) -> Facts:
        return facts.parse(self.answer, self.steps, WORD)

    def planned(self) -> str:
        """What comes of the answer, in lines."""
        return self._lines(plan.plan)

    def planned_back(self) -> str:
        """What uninstalling comes to, in lines."""
        return self._lines(plan.absent)

    def _lines(self, make: Callable[[Facts, Sequence[Step]], Plan]) -> str:
        try:
            found = make(self.facts(), self.steps)
        except (Refused, Failed) as error:
            return f"{error.outcome}: {error}"
        return "\n".join(lines(found)) or "nothing to do"


def _threes(parts: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return zip(parts[0::3], parts[1::3], parts[2::3], strict=True)


def lines(found: Plan) -> Iterator[str]:
    """A plan in brief: kind, step and resource of each finding, what it says, how a file that stays would differ."""
    for stage in found.stages:
        for item in stage.items:
            kind, text = _brief(item.finding)
            yield f"{kind} {item.step}: {item.finding.resource}: {text}"
            if isinstance(item.finding, Change) and "absent" not in (
                item.finding.actual,
                item.finding.desired,
            ):
                yield from _differing(item.finding.diff)


def _brief(finding: Finding) -> tuple[str, str]:
    match finding:
        case Change():
            # how many bytes a template has is no matter
            desired = "" if finding.resource.startswith("file ") else f" -> {finding.desired}"
            stops = ", stops the daemon" if finding.stops_daemon else ""
            return "change", f"{finding.reason}{desired}{stops}"
        case Pending():
            return "pending", f"{finding.desired}, after {finding.after}"
        case Note():
            return "note", finding.text
        case Refusal():
            return "refusal", finding.text


def _differing(diff: str) -> Iterator[str]:
    for line in diff.splitlines()[2:]:
        if line.startswith(("+", "-")):
            yield f"    {line}"
