"""The engine's packages: exactly these versions, from our repository, in one transaction that is looked at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provision.engines import Engine
from provision.resources import daemonjson
from provision.resources.base import (
    ABSENT,
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
from provision.resources.brought import ANY, PACKAGES_ID, brought, recorded
from provision.resources.bundled import Bundled
from provision.resources.daemon import SERVICE, UnitState, in_swarm
from provision.resources.file import FileState
from provision.resources.packages_shell import LIBRARY
from provision.resources.record import RECORD_ID, RecordState, why_not_ours
from provision.resources.restart import DEFAULT, Policy, consequence_of_change
from provision.resources.transition import DOCKER, KEPT, KIN, RIVALS, Transition
from provision.resources.unfinished import UNFINISHED_ID, Doubled, UnfinishedState
from provision.resources.yum import Repository
from provision.script import Section
from provision.words import rpm


@dataclass(frozen=True, slots=True)
class PackagesState:
    """The installed packages of those that were asked about, by name: `VERSION-RELEASE`.

    `spoilt` are files of the engine that aren't as its package has them; looked for only where a transaction seems to
    have ended halfway.
    """

    versions: Mapping[str, str]
    spoilt: tuple[str, ...] = ()

    def __str__(self) -> str:
        there = ", ".join(f"{name}-{version}" for name, version in self.versions.items())
        return f"{there} (spoilt: {', '.join(self.spoilt)})" if self.spoilt else there


@dataclass(frozen=True, slots=True)
class Packages:
    """The packages of an engine. `repository` is where they come from, as the host will have it.

    `policy` is the operator's word on changes of version. `live_restore` is what is asked for it; None leaves it as it
    is. `bundled` is the bundle that they come from, if they don't come from a mirror.
    """

    engine: Engine
    repository: Repository
    policy: Policy = DEFAULT
    live_restore: bool | None = None
    bundled: Bundled | None = None

    @property
    def id(self) -> str:
        return PACKAGES_ID

    @property
    def library(self) -> str:
        return LIBRARY

    @property
    def family(self) -> tuple[str, ...]:
        """Every name that docker-ce of any version brings: what is there may be another version's."""
        return tuple(dict.fromkeys((*self.engine.names, *self.repository.hold)))

    def probe(self) -> str:
        return " ".join(["probe_packages", *map(quote, (*self.family, *RIVALS, *KIN))])

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0:
            return Unknown(
                "rpm doesn't answer; look at `rpm -q rpm` on the host, and at who else uses rpm there"
            )
        found = rpm.query(section.text)
        if isinstance(found, rpm.Unreadable):
            return Unknown(f"{found.why}; look at `rpm -q rpm` on the host, `rpm --rebuilddb` may mend it")
        twice = tuple(name for name in found if len(found[name]) > 1 and name != "rpm")
        if twice:
            return Doubled.of(twice, section.text)
        versions = {name: evrs[0].version_release for name, evrs in found.items() if name != "rpm"}
        spoilt = tuple(
            line.removeprefix("spoilt ") for line in section.text.splitlines() if line.startswith("spoilt ")
        )
        return PackagesState(versions, spoilt) if versions else ABSENT

    def remember(self, state: State) -> Any:
        """For the record: what was installed before us."""
        return dict(state.versions) if isinstance(state, PackagesState) else None

    def as_asked_for(self, states: States) -> bool:
        """Whether exactly these packages are installed."""
        move = self.transition(states)
        return move is not None and move.empty

    def transition(self, states: States) -> Transition | None:
        """From what is there to what is asked for; None where that can't be told, or what is in the way stays there."""
        state = states[self.id]
        if isinstance(state, Unknown):
            return None
        versions = {} if isinstance(state, Absent) else dict(state.versions)
        rivals = tuple(name for name in RIVALS if name in versions)
        if rivals and not (self.policy.replace_conflicting and KEPT.isdisjoint(rivals)):
            return None
        record = states[RECORD_ID]
        kin = tuple(name for name in KIN if rivals and name in versions)
        leaving = (*self._leaving(versions, record), *rivals, *kin)
        torn = isinstance(state, PackagesState) and bool(state.spoilt)
        return Transition(versions, self._wanted(versions, record), leaving, rivals, torn=torn)

    def _leaving(self, versions: Mapping[str, str], record: State) -> tuple[str, ...]:
        """What is there and this engine doesn't bring: all of Docker's own, of the rest only what we brought.

        containerd.io and the plugins may serve somebody else.
        """
        ours = recorded(self.id, record)
        return tuple(
            name
            for name in self.family
            if name in versions
            and name not in self.engine.names
            and name not in self.engine.unpinned
            and (name.startswith("docker-ce") or name in ours)
        )

    def compare(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Doubled) and self._mended_first(state, states):
            return [Pending(self.id, ", ".join(self.engine.packages), "engine")]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        move = self.transition(states)
        if move is None:
            return [Refusal(self.id, self._rivals(state.versions))]
        if move.empty:
            return self._adopted(states, move)
        service = states.get(SERVICE)
        unit = service if isinstance(service, UnitState) else None
        kept = self.keeps(states)
        if obstacle := self.policy.against(move, unit, kept=kept):
            return [Refusal(self.id, obstacle)]
        return [self._change(states, move, unit, kept=kept)]

    def _adopted(self, states: States, move: Transition) -> list[Finding]:
        record = states[RECORD_ID]
        theirs = [name for name in move.wanted if name not in brought(record)]
        if isinstance(record, Unknown) or DOCKER not in theirs:
            return []
        named = ", ".join(move.packages(theirs))
        return [Note(self.id, f"{named}: adopted, for just that was there before us, and stays as it is")]

    def _mended_first(self, twice: Doubled, states: States) -> bool:
        """Whether what a yum that was killed has left is taken away before this is looked at again."""
        left = states.get(UNFINISHED_ID)
        if isinstance(left, UnfinishedState) and left.journals:
            return not left.foreign(self.family)
        return not isinstance(left, Unknown) and twice.is_ours(self.family)

    def keeps(self, states: States) -> bool:
        """Whether live-restore keeps containers over the change: within a release line, and never in a swarm."""
        move, service = self.transition(states), states.get(SERVICE)
        if move is None or not move.stays_in_line or not isinstance(service, UnitState) or in_swarm(service):
            return False
        if self.live_restore is not None:
            return self.live_restore
        if service.info is not None:
            return service.info.live_restore
        # one that is down, as a run that was cut off leaves it: with which its start finds those that go on
        there = states.get(f"file {daemonjson.PATH}")
        return isinstance(there, FileState) and daemonjson.says(there.content, "live-restore") is True

    def _wanted(self, versions: Mapping[str, str], record: State) -> dict[str, str]:
        """VERSION-RELEASE asked for, by name.

        What somebody else has installed of what has a version of its own stays if it goes with the engine, as
        containerd.io that came unpinned.
        """
        pairs = zip(self.engine.names, self.engine.packages, strict=True)
        wanted = {name: package.removeprefix(f"{name}-") for name, package in pairs}
        ours = recorded(self.id, record)
        for name, least in self.engine.goes_with.items():
            if name in versions and name not in ours and rpm.compare(versions[name], least) >= 0:
                wanted[name] = versions[name]
        return wanted

    def _rivals(self, versions: Mapping[str, str]) -> str:
        names = [name for name in RIVALS if name in versions]
        if not names:
            return ""
        packages = ", ".join(f"{name}-{versions[name]}" for name in names)
        way = "" if not KEPT.isdisjoint(names) else ", or say --replace-conflicting"
        return (
            f"{packages} can't stay beside docker-ce: stop its containers and `yum remove {' '.join(names)}` "
            f"first{way} (docker-ce may not see its containers and images)"
        )

    def _change(self, states: States, move: Transition, unit: UnitState | None, *, kept: bool) -> Change:
        gone = move.left_over
        wanted = move.packages(move.spoilt) or [f"{name}-{version}" for name, version in move.wanted.items()]
        words = (" ".join(wanted), " ".join(gone), *move.command)
        script = ["change_packages", *map(quote, words)]
        reason = str(move)
        if move.stops:
            script = ["change_engine", *map(quote, (*self.policy.words_for(move, kept=kept), *words))]
            reason = "; ".join(filter(None, [reason, consequence_of_change(unit, kept=kept)]))
        sends = (
            self.bundled.sends(states, self.engine, self._needed(move)) if self.bundled and move.way else ()
        )
        if self.bundled and sends:
            reason = f"{reason}; {self.bundled.told(sends)}"
        if move.spoilt:
            script.append(f"\nassert_whole {DOCKER}")
        ours = {**recorded(self.id, states[RECORD_ID])}
        ours |= {name: ANY for name in self.engine.unpinned if name not in move.there}
        ours |= {name: version for name, version in move.wanted.items() if name in ours or name in move.new}
        return Change(
            self.id,
            ", ".join(move.packages(move.there)) or "not installed",
            ", ".join(wanted),
            reason,
            " ".join(script),
            look=self._look(move, kept=kept),
            stops_daemon=move.stops
            or DOCKER in move.new,  # 18.06's %pre stops a docker at a fresh install too
            joins="service" if move.stops else "",
            provisional=move.stops,
            traces=(
                Trace(self.id, "installed", sorted(f"{name}-{version}" for name, version in ours.items())),
                *self._replacing(states, move),
            ),
            sends=sends,
        )

    def _replacing(self, states: States, move: Transition) -> tuple[Trace, ...]:
        """For the record: what was there in the place of docker-ce."""
        replaced = {*self._replaced(states), *move.packages(move.rivals)}
        return (Trace(self.id, "replaced", sorted(replaced)),) if move.rivals else ()

    def _replaced(self, states: States) -> tuple[str, ...]:
        record = states[RECORD_ID]
        ours = record.touched(self.id) if isinstance(record, RecordState) else None
        return tuple((ours or {}).get("replaced", ()))

    def _look(self, move: Transition, *, kept: bool) -> str:
        if not move.way:
            return " ".join(["open_look;", "look_removal", *map(quote, move.goes)])
        look = self.repository.look(
            move.wanted[DOCKER],
            move.command,
            replaced=move.replaced,
            gone=move.goes,
            back=self._back(move),
        )
        before = [
            *(["look_rivals"] if move.rivals else []),
            *(["look_alone"] if move.stops and not kept else []),
        ]
        return "\n".join([*before, look])

    @staticmethod
    def _back(move: Transition) -> tuple[str, ...]:
        """What the way back needs: an engine that is there is stopped, and must come up again."""
        return move.packages(move.replaced) if move.stops else ()

    def _needed(self, move: Transition) -> frozenset[str]:
        """What has to be on offer, by name-version-release."""
        coming = (f"{name}-{move.wanted[name]}" for name in (*move.new, *move.up, *move.down, *move.spoilt))
        return frozenset((*coming, *self._back(move)))

    def going(self, states: States) -> list[str]:
        """The names of those that are there and that we brought."""
        state, ours = states[self.id], brought(states[RECORD_ID])
        if not isinstance(state, PackagesState):
            return []
        return [name for name in self.family if name in ours and name in state.versions]

    def withdraw(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        if isinstance(state, Absent):
            return []
        names = self.going(states)
        if not names:
            return [Note(self.id, f"{state} stays: {why_not_ours(states[RECORD_ID])}")]
        what = " ".join(map(quote, names))
        before = self._replaced(states)
        told = f"before us there was {', '.join(before)}, which stays away: `yum install` brings it back"
        return [
            *([Note(self.id, told)] if before else []),
            Change(
                self.id,
                ", ".join(f"{name}-{state.versions[name]}" for name in names),
                "absent",
                "we brought it",
                f"remove_packages {what}\nforget_engine",
                look=f"look_removal {what}",
                stops_daemon=True,
            ),
        ]
