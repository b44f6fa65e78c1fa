"""The transaction on a host, by an rpm whose database is a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.resources.base import ABSENT, Unknown
from provision.resources.packages import PackagesState
from provision.resources.packages_shell import LIBRARY
from provision.script import Frame, Mark
from tests.unit.resources.test_packages import OLD, RPM, V18
from tests.unit.shell import SHELLS, call, probed, programs

# the rpm of a host whose packages are the lines of a file beside it
FAKE_RPM = """db=$0.db
case $1 in
  -qa) case $2 in --qf) cut -d' ' -f1 "$db" ;; *) grep "^$2" "$db" ;; esac ;;
  -e) [ ! -e "$0.needed" ] || { cat "$0.needed"; exit 1; } ;;
  *)
    [ "$2" = --qf ] && shift 2
    shift
    missing=0
    for name; do
      grep "^${name%%-[0-9]*} " "$db" || { echo "package $name is not installed"; missing=$((missing + 1)); }
    done
    exit "$missing" ;;
esac"""


INSTALL = "change_packages docker-ce-18.06.3.ce-3.el7 '' install docker-ce-18.06.3.ce-3.el7"


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
class TestShell:
    def host(self, folder: Path, *packages: str, yum: str = "", rpm: str = FAKE_RPM) -> Path:
        """A host's rpm and yum; `yum` may change its database."""
        path = programs(
            folder / "bin", {"rpm": rpm, "yum": f'echo "$*" >>"$0.log"\ndb=${{0%yum}}rpm.db\n{yum}'}
        )
        (path / "rpm.db").write_text("".join(f"{line}\n" for line in (RPM, *packages)))
        (folder / "look").mkdir()
        return path

    def call(self, shell: tuple[str, ...], folder: Path, text: str) -> tuple[str, list[Frame]]:
        library = f"{LIBRARY}\nlook={folder}/look\nlock_alive() {{ false; }}\n"
        return call(shell, folder / "state", library, text, path=folder / "bin")

    def test_what_is_there_is_read(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        path = self.host(tmp_path, "docker-ce 0 18.06.3.ce 3.el7 x86_64")
        assert OLD.parse(probed(shell, LIBRARY, OLD.probe(), path=path)) == PackagesState(V18)

    def test_nothing_there_is_read(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        assert OLD.parse(probed(shell, LIBRARY, OLD.probe(), path=self.host(tmp_path))) is ABSENT

    @pytest.mark.parametrize("status", [124, 137, 139])
    def test_rpm_that_hangs_halfway_is_never_absence(
        self, shell: tuple[str, ...], tmp_path: Path, status: int
    ) -> None:
        path = self.host(tmp_path, rpm=f"echo '{RPM}'; exit {status}")
        assert isinstance(OLD.parse(probed(shell, LIBRARY, OLD.probe(), path=path)), Unknown)

    def test_what_a_transaction_brings_is_written_down(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        path = self.host(tmp_path, yum='printf "docker-ce 1\\nlibcgroup 1\\n" >>"$db"')
        assert self.call(shell, tmp_path, INSTALL) == ("", [])
        assert (tmp_path / "state/brought-packages").read_text().split() == ["docker-ce", "libcgroup"]
        (asked,) = (path / "yum.log").read_text().splitlines()
        words = asked.split()
        assert words[-2:] == ["install", "docker-ce-18.06.3.ce-3.el7"]
        assert {
            "--setopt=obsoletes=0",
            "--disableexcludes=docker-ce-stable",
            f"--setopt=cachedir={tmp_path}/look/cache",
        } <= set(words)

    def test_yum_that_says_done_is_not_believed(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        self.host(tmp_path)
        why = "yum says that it is done, but docker-ce-18.06.3.ce-3.el7 isn't installed"
        assert self.call(shell, tmp_path, INSTALL) == (
            "",
            [Frame(Mark.FAIL, why)],
        )

    @pytest.mark.parametrize("text", [INSTALL, "remove_packages docker-ce"])
    def test_yum_that_fails_is_told_by_its_status(
        self, shell: tuple[str, ...], tmp_path: Path, text: str
    ) -> None:
        self.host(tmp_path, yum="echo Error: no; exit 1")
        assert self.call(shell, tmp_path, text) == (
            "Error: no",
            [Frame(Mark.FAIL, "yum 1")],
        )

    def test_what_others_need_is_not_removed(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        path = self.host(tmp_path)
        (path / "rpm.needed").write_text("error: Failed dependencies:\n\tdocker-ce is needed by theirs-1\n")
        why = "other packages need docker-ce: error: Failed dependencies: \tdocker-ce is needed by theirs-1"
        assert self.call(shell, tmp_path, "look_removal docker-ce") == ("", [Frame(Mark.FAIL, why)])

    def test_a_removal_that_removed_nothing_is_not_believed(
        self, shell: tuple[str, ...], tmp_path: Path
    ) -> None:
        self.host(tmp_path, "docker-ce 1")
        _, frames = self.call(shell, tmp_path, "remove_packages docker-ce")
        assert frames == [Frame(Mark.FAIL, "yum says that it is done, but docker-ce is still installed")]
