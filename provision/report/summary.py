"""The end of a run for people: what changed, what is wrong by cause, and how many hosts ended how, in few lines.

Of several hosts whatever is alike is one entry, its hosts in few words. The gravest stands last, where the eye is.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.text import Text

from provision.events import FAILURES, End, Outcome, Status
from provision.inventory import fold
from provision.report.causes import by_cause
from provision.report.clean import one_line
from provision.report.remedies import told
from provision.report.terminal import COLOURS, early_lines, end_lines, log_lines
from provision.report.texts import ENGLISH, Words

What = TypeVar("What", bound=Hashable)

FEW = 5
"""So many hosts have no slowest ones that are worth a line."""
SLOWEST = 3
LOG_LINES = 4
"""Of what a host said about a cause, the last ones; `--json` has more."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a run's end is told. `quiet`: what is wrong, and the counts."""

    words: Words = ENGLISH
    quiet: bool = False


def lines(end: End, shown: Shown = Shown(), *, kept: bool = False) -> Iterator[Text]:
    """The end of a run. `kept`: it is in the journal, and can be gone on with."""
    alone = len(end.outcomes) == 1 and not end.in_flight and not end.untouched
    if alone and not shown.quiet:
        yield from end_lines(end.outcomes[0], shown.words)
        yield from early_lines(end, shown.words)
        return
    if not shown.quiet:
        yield from _done(end.outcomes, shown.words)
    yield from _wrong(end.outcomes, shown.words)
    yield from early_lines(end, shown.words)
    failed = any(outcome.status in FAILURES for outcome in end.outcomes)
    if kept and failed and not alone:
        yield Text(shown.words("again"))
    yield counts(end, shown.words)


def _done(outcomes: Sequence[Outcome], words: Words) -> Iterator[Text]:
    """What changed or would change, what is to be known, who was slow."""
    for key, style, what in (
        ("unchanged", COLOURS[Status.UNCHANGED], _unchanged),
        ("pending", COLOURS[Status.PENDING], _pending),
        ("changed", COLOURS[Status.CHANGED], _changed),
    ):
        for found, hosts in _alike((outcome.host, what(outcome)) for outcome in outcomes).items():
            line = Text(words(key, hosts=fold(hosts), what=", ".join(map(one_line, found))))
            line.stylize(style, 0, line.plain.find(" "))
            yield line
    notes = ((outcome.host, one_line(note)) for outcome in outcomes for note in outcome.notes)
    for note, hosts in _alike(notes).items():
        yield Text(f"  {words('note', hosts=fold(hosts), text=note)}", style="magenta")
    if len(outcomes) > FEW:
        slow = sorted(outcomes, key=lambda outcome: -outcome.seconds)[:SLOWEST]
        each = (words("seconds", host=outcome.host, seconds=f"{outcome.seconds:.1f}") for outcome in slow)
        yield Text(words("slowest", hosts=", ".join(each)), style="dim")


def _unchanged(outcome: Outcome) -> tuple[str, ...] | None:
    return () if outcome.status is Status.UNCHANGED else None


def _pending(outcome: Outcome) -> tuple[str, ...] | None:
    if outcome.status is not Status.PENDING or outcome.plan is None:
        return None
    changes, pending = outcome.plan.changes, outcome.plan.pending
    return (*(each.resource for each in changes), *(each.resource for each in pending))


def _changed(outcome: Outcome) -> tuple[str, ...] | None:
    """Of one that failed, too: that it was changed in part is worth knowing."""
    return tuple(each.resource for each in outcome.applied) or None


def _alike(found: Iterable[tuple[str, What | None]]) -> dict[What, list[str]]:
    """The hosts by what is said of them; None is nothing."""
    alike: dict[What, list[str]] = {}
    for host, what in found:
        if what is not None:
            alike.setdefault(what, []).append(host)
    return alike


def _wrong(outcomes: Sequence[Outcome], words: Words) -> Iterator[Text]:
    """The failures by cause, the most frequent last."""
    for cause in reversed(by_cause(outcomes)):
        count = len(cause.hosts)
        status = words.status(cause.status)
        key = "cause" if count == 1 else "cause.many"
        text = one_line(told(cause.text, words))
        line = Text(words(key, status=status, hosts=fold(cause.hosts), count=count, text=text))
        line.stylize(f"bold {COLOURS[cause.status]}", 0, len(status))
        yield line
        yield from log_lines(cause.log[-LOG_LINES:], "" if count == 1 else cause.hosts[0])


def counts(end: End, words: Words = ENGLISH) -> Text:
    """How many ended how."""
    line = Text()
    for status in Status:
        count = sum(outcome.status is status for outcome in end.outcomes)
        if count:
            line.append(", " if line else "")
            line.append(words("count", count=count, status=words.status(status)), COLOURS[status])
    for key, hosts in (("in-flight", end.in_flight), ("waiting", end.untouched)):
        if hosts:
            line.append(", " if line else "")
            line.append(words(key, count=len(hosts)))
    total = len(end.outcomes) + len(end.in_flight) + len(end.untouched)
    head = words.counted("counts", total, time=clock(end.seconds), counts="")
    return Text.assemble((head, "bold"), line)


def clock(seconds: float) -> str:
    """A time as clocks have it: 0:42, 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
