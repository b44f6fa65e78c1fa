"""The proofs for people at a terminal: each layer's progress while it is pulled, then every proof with its evidence."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.text import Text

from provision.prove.pulls import size_of
from provision.prove.result import Proof, Report, Verdict
from provision.prove.texts import remedy, say, title, verdict
from provision.report.clean import clean, one_line

Key = TypeVar("Key", str, tuple[str, str])

MARKS = {
    Verdict.PROVEN: ("✓", "green"),
    Verdict.NOT_PROVEN: ("✗", "red"),
    Verdict.NOT_APPLICABLE: ("-", "yellow"),
}
IN_DETAIL = 3
"""So many hosts have a line for each layer; with more, each host has one line."""

_PROGRESS = re.compile(r"(?P<verb>\w+) \[.*\]\s+(?P<done>[0-9.]+\w+)/(?P<total>[0-9.]+\w+)")


class Plain:
    """Progress as lines, for logs and pipes: what a host is at, and each layer when it is there."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._told: dict[tuple[str, str], str] = {}

    def __enter__(self) -> Plain:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put away."""

    def doing(self, host: str, what: str) -> None:
        self._say(host, what)

    def layer(self, host: str, digest: str, said: str) -> None:
        word = said.partition(" [")[0]
        if self._told.get((host, digest)) != word:
            self._told[host, digest] = word
            self._say(host, f"  {digest} {word}")

    def finished(self, report: Report) -> None:
        """Its end is told with all others' ends."""

    def _say(self, host: str, text: str) -> None:
        with self._lock:
            self._console.print(Text(f"{host}: {clean(text)}"), soft_wrap=True)


class Live:
    """Progress in a terminal: a line for each host in flight, below it one with a bar for each layer of its pull."""

    def __init__(self, console: Console, *, detailed: bool) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[said]}"),
            console=console,
            transient=True,
        )
        self._detailed = detailed
        self._hosts: dict[str, TaskID] = {}
        self._layers: dict[tuple[str, str], TaskID] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Live:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def doing(self, host: str, what: str) -> None:
        with self._lock:
            self._keep_layers(host)
            row = self._row(self._hosts, host, f"[bold]{escape(host)}[/]")
            self._progress.update(row, said=escape(clean(what)))

    def layer(self, host: str, digest: str, said: str) -> None:
        if not self._detailed:
            return
        with self._lock:
            row = self._row(self._layers, (host, digest), f"  {escape(digest)}")
            found = _PROGRESS.search(said)
            if found:
                total, done = size_of(found["total"]), size_of(found["done"])
                text = f"{found['verb']} {found['done']}/{found['total']}"
                self._progress.update(row, total=total, completed=done, said=escape(text))
            else:
                full = {"total": 1, "completed": 1} if said.endswith(("complete", "exists")) else {}
                self._progress.update(row, said=escape(clean(said)), **full)  # type: ignore[arg-type]

    def finished(self, report: Report) -> None:
        with self._lock:
            self._keep_layers(report.host)
            row = self._hosts.pop(report.host, None)
            if row is not None:
                self._progress.remove_task(row)

    def _row(self, rows: dict[Key, TaskID], key: Key, name: str) -> TaskID:
        if key not in rows:
            rows[key] = self._progress.add_task(name, total=None, said="")
        return rows[key]

    def _keep_layers(self, host: str) -> None:
        """A pull is over: what became of its layers stays on the screen."""
        for key in [key for key in self._layers if key[0] == host]:
            row = self._layers.pop(key)
            said = next(task.fields["said"] for task in self._progress.tasks if task.id == row)
            self._progress.console.print(f"  {escape(key[1])} {said}", soft_wrap=True)
            self._progress.remove_task(row)


def watcher(console: Console, hosts: int) -> Live | Plain:
    """The view that suits where the console's output goes."""
    return Live(console, detailed=hosts <= IN_DETAIL) if console.is_terminal else Plain(console)


def show(console: Console, reports: Sequence[Report], language: str = "en") -> None:
    """Every host's proofs with their evidence."""
    for report in reports:
        console.print()
        if report.error is not None:
            text = f": {report.error.outcome}: {one_line(str(report.error))}"
            console.print(Text.assemble((report.host, "bold"), (text, "red")), soft_wrap=True)
        else:
            head = f" (Docker {clean(report.engine)}, {report.seconds:.1f} s)"
            console.print(Text.assemble((report.host, "bold"), head), soft_wrap=True)
        for proof in report.proofs:
            _show(console, proof, language)
        for note in report.notes:
            console.print(Text(f"  {one_line(note)}", style="magenta"), soft_wrap=True)


def _show(console: Console, proof: Proof, language: str) -> None:
    mark, colour = MARKS[proof.verdict]
    end = verdict(proof.verdict, language) + (f": {one_line(say(proof.why, language))}" if proof.why else "")
    console.print(
        Text.assemble("  ", (mark, colour), " ", (title(proof.name, language), "bold"), ": ", (end, colour)),
        soft_wrap=True,
    )
    for each in proof.evidence:
        console.print(Text(f"      {one_line(say(each, language))}"), soft_wrap=True)
    if proof.remedy:
        console.print(
            Text(f"      {remedy(language)}: {one_line(say(proof.remedy, language))}", style="yellow"),
            soft_wrap=True,
        )
