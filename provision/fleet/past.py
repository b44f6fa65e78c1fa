"""Runs of the past, from this machine's journal: a list of them, and going on with one that didn't come to its end."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.table import Table

from provision.errors import OperatorError
from provision.events import FAILURES
from provision.fleet.campaign import JOURNAL, Resumed
from provision.fleet.claims import Claims
from provision.fleet.journal import Entry, Journal, Typed, folder, pending

RESUMES = "DOCKER_PROVISION_RESUMES"
"""The environment variable by which `resume` tells the command that it types again what to go on with: RUN, or
RUN:failed."""


@contextmanager
def _journal() -> Iterator[Journal]:
    journal = Journal(folder() / JOURNAL)
    try:
        yield journal
    finally:
        journal.close()


def typed() -> Typed:
    """How the command that runs was typed."""
    program = shutil.which(sys.argv[0]) or sys.argv[0]
    first = (str(Path(program).absolute()),)
    words = first if os.access(program, os.X_OK) else (sys.executable, *first)
    return Typed((*words, *sys.argv[1:]), str(Path.cwd()))


# -- the list


def rows() -> list[dict[str, Any]]:
    """The runs in the journal, the newest first, as data."""
    with _journal() as journal:
        found = journal.runs()
    running = Claims(folder()).running()
    return [_row(entry, entry.id in running) for entry in found]


def _row(entry: Entry, running: bool) -> dict[str, Any]:
    return {
        "run": entry.id,
        "command": entry.command,
        "by": entry.owner,
        "began": entry.began,
        "state": "under way" if running else entry.cause or "cut off",
        "hosts": len(entry.states),
        "done": sum(state not in FAILURES for state in entry.states.values()) - len(entry.left),
        "failed": list(entry.failed),
        "left": list(entry.left),
        "words": list(entry.typed.words),
    }


def table(found: Sequence[dict[str, Any]]) -> Table:
    """The same for people."""
    view = Table(box=None, pad_edge=False)
    for column in ("run", "command", "by", "state", "hosts", "done", "failed", "left"):
        # an id that was cut would be of no use to `resume`
        view.add_column(column, no_wrap=column == "run", overflow="fold")
    for row in found:
        counts = (str(len(row[key])) for key in ("failed", "left"))
        view.add_row(
            row["run"], row["command"], row["by"], row["state"], str(row["hosts"]), str(row["done"]), *counts
        )
    return view


# -- going on


def resume(run: str, *, failed: bool) -> int:
    """Type the command of a run again, for what is left of it; without an id the newest that has something left.

    With `failed` the hosts that weren't served are taken again too. Doesn't return where there is something to do.
    Raises OperatorError.
    """
    with _journal() as journal:
        found = journal.runs()
    running = Claims(folder()).running()
    entry = _chosen(run, found, failed=failed)
    if entry.id in running:
        raise OperatorError(f"run {entry.id} is under way: wait for its end")
    if not pending(entry, failed=failed):
        print(f"run {entry.id}: nothing is left to do", file=sys.stderr)
        return 0
    words = entry.typed.words
    print(f"run {entry.id} goes on: {shlex.join(words)}", file=sys.stderr, flush=True)
    try:
        os.chdir(entry.typed.folder)
        said = f"{entry.id}:failed" if failed else entry.id
        os.execve(words[0], words, {**os.environ, RESUMES: said})  # noqa: S606  as it was typed, no shell
    except OSError as error:
        raise OperatorError(
            f"run {entry.id} can't be gone on with: {error.strerror}: {error.filename or words[0]}"
        ) from None


def _chosen(run: str, found: Sequence[Entry], *, failed: bool) -> Entry:
    for entry in found:
        if run in ("", entry.id) and (run or pending(entry, failed=failed)):
            return entry
    if run:
        raise OperatorError(f"there is no run {run}: `fab runs` lists them")
    raise OperatorError("no run of this machine has anything left to do: `fab runs` lists them")


def resumed() -> tuple[str, Resumed] | None:
    """What the command that runs has to go on with: the command of that run, and what is left. Raises OperatorError."""
    said = os.environ.get(RESUMES)
    if said is None:
        return None
    run, _, failed = said.partition(":")
    with _journal() as journal:
        entry = journal.entry(run)
    if entry is None:
        raise OperatorError(f"there is no run {run}: `fab runs` lists them")
    return entry.command, Resumed(run, pending(entry, failed=bool(failed)))


def taken_up() -> None:
    """What had to be gone on with is; whatever comes behind it on the command line runs as it would have."""
    del os.environ[RESUMES]
