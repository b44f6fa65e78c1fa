"""The journal: whatever moment the controller dies at, the hosts that aren't done are known, and no other."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.errors import Failed, OperatorError, ProvisionError
from provision.events import Cause, Course, End, Outcome, Status
from provision.fleet import journal as module
from provision.fleet.journal import Journal, Typed, folder, pending
from provision.fleet.rollout import Rollout
from provision.fleet.runners import Threads
from tests.unit.fleet.here import Here

TYPED = Typed(("/bin/fab", "-H", "a,b", "setup-docker"), "/root")
HOSTS = ("a", "b", "c", "d")
STATUSES = dict(
    zip(HOSTS, (Status.CHANGED, Status.FAILED, Status.UNCHANGED, Status.UNREACHABLE), strict=True)
)


def course(*waves: tuple[str, ...], run: str = "run1") -> Course:
    return Course(run, "setup-docker", waves or (("a",), HOSTS[1:]), False, datetime.now().astimezone())


@contextmanager
def opened(path: Path) -> Iterator[Journal]:
    journal = Journal(path, TYPED)
    try:
        yield journal
    finally:
        journal.close()


def test_a_run_is_written_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "state/runs.sqlite"
    with opened(path) as writing, opened(path) as reading:

        def states() -> dict[str, str]:
            (entry,) = reading.runs()
            return dict(entry.states)

        writing.begun(course())
        assert states() == dict.fromkeys(HOSTS, "waiting")
        writing.started("a")
        assert states()["a"] == "started"
        writing.changed("a", "look packages")
        writing.changed("a", "packages docker-ce")
        writing.finished(Outcome("a", Status.CHANGED))
        assert states()["a"] == "changed"
        writing.unhealthy(Outcome("a", Status.FAILED, error=Failed("checked after its wave")))
        assert states()["a"] == "failed"
        (entry,) = reading.runs()
        assert (entry.left, entry.failed) == (("b", "c", "d"), ("a",))
        assert (entry.typed, entry.waves, entry.cause) == (TYPED, (("a",), ("b", "c", "d")), None)
        writing.ended(End(Cause.INTERRUPTED, ()))
        assert reading.runs()[0].cause == "interrupted"
        db = sqlite3.connect(path)
        assert db.execute("SELECT host, resource FROM changes").fetchall() == [("a", "packages docker-ce")]
        (outcome,) = db.execute("SELECT outcome FROM hosts WHERE name = 'a'").fetchone()
        assert json.loads(outcome)["error"] == "checked after its wave"
        db.close()
    assert oct(path.stat().st_mode)[-3:] == "600"


def test_it_is_on_the_disk_before_the_run_goes_on(tmp_path: Path) -> None:
    with opened(tmp_path / "runs.sqlite") as journal:
        settings_ = [
            journal._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        ]
    assert settings_ == ["wal", 2]  # FULL


class Dies(Journal):
    """The journal of a controller that is killed at its nth write: before it, or right behind it."""

    left = 0
    behind = False

    def _write(self, statement: str, *values: object) -> None:
        self.left -= 1
        if self.left == 0 and not self.behind:
            os.kill(os.getpid(), signal.SIGKILL)
        super()._write(statement, *values)
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def run(journal: Journal, path: Course, log: Path) -> None:
    """Give the hosts their turn; whoever has one is in the log."""

    def work(host: str) -> Outcome:
        with log.open("a") as file:
            file.write(f"{host}\n")
        journal.changed(host, "packages docker-ce")
        return Outcome(host, STATUSES[host])

    Rollout(Threads(1), journal).run(path, Here(work))


def in_a_child_that_dies(path: Path, log: Path, at: int, *, behind: bool) -> bool:
    """Whether it was killed: at the last write but one it comes to its end."""
    child = os.fork()
    if not child:
        try:
            journal = Dies(path, TYPED)
            journal.left, journal.behind = at, behind
            run(journal, course(), log)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
def test_killed_at_any_write_a_run_goes_on_with_exactly_the_hosts_that_are_not_done(
    tmp_path: Path, behind: bool
) -> None:
    died, at = True, 0
    while died:
        at += 1
        path, log = tmp_path / f"{at}.sqlite", tmp_path / f"{at}.log"
        died = in_a_child_that_dies(path, log, at, behind=behind)
        with opened(path) as journal:
            entry = journal.entry("run1")
            before = log.read_text().split() if log.exists() else []
            if entry is None:
                assert not before  # it wasn't begun, and no host was touched
                continue
            done = {host for host in HOSTS if entry.states[host] not in ("waiting", "started")}
            assert set(entry.left) == set(HOSTS) - done
            assert done <= set(before)
            assert len(set(before) - done) <= 1  # the one in flight
            left = pending(entry, failed=False)
            run(journal, replace(course(), waves=left), log)
            turns = Counter(log.read_text().split())
            assert set(turns) == set(HOSTS)
            assert all(turns[host] == 1 for host in done)
            assert sum(turns.values()) <= len(HOSTS) + 1
            (again,) = journal.runs()
            assert (again.left, again.failed, again.cause) == ((), ("b", "d"), "done")
    assert at > 20


events = st.lists(
    st.tuples(st.sampled_from(HOSTS), st.sampled_from(["started", *sorted(Status)])), max_size=20
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(events, st.booleans())
def test_what_is_left_are_the_hosts_without_an_end(
    tmp_path: Path, told: list[tuple[str, str]], failed: bool
) -> None:
    path = tmp_path / "runs.sqlite"
    path.unlink(missing_ok=True)
    ends: dict[str, str] = {}
    with opened(path) as journal:
        journal.begun(course())
        for host, state in told:
            if state == "started":
                journal.started(host)
            else:
                journal.finished(Outcome(host, Status(state)))
            ends[host] = state
    with opened(path) as journal:
        (entry,) = journal.runs()
    wanted = {host for host in HOSTS if ends.get(host, "started") == "started"}
    if failed:
        wanted |= {host for host, state in ends.items() if state in ("failed", "refused", "unreachable")}
    assert [host for wave in pending(entry, failed=failed) for host in wave] == [
        host for host in HOSTS if host in wanted
    ]


def test_old_runs_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    with opened(tmp_path / "runs.sqlite") as journal:
        for number in range(6):
            journal.begun(course(run=f"run{number}"))
            journal.changed("a", "packages docker-ce")
        assert [entry.id for entry in journal.runs()] == ["run5", "run4", "run3"]
        assert journal._db.execute("SELECT count(*) FROM changes").fetchone() == (3,)


@pytest.mark.parametrize("spoil", ["folder", "text", "version"])
def test_a_journal_that_can_not_be_used_is_told_before_any_host_is_touched(
    tmp_path: Path, spoil: str
) -> None:
    path = tmp_path / "runs.sqlite"
    if spoil == "folder":
        path.mkdir()
    elif spoil == "text":
        path.write_text("this is no database, and it is long enough to be seen as none" * 20)
    else:
        db = sqlite3.connect(path)
        db.execute("PRAGMA user_version=99")
        db.close()
    with pytest.raises(OperatorError) as error:
        Journal(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_journal_that_is_damaged_within_is_told(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    with opened(path) as journal:
        journal.begun(course())
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"Z" * (len(content) - 4096))
    with opened(path) as journal:
        for read in (journal.runs, lambda: journal.entry("run1")):
            with pytest.raises(OperatorError, match=r"runs.sqlite, can't be read: .*; move it away"):
                read()


def test_a_run_that_can_not_be_written_down_does_not_go_on(tmp_path: Path) -> None:
    with opened(tmp_path / "runs.sqlite") as journal:
        journal.begun(course())
        journal._db.execute("DROP TABLE hosts")
        with pytest.raises(ProvisionError, match="can't be written: no such table"):
            journal.started("a")


def test_it_lies_where_state_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/srv/state")
    assert folder() == Path("/srv/state/docker-provision")
    for unset in ("", "relative"):
        monkeypatch.setenv("XDG_STATE_HOME", unset)
        monkeypatch.setenv("HOME", "/home/eve")
        assert folder() == Path("/home/eve/.local/state/docker-provision")
