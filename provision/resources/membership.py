"""Users in a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provision.resources.base import (
    Absent,
    Change,
    Finding,
    Note,
    Pending,
    Refusal,
    State,
    States,
    Trace,
    Unknown,
    quote,
)
from provision.resources.packages import Packages
from provision.resources.record import RECORD_ID, RecordState
from provision.script import Section

LIBRARY = r"""
# GROUP USER...: "group NAME:x:GID:MEMBERS" or "absent", then "user NAME" for each user that exists. getent asks
# directories too, which may hang: 2 is its word for "no such entry", all else is a failure.
probe_members() {
  group=$1; shift
  line=$(timed 20 getent group "$group"); status=$?
  case $status in 0) echo "group $line" ;; 2) echo absent ;; *) exit 1 ;; esac
  for user; do
    timed 20 getent passwd "$user" >/dev/null; status=$?
    case $status in 0) echo "user $user" ;; 2) ;; *) exit 1 ;; esac
  done
}
# GROUP: as the package's own scriptlet does
make_group() { groupadd --system "$1" || fail "can't make the group $1"; }
# GROUP USER...
add_members() {
  group=$1; shift
  for user; do gpasswd -a "$user" "$group" >/dev/null || fail "can't add $user to the group $group"; done
}
remove_members() {
  group=$1; shift
  for user; do gpasswd -d "$user" "$group" >/dev/null || fail "can't take $user out of the group $group"; done
}
# GROUP: taken away only while nobody is in it
remove_group() {
  case $(getent group "$1") in
    *:) groupdel "$1" || fail "can't remove the group $1" ;;
    '') ;;
    *) echo "the group $1 has members and stays" ;;
  esac
}
"""


@dataclass(frozen=True, slots=True)
class GroupState:
    """A group's members, and which of the users that were asked for exist at all."""

    members: frozenset[str]
    users: frozenset[str]

    def __str__(self) -> str:
        return f"members: {', '.join(sorted(self.members)) or 'none'}"


@dataclass(frozen=True, slots=True)
class NoGroup(Absent):
    """No such group; which of the users that were asked for exist is known all the same."""

    users: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Membership:
    """These users are in the group; others stay as they are. The group itself comes with `brought_by`.

    `brings` are the packages of that step. Where they are there without it, somebody cut off their scriptlet, which no
    later yum runs again: then it is made here.
    """

    group: str
    users: tuple[str, ...]
    brought_by: str
    brings: Packages

    @property
    def id(self) -> str:
        return f"group {self.group}"

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        return " ".join(["probe_members", *map(quote, (self.group, *self.users))])

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0:
            return Unknown(f"can't look up the group {self.group}: is the host's user directory up?")
        lines = section.text.splitlines()
        users = frozenset(line.removeprefix("user ") for line in lines if line.startswith("user "))
        for line in lines:
            if line.startswith("group "):
                names = line.rsplit(":", 1)[-1]
                return GroupState(frozenset(filter(None, names.split(","))), users)
        return NoGroup(users) if "absent" in lines else Unknown(f"can't look up the group {self.group}")

    def remember(self, state: State) -> Any:
        """For the record: the members before us, None where there was no group."""
        return sorted(state.members) if isinstance(state, GroupState) else None

    def compare(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        strangers = [user for user in self.users if user not in state.users]
        if strangers:
            who = ", ".join(strangers)
            return [Refusal(self.id, f"no user {who} on the host: create it first, or leave it out of users")]
        if isinstance(state, NoGroup) and self.brings.as_asked_for(states):
            return [self._make()]
        if isinstance(state, NoGroup):
            wanted = f"members {', '.join(self.users)}"
            return [Pending(self.id, wanted, self.brought_by)] if self.users else []
        missing = [user for user in self.users if user not in state.members]
        return [self._add(missing)] if missing else []

    def _make(self) -> Change:
        script = [f"make_group {quote(self.group)}"]
        script += [" ".join(["add_members", *map(quote, (self.group, *self.users))])] if self.users else []
        return Change(
            self.id,
            "absent",
            f"there, with {', '.join(self.users) or 'nobody in it'}",
            "its packages are there, but what makes it in their installation was cut off",
            "\n".join(script),
            traces=tuple(Trace(self.id, user, "added") for user in self.users),
        )

    def _add(self, missing: list[str]) -> Change:
        return Change(
            self.id,
            f"without {', '.join(missing)}",
            f"with {', '.join(missing)}",
            "asked for; its members are as good as root",
            " ".join(["add_members", *map(quote, (self.group, *missing))]),
            traces=tuple(Trace(self.id, user, "added") for user in missing),
        )

    def withdraw(self, states: States) -> list[Finding]:
        state, record = states[self.id], states[RECORD_ID]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        if not isinstance(state, GroupState) or not isinstance(record, RecordState):
            return []
        ours = [user for user in record.touched(self.id) or {} if user in state.members]
        brought = self.id in record.entries and record.before(self.id) is None
        script = [" ".join(["remove_members", *map(quote, (self.group, *ours))])] if ours else []
        script += [f"remove_group {quote(self.group)}"] if brought else []
        if not script:
            return []
        left = sorted(state.members - set(ours))
        if brought and left:
            return [
                *self._remove(ours, script[:-1]),
                Note(self.id, f"the group {self.group} stays: {', '.join(left)} joined it since"),
            ]
        return self._remove(ours, script, gone=brought)

    def _remove(self, ours: list[str], script: list[str], *, gone: bool = False) -> list[Finding]:
        if not script:
            return []
        desired = "absent" if gone else f"without {', '.join(ours)}"
        return [Change(self.id, "present", desired, "we brought it", "\n".join(script))]
