"""The shell side of files, really run: any content goes there and back, in one step, with the original kept."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provision.resources.base import ABSENT, State, Unknown, digest, quote
from provision.resources.file import Exactly, File, FileState
from provision.resources.file_shell import LIBRARY
from provision.script import Frame, Mark, Section
from tests.unit.shell import SHELLS, call

shells = pytest.mark.parametrize("shell", SHELLS, ids="-".join)
Shell = tuple[str, ...]
PATCHED = 'mv() { echo "mv $*"; command mv "$@"; }\n'
"""Tells what is moved where."""


class Host:
    """A folder as a host: its files, and where originals are kept."""

    def __init__(self, shell: Shell, root: Path) -> None:
        self._shell = shell
        self.root = root
        self.state = root / "state"

    def run(self, text: str) -> tuple[str, list[Frame]]:
        return call(self._shell, self.state, LIBRARY, text)

    def write(
        self, path: Path, content: bytes, mode: str = "-", seen: str | None = None
    ) -> tuple[str, list[Frame]]:
        """Put a file there by a change's own words."""
        present = digest(path.read_bytes()) if path.exists() else "absent"
        encoded = base64.b64encode(content).decode()
        words = f"{mode} {present if seen is None else seen} {digest(content)} {encoded}"
        return self.run(f"{PATCHED}put_file {quote(str(path))} {words}")

    def read(self, path: Path) -> State:
        file = File(str(path), Exactly(b""))
        printed, frames = self.run(file.probe())
        assert frames == []
        return file.parse(Section(printed, 0))

    def back(self, path: Path, seen: bytes) -> tuple[str, list[Frame]]:
        return self.run(f"bring_back {quote(str(path))} {digest(seen)}")

    def original(self, path: Path) -> Path:
        return Path(f"{self.state}/originals{path}")


@pytest.fixture(params=SHELLS, ids="-".join)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    yield Host(request.param, tmp_path)
    assert not list(tmp_path.rglob(".docker-provision.*")), "a temporary file stays behind"


def failed(words: str) -> list[Frame]:
    return [Frame(Mark.FAIL, words)]


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/\n"), min_size=1, max_size=20)


@shells
@given(content=st.binary(max_size=5000), name=NAMES.filter(lambda name: name not in (".", "..", "state")))
@example(content=b"", name="-")
@example(content=b"\0\n\xff\n\n", name="$(x) 'y' \\")
@settings(max_examples=4)
def test_any_content_under_any_name_goes_there_and_back(shell: Shell, content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        host = Host(shell, Path(folder))
        path = Path(folder) / name
        _, frames = host.write(path, content)
        assert frames == []
        assert path.read_bytes() == content
        state = host.read(path)
        assert isinstance(state, FileState)
        assert (state.content, state.mode) == (content, "644")
        assert state.changed == int(path.stat().st_ctime)


def test_nothing_there_is_read_as_absent(host: Host) -> None:
    assert host.read(host.root / "none") is ABSENT
    assert host.read(host.root / "none/deeper") is ABSENT


def test_what_is_no_file_is_named(host: Host) -> None:
    (host.root / "link").symlink_to("/nowhere")
    assert host.read(host.root) == Unknown(f"{host.root} is directory")
    why = f"{host.root}/link is a symbolic link to /nowhere, which isn't there"
    assert host.read(host.root / "link") == Unknown(why)


def test_a_link_is_read_through(host: Host) -> None:
    (host.root / "target").write_bytes(b"content")
    (host.root / "link").symlink_to("target")
    assert host.read(host.root / "link").content == b"content"


def test_the_new_content_comes_by_one_move_within_the_folder(host: Host) -> None:
    path = host.root / "it"
    path.write_bytes(b"old")
    said, _ = host.write(path, b"new")
    moves = [line.split() for line in said.splitlines()]
    assert [move[-1] for move in moves] == [str(host.original(path)), str(path)]
    assert [Path(move[-2]).parent for move in moves] == [host.original(path).parent, path.parent]


def test_what_a_killed_run_left_beside_it_goes(host: Host) -> None:
    path = host.root / "it"
    left = host.root / ".docker-provision.aB3xY9"
    left.write_bytes(b"half of i")
    host.write(path, b"new")
    assert not left.exists()


@pytest.mark.parametrize(
    ("present", "asked", "mode"),
    [
        (None, "-", 0o644),
        (None, "600", 0o600),
        (0o640, "-", 0o640),
        (0o600, "644", 0o644),
        (0o666, "-", 0o666),
    ],
)
def test_a_mode_is_kept_unless_one_is_asked_for(
    host: Host, present: int | None, asked: str, mode: int
) -> None:
    path = host.root / "it"
    if present is not None:
        path.write_bytes(b"old")
        path.chmod(present)
    host.write(path, b"new", asked)
    assert path.stat().st_mode & 0o7777 == mode


def test_the_owner_is_kept(host: Host) -> None:
    path = host.root / "it"
    path.write_bytes(b"old")
    if os.geteuid() == 0:
        os.chown(path, 1234, 4321)
    before = path.stat()
    host.write(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (before.st_uid, before.st_gid)


def test_a_link_stays_and_its_target_is_written(host: Host) -> None:
    target, link = host.root / "folder/target", host.root / "link"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link.symlink_to("folder/target")
    host.write(link, b"new")
    assert (link.readlink(), target.read_bytes()) == (Path("folder/target"), b"new")


def test_folders_above_are_made(host: Host) -> None:
    path = host.root / "etc/deep/it"
    assert host.write(path, b"new")[1] == []
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("seen", ["absent", digest(b"earlier")])
def test_what_changed_meanwhile_is_left_alone(host: Host, seen: str) -> None:
    path = host.root / "it"
    path.write_bytes(b"somebody's")
    _, frames = host.write(path, b"new", seen=seen)
    assert frames == failed(f"{path} was changed meanwhile: look at it, then run again")
    assert path.read_bytes() == b"somebody's"
    assert not host.state.exists()


def test_what_went_meanwhile_is_not_made_anew(host: Host) -> None:
    path = host.root / "it"
    _, frames = host.write(path, b"new", seen=digest(b"old"))
    assert frames == failed(f"{path} was changed meanwhile: look at it, then run again")
    assert not path.exists()


def test_what_did_not_come_whole_is_not_put_there(host: Host) -> None:
    """As on a full disk: fewer bytes than were sent."""
    path = host.root / "it"
    path.write_bytes(b"old")
    present = digest(b"old")
    text = f"put_file {path} - {present} {digest(b'new')} {base64.b64encode(b'ne').decode()}; echo goes on"
    said, frames = host.run(text)
    assert frames == failed(f"can't write {path}: is the file system full?")
    assert "goes on" not in said
    assert path.read_bytes() == b"old"


def test_the_first_original_is_kept_for_good(host: Host) -> None:
    path = host.root / "it"
    path.write_bytes(b"theirs")
    path.chmod(0o640)
    for content in (b"ours", b"ours, later"):
        host.write(path, content)
    original = host.original(path)
    assert (original.read_bytes(), original.stat().st_mode & 0o777) == (b"theirs", 0o640)
    assert (host.state / "originals").stat().st_mode & 0o777 == 0o700


def test_that_nothing_was_there_is_kept_for_good(host: Host) -> None:
    path = host.root / "it"
    for content in (b"ours", b"ours, later"):
        host.write(path, content)
    assert not host.original(path).exists()
    assert Path(f"{host.original(path)}.absent").exists()


def test_where_no_original_can_be_kept_nothing_is_written(host: Host) -> None:
    host.state.write_bytes(b"in the way")
    path = host.root / "it"
    path.write_bytes(b"old")
    _, frames = host.write(path, b"new")
    assert frames == failed(f"can't write under {host.state}/originals")
    assert path.read_bytes() == b"old"


class TestWayBack:
    def test_an_original_comes_back_as_it_was(self, host: Host) -> None:
        path = host.root / "it"
        path.write_bytes(b"theirs")
        path.chmod(0o640)
        host.write(path, b"ours", "600")
        assert host.back(path, b"ours")[1] == []
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"theirs", 0o640)

    def test_an_original_comes_back_by_one_move_within_the_folder(self, host: Host) -> None:
        """Between file systems a move isn't one step: the file would be missing for a while."""
        path = host.root / "it"
        path.write_bytes(b"theirs")
        host.write(path, b"ours")
        said, _ = host.run(f"{PATCHED}bring_back {path} {digest(b'ours')}")
        (move,) = [line.split() for line in said.splitlines()]
        assert (Path(move[-2]).parent, move[-1]) == (path.parent, str(path))
        assert not host.original(path).exists()

    def test_what_was_not_there_goes_with_its_folder(self, host: Host) -> None:
        path = host.root / "etc/it"
        host.write(path, b"ours")
        assert host.back(path, b"ours")[1] == []
        assert not path.parent.exists()

    def test_a_folder_that_others_use_by_now_stays(self, host: Host) -> None:
        path = host.root / "etc/it"
        host.write(path, b"ours")
        (path.parent / "theirs").touch()
        assert host.back(path, b"ours")[1] == []
        assert [each.name for each in path.parent.iterdir()] == ["theirs"]

    def test_a_folder_that_was_there_stays(self, host: Host) -> None:
        path = host.root / "etc/it"
        path.parent.mkdir()
        host.write(path, b"ours")
        host.back(path, b"ours")
        assert path.parent.exists()

    @pytest.mark.parametrize("function", ["bring_back", "take_away"])
    def test_what_changed_meanwhile_is_left_alone(self, host: Host, function: str) -> None:
        path = host.root / "it"
        host.write(path, b"ours")
        path.write_bytes(b"somebody's")
        _, frames = host.run(f"{function} {path} {digest(b'ours')}")
        assert frames == failed(f"{path} was changed meanwhile: look at it, then run again")
        assert path.read_bytes() == b"somebody's"

    def test_a_link_stays_one_and_its_target_comes_back(self, host: Host) -> None:
        target, link = host.root / "target", host.root / "link"
        target.write_bytes(b"theirs")
        link.symlink_to("target")
        host.write(link, b"ours")
        assert host.back(link, b"ours")[1] == []
        assert (link.is_symlink(), target.read_bytes()) == (True, b"theirs")

    def test_what_holds_ours_alone_goes_though_there_was_an_original(self, host: Host) -> None:
        """Somebody took out all that was his since: his old file must not come back over that."""
        path = host.root / "it"
        path.write_bytes(b"theirs")
        host.write(path, b"ours")
        assert host.run(f"take_away {path} {digest(b'ours')}")[1] == []
        assert not path.exists()
