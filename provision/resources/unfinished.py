"""What a yum, or a run, that was cut off has left behind: told by files alone, mended where all of it is ours.

Facts relied on (yum 3.4.3, run): the transaction's journal stays in /var/lib/yum until it has ended; an upgrade that
was killed leaves two versions in the rpm database, which `yum-complete-transaction` doesn't mend, nor a rerun; any live
process with the number in yum.pid counts as the lock's holder, also one that only got that number since.

A run may also end before its yum, which then comes to its end by itself: what came along isn't noted by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provision.resources.base import (
    ABSENT,
    Absent,
    Change,
    Finding,
    Note,
    Refusal,
    State,
    States,
    Unknown,
    quote,
)
from provision.script import Section
from provision.words import rpm

if TYPE_CHECKING:
    from provision.resources.packages import Packages  # which looks at what is left here

UNFINISHED_ID = "unfinished transactions"

LIBRARY = r"""
# NAME...: what a yum that was cut off has left; nothing on most hosts, and then nothing else is asked
probe_unfinished() {
  if number=$(cat /var/run/yum.pid 2>/dev/null) && begun=$(ps -o lstart= -p "${number:-0}" 2>/dev/null) &&
    [ "$(date -d "$begun" +%s)" -gt "$(stat -c %Y /var/run/yum.pid)" ]; then
    printf 'stale %s %s\n' "$number" "$(ps -o comm= -p "$number")"
  else
    echo 'lock as it should be'
  fi
  if [ -e "$state/intended-packages" ]; then echo 'unnoted packages'; fi
  each_left printf 'look %s\n'
  journals=$(journals)
  if [ -z "$journals" ]; then return 0; fi
  printf '%s\n' "$journals" | sed 's/^/journal /'
  names=$(printf '%s\n' "$journals" | while read -r file; do cat "$file"; done |
    sed -n 's/^[a-z]* [0-9]*:\(.*\)-[^-]*-[^-]*$/\1/p' | sort -u)
  printf '%s\n' "$names" | sed -n 's/^./name &/p'
  # rpm is asked for what can be one: with a dash in front it would be an option, of which some run what they are given
  names=$(printf '%s\n' "$names" | grep -xE '[A-Za-z0-9_][A-Za-z0-9._+-]*')
  sed -n 's/^[a-z]* \(.*\)/ours \1/p' "$state/intended-packages" 2>/dev/null
  sed 's/^/ours /' "$state/brought-packages" 2>/dev/null
  # a word for each name
  # shellcheck disable=SC2086
  timed 20 rpm -q --qf 'has %{INSTALLTIME} %{NAME} %{VERSION}-%{RELEASE} %{ARCH}\n' rpm "$@" $names
  if [ $? -gt 100 ]; then exit 1; fi
}
journals() {
  for file in /var/lib/yum/transaction-all.*; do
    case $file in *'*' | *.disabled) ;; *) printf '%s\n' "$file" ;; esac
  done
}
# PACKAGE...: those that make way, for a later one of that name is there. No scriptlet of theirs runs, which would
# restart docker; files that the other has too stay. Whether all of them are its own is looked at next.
mend_unfinished() {
  for package; do
    rpm -e --nodeps --noscripts -- "$package" || fail "rpm can't take $package out"
  done
  if [ $# -gt 0 ]; then systemctl daemon-reload; fi
  journals | while read -r file; do
    rm -f -- "$file" "/var/lib/yum/transaction-done.${file#/var/lib/yum/transaction-all.}"
  done
  if [ -e "$state/intended-packages" ]; then note_brought; fi
}
# the number in yum's lock is another process's by now
mend_lock() { rm -f /var/run/yum.pid; }
"""

BY_HAND = (
    "finish it by hand first: `yum install yum-utils`, `package-cleanup --cleandupes`, "
    "`yum-complete-transaction --cleanup-only`"
)


@dataclass(frozen=True, slots=True)
class Doubled(Unknown):
    """Packages of which two versions are there, by `names`, so that neither is for certain. `makes_way` are those that
    aren't the last installed of their name; empty where that can't be told."""

    names: tuple[str, ...] = ()
    makes_way: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: tuple[str, ...], text: str) -> Doubled:
        """Out of lines of `twice:TIME NAME VERSION-RELEASE ARCH`, among others."""
        lines = [line.removeprefix("twice:") for line in text.splitlines() if line.startswith("twice:")]
        found = _doubled(lines)
        whole = found.keys() == {*names}
        why = f"{', '.join(names)} installed twice, by a yum that was killed: {BY_HAND}"
        return cls(why, names, tuple(each for name in names for each in found[name]) if whole else ())

    def is_ours(self, family: Sequence[str]) -> bool:
        """Whether all of them are of the engine's `family`, and it is known which stay."""
        return bool(self.makes_way) and {*self.names} <= {*family}


@dataclass(frozen=True, slots=True)
class UnfinishedState:
    """`journals` of transactions that didn't end, the `names` of packages in them, and those of `ours`.

    `doubled` has packages that make way for a later one of their name, by name. `stale` is the process that has the
    number in yum's lock without having written it. `unnoted`: the host's record doesn't have yet what came along with
    a transaction of ours. `looks` are folders with what a run has downloaded that was cut off.
    """

    journals: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()
    doubled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stale: str = ""
    unnoted: bool = False
    looks: tuple[str, ...] = ()

    def foreign(self, family: Sequence[str]) -> list[str]:
        """Packages in those transactions that aren't ours, nor of the engine's `family`."""
        return sorted(self.names - self.ours - {*family})

    @property
    def brief(self) -> str:
        """In a word or two."""
        if self.journals:
            return f"{len(self.journals)} cut off"
        if self.stale:
            return "a dead lock"
        if self.unnoted:
            return "unnoted packages"
        return "two versions of one package" if self.doubled or not self.looks else "downloads of a dead run"

    def __str__(self) -> str:
        parts = [
            *self.journals,
            *(package for each in self.doubled.values() for package in each),
            *self.looks,
        ]
        return "\n".join(filter(None, [*parts, self.stale, "unnoted packages" if self.unnoted else ""]))


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Transactions with `engine` among their packages, or what came with it."""

    engine: Packages

    @property
    def id(self) -> str:
        return UNFINISHED_ID

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        return " ".join(["probe_unfinished", *map(quote, self.engine.family)])

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0:
            return Unknown("rpm doesn't answer about what yum has left; look at `rpm -q rpm` on the host")
        lines = [line.split() for line in section.text.splitlines()]

        def all_of(word: str) -> list[str]:
            return [" ".join(each[1:]) for each in lines if len(each) > 1 and each[0] == word]

        stale = next(iter(all_of("stale")), "")
        if not stale and not all_of("lock"):
            return Unknown("can't tell what yum has left; run again")
        journals = tuple(all_of("journal"))
        if journals and not any(each.split()[1] == "rpm" for each in all_of("has")):
            return Unknown("the rpm database can't be read; look at `rpm -q rpm` on the host")
        unnoted, looks = bool(all_of("unnoted")), tuple(all_of("look"))
        if not journals and not stale and not unnoted and not looks:
            return ABSENT
        return UnfinishedState(
            journals,
            frozenset(all_of("name")),
            frozenset(all_of("ours")),
            _doubled(all_of("has")),
            stale,
            unnoted,
            looks,
        )

    def remember(self, state: State) -> Any:  # noqa: ARG002  the protocol's signature
        """Nobody wants it back."""
        return None

    def compare(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        twice = self._twice(states)
        if isinstance(state, Absent) and not twice:
            return []
        found = self._mended(UnfinishedState() if isinstance(state, Absent) else state, twice)
        if isinstance(found, Refusal) and self.engine.as_asked_for(states):
            return [Note(self.id, found.text)]
        return [found]

    def _twice(self, states: States) -> tuple[str, ...]:
        """Packages that make way for later ones of their names, all of the engine's, with a journal or without."""
        state = states.get(self.engine.id)
        return state.makes_way if isinstance(state, Doubled) and state.is_ours(self.engine.family) else ()

    def withdraw(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        if isinstance(state, Absent):
            return []
        found = self._mended(state)
        return [] if isinstance(found, Refusal) and not self.engine.going(states) else [found]

    def _mended(self, state: UnfinishedState, twice: tuple[str, ...] = ()) -> Change | Refusal:
        foreign = state.foreign(self.engine.family)
        if state.journals and foreign:
            named = " ".join(foreign[:5])
            return Refusal(
                self.id, f"yum was cut off in a transaction with what isn't ours ({named}); {BY_HAND}"
            )
        script, told = [], []
        if state.stale:
            told.append(f"yum's lock is a dead yum's, its number is now that of process {state.stale}")
            script.append("mend_lock")
        if state.journals or twice:
            makes_way = [
                *dict.fromkeys((*twice, *(each for some in state.doubled.values() for each in some)))
            ]
            left = "" if state.journals else ", and left no journal"
            told.append(f"yum was cut off in the middle of a transaction of ours{left}")
            if makes_way:
                told.append(f"{' '.join(makes_way)} stands beside its successor")
            script.append(" ".join(["mend_unfinished", *map(quote, makes_way)]))
        elif state.unnoted:
            told.append("what came along with a transaction of ours isn't in the host's record yet")
            script.append("mend_unfinished")
        if state.looks:
            told.append(f"a run that was cut off left what it had downloaded: {', '.join(state.looks)}")
            script.append("sweep_looks")
        return Change(
            self.id,
            state.brief,
            "none",
            "; ".join(told),
            "\n".join(script),
            look="" if state.stale or script == ["sweep_looks"] else "await_yum",
            first=True,
        )


def _doubled(lines: list[str]) -> dict[str, tuple[str, ...]]:
    """Of lines of TIME NAME VERSION-RELEASE ARCH, packages that aren't the last installed of their name and arch."""
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for line in lines:
        words = line.split(" ")
        if (
            len(words) == 4
            and words[0].isdecimal()
            and rpm.is_name(words[1])
            and rpm.is_version(words[2] + words[3])
        ):
            time, name, version, arch = words
            found.setdefault((name, arch), []).append((int(time), f"{name}-{version}.{arch}"))
    return {
        name: tuple(package for _, package in sorted(set(each))[:-1])
        for (name, _), each in found.items()
        if len(set(each)) > 1
    }
