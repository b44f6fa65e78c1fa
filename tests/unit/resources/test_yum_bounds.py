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
proxy_username=al ice
proxy_password=se"cret\\
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
    ("base", 'url = "http://mirrorlist.example/"\n'),
    ("updates", 'url = "http://one.example/"\n'),
    ("updates", 'url = "https://two.example:8443/"\n'),
    ("updates", 'url = "ftp://three.example/"\n'),
    (
        "through-a-proxy",
        r"""url = "http://far.example/"
proxy = "http://proxy.example:3128"
proxy-user = "al ice:se\"cret\\"
""",
    ),
    ("straight", 'url = "http://near.example/"\nnoproxy = "*"\n'),
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
    assert listed(shell, tmp_path, f"'' {repositories}/*.repo") == SERVERS


def listed(shell: tuple[str, ...], folder: Path, files: str, conf: str = "") -> list[tuple[str, str]]:
    """Each section's id with what curl gets to ask a server of it."""
    (folder / "yum.conf").write_text(conf)
    library = BOUNDS.replace("/etc/yum.conf", str(folder / "yum.conf"))
    said, frames = call(shell, folder, library, f"look={folder}; list_servers {folder}/ask {files}")
    assert frames == []
    assert (folder / "ask").stat().st_mode & 0o777 == 0o700
    return [
        (name, (folder / "ask" / number).read_text())
        for name, number in (line.split() for line in said.splitlines())
    ]


@shells
def test_a_proxy_of_yum_conf_is_everyones(shell: tuple[str, ...], repositories: Path, tmp_path: Path) -> None:
    conf = "[main]\nproxy=http://gate.example:80\nproxy_username=bob\nproxy_password=hush\n"
    found = dict(listed(shell, tmp_path, f"'' {repositories}/*.repo", conf))
    assert found["base"].splitlines()[1:] == ['proxy = "http://gate.example:80"', 'proxy-user = "bob:hush"']
    assert found["through-a-proxy"] == SERVERS[-2][1]
    assert 'noproxy = "*"' in found["straight"]


@shells
def test_one_section_can_be_named(shell: tuple[str, ...], repositories: Path, tmp_path: Path) -> None:
    found = listed(shell, tmp_path, f"docker-ce-stable {repositories}/*.repo")
    assert found == [("docker-ce-stable", 'url = "https://docker.example/"\n')]


CURL = (
    'case $(sed -n \'s/^url = "\\(.*\\)"$/\\1/p\' "$6") in {silent}) exit 28 ;; *refused*) exit 7 ;; esac; '
    'echo "$@" >>{log}'
)


@shells
@pytest.mark.parametrize(
    ("silent", "left_out"),
    [
        ("http://mirrorlist.example/", "base"),
        ("http://mirrorlist.example/ | http://near.example/", "base,straight"),
        ("http://one.example/", ""),  # its other servers answer
        ("http://one.example/ | https://two.example:8443/ | ftp://three.example/", "updates"),
        ("http://far.example/", "through-a-proxy"),
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
