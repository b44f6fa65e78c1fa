"""Claims: no two runs of this machine are at one host, and what a dead one held is free."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from provision.errors import OperatorError
from provision.fleet.claims import Claims


@contextmanager
def another(folder: Path, run: str, *places: str) -> Iterator[int]:
    """Another process holds these; its number."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            with Claims(folder).held(run, {place: place for place in places}):
                os.write(writing, b"x")
                signal.pause()
        finally:
            os._exit(1)
    os.read(reading, 1)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)


def test_two_runs_are_not_at_one_host(tmp_path: Path) -> None:
    with another(tmp_path, "run1", "10.0.0.1:22", "10.0.0.2:22"):
        claims = Claims(tmp_path)
        assert claims.running() == {"run1"}
        with (
            pytest.raises(OperatorError) as error,
            claims.held("run2", {"web2": "10.0.0.2:22", "web3": "10.0.0.3:22"}),
        ):
            pytest.fail("it is held")
        assert str(error.value).startswith("run run1 of this machine is at web2: wait for its end")
        with claims.held("run2", {"web3": "10.0.0.3:22"}):
            assert claims.running() == {"run1", "run2"}
        assert claims.running() == {"run1"}


def test_a_run_is_not_gone_on_with_while_it_is_under_way(tmp_path: Path) -> None:
    with (
        another(tmp_path, "run1", "a"),
        pytest.raises(OperatorError, match="run run1 of this machine is under way"),
        Claims(tmp_path).held("run1", {"b": "b"}),
    ):
        pytest.fail("it is under way")


def test_what_a_killed_run_held_is_free(tmp_path: Path) -> None:
    with another(tmp_path, "run1", "a"):
        pass
    claims = Claims(tmp_path)
    assert [path.name for path in (tmp_path / "running").iterdir()] != []
    with claims.held("run2", {"a": "a"}):
        assert claims.running() == {"run2"}
    with claims.held("run1", {"a": "a"}):
        assert claims.running() == {"run1"}
    assert list((tmp_path / "running").iterdir()) == []


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(
        OperatorError, match=r"state/running, .*, can't be made: Not a directory; XDG_STATE_HOME"
    ):
        Claims(tmp_path / "state")


@pytest.mark.parametrize("spoilt", ["claims.lock", "running/run1.lock", "running/run1.json"])
def test_a_folder_that_can_not_be_used_is_told_in_one_line(tmp_path: Path, spoilt: str) -> None:
    claims = Claims(tmp_path)
    (tmp_path / spoilt).mkdir()
    with (
        pytest.raises(OperatorError, match=rf"{spoilt}, where .*, can't be used: Is a dir.*; XDG_"),
        claims.held("run1", {"a": "a"}),
    ):
        pass


def test_another_run_that_hangs_at_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provision.fleet.claims.CLAIMING", 0.01)
    with (
        FileLock(tmp_path / "claims.lock"),
        pytest.raises(OperatorError, match=r"has held .*claims.lock for 0.01 s"),
    ):
        Claims(tmp_path).running()


def test_what_fails_within_lets_go(tmp_path: Path) -> None:
    claims = Claims(tmp_path)
    with pytest.raises(RuntimeError), claims.held("run1", {"a": "a"}):
        raise RuntimeError
    assert claims.running() == frozenset()
