"""What a person sees of a host and of a run: the plan with its diffs, facts, each host's end. Each is a value here."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from provision.advisories import Advisories
from provision.events import Cause, End, Outcome, Status
from provision.facts import Facts
from provision.inventory import fold
from provision.plan import Item, Plan
from provision.report.clean import clean, cut, one_line
from provision.report.remedies import told
from provision.report.texts import ENGLISH, Words
from provision.resources.base import Change, Note, Pending, Refusal

COLOURS = {
    Status.UNCHANGED: "green",
    Status.CHANGED: "yellow",
    Status.PENDING: "yellow",
    Status.REFUSED: "red",
    Status.FAILED: "red",
    Status.UNREACHABLE: "red",
}
DIFF_LINES = 60
"""Lines of a diff that are shown; `--json` has them all."""


def plan_view(host: str, found: Plan, words: Words = ENGLISH) -> RenderableType:
    """A plan as text: every step with its changes, their reasons and diffs."""
    if nothing_in(found):
        return Text(words("plan.nothing", host=host))
    parts: list[RenderableType] = [Text(host, style="bold")]
    step = ""
    for stage in found.stages:
        for item in stage.items:
            if item.step != step:
                parts.append(Text(f"  {item.step}", style="cyan"))
                step = item.step
            parts += _item(item, words)
    return Group(*parts)


def nothing_in(found: Plan) -> bool:
    """Whether a plan has nothing to do and nothing to say."""
    return found.empty and not found.notes and not found.refusals


def _item(item: Item, words: Words) -> list[RenderableType]:
    match item.finding:
        case Change() as change:
            what = one_line(f"{change.resource}: {change.actual} -> {change.desired}")
            line = Text.assemble("    ", ("~ ", "yellow"), what)
            reason = Text(f"      {words('plan.because', reason=one_line(change.reason))}", style="dim")
            return [line, reason, *_diff(change, words)]
        case Pending() as pending:
            about = {"resource": pending.resource, "desired": pending.desired, "after": pending.after}
            return [Text.assemble("    ", ("? ", "yellow"), one_line(words("plan.later", **about)))]
        case Refusal() as refusal:
            return [Text.assemble("    ", ("x ", "red"), one_line(refusal.text))]
        case Note() as note:
            return [Text.assemble("    ", ("! ", "magenta"), one_line(note.text))]


def _diff(change: Change, words: Words) -> list[RenderableType]:
    lines = _cut(change.diff).split("\n") if change.diff else []
    if not lines:
        return []
    shown = lines[:DIFF_LINES]
    if len(lines) > len(shown):
        shown.append(words("plan.more", count=len(lines) - len(shown)))
    text = Text("\n".join(f"      {line}" for line in shown))
    text.highlight_regex(r"(?m)^      \+.*$", "green")
    text.highlight_regex(r"(?m)^      -.*$", "red")
    return [text]


def outcome_line(end: Outcome, words: Words = ENGLISH) -> Text:
    """One host's end in a line."""
    changes = len(end.plan.changes) + len(end.plan.pending) if end.plan else 0
    match end.status:
        case Status.UNCHANGED:
            what = words("end.unchanged")
        case Status.PENDING:
            what = words.counted("end.pending", changes)
        case Status.CHANGED:
            what = words("end.changed", count=len(end.applied))
        case _:
            what = one_line(told(str(end.error), words))
    status = words.status(end.status)
    line = Text(words("end", host=end.host, status=status, seconds=f"{end.seconds:.1f}", what=what))
    line.stylize("bold", 0, len(end.host))
    begin = line.plain.index(status, len(end.host))
    line.stylize(COLOURS[end.status], begin, begin + len(status))
    return line


def end_lines(end: Outcome, words: Words = ENGLISH) -> Iterator[Text]:
    """A host's end, what it said that should be known, and the log of what failed."""
    yield outcome_line(end, words)
    yield from (Text(f"  {one_line(note)}", style="magenta") for note in end.notes)
    yield from log_lines(end.error.log if end.error else ())


def log_lines(log: Sequence[str], who: str = "") -> Iterator[Text]:
    """What a host said last; `who` says which of several it was."""
    yield from (Text(f"  {who}{' ' if who else ''}| {cut(clean(line))}", style="dim") for line in log)


def early_lines(end: End, words: Words = ENGLISH) -> Iterator[Text]:
    """Why a run ended before all hosts were done, and what is left of it."""
    if end.cause is Cause.DONE:
        return
    yield Text(words("early", cause=words.cause(end.cause)), style="bold")
    if end.in_flight:
        yield Text(f"  {words('early.in-flight', hosts=fold(end.in_flight))}")
    if end.untouched:
        yield Text(f"  {words('early.untouched', hosts=fold(end.untouched))}")
    yield Text(f"  {words('early.resume')}")


def wave_line(number: int, hosts: Sequence[str], words: Words = ENGLISH) -> Text:
    """A wave as it begins."""
    return Text(words("wave", number=number, hosts=fold(hosts)), style="bold")


def stopping_line(in_flight: Sequence[str], words: Words = ENGLISH) -> Text:
    """What the first Ctrl-C does."""
    waited = fold(in_flight) if in_flight else words("nobody")
    return Text(words("stopping", hosts=waited), style="bold")


def advisories_view(known: Advisories, words: Words = ENGLISH) -> RenderableType:
    """What is known against the version asked for, once for all hosts; where each line is from, `--json` says."""
    lines = [note.text for note in known.notes]
    escapes = [cve.id for cve in known.holes if cve.escape]
    others = [cve.id for cve in known.holes if not cve.escape]
    if escapes:
        lines.append(words("known.escapes", ids=", ".join(escapes)))
    if others:
        lines.append(words("known.others", ids=", ".join(others)))
    if known.closed:
        lines.append(words("known.closed", ids=", ".join(cve.id for cve in known.closed)))
    head = words("known", version=known)
    return Group(Text(head, style="bold"), *(Text(f"  - {line}", style="magenta") for line in lines))


def facts_view(host: str, read: Facts) -> Table:
    """What was read of a host, as a table."""
    table = Table(
        title=host, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False
    )
    table.add_column()
    table.add_column(overflow="fold")
    for each in dataclasses.fields(read.host):
        value = _lines(getattr(read.host, each.name))
        table.add_row(each.name.replace("_", " "), escape(_cut(value)))
    for ident, state in read.states.items():
        table.add_row(ident, escape(_cut(str(state))))
    return table


def _cut(text: str) -> str:
    """Each line of it as it may be shown."""
    return "\n".join(map(cut, clean(text).split("\n")))


def _lines(value: object) -> str:
    """A value as a person reads it: several ones below each other."""
    match value:
        case Mapping():
            return "\n".join(f"{key}: {each}" for key, each in value.items())
        case tuple() | frozenset():
            return "\n".join(map(str, value))
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
