"""What a person sees: the plan with its diffs, progress while it is applied, and the end of every host."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from provision.advisories import Advisories
from provision.events import Cause, Course, End, Observer, Outcome, Status
from provision.facts import Facts
from provision.inventory import fold
from provision.masking import masked
from provision.plan import Item, Plan
from provision.resources.base import Change, Note, Pending, Refusal
from provision.words import yum

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

_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


def clean(text: str) -> str:
    """A host's words without secrets, and without what would move the cursor, change colours or name the window."""
    return masked(_CONTROL.sub("", text))


def one_line(text: str) -> str:
    """The same where a line is one host's: nothing that it says begins another."""
    return " ".join(clean(text).split())


def plan_view(host: str, found: Plan) -> RenderableType:
    """A plan as text: every step with its changes, their reasons and diffs."""
    if found.empty and not found.notes and not found.refusals:
        return Text.assemble((host, "bold"), ": nothing to do, the host is as asked for")
    parts: list[RenderableType] = [Text(host, style="bold")]
    step = ""
    for stage in found.stages:
        for item in stage.items:
            if item.step != step:
                parts.append(Text(f"  {item.step}", style="cyan"))
                step = item.step
            parts += _item(item)
    return Group(*parts)


def _item(item: Item) -> list[RenderableType]:
    match item.finding:
        case Change() as change:
            what = one_line(f"{change.resource}: {change.actual} -> {change.desired}")
            line = Text.assemble("    ", ("~ ", "yellow"), what)
            reason = Text(f"      because {one_line(change.reason)}", style="dim")
            return [line, reason, *_diff(change)]
        case Pending() as pending:
            text = f"{pending.resource}: {pending.desired} (told in full after {pending.after})"
            return [Text.assemble("    ", ("? ", "yellow"), one_line(text))]
        case Refusal() as refusal:
            return [Text.assemble("    ", ("x ", "red"), one_line(refusal.text))]
        case Note() as note:
            return [Text.assemble("    ", ("! ", "magenta"), one_line(note.text))]


def _diff(change: Change) -> list[RenderableType]:
    lines = clean(change.diff).split("\n") if change.diff else []
    if not lines:
        return []
    shown = lines[:DIFF_LINES]
    if len(lines) > len(shown):
        shown.append(f"... {len(lines) - len(shown)} more lines, --json has them all")
    text = Text("\n".join(f"      {line}" for line in shown))
    text.highlight_regex(r"(?m)^      \+.*$", "green")
    text.highlight_regex(r"(?m)^      -.*$", "red")
    return [text]


def outcome_line(end: Outcome) -> Text:
    """One host's end in a line."""
    said = {
        Status.UNCHANGED: "nothing to do",
        Status.PENDING: f"{_count(end)} pending",
        Status.CHANGED: f"{len(end.applied)} changed",
    }.get(end.status, one_line(str(end.error)))
    return Text.assemble(
        (end.host, "bold"), ": ", (str(end.status), COLOURS[end.status]), f" ({end.seconds:.1f} s): ", said
    )


def _count(end: Outcome) -> str:
    changes = len(end.plan.changes) + len(end.plan.pending) if end.plan else 0
    return f"{changes} change{'' if changes == 1 else 's'}"


def show_end(console: Console, ends: Sequence[Outcome]) -> None:
    """Every host's end, what it said that should be known, and the log of what failed."""
    for end in ends:
        console.print(outcome_line(end), soft_wrap=True)
        for note in end.notes:
            console.print(Text(f"  {one_line(note)}", style="magenta"), soft_wrap=True)
        for line in end.error.log if end.error else ():
            console.print(Text(f"  | {clean(line)}", style="dim"), soft_wrap=True)


def cause_lines(end: End) -> Iterator[Text]:
    """Why a run ended before all hosts were done, and what is left of it."""
    if end.cause is Cause.DONE:
        return
    yield Text(f"The run ended early: {end.cause}.", style="bold")
    if end.in_flight:
        yield Text(f"  in flight, going on alone: {fold(end.in_flight)}")
    if end.untouched:
        yield Text(f"  had no turn: {fold(end.untouched)}")
    yield Text("  `fab resume` goes on with what is left.")


def wave_line(number: int, hosts: Sequence[str]) -> Text:
    """A wave as it begins."""
    return Text(f"wave {number}: {fold(hosts)}", style="bold")


def stopping_line(in_flight: Sequence[str]) -> Text:
    """What the first Ctrl-C does."""
    waited = f"waiting for {fold(in_flight)}" if in_flight else "waiting for none"
    return Text(f"No more hosts begin; {waited}. Ctrl-C again lets them finish alone.", style="bold")


def advisories_view(known: Advisories) -> RenderableType:
    """What is known against the version asked for, once for all hosts; where each line is from, `--json` says."""
    lines = [note.text for note in known.notes]
    escapes = [cve.id for cve in known.holes if cve.escape]
    others = [cve.id for cve in known.holes if not cve.escape]
    if escapes:
        lines.append(f"run only images that you trust, others may become root: {', '.join(escapes)}")
    if others:
        lines.append(f"other holes: {', '.join(others)}")
    if known.closed:
        lines.append(f"not concerned by {', '.join(cve.id for cve in known.closed)}")
    head = f"{known} (--ack-eol says that this is known):"
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
        table.add_row(each.name.replace("_", " "), escape(clean(value)))
    for ident, state in read.states.items():
        table.add_row(ident, escape(clean(str(state))))
    return table


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


class Plain(Observer):
    """Progress as lines, for logs and pipes: the plan, each change as it begins, yum's packages as they come."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._readers: dict[str, yum.ProgressReader] = {}
        self._waves = 0

    def __enter__(self) -> Plain:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put away."""

    def begun(self, course: Course) -> None:
        self._waves = len(course.waves)

    def wave(self, number: int, hosts: Sequence[str]) -> None:
        if self._waves > 1:
            self._console.print(wave_line(number, hosts), soft_wrap=True)

    def stopping(self, in_flight: Sequence[str]) -> None:
        self._console.print(stopping_line(in_flight), soft_wrap=True)

    def planned(self, host: str, found: Plan) -> None:
        with self._lock:
            self._console.print(plan_view(host, found), soft_wrap=True)

    def step(self, host: str, ident: str) -> None:
        self._say(host, ident)

    def said(self, host: str, piece: str) -> None:
        for told in self._readers.setdefault(host, yum.ProgressReader()).feed(piece):
            self._say(host, f"  {told.verb} {told.package} {told.k}/{told.n}")

    def finished(self, outcome: Outcome) -> None:
        """Its end is told with all others' ends."""

    def _say(self, host: str, text: str) -> None:
        with self._lock:
            self._console.print(Text(f"{host}: {clean(text)}"), soft_wrap=True)


class Live(Observer):
    """Progress in a terminal: the plan, and a line for each host in flight, with its step and how long it takes."""

    def __init__(self, console: Console) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            TextColumn("{task.fields[doing]}"),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=console, transient=True)
        self._rows: dict[str, TaskID] = {}
        self._steps: dict[str, str] = {}
        self._readers: dict[str, yum.ProgressReader] = {}
        self._lock = threading.Lock()
        self._waves = 0

    def __enter__(self) -> Live:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begun(self, course: Course) -> None:
        self._waves = len(course.waves)

    def wave(self, number: int, hosts: Sequence[str]) -> None:
        if self._waves > 1:
            self._progress.console.print(wave_line(number, hosts), soft_wrap=True)

    def stopping(self, in_flight: Sequence[str]) -> None:
        self._progress.console.print(stopping_line(in_flight), soft_wrap=True)

    def planned(self, host: str, found: Plan) -> None:
        with self._lock:
            self._progress.console.print(plan_view(host, found), soft_wrap=True)

    def step(self, host: str, ident: str) -> None:
        self._steps[host] = ident
        self._show(host, ident)

    def said(self, host: str, piece: str) -> None:
        for told in self._readers.setdefault(host, yum.ProgressReader()).feed(piece):
            self._show(host, f"{self._steps.get(host, '')}: {told.verb} {told.package} {told.k}/{told.n}")

    def finished(self, outcome: Outcome) -> None:
        with self._lock:
            row = self._rows.pop(outcome.host, None)
            if row is not None:
                self._progress.remove_task(row)

    def _show(self, host: str, doing: str) -> None:
        with self._lock:
            if host not in self._rows:
                self._rows[host] = self._progress.add_task(escape(host), total=None, doing="")
            self._progress.update(self._rows[host], doing=escape(clean(doing)))


def observer(console: Console) -> Live | Plain:
    """The view that suits where the console's output goes."""
    return Live(console) if console.is_terminal else Plain(console)
