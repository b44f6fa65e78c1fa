"""The cache: whole or not there, once for each of its inputs, also when builders are killed or many."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab import cache
from lab.process import Process, run
from tests.lab.support import CHECKOUT

BUILDER = """
from lab.cache import cached
from lab.process import run, tied

def build(folder):
    (folder / "part").write_text("half")
    run(*tied("sh", "-c", f"echo $$ >{folder}/started; sleep 1000 & sleep 1000"), timeout=2000)

cached("thing", "inputs", build)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("DOCKER_PROVISION_LAB_CACHE", str(tmp_path))
    return tmp_path


def writes(text: str) -> Callable[[Path], None]:
    def build(folder: Path) -> None:
        (folder / "file").write_text(text)

    return build


def test_what_is_there_is_not_made_again_and_other_inputs_make_another(folder: Path) -> None:
    first = cache.cached("thing", "a", writes("1"))
    assert cache.cached("thing", "a", writes("2")) == first
    assert (first / "file").read_text() == "1"
    other = cache.cached("thing", "b", writes("2"))
    assert (other / "file").read_text() == "2"


def test_a_build_that_fails_leaves_nothing(folder: Path) -> None:
    def fails(target: Path) -> None:
        (target / "file").touch()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.cached("thing", "a", fails)
    assert [path.name for path in folder.iterdir()] == ["locks"]


def test_two_who_ask_at_once_get_one_build(folder: Path) -> None:
    made: list[Path] = []

    def build(target: Path) -> None:
        made.append(target)
        time.sleep(0.2)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: cache.cached("thing", "a", build), range(4)))
    assert len(made) == 1
    assert len(set(results)) == 1


@pytest.fixture
def builder(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process in the middle of a build that would take long."""
    process = subprocess.Popen([sys.executable, "-c", BUILDER], cwd=CHECKOUT, stderr=subprocess.DEVNULL)
    while not list(folder.glob(".thing*/started")):
        assert process.poll() is None
        time.sleep(0.02)
    yield process
    process.kill()
    process.wait()


def test_a_killed_builder_takes_its_programs_along_and_leaves_the_place_free(
    folder: Path, builder: "subprocess.Popen[bytes]"
) -> None:
    below = [Process.of(int(pid)) for pid in run("pgrep", "-P", str(builder.pid)).split()]
    sleepers = [Process.of(int(pid)) for pid in run("pgrep", "--full", str(folder)).split()]
    assert below
    assert sleepers
    builder.kill()
    builder.wait()
    assert (cache.cached("thing", "inputs", writes("whole")) / "file").read_text() == "whole"
    assert [path.name for path in folder.glob("*thing*")] == [path.name for path in folder.glob("thing-*")]
    deadline = time.monotonic() + 10
    while any(process.alive for process in [*below, *sleepers]):
        assert time.monotonic() < deadline, "what the killed builder had started goes on"
        time.sleep(0.02)


def test_what_nobody_asked_for_in_days_is_forgotten(folder: Path) -> None:
    old, new = (cache.cached("thing", inputs, writes(inputs)) for inputs in ("old", "new"))
    for path in (old, new):
        os.utime(path, (0, 0))
    cache.cached("thing", "new", writes("new"))
    cache.forget()
    assert [path for path in folder.iterdir() if path.name != "locks"] == [new]


def test_nothing_is_deleted_through_a_mount(folder: Path) -> None:
    precious, doomed = folder / "precious", folder / "doomed"
    (doomed / "inside").mkdir(parents=True)
    precious.mkdir()
    (precious / "file").touch()
    run("mount", "--bind", str(precious), str(doomed / "inside"))
    try:
        with pytest.raises(OSError, match="is mounted inside"):
            cache.remove_tree(doomed)
        assert (precious / "file").exists()
    finally:
        run("umount", str(doomed / "inside"))
    cache.remove_tree(doomed)
    assert not doomed.exists()
    assert (precious / "file").exists()
