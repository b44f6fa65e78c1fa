"""The journal of this machine's runs: which hosts had their turn and how each ended, written as it happens.

A database of SQLite in WAL mode, synchronous=FULL: what is written is on the disk before the run goes on, so that a
controller may be killed at any moment. `fab resume` goes on with the hosts that have no end in it.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provision.errors import OperatorError, ProvisionError
from provision.events import FAILURES, LOOKS, Course, End, Observer, Outcome
from provision.report import data
from provision.script import owner

KEPT = 500
"""Runs; older ones make room."""

WAITING, STARTED = "waiting", "started"
"""What a host is before it has an end."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, command TEXT NOT NULL, words TEXT NOT NULL, folder TEXT NOT NULL, owner TEXT NOT NULL,
    began TEXT NOT NULL, ended TEXT, cause TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS hosts (
    run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, position INTEGER NOT NULL, wave INTEGER NOT NULL,
    name TEXT NOT NULL, state TEXT NOT NULL, at TEXT NOT NULL, outcome TEXT,
    PRIMARY KEY (run, name)
) STRICT;
CREATE TABLE IF NOT EXISTS changes (
    run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
    host TEXT NOT NULL, resource TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS changes_of ON changes (run, host);
"""
VERSION = 1


@dataclass(frozen=True, slots=True)
class Typed:
    """How a run was asked for: the words of the command line, the program first, and the folder."""

    words: tuple[str, ...]
    folder: str


NOBODY = Typed((), "/")


@dataclass(frozen=True, slots=True)
class Entry:
    """A run in the journal. `states` has each host's: waiting, started, or how it ended."""

    id: str
    command: str
    typed: Typed
    owner: str
    began: str
    ended: str | None
    cause: str | None
    states: Mapping[str, str]
    waves: tuple[tuple[str, ...], ...]

    @property
    def left(self) -> tuple[str, ...]:
        """The hosts that have no end."""
        return tuple(host for host, state in self.states.items() if state in (WAITING, STARTED))

    @property
    def failed(self) -> tuple[str, ...]:
        """The hosts that weren't served."""
        return tuple(host for host, state in self.states.items() if state in FAILURES)


class Journal(Observer):
    """The database, and the observer that writes it. `typed` goes in with a new run.

    Raises OperatorError if it can't be opened. From several threads one after another.
    """

    def __init__(self, path: Path, typed: Typed = NOBODY) -> None:
        self._path, self._typed = path, typed
        self._run = ""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA foreign_keys=ON")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version not in (0, VERSION):
                raise OperatorError(f"{path}: written by another version of this program (format {version})")
            self._db.executescript(f"{_SCHEMA}PRAGMA user_version={VERSION};")
        except (OSError, sqlite3.Error) as error:
            raise OperatorError(
                f"the journal of runs, {path}, can't be written: {error}; XDG_STATE_HOME names another folder"
            ) from None

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    # -- as it is written

    def begun(self, course: Course) -> None:
        self._run = course.id
        known = self._read("SELECT 1 FROM runs WHERE id = ?", course.id)
        with self._whole():
            if known:
                self._write("UPDATE runs SET ended = NULL, cause = NULL WHERE id = ?", course.id)
                for host in course.hosts:
                    self._state(host, WAITING)
                return
            words = json.dumps(self._typed.words)
            began = course.began.isoformat(timespec="seconds")
            self._write(
                "INSERT INTO runs (id, command, words, folder, owner, began) VALUES (?, ?, ?, ?, ?, ?)",
                *(course.id, course.command, words, self._typed.folder, owner(), began),
            )
            position = 0
            for number, wave in enumerate(course.waves, 1):
                for host in wave:
                    position += 1
                    self._write(
                        "INSERT INTO hosts (run, position, wave, name, state, at) VALUES (?, ?, ?, ?, ?, ?)",
                        *(course.id, position, number, host, WAITING, _now()),
                    )
            self._write(
                "DELETE FROM runs WHERE id NOT IN (SELECT id FROM runs ORDER BY began DESC, id DESC LIMIT ?)",
                KEPT,
            )

    def started(self, host: str) -> None:
        self._state(host, STARTED)

    def changed(self, host: str, ident: str) -> None:
        if not ident.startswith(LOOKS):
            self._write(
                "INSERT INTO changes (run, host, resource, at) VALUES (?, ?, ?, ?)",
                self._run,
                host,
                ident,
                _now(),
            )

    def finished(self, outcome: Outcome) -> None:
        self._state(outcome.host, str(outcome.status), json.dumps(data.outcome(outcome), ensure_ascii=False))

    def unhealthy(self, outcome: Outcome) -> None:
        self.finished(outcome)

    def ended(self, end: End) -> None:
        self._write("UPDATE runs SET ended = ?, cause = ? WHERE id = ?", _now(), str(end.cause), self._run)

    def _state(self, host: str, state: str, outcome: str | None = None) -> None:
        self._write(
            "UPDATE hosts SET state = ?, at = ?, outcome = ? WHERE run = ? AND name = ?",
            *(state, _now(), outcome, self._run, host),
        )

    def _write(self, statement: str, *values: object) -> None:
        """Raises ProvisionError: a run that can't be written down must not go on."""
        try:
            self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise ProvisionError(f"the journal of runs, {self._path}, can't be written: {error}") from None

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """All of it or nothing."""
        self._write("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._write("COMMIT")

    # -- as it is read

    def runs(self) -> list[Entry]:
        """All runs, the newest first."""
        return [self._entry(row) for row in self._read("SELECT * FROM runs ORDER BY began DESC, id DESC")]

    def entry(self, run: str) -> Entry | None:
        """The run of an id."""
        return next(map(self._entry, self._read("SELECT * FROM runs WHERE id = ?", run)), None)

    def _read(self, statement: str, *values: object) -> list[Any]:
        """Raises OperatorError where the file is damaged."""
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise OperatorError(
                f"the journal of runs, {self._path}, can't be read: {error}; move it away to begin a new one"
            ) from None

    def _entry(self, row: Sequence[str]) -> Entry:
        ident, command, words, folder, owner, began, ended, cause = row
        hosts = self._read("SELECT name, state, wave FROM hosts WHERE run = ? ORDER BY position", ident)
        waves: dict[int, list[str]] = {}
        for name, _, wave in hosts:
            waves.setdefault(wave, []).append(name)
        return Entry(
            id=ident,
            command=command,
            typed=Typed(tuple(json.loads(words)), folder),
            owner=owner,
            began=began,
            ended=ended,
            cause=cause,
            states={name: state for name, state, _ in hosts},
            waves=tuple(map(tuple, waves.values())),
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def folder() -> Path:
    """Where this machine's runs are kept: XDG_STATE_HOME, as the XDG base directory specification has it."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return Path(base if base.startswith("/") else Path("~/.local/state").expanduser(), "docker-provision")


def pending(entry: Entry, *, failed: bool) -> tuple[tuple[str, ...], ...]:
    """The waves of what is left to do of a run: the hosts without an end, with `failed` those that failed too."""
    wanted = {*entry.left, *(entry.failed if failed else ())}
    waves = (tuple(host for host in wave if host in wanted) for wave in entry.waves)
    return tuple(wave for wave in waves if wave)
