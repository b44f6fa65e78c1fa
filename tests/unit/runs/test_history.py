"""What a host keeps of its runs, as it is read; and how its lock is taken from the run that holds it, and no other."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import Failed
from provision.runs import Task
from provision.runs.history import End, Past, chosen, history_script, past, unlock_script
from provision.script import Mark
from tests.unit.core import framed
from tests.unit.runs.runhost import ABOUT, RECORD, RunHost, wait_for
from tests.unit.shell import SHELLS, WORD


@pytest.fixture(params=SHELLS, ids="-".join)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> RunHost:
    return RunHost(tmp_path, request.param)


def kept(host: RunHost) -> list[Past]:
    return past(host.run(history_script(WORD)).text, WORD)


def test_a_host_without_runs_has_no_history(host: RunHost) -> None:
    assert kept(host) == []


@pytest.mark.parametrize(
    ("task", "end", "verdict"),
    [
        (Task("a", "true"), End.DONE, ""),
        (Task("a", "true", "fail no room"), End.REFUSED, "no room"),
        (Task("a", "fail yum 1"), End.FAILED, "yum 1"),
        (Task("a", "kill -s KILL \"$(exec sh -c 'echo $PPID')\""), End.DIED, ""),
    ],
    ids=str,
)
def test_each_end_is_told(host: RunHost, task: Task, end: End, verdict: str) -> None:
    host.state.mkdir()
    (host.state / "record.json").touch()
    host.begin(task)
    (found,) = kept(host)
    assert (found.id, found.end, found.verdict) == (WORD[1:], end, verdict)
    assert (found.command, found.by, found.version) == (ABOUT.command, ABOUT.by, ABOUT.version)
    assert (list(found.changes), list(found.known)) == (list(ABOUT.changes), list(ABOUT.known))
    assert found.ended is not None
    assert found.begun <= found.ended <= datetime.now(UTC)


def test_one_that_is_under_way_is_told_and_the_lock_is_taken_from_it_by_its_id(
    host: RunHost, tmp_path: Path
) -> None:
    ready, go = tmp_path / "ready", tmp_path / "go"
    slow = f"touch {ready}; until [ -e {go} ]; do sleep 0.05; done"
    with host.begun(RECORD, Task("a", slow), Task("b", "true")):
        wait_for(ready.exists)
        (found,) = kept(host)
        assert (found.end, found.ended) == (End.UNDER_WAY, None)
        other = host.run(unlock_script("00ff00ff00ff00ff", 0, WORD))
        assert other.frames[0][0] is Mark.REFUSE
        assert f"isn't held by run 00ff00ff00ff00ff: {ABOUT.by} since " in other.frames[0][1]
        assert f"(run {WORD[1:]})" in other.frames[0][1]
        with subprocess.Popen(["sh", "-c", f"sleep 1; touch {go}"]):
            taken = host.run(unlock_script(WORD[1:], 30, WORD))
    assert [mark for mark, _ in taken.frames] == [Mark.STEP]
    wait_for(lambda: kept(host)[0].end is not End.UNDER_WAY)  # the lock is free a moment before
    (found,) = kept(host)
    assert found.end is End.FAILED
    assert "stopped on the host, before b" in found.verdict
    free = host.run(unlock_script(WORD[1:], 0, WORD))
    assert free.frames == [(Mark.NOTE, "nobody holds this host")]


def test_a_damaged_folder_is_passed_over(host: RunHost) -> None:
    host.begin(RECORD)
    other = host.state / "runs/00ff00ff00ff00ff"
    other.mkdir()
    for about in ("", "{", "[]", '{"command": "x"}', "\xff"):
        (other / "about").write_text(about, "latin-1")
        assert [each.id for each in kept(host)] == [WORD[1:]]


@given(st.text("0123456789abcdef {}-=\n", max_size=80))
def test_any_answer_is_read_or_refused(text: str) -> None:
    assert all(isinstance(each, Past) for each in past(framed({"runs": text}, WORD), WORD))


def test_an_answer_that_is_cut_is_no_history() -> None:
    with pytest.raises(Failed, match="cut off"):
        past(framed({"runs": "x"}, WORD)[:-3], WORD)


MOMENT = datetime(2026, 5, 1, tzinfo=UTC)
RUNS = [
    Past(name, MOMENT, None, end, "", "setup-docker", "me", "1", (), ())
    for name, end in (("c", End.DONE), ("b", End.UNDER_WAY), ("a", End.DIED))
]


@pytest.mark.parametrize(("ident", "index"), [("", 1), ("a", 2), ("c", 0)])
def test_the_run_that_is_meant(ident: str, index: int) -> None:
    assert chosen(RUNS, ident) is RUNS[index]
    assert chosen(RUNS[:1], "") is RUNS[0]


@pytest.mark.parametrize(
    ("runs", "ident", "words"), [(RUNS, "d", "keeps no run d"), ([], "", "keeps no runs")]
)
def test_a_run_that_is_not_there(runs: list[Past], ident: str, words: str) -> None:
    with pytest.raises(Failed, match=words):
        chosen(runs, ident)
