"""What a yum that was cut off has left: known from files, mended where all of it is ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from provision.engines import engine
from provision.resources.base import ABSENT, Change, Finding, Note, Pending, Refusal, State, Unknown
from provision.resources.packages import Packages, PackagesState
from provision.resources.packages_shell import LIBRARY as PACKAGES_LIBRARY
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.unfinished import LIBRARY, Doubled, Unfinished, UnfinishedState
from provision.resources.yum import Repository
from provision.script import Section
from tests.unit.shell import SHELLS, call, programs

ENGINE = Packages(engine("18.06.3"), Repository(b"", b"", ("docker-ce", "docker-ce-cli", "containerd.io")))
LEFT = Unfinished(ENGINE)
JOURNAL = "/var/lib/yum/transaction-all.2026-11-24.04:13.02"
ASKED = {"docker-ce": "18.06.3.ce-3.el7"}
OURS = RecordState({ENGINE.id: {"before": None, "ours": {"installed": ["docker-ce-18.06.3.ce-3.el7"]}}})


TWICE = Doubled("twice", ("docker-ce",), ("docker-ce-18.06.2.ce-3.el7.x86_64",))
UNNOTED = UnfinishedState(unnoted=True)
LOOKS = UnfinishedState(looks=("/scratch/docker-provision.543.krgURS",))


def states(state: State, packages: State = ABSENT) -> dict[str, State]:
    return {LEFT.id: state, ENGINE.id: packages, RECORD_ID: OURS}


def left(*names: str, doubled: tuple[str, ...] = (), stale: str = "") -> UnfinishedState:
    mapping = {"docker-ce": doubled} if doubled else {}
    return UnfinishedState((JOURNAL,) if names else (), frozenset(names), frozenset(), mapping, stale)


def one(found: list[Finding]) -> Change:
    (change,) = found
    assert isinstance(change, Change)
    return change


class TestCompare:
    def test_nothing_left_is_nothing_to_do(self) -> None:
        assert LEFT.compare(states(ABSENT)) == LEFT.withdraw(states(ABSENT)) == []

    def test_what_is_ours_is_mended_before_all_else(self) -> None:
        change = one(LEFT.compare(states(left("docker-ce", doubled=("docker-ce-18.06.2.ce-3.el7.x86_64",)))))
        assert change.first
        assert change.script == "mend_unfinished docker-ce-18.06.2.ce-3.el7.x86_64"
        assert "docker-ce-18.06.2.ce-3.el7.x86_64 stands beside its successor" in change.reason

    def test_what_came_along_is_ours_too(self) -> None:
        state = UnfinishedState((JOURNAL,), frozenset({"docker-ce", "libcgroup"}), frozenset({"libcgroup"}))
        assert one(LEFT.compare(states(state))).script == "mend_unfinished"

    def test_others_work_is_theirs_and_the_way_is_named(self) -> None:
        (found,) = LEFT.compare(states(left("docker-ce", "httpd")))
        assert isinstance(found, Refusal)
        for word in ("(httpd)", "package-cleanup --cleandupes", "yum-complete-transaction --cleanup-only"):
            assert word in found.text

    def test_others_work_keeps_no_host_from_being_right(self) -> None:
        (found,) = LEFT.compare(states(left("httpd"), PackagesState(ASKED)))
        assert isinstance(found, Note)

    def test_a_lock_whose_number_is_anothers_is_taken_away(self) -> None:
        change = one(LEFT.compare(states(left(stale="77 sshd"))))
        assert (change.script, change.look) == ("mend_lock", "")
        assert "process 77 sshd" in change.reason

    def test_what_a_yum_brought_that_outlived_its_run_is_noted(self) -> None:
        for found in (LEFT.compare(states(UNNOTED)), LEFT.withdraw(states(UNNOTED))):
            change = one(found)
            assert (change.script, change.actual) == ("mend_unfinished", "unnoted packages")
            assert change.first

    def test_what_a_dead_run_downloaded_goes(self) -> None:
        """Also where nothing else is to be done; no yum is waited for."""
        for found in (LEFT.compare(states(LOOKS)), LEFT.withdraw(states(LOOKS))):
            change = one(found)
            assert (change.script, change.actual, change.look) == (
                "sweep_looks",
                "downloads of a dead run",
                "",
            )
            assert change.reason.endswith(f"left what it had downloaded: {LOOKS.looks[0]}")
        both = one(LEFT.compare(states(replace(LOOKS, unnoted=True))))
        assert (both.script, both.look) == ("mend_unfinished\nsweep_looks", "await_yum")

    def test_unknown_is_refused(self) -> None:
        assert LEFT.compare(states(Unknown("no"))) == [Refusal(LEFT.id, "no")]
        assert LEFT.withdraw(states(Unknown("no"))) == [Refusal(LEFT.id, "no")]

    def test_the_way_back_mends_too(self) -> None:
        assert one(LEFT.withdraw(states(left("docker-ce")))).script == "mend_unfinished"
        assert LEFT.withdraw(states(left("httpd"))) == []
        (found,) = LEFT.withdraw(states(left("httpd"), PackagesState(ASKED)))
        assert isinstance(found, Refusal)


class TestPackages:
    """Packages of which two versions are there wait for the mending, where there is one."""

    def test_they_wait(self) -> None:
        found = ENGINE.compare(states(left("docker-ce"), Doubled("twice")))
        assert found == [Pending(ENGINE.id, "docker-ce-18.06.3.ce-3.el7", "engine")]

    @pytest.mark.parametrize("state", [ABSENT, left(stale="77 sshd"), UNNOTED])
    def test_without_a_journal_too(self, state: State) -> None:
        given = states(state, TWICE)
        assert ENGINE.compare(given) == [Pending(ENGINE.id, "docker-ce-18.06.3.ce-3.el7", "engine")]
        change = one(LEFT.compare(given))
        assert change.first
        assert change.script.endswith("mend_unfinished docker-ce-18.06.2.ce-3.el7.x86_64")
        assert (
            "left no journal; docker-ce-18.06.2.ce-3.el7.x86_64 stands beside its successor" in change.reason
        )

    @pytest.mark.parametrize(
        "twice",
        [
            replace(TWICE, names=("docker-ce", "podman-docker")),
            replace(TWICE, makes_way=()),
        ],
    )
    def test_but_not_what_is_not_ours_or_can_not_be_told(self, twice: Doubled) -> None:
        given = states(ABSENT, twice)
        assert ENGINE.compare(given) == [Refusal(ENGINE.id, twice.why)]
        assert LEFT.compare(given) == []

    @pytest.mark.parametrize("state", [ABSENT, left("docker-ce", "httpd"), left(stale="77 sshd")])
    def test_or_refuse(self, state: State) -> None:
        assert ENGINE.compare(states(state, Doubled("twice"))) == [Refusal(ENGINE.id, "twice")]


class TestParse:
    def parse(self, *lines: str, status: int = 0) -> State:
        return LEFT.parse(Section("\n".join(lines), status))

    def test_nothing(self) -> None:
        assert self.parse("lock as it should be") is ABSENT
        assert isinstance(self.parse(), Unknown)

    def test_what_was_intended_and_never_noted(self) -> None:
        lines = ("lock as it should be", "unnoted packages")
        assert self.parse(*lines) == UNNOTED

    def test_of_two_the_last_installed_stays(self) -> None:
        found = self.parse(
            "lock as it should be",
            f"journal {JOURNAL}",
            "BDB2053 Freeing read locks for locker 0x106",
            "name docker-ce",
            "ours libcgroup",
            "has 1 rpm 4.11.3-45.el7 x86_64",
            "has 20 docker-ce 18.06.2.ce-3.el7 x86_64",
            "has 10 docker-ce 18.09.9-3.el7 x86_64",
            "has 5 libcgroup 1-1 x86_64",
            "has 6 libcgroup 1-1 i686",
            "has 5 libcgroup 1-1 x86_64",
            "package docker-ce-cli is not installed",
        )
        assert found == UnfinishedState(
            (JOURNAL,),
            frozenset({"docker-ce"}),
            frozenset({"libcgroup"}),
            {"docker-ce": ("docker-ce-18.09.9-3.el7.x86_64",)},
        )

    def test_an_unreadable_database_is_unknown(self) -> None:
        assert isinstance(self.parse("lock", f"journal {JOURNAL}", "package rpm is not installed"), Unknown)
        assert isinstance(self.parse(status=1), Unknown)


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
class TestShell:
    RPM = """
case $1 in
  -e) echo "$*" >>"${0%/*}/erased" ;;
  -qa) printf 'gpg-pubkey-%s\n' f4a80eb5-53a7ff4b 621e9f35-58adea78 ;;
  *) echo "has 5 rpm 4.11.3-45.el7 x86_64" ;;
esac"""

    def call(self, shell: tuple[str, ...], folder: Path, text: str) -> str:
        path = programs(folder / "bin", {"rpm": self.RPM, "systemctl": ""})
        yum = folder / "yum"
        yum.mkdir(exist_ok=True)
        library = (PACKAGES_LIBRARY + LIBRARY).replace("/var/lib/yum", str(yum))
        library = library.replace("/var/run/yum.pid", str(folder / "yum.pid"))
        said, frames = call(shell, folder / "state", library, f"scratch={folder}\n{text}", path=path)
        assert frames == []
        return said

    def journal(self, folder: Path) -> None:
        (folder / "yum").mkdir()
        for kind in ("all", "done"):
            (folder / f"yum/transaction-{kind}.2026-11-24.04:13.02").write_text(
                "install 3:docker-ce-18.09.9-3.el7.x86_64\nerase 0:docker-ce-18.06.3.ce-3.el7.x86_64\n"
            )
        (folder / "yum/transaction-all.2020-01-01.00:00.00.disabled").touch()

    def test_a_host_without_any_asks_nothing(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        assert self.call(shell, tmp_path, LEFT.probe()) == "lock as it should be"

    def test_what_a_dead_run_downloaded_is_found_and_swept(
        self, shell: tuple[str, ...], tmp_path: Path
    ) -> None:
        dead = tmp_path / "docker-provision.4194305.aB3dE6"
        for folder in (dead, tmp_path / "docker-provision.given-1", tmp_path / "docker-provision.d"):
            folder.mkdir()
        own = f'mkdir "{tmp_path}/docker-provision.$$.aB3dE6"'
        state = LEFT.parse(Section(self.call(shell, tmp_path, f"{own}\n{LEFT.probe()}"), 0))
        assert state == UnfinishedState(looks=(str(dead),))
        (tmp_path / "yum").mkdir(exist_ok=True)
        self.call(shell, tmp_path, "sweep_looks")
        assert not dead.exists()
        assert (tmp_path / "docker-provision.given-1").exists()

    def test_a_journal_is_read(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        self.journal(tmp_path)
        state = LEFT.parse(Section(self.call(shell, tmp_path, LEFT.probe()), 0))
        assert isinstance(state, UnfinishedState)
        assert state.names == {"docker-ce"}
        assert [Path(each).name for each in state.journals] == ["transaction-all.2026-11-24.04:13.02"]

    def test_mending_leaves_no_journal(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        self.journal(tmp_path)
        assert self.call(shell, tmp_path, "mend_unfinished docker-ce-18.06.3.ce-3.el7.x86_64") == ""
        assert [path.name for path in (tmp_path / "yum").iterdir()] == [
            "transaction-all.2020-01-01.00:00.00.disabled"
        ]
        erased = (tmp_path / "bin/erased").read_text()
        assert erased == "-e --nodeps --noscripts -- docker-ce-18.06.3.ce-3.el7.x86_64\n"

    INTENDED = "new libcgroup\nthere container-selinux\nkey gpg-pubkey-f4a80eb5-53a7ff4b\n"

    @pytest.mark.parametrize("end", ["mend_unfinished", "intend"])
    def test_what_came_of_a_cut_off_transaction_is_ours(
        self, shell: tuple[str, ...], tmp_path: Path, end: str
    ) -> None:
        """Whether it is mended, or another transaction begins."""
        (tmp_path / "state").mkdir()
        (tmp_path / "look/cache").mkdir(parents=True)
        (tmp_path / "look/before").touch()
        intended = tmp_path / "state/intended-packages"
        intended.write_text(self.INTENDED)
        assert self.call(shell, tmp_path, LEFT.probe()) == "lock as it should be\nunnoted packages"
        self.call(shell, tmp_path, f"look={tmp_path}/look\n{end}")
        brought = (tmp_path / "state/brought-packages").read_text()
        assert brought == "libcgroup\ngpg-pubkey-621e9f35-58adea78\n"
        assert not intended.exists() or intended.read_text() == ""

    def test_only_a_process_younger_than_the_lock_is_not_its_holder(
        self, shell: tuple[str, ...], tmp_path: Path
    ) -> None:
        lock = "echo $$ >LOCK; touch -d @$(($(date +%s) + SINCE)) LOCK; ".replace(
            "LOCK", str(tmp_path / "yum.pid")
        )
        assert self.call(shell, tmp_path, lock.replace("SINCE", "5") + LEFT.probe()).startswith("lock ")
        assert self.call(shell, tmp_path, lock.replace("SINCE", "-100000") + LEFT.probe()).startswith(
            "stale "
        )
