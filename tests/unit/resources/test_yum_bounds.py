"""What bounds yum, run by the shells that a host may have: its lock, and repositories in which nobody answers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from provision.resources.yum_bounds import BOUNDS
from provision.script import Mark
from tests.unit.shell import SHELLS, call, programs

shells = pytest.mark.parametrize("shell", SHELLS, ids="-".join)

FILES = {
    "CentOS-Base.repo": """\
[base]
name=CentOS-$releasever - Base
mirrorlist=http://mirrorlist.example/?release=$releasever&repo=os&infra=$infra
#baseurl=http://commented.example/
[updates]
baseurl = http://one.example/a/,https://two.example:8443/b/
          ftp://three.example/c
enabled : 1
[off]
baseurl=http://off.example/
enabled=0
""",
    "odd.repo": """\
; a comment
[through-a-proxy]
baseurl=http://far.example/
proxy=http://proxy.example:3128
[straight]
baseurl=http://user:secret@near.example/x/y\r
proxy=_none_
enabled=yes\r
[on-disk]
baseurl=file:///srv/packages
[named-by-a-variable]
baseurl=http://$mirror.example/
""",
    "docker-ce.repo": "[docker-ce-stable]\nbaseurl=https://docker.example/\n",
}
SERVERS = [
    "base http://mirrorlist.example/",
    "updates http://one.example/",
    "updates https://two.example:8443/",
    "updates ftp://three.example/",
    "straight http://near.example/",
]


@pytest.fixture
def repositories(tmp_path: Path) -> Path:
    folder = tmp_path / "repos"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_bytes(text.encode())
    return folder


def prepared(tmp_path: Path, text: str, **answers: str) -> str:
    """The call, with programs in place of the host's, and a folder to look in."""
    folder = programs(tmp_path / "bin", answers)
    look = tmp_path / "look"
    look.mkdir()
    return f"PATH={folder}:$PATH; look={look}; {text}"


@shells
def test_every_enabled_server_is_found_once_a_section(
    shell: tuple[str, ...], repositories: Path, tmp_path: Path
) -> None:
    said, _ = call(shell, tmp_path, BOUNDS, f"list_servers {repositories}/*.repo")
    assert said.split("\n") == SERVERS


CURL = 'case $5 in {silent}) exit 28 ;; *refused*) exit 7 ;; esac; echo "$@" >>{log}'


@shells
@pytest.mark.parametrize(
    ("silent", "left_out"),
    [
        ("http://mirrorlist.example/", "base"),
        ("http://mirrorlist.example/ | http://near.example/", "base,straight"),
        ("http://one.example/", ""),  # its other servers answer
        ("http://one.example/ | https://two.example:8443/ | ftp://three.example/", "updates"),
        ("nobody", ""),
    ],
)
def test_what_does_not_answer_is_left_out(
    shell: tuple[str, ...], repositories: Path, tmp_path: Path, silent: str, left_out: str
) -> None:
    curl = CURL.format(silent=silent, log=tmp_path / "asked")
    asked = prepared(tmp_path, f'ask_around {repositories}; echo "<$silent>"', curl=curl)
    said, frames = call(shell, tmp_path, BOUNDS, asked)
    assert said.strip() == f"<{left_out}>"
    assert [frame.mark for frame in frames] == ([Mark.NOTE] if left_out else [])
    assert "secret" not in (tmp_path / "asked").read_text()  # a command line is for all to see


@shells
def test_yum_leaves_out_what_did_not_answer_and_nothing_else(shell: tuple[str, ...], tmp_path: Path) -> None:
    text = prepared(tmp_path, 'yum_bounded list; silent="a,b"; yum_bounded list', yum='echo "$#: $*"')
    said, frames = call(shell, tmp_path, BOUNDS, text)
    first, second = said.split("\n")
    assert "--disablerepo" not in first
    assert "--disablerepo=a,b list" in second
    assert frames == []


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


@shells
def test_the_time_for_waiting_is_for_all_calls_together(
    shell: tuple[str, ...], tmp_path: Path, holder: subprocess.Popen[bytes]
) -> None:
    (tmp_path / "yum.pid").write_text(str(holder.pid))
    library = BOUNDS.replace("/var/run/yum.pid", str(tmp_path / "yum.pid"))
    said, frames = call(shell, tmp_path, library, "lock_timeout=2; waited=1; yum_bounded list; echo went on")
    assert said.strip() == ""
    assert [frame.mark for frame in frames] == [Mark.WAIT, Mark.FAIL]
    assert f"process {holder.pid} (sleep 60) since " in frames[1].rest
    assert "still after 2 s" in frames[1].rest


@shells
def test_a_frame_comes_out_of_a_command_whose_output_is_kept(shell: tuple[str, ...], tmp_path: Path) -> None:
    """Giving up within `list >FILE` must not be lost in the file."""
    (tmp_path / "yum.pid").write_text(str(os.getpid()))
    library = BOUNDS.replace("/var/run/yum.pid", str(tmp_path / "yum.pid"))
    _, frames = call(shell, tmp_path, library, f"lock_timeout=0; yum_bounded list >{tmp_path}/offers 2>&1")
    assert [frame.mark for frame in frames] == [Mark.WAIT, Mark.FAIL]
