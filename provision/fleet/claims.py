"""Claims: no two runs of this machine are at one host. The host's own lock is the second line, for other machines.

A run holds a file lock for as long as it lives, whatever ends it; beside it stands where its hosts are. Both are looked
at and changed only by whoever holds the one lock over all of them, and that for moments.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from provision.errors import OperatorError
from provision.inventory import fold

CLAIMING = 60.0
"""Seconds to wait for others that are just at it."""


class Claims:
    """Which runs are at which hosts. `folder` is where the journal is. Raises OperatorError if it can't be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "running"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise OperatorError(
                f"{self._folder}, where runs say what they are at, can't be made: {error.strerror}; XDG_STATE_HOME"
                " names another folder"
            ) from None
        self._all = FileLock(folder / "claims.lock", timeout=CLAIMING)

    @contextmanager
    def held(self, run: str, places: Mapping[str, str]) -> Iterator[None]:
        """Hold the hosts of a run: where each is, by its name.

        Raises OperatorError where another run that is under way has one of them, or this one is under way already.
        """
        own = self._lock(run)
        with self._alone():
            for other, theirs in self._alive():
                both = [name for name, place in places.items() if place in theirs]
                if other == run or both:
                    who = f"at {fold(both)}" if both else "under way"
                    raise OperatorError(
                        f"run {other} of this machine is {who}: wait for its end (`fab runs`), or leave those hosts out"
                    )
            own.acquire(timeout=0)
            self._places(run).write_text(json.dumps(sorted(places.values())))
        try:
            yield
        finally:
            with self._alone():
                self._forget(run)
                own.release()

    def running(self) -> frozenset[str]:
        """The runs that are under way."""
        with self._alone():
            return frozenset(run for run, _ in self._alive())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock over all. Raises OperatorError where that, or what is done under it, can't be."""
        try:
            with self._all:
                yield
        except Timeout:
            raise OperatorError(
                f"another run of this machine has held {self._all.lock_file} for {CLAIMING:g} s, where moments do: see"
                " what hangs there (`fuser`), then run again"
            ) from None
        except OSError as error:
            raise OperatorError(
                f"{error.filename or self._folder}, where runs say what they are at, can't be used:"
                f" {error.strerror}; XDG_STATE_HOME names another folder"
            ) from None

    def _lock(self, run: str) -> FileLock:
        return FileLock(self._folder / f"{run}.lock", mode=0o600)

    def _places(self, run: str) -> Path:
        return self._folder / f"{run}.json"

    def _alive(self) -> Iterator[tuple[str, frozenset[str]]]:
        """The runs that live, with where their hosts are; what others left behind is cleared away."""
        for file in sorted(self._folder.glob("*.lock")):
            run = file.stem
            try:
                with self._lock(run).acquire(timeout=0):
                    self._forget(run)
            except Timeout:
                yield run, frozenset(json.loads(self._places(run).read_text()))

    def _forget(self, run: str) -> None:
        self._places(run).unlink(missing_ok=True)
        Path(self._lock(run).lock_file).unlink(missing_ok=True)
