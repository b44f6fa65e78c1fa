"""In which order a file is written, seen by strace. What a power cut may take is told by that order
alone, for no test can cut this machine's power."""

from __future__ import annotations

import base64
import re
import subprocess
from pathlib import Path

import pytest

from lab import apt
from provision import script
from provision.resources import record, unit_shell
from provision.resources.base import digest, quote
from provision.resources.file_shell import LIBRARY
from tests.unit.shell import SHELLS

CALLS = "trace=write,copy_file_range,fsync,rename,renameat,renameat2,unlink,unlinkat,chmod,fchmod,fchmodat,fchownat"
_MOVE = re.compile(r'^rename\w*\(.*?"(?P<old>[^"]+)", (?:AT_FDCWD[^,]*, )?"(?P<new>[^"]+)"')
_ON = re.compile(r"^(?P<call>write|fsync|copy_file_range)\((?:\d+<[^>]+>, \w+, )?\d+<(?P<path>[^>]+)>")
_MODE = re.compile(r'^f?chmod\w*\((?:AT_FDCWD[^,]*, )?"(?P<path>[^"]+)"')
_GONE = re.compile(r'^unlink\w*\((?:AT_FDCWD[^,]*, )?"(?P<path>[^"]+)"')

Event = tuple[str, str]


@pytest.fixture(scope="module", autouse=True)
def strace() -> None:
    apt.ensure("strace")


@pytest.fixture(params=SHELLS, ids="-".join)
def shell(request: pytest.FixtureRequest) -> tuple[str, ...]:
    found: tuple[str, ...] = request.param
    return found


def events(shell: tuple[str, ...], root: Path, text: str) -> list[Event]:
    """What is done below `root`, in order: ("write", path), ("fsync", path), ("rename", new), …; a name that mktemp
    made reads NEW."""
    trace = root.parent / "trace"
    words = (
        script.PREAMBLE.format(title="test", nonce="@0123456789abcdef")
        + script.COMMON
        + f"state={quote(str(root / 'state'))}\n{LIBRARY}\n{text}\n"
    )
    subprocess.run(
        ["strace", "-f", "-y", "-s", "4096", "-e", CALLS, "-o", str(trace), *shell, "-c", words],
        check=True,
        capture_output=True,
    )
    found: list[Event] = []
    for line in trace.read_text().splitlines():
        call = re.sub(r"^\d+ +", "", line)
        if " = -1 " not in call:
            found += _event(call, root)
    return found


def _event(call: str, root: Path) -> list[Event]:
    if match := _MOVE.match(call):
        kind, path = "rename", match["new"]
    elif match := _ON.match(call):
        kind, path = match["call"].replace("copy_file_range", "write"), match["path"]
    elif match := _MODE.match(call):
        kind, path = "mode", match["path"]
    elif match := _GONE.match(call):
        kind, path = "unlink", match["path"]
    else:
        return []
    if not path.startswith(str(root)):
        return []
    name = re.sub(r"\.docker-provision\.\w{6}$", "NEW", path.removeprefix(str(root)))
    return [(kind, name or "/")]


def put(path: Path, content: bytes) -> str:
    present = digest(path.read_bytes()) if path.exists() else "absent"
    encoded = base64.b64encode(content).decode()
    return f"put_file {quote(str(path))} - {present} {digest(content)} {encoded}"


def in_order(found: list[Event], *wanted: Event) -> None:
    """Each of `wanted` comes behind the one before, among others."""
    rest = iter(found)
    for event in wanted:
        assert event in rest, f"{event} isn't behind what should be before it, in {found}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "host"
    (root / "etc").mkdir(parents=True)
    return root


def test_a_file_is_on_the_disk_before_its_name_and_the_name_before_we_go_on(
    shell: tuple[str, ...], root: Path
) -> None:
    path = root / "etc/it"
    path.write_bytes(b"old")
    found = events(shell, root, put(path, b"new"))
    new = "/etc/NEW"
    in_order(found, ("mode", new), ("write", new), ("fsync", new), ("rename", "/etc/it"), ("fsync", "/etc"))
    # nothing is done to it once it has its name
    assert [event for event in found if event[1] == "/etc/it"] == [("rename", "/etc/it")]
    assert path.read_bytes() == b"new"


def test_the_original_is_kept_for_good_before_its_place_is_taken(shell: tuple[str, ...], root: Path) -> None:
    path = root / "etc/it"
    path.write_bytes(b"old")
    found = events(shell, root, put(path, b"new"))
    kept = f"/state/originals{root}/etc"
    in_order(
        found,
        ("fsync", "/"),  # the folder state has its name
        ("write", f"{kept}/NEW"),
        ("fsync", f"{kept}/NEW"),
        ("rename", f"{kept}/it"),
        ("fsync", kept),
        ("rename", "/etc/it"),
    )


def test_that_there_was_none_is_kept_for_good_first(shell: tuple[str, ...], root: Path) -> None:
    found = events(shell, root, put(root / "etc/deep/it", b"new"))
    kept = f"/state/originals{root}/etc/deep"
    in_order(found, ("fsync", kept), ("fsync", "/etc"), ("rename", "/etc/deep/it"), ("fsync", "/etc/deep"))


def test_an_original_comes_back_before_the_kept_one_goes(shell: tuple[str, ...], root: Path) -> None:
    path = root / "etc/it"
    path.write_bytes(b"old")
    events(shell, root, put(path, b"new"))
    found = events(shell, root, f"bring_back {quote(str(path))} {digest(b'new')}")
    kept = f"/state/originals{root}/etc/it"
    new = "/etc/NEW"
    in_order(
        found, ("write", new), ("fsync", new), ("rename", "/etc/it"), ("fsync", "/etc"), ("unlink", kept)
    )
    assert path.read_bytes() == b"old"


def test_what_goes_is_gone_for_good(shell: tuple[str, ...], root: Path) -> None:
    path = root / "etc/it"
    events(shell, root, put(path, b"new"))
    found = events(shell, root, f"take_away {quote(str(path))} {digest(b'new')}")
    in_order(found, ("unlink", "/etc/it"), ("fsync", "/etc"))


def test_a_daemon_json_taken_back_is_never_missing(shell: tuple[str, ...], root: Path) -> None:
    """Where it was kept may be another file system, between which a move would first take the file away."""
    (root / "etc/daemon.json").write_bytes(b"new")
    kept = root / "state/pending/etc/docker"
    kept.mkdir(parents=True)
    (kept / "daemon.json").write_bytes(b"old")
    library = (record.LIBRARY + unit_shell.LIBRARY).replace(
        "/etc/docker/daemon.json", f"{root}/etc/daemon.json"
    )
    library = library.replace(f"$pending{root}/etc", "$pending/etc/docker")
    pending = f"pending={quote(str(root / 'state/pending'))}"
    found = events(shell, root, f"{library}\n{pending}\ntake_back")
    new = "/etc/NEW"
    in_order(found, ("write", new), ("fsync", new), ("rename", "/etc/daemon.json"), ("fsync", "/etc"))
    assert [event for event in found if event[1] == "/etc/daemon.json"] == [("rename", "/etc/daemon.json")]
    assert (root / "etc/daemon.json").read_bytes() == b"old"
