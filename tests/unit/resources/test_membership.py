"""Users in a group: only those that are asked for, and a directory that hangs is never "no such user"."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.resources.base import (
    ABSENT,
    Absent,
    Change,
    Finding,
    Note,
    Pending,
    Refusal,
    State,
    Trace,
    Unknown,
)
from provision.resources.membership import LIBRARY, GroupState, Membership, NoGroup
from provision.resources.packages import Packages
from provision.resources.record import RECORD_ID, RecordState
from provision.script import Frame, Mark, Section
from tests.unit.case import Case
from tests.unit.core import fresh, steps_for
from tests.unit.shell import SHELLS, call, probed, programs

FRESH = fresh(steps_for(), frozenset()).states
THERE = Case.load("converged").facts().states
PACKAGES = next(each for step in steps_for() for each in step.resources if isinstance(each, Packages))
ASKED = Membership("docker", ("alice", "bob"), brought_by="engine", brings=PACKAGES)
BOTH = frozenset({"alice", "bob"})


def group(*members: str, users: frozenset[str] = BOTH) -> GroupState:
    return GroupState(frozenset(members), users)


def states(state: State, record: State = ABSENT) -> dict[str, State]:
    return {**FRESH, ASKED.id: state, RECORD_ID: record}


def record(*added: str, before: list[str] | None = None) -> RecordState:
    return RecordState({ASKED.id: {"before": before, "ours": dict.fromkeys(added, "added")}})


class TestParse:
    def parse(self, text: str, status: int = 0) -> State:
        return ASKED.parse(Section(text, status))

    def test_members_and_who_is_there(self) -> None:
        assert self.parse("group docker:x:993:alice,eve\nuser alice\nuser bob") == group("alice", "eve")
        assert self.parse("group docker:x:993:\nuser bob") == group(users=frozenset({"bob"}))

    def test_no_group(self) -> None:
        found = self.parse("absent\nuser alice")
        assert found == NoGroup(frozenset({"alice"}))
        assert isinstance(found, Absent)

    @pytest.mark.parametrize(
        "section",
        [
            Section("", 1),
            Section("absent", 1),
            Section("absent", 0, complete=False),
            Section("", 0),
            Section("user alice", 0),
        ],
    )
    def test_all_else_is_unknown(self, section: Section) -> None:
        assert isinstance(ASKED.parse(section), Unknown)


class TestCompare:
    @pytest.mark.parametrize("members", [("alice", "bob"), ("alice", "bob", "eve")])
    def test_as_asked_for_whoever_else_is_in_it(self, members: tuple[str, ...]) -> None:
        assert ASKED.compare(states(group(*members))) == []

    def test_nobody_is_asked_for(self) -> None:
        nobody = Membership("docker", (), brought_by="engine", brings=PACKAGES)
        for state in (group("eve"), NoGroup()):
            assert nobody.compare(states(state)) == []

    def test_who_is_missing_is_added(self) -> None:
        (found,) = ASKED.compare(states(group("alice", "eve")))
        assert isinstance(found, Change)
        assert shlex.split(found.script) == ["add_members", "docker", "bob"]
        assert (found.actual, found.desired) == ("without bob", "with bob")
        assert found.traces == (Trace(ASKED.id, "bob", "added"),)

    def test_the_group_comes_with_the_engine(self) -> None:
        assert ASKED.compare(states(NoGroup(BOTH))) == [Pending(ASKED.id, "members alice, bob", "engine")]

    @pytest.mark.parametrize("users", [(), ("alice", "bob")])
    def test_it_is_made_where_the_engine_is_there_without_it(self, users: tuple[str, ...]) -> None:
        asked = Membership("docker", users, brought_by="engine", brings=PACKAGES)
        (found,) = asked.compare({**THERE, asked.id: NoGroup(BOTH)})
        assert isinstance(found, Change)
        expected = ["make_group", "docker", *(["add_members", "docker", *users] if users else [])]
        assert shlex.split(found.script) == expected
        assert found.actual == "absent"
        assert found.traces == tuple(Trace(ASKED.id, user, "added") for user in users)

    @pytest.mark.parametrize("state", [NoGroup(frozenset({"alice"})), group(users=frozenset({"alice"}))])
    def test_an_unknown_user_is_refused_before_anything_is_done(self, state: State) -> None:
        (found,) = ASKED.compare(states(state))
        assert isinstance(found, Refusal)
        assert found.text == "no user bob on the host: create it first, or leave it out of users"

    def test_unknown_is_refused(self) -> None:
        assert ASKED.compare(states(Unknown("no"))) == [Refusal(ASKED.id, "no")]


def test_before_us() -> None:
    assert ASKED.remember(group("eve", "bob")) == ["bob", "eve"]
    assert ASKED.remember(NoGroup(BOTH)) is None


class TestWithdraw:
    def back(self, state: State, written: State) -> list[Finding]:
        return ASKED.withdraw(states(state, written))

    def script(self, state: State, written: State) -> list[str]:
        (found,) = self.back(state, written)
        assert isinstance(found, Change)
        return found.script.splitlines()

    def test_a_group_that_came_with_us_goes_with_its_members(self) -> None:
        assert self.script(group("alice", "bob"), record("alice", "bob")) == [
            "remove_members docker alice bob",
            "remove_group docker",
        ]

    def test_a_group_that_nobody_is_in_goes(self) -> None:
        assert self.script(group(), record("alice")) == ["remove_group docker"]

    def test_a_group_that_was_there_stays(self) -> None:
        assert self.script(group("alice", "eve"), record("alice", before=["eve"])) == [
            "remove_members docker alice"
        ]
        assert self.back(group("eve"), record("alice", before=["eve"])) == []

    def test_a_group_that_others_joined_stays_with_a_word(self) -> None:
        change, note = self.back(group("alice", "eve"), record("alice"))
        assert isinstance(change, Change)
        assert change.script == "remove_members docker alice"
        assert change.desired == "without alice"
        assert note == Note(ASKED.id, "the group docker stays: eve joined it since")

    def test_who_was_added_by_others_stays(self) -> None:
        assert self.script(group("alice", "bob"), record("alice", before=["bob"])) == [
            "remove_members docker alice"
        ]

    @pytest.mark.parametrize("written", [ABSENT, Unknown("damaged"), RecordState({})])
    def test_without_a_record_all_stays(self, written: State) -> None:
        assert self.back(group("alice"), written) == []

    def test_no_group_is_nothing_to_do(self) -> None:
        assert self.back(NoGroup(BOTH), record("alice")) == []

    def test_unknown_is_refused(self) -> None:
        assert self.back(Unknown("no"), record("alice")) == [Refusal(ASKED.id, "no")]


GETENT = """case $* in
  "group docker") echo 'docker:x:993:alice,eve' ;;
  "passwd alice") echo 'alice:x:1000:' ;;
  *) exit 2 ;;
esac"""
NOTED = 'echo "${0##*/} $*" >>"${0%/*}/log"'


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
class TestShell:
    def read(self, shell: tuple[str, ...], folder: Path, getent: str) -> State:
        return ASKED.parse(probed(shell, LIBRARY, ASKED.probe(), path=programs(folder, {"getent": getent})))

    def test_members_and_users_are_read(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        assert self.read(shell, tmp_path, GETENT) == group("alice", "eve", users=frozenset({"alice"}))

    def test_no_group_is_read(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        assert self.read(shell, tmp_path, "exit 2") == NoGroup()

    @pytest.mark.parametrize("asked", ["group", "passwd"])
    @pytest.mark.parametrize("status", [1, 3, 124, 137])
    def test_a_directory_that_fails_is_never_absence(
        self, shell: tuple[str, ...], tmp_path: Path, asked: str, status: int
    ) -> None:
        found = self.read(shell, tmp_path, f'if [ "$1" = {asked} ]; then exit {status}; fi\n{GETENT}')
        assert isinstance(found, Unknown)

    def test_members_come_and_go_one_by_one(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        path = programs(tmp_path, {"gpasswd": NOTED})
        text = "add_members docker alice bob; remove_members docker alice"
        assert call(shell, tmp_path, LIBRARY, text, path=path) == ("", [])
        assert (tmp_path / "log").read_text().splitlines() == [
            "gpasswd -a alice docker",
            "gpasswd -a bob docker",
            "gpasswd -d alice docker",
        ]

    @pytest.mark.parametrize(
        ("function", "why"),
        [
            ("add_members", "can't add alice to the group docker"),
            ("remove_members", "can't take alice out of the group docker"),
        ],
    )
    def test_a_failure_is_named(
        self, shell: tuple[str, ...], tmp_path: Path, function: str, why: str
    ) -> None:
        path = programs(tmp_path, {"gpasswd": "exit 1"})
        text = f"{function} docker alice bob"
        assert call(shell, tmp_path, LIBRARY, text, path=path) == ("", [Frame(Mark.FAIL, why)])

    @pytest.mark.parametrize(
        ("line", "gone", "said"),
        [
            ("docker:x:993:", True, ""),
            ("docker:x:993:eve", False, "the group docker has members and stays"),
            ("", False, ""),
        ],
    )
    def test_a_group_goes_only_while_nobody_is_in_it(
        self, shell: tuple[str, ...], tmp_path: Path, line: str, gone: bool, said: str
    ) -> None:
        path = programs(tmp_path, {"getent": f"echo '{line}'", "groupdel": NOTED})
        assert call(shell, tmp_path, LIBRARY, "remove_group docker", path=path) == (said, [])
        assert (tmp_path / "log").exists() == gone


MEMBERS = st.frozensets(st.sampled_from(["alice", "bob", "eve", "mallory"]))


@given(MEMBERS, MEMBERS)
def test_who_was_there_before_us_is_never_taken_out(before: frozenset[str], now: frozenset[str]) -> None:
    """Whatever happened in between: what we added is what was asked for and not there."""
    added = [user for user in ASKED.users if user not in before]
    for found in ASKED.withdraw(states(group(*now), record(*added, before=sorted(before)))):
        assert isinstance(found, Change)
        function, _, *users = shlex.split(found.script)
        assert function == "remove_members"
        assert not set(users) & before
