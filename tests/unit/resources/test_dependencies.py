"""Packages that came with the engine's: they stay and are told, or go where nothing else goes with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.engines import engine
from provision.resources.base import Change, Finding, Note, Refusal, State, Unknown
from provision.resources.dependencies import LIBRARY, CameState, Dependencies
from provision.resources.packages import Packages, PackagesState
from provision.resources.packages_shell import LIBRARY as PACKAGES_LIBRARY
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.yum import Repository
from provision.script import Frame, Mark, Section
from tests.unit.shell import SHELLS, call, programs

ENGINE = Packages(engine("18.06.3"), Repository(b"", b"", ("docker-ce",)))
STAY, GO = Dependencies(ENGINE, remove=False), Dependencies(ENGINE, remove=True)
RECORD = RecordState({ENGINE.id: {"before": None, "ours": {"installed": ["docker-ce-18.06.3.ce-3.el7"]}}})


def back(resource: Dependencies, state: State) -> list[Finding]:
    versions = PackagesState({"docker-ce": "18.06.3.ce-3.el7"})
    return resource.withdraw({resource.id: state, ENGINE.id: versions, RECORD_ID: RECORD})


class TestWithdraw:
    def test_they_stay_and_are_told(self) -> None:
        text = "stays, since others may need it by now: libcgroup key; --with-dependencies takes them away"
        assert back(STAY, CameState(("docker-ce", "libcgroup"), ("key",))) == [Note(STAY.id, text)]
        assert back(STAY, CameState(())) == []

    @pytest.mark.parametrize("resource", [STAY, GO])
    def test_what_goes_with_the_engine_does_not_stay(self, resource: Dependencies) -> None:
        """yum's own database says of each of the engine's packages that somebody asked for it."""
        assert back(resource, CameState((), ("docker-ce",))) == []

    def test_they_go_on_request_and_the_transaction_is_looked_at(self) -> None:
        change, note = back(GO, CameState(("docker-ce", "libcgroup"), ("key",)))
        assert isinstance(change, Change)
        assert change.look == "look_dependencies docker-ce libcgroup"
        assert change.script == "remove_packages libcgroup"
        assert note == Note(GO.id, "stays, since others may need it by now: key")

    def test_unknown_is_refused(self) -> None:
        assert back(GO, Unknown("no")) == [Refusal(GO.id, "no")]


class TestParse:
    def test_what_came(self) -> None:
        found = STAY.parse(Section("rpm\ncame libcgroup\nBDB2053 Freeing read locks\nstays key", 0))
        assert found == CameState(("libcgroup",), ("key",))
        assert STAY.parse(Section("", 0)) == CameState(())

    def test_what_could_not_be_read_is_unknown(self) -> None:
        assert isinstance(STAY.parse(Section("", 1)), Unknown)


TABLE = """
================================================================================
 Package               Arch   Version                   Repository         Size
================================================================================
Removing:
 docker-ce             x86_64 18.06.3.ce-3.el7          @docker-ce-stable 1.3 M
 libcgroup             x86_64 0.41-21.el7               @base              53
{more}
Transaction Summary
================================================================================
Remove  2 Packages
Exiting on user command
"""
ALONG = """\
Removing for dependencies:
 theirs-with-a-very-long-name
                       x86_64 2.5-34.el7                @base              78
"""  # as in 67-history-and-undo, but for the name


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
class TestShell:
    def call(self, shell: tuple[str, ...], folder: Path, text: str, **bodies: str) -> tuple[str, list[Frame]]:
        path = programs(folder / "bin", bodies)
        look = f"mktemp() {{ mkdir -p '{folder}/look'; echo '{folder}/look'; }}"
        library = f"{PACKAGES_LIBRARY}{LIBRARY}\nlock_alive() {{ false; }}\n{look}\n"
        return call(shell, folder / "state", library, text, path=path)

    @pytest.mark.parametrize(
        ("more", "verdict"),
        [("", None), (ALONG, "with docker-ce libcgroup would go: theirs-with-a-very-long-name")],
        ids=["these alone", "others too"],
    )
    def test_the_transaction_must_be_these_alone(
        self, shell: tuple[str, ...], tmp_path: Path, more: str, verdict: str | None
    ) -> None:
        yum = f"cat <<'END'\n{TABLE.format(more=more)}\nEND\ntouch \"$TMPDIR/saved\"; exit 1"
        _, frames = self.call(shell, tmp_path, "look_dependencies docker-ce libcgroup", yum=yum)
        wanted = [] if verdict is None else [f"{verdict}; leave --with-dependencies out"]
        assert [frame.rest for frame in frames] == wanted
        # a transaction that yum saves is not left behind
        assert not (tmp_path / "look").exists()

    def test_a_yum_that_shows_none_is_not_trusted(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        yum = "echo 'Error: Trying to remove \"libcgroup\", which is protected'; exit 1"
        said, frames = self.call(shell, tmp_path, "look_dependencies libcgroup", yum=yum)
        assert "protected" in said
        why = "yum doesn't say what it would remove: leave --with-dependencies out"
        assert frames == [Frame(Mark.FAIL, why)]

    def test_what_is_still_there_is_read(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        (tmp_path / "state").mkdir()
        (tmp_path / "state/brought-packages").write_text("libcgroup\ngone\ngpg-pubkey-1-2\nlibcgroup\n")
        rpm = 'for name; do :; done; case $name in gone) exit 1 ;; rpm) echo rpm ;; *) echo "$name-1-1.x86_64" ;; esac'
        said, _ = self.call(shell, tmp_path, "probe_dependencies", rpm=rpm)
        assert STAY.parse(Section(said, 0)) == CameState(("libcgroup",), ("gpg-pubkey-1-2",))

    def test_an_unreadable_database_is_not_absence(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        (tmp_path / "state").mkdir()
        (tmp_path / "state/brought-packages").write_text("libcgroup\n")
        said, _ = self.call(shell, tmp_path, "probe_dependencies; echo $?", rpm="exit 1")
        assert said == ""
