"""Item 7 on the host itself: names that its own files hold are words to the programs which are called with them there.

By a real sh, with programs in place of the host's own that say what they were given.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision import script
from provision.resources import base
from provision.resources.baserepos import LIBRARY as BASE_LIBRARY
from provision.resources.dependencies import LIBRARY as CAME_LIBRARY
from provision.resources.file import FileState, read_files
from provision.resources.file_shell import LIBRARY as FILE_LIBRARY
from provision.resources.packages_shell import LIBRARY as PACKAGES_LIBRARY
from provision.resources.unfinished import LIBRARY as UNFINISHED_LIBRARY
from provision.resources.unit_shell import LIBRARY as UNIT_LIBRARY
from provision.resources.yum import LIBRARY as YUM_LIBRARY
from tests.unit.shell import SHELLS, call, programs
from tests.unit.test_injection import PIECES

NAMES = st.lists(
    st.sampled_from(
        [
            *(piece for piece in PIECES if "\n" not in piece and len(piece) < 100),
            *(
                "--eval=%(pwned)",
                "--pipe=pwned",
                "-e",
                "x\\ty",
                "\\c",
                "\\x2d",
                "e pwned",
                "|e;pwned",
                "$",
                "^",
                ".",
            ),
        ]
    ),
    min_size=1,
    max_size=4,
).map("".join)
"""In one line, with what are options of rpm that run what they are given, escapes of echo and awk, commands of sed."""
SAYS = 'for word; do printf "<%s>" "$word"; done >>"${0%/*}/told"; echo >>"${0%/*}/told"'


class Folder:
    """Folders in place of the host's, and the programs there."""

    def __init__(self, root: Path, shell: tuple[str, ...]) -> None:
        self.root, self._shell = root, shell
        (root / "state").mkdir()
        self._bin = programs(
            root / "bin",
            {"pwned": f"touch {root}/pwned", **dict.fromkeys(("rpm", "yum", "iptables", "systemctl"), SAYS)},
        )

    def program(self, name: str, text: str) -> None:
        programs(self.root / "bin", {name: text})

    def call(self, library: str, text: str) -> str:
        for name in ("/var/lib/yum", "/etc/yum.repos.d", "/var/run/yum.pid"):
            library = library.replace(name, f"{self.root}{name}")
        said, _ = call(self._shell, self.root / "state", library, text, path=self._bin)
        assert not (self.root / "pwned").exists()
        return said

    def write(self, path: str, text: str) -> Path:
        file = Path(f"{self.root}{path}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    @property
    def told(self) -> list[str]:
        """What the programs were given, a line for each call."""
        file = self.root / "bin/told"
        return file.read_text().splitlines() if file.exists() else []


@contextlib.contextmanager
def folder(shell: tuple[str, ...]) -> Iterator[Folder]:
    with tempfile.TemporaryDirectory() as root:
        yield Folder(Path(root), shell)


sh = pytest.mark.parametrize("shell", SHELLS, ids="-".join)
few = settings(max_examples=8)


@sh
@given(name=NAMES)
@few
def test_item_7_a_package_in_a_journal_of_yum_is_no_option(shell: tuple[str, ...], name: str) -> None:
    with folder(shell) as host:
        host.write("/var/lib/yum/transaction-all.2026-11-24.04:13.02", f"install 0:{name}-1-1.el7.x86_64\n")
        said = host.call(PACKAGES_LIBRARY + UNFINISHED_LIBRARY, "probe_unfinished docker-ce")
        assert f"name {name}\n" in f"{said}\n"
        (asked,) = host.told
        first, _, rest = asked.partition("<rpm>")
        assert first == r"<-q><--qf><has %{INSTALLTIME} %{NAME} %{VERSION}-%{RELEASE} %{ARCH}\n>"
        assert rest in ("<docker-ce>", f"<docker-ce><{name}>")
        assert "<-" not in rest


@sh
@given(name=NAMES.map(str.strip).filter(bool))
@few
def test_item_7_a_package_in_a_list_of_ours_is_no_option(shell: tuple[str, ...], name: str) -> None:
    with folder(shell) as host:
        host.write("/state/brought-packages", f"{name}\n")
        host.call(CAME_LIBRARY, "probe_dependencies")
        assert host.told[-1].endswith(f"<--><{name}>")
        host.write("/state/intended-packages", f"new {name}\n")
        host.call(PACKAGES_LIBRARY, "note_brought")
        assert host.told[-1] == f"<-q><--><{name}>"


@sh
@given(comment=NAMES)
@few
def test_item_7_the_comment_of_a_rule_is_no_option_of_iptables(shell: tuple[str, ...], comment: str) -> None:
    """iptables itself writes a backslash before quotes and backslashes in it."""
    written = "".join(f"\\{letter}" if letter in "\"'\\" else letter for letter in comment)
    with folder(shell) as host:
        rule = f'-A FORWARD -i docker0 -m comment --comment "{written}" -j ACCEPT'
        text = f"-P FORWARD DROP\n{rule}\n-A FORWARD -o docker0 -j DOCKER\n-A FORWARD -o br0 -j DOCKER\n"
        rules = host.write("/rules", text)
        host.program("iptables", f'case "$*" in *" -S") cat {rules} ;; *) {SAYS} ;; esac')
        host.call(UNIT_LIBRARY, "remove_rules filter 'FORWARD .*-[io] docker0( |$)'")
        own = "<-w><-t><filter><-D><FORWARD><-o><docker0><-j><DOCKER>"
        its = f"<-w><-t><filter><-D><FORWARD><-i><docker0><-m><comment><--comment><{comment}><-j><ACCEPT>"
        assert host.told in ([own], [its, own])


@sh
@given(name=NAMES.filter(lambda name: "/" not in name and name[0] != "."))
@few
def test_item_7_the_name_of_a_file_comes_back_as_it_is(shell: tuple[str, ...], name: str) -> None:
    """And what is written there is written to that file."""
    with folder(shell) as host:
        file = host.write(f"/etc/yum.repos.d/{name}.repo", "[a]\n")
        said = host.call(FILE_LIBRARY + BASE_LIBRARY, "probe_base /nothing")
        _, files = read_files(said)
        assert isinstance(files, dict)
        assert [*files] == [str(file)]
        (state,) = files.values()
        assert isinstance(state, FileState)
        wanted = b"[b]\n"
        put = f"put_file {script.quote(str(file))} - {state.sha256} {base.digest(wanted)} W2JdCg=="
        host.call(FILE_LIBRARY, put)
        assert file.read_bytes() == wanted
        assert [each.name for each in file.parent.iterdir()] == [file.name]


@sh
@given(login=NAMES)
@few
def test_item_7_a_login_is_no_command_of_sed(shell: tuple[str, ...], login: str) -> None:
    with folder(shell) as host:
        host.write(
            "/etc/yum.repos.d/docker-ce.repo", f"[docker-ce-stable]\nproxy=http://{login}@proxy:3128\n"
        )
        kept = host.write("/var/lib/yum/history/2026/1/config-repos", f"proxy=http://{login}@proxy:3128\n")
        host.write("/look/x", "")
        said = host.call(PACKAGES_LIBRARY, f"look={host.root}/look; forget_login")
        assert (said, kept.read_text()) == ("", "proxy=http://***@proxy:3128\n")


@sh
@given(date=NAMES)
@few
def test_item_7_a_date_of_a_mirror_is_nothing_to_reckon_with(shell: tuple[str, ...], date: str) -> None:
    with folder(shell) as host:
        host.write("/look/clock/1", "url = x\n")
        answer = host.write("/answer", f"HTTP/1.1 200 OK\r\nDate: {date}\r\n\r\n")
        text = (
            f"list_servers() {{ :; }}; curl() {{ cat {answer}; }}; look={host.root}/look; look_clock; echo on"
        )
        assert host.call(YUM_LIBRARY, text) == "on"
