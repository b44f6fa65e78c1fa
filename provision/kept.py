"""What hosts keep of their runs: listed, joined, and a lock taken from the one that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from provision import script
from provision.converge import Listener, Remote
from provision.events import Observer
from provision.report.clean import clean, one_line
from provision.runs import HostRun
from provision.runs.history import End, Past, chosen, history_script, past, unlock_script

TIMEOUT = 60.0
"""Seconds for reading what is kept."""

COLOURS = {End.UNDER_WAY: "yellow", End.DONE: "green", End.REFUSED: "red", End.FAILED: "red", End.DIED: "red"}


def history(remote: Remote) -> list[Past]:
    """The runs that a host keeps, the newest first. Raises what `Remote.read` raises, and Failed."""
    word = script.nonce()
    return past(remote.read(history_script(word), timeout=TIMEOUT).stdout, word)


def attach(host: str, remote: Remote, ident: str, console: Console) -> Past:
    """Print what the run `ident` has said, and follow it to its end if it is under way; without an id that which is
    under way, or the newest. Raises Refused or Failed as the run itself ended, and Failed if there is no such run."""
    run = chosen(history(remote), ident)
    told = Told(console)
    told.step(host, f"run {run.id}: {run.command} by {run.by}, since {run.begun:%F %T %Z}")
    listener = Listener(f"@{run.id}", host, told)
    answer = remote.apply(HostRun(f"@{run.id}"), listener.hear, listener.lost)
    for note in listener.notes:
        told.step(host, note)
    if answer.status:
        listener.raise_verdict()
    return run


def unlock(host: str, remote: Remote, ident: str, patience: int, console: Console) -> None:
    """End the run `ident`, if it holds the host, and wait for the lock. Raises Refused if another holds it, Failed if
    it doesn't end."""
    word = script.nonce()
    listener = Listener(word, host, Told(console))
    answer = remote.read(unlock_script(ident, patience, word), timeout=2.0 * patience + TIMEOUT)
    listener.hear(answer.stdout)
    if answer.status:
        listener.raise_verdict()
    for note in listener.notes or ["nobody holds this host any more"]:
        console.print(Text(f"{host}: {one_line(note)}"), soft_wrap=True)


class Told(Observer):
    """All that a run says, line by line, with the host's name before each."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rest = ""

    def step(self, host: str, ident: str) -> None:
        self._say(host, ident)

    def said(self, host: str, piece: str) -> None:
        *lines, self._rest = (self._rest + piece).split("\n")
        for line in filter(None, lines):
            self._say(host, f"  {line}")

    def _say(self, host: str, text: str) -> None:
        self._console.print(Text(f"{host}: {clean(text)}"), soft_wrap=True)


def view(host: str, runs: Sequence[Past]) -> Iterator[Text]:
    """What a host keeps, a line for each run and one for what it changed; `--json` has each change in full."""
    if not runs:
        yield Text.assemble((host, "bold"), ": no runs are kept here")
    for run in runs:
        verdict = f": {one_line(run.verdict)}" if run.verdict else ""
        yield Text.assemble(
            (host, "bold"),
            f": {run.begun:%F %T %Z}  {run.id}  {one_line(run.command)} by {one_line(run.by)}: ",
            (f"{run.end}{verdict}", COLOURS[run.end]),
        )
        yield Text(f"  {', '.join(one_line(change.split(': ')[0]) for change in run.changes)}", style="dim")
