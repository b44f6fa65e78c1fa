"""daemon.json as a file on a host: which engine will read it, and what suits only some hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from provision import engines
from provision.engine_keys import NETWORK, RESETS
from provision.engines import Engine
from provision.resources import daemonjson
from provision.resources.base import Change, Finding, States, digest
from provision.resources.daemon import SERVICE, UnitState, in_swarm
from provision.resources.daemonjson import MergedJson, differing
from provision.resources.file import File, FileState, put
from provision.resources.packages import Packages, PackagesState
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.unitfiles import UnitFiles, keys_set


@dataclass(frozen=True, slots=True)
class EngineToRun:
    """The engine that will run: the one that is asked for, or with `adopts` whichever is installed already."""

    asked: Engine
    packages: Packages
    adopts: bool = False

    def on(self, states: States) -> Engine:
        there = self._there(states)
        return self.asked if not self.adopts or there is None else there

    def _there(self, states: States) -> Engine | None:
        """The docker-ce that is installed, else whatever runs as docker.service; None where there is neither."""
        state, unit = states[self.packages.id], states.get(SERVICE)
        version = state.versions.get("docker-ce", "") if isinstance(state, PackagesState) else ""
        if not version and isinstance(unit, UnitState) and unit.info is not None:
            version = unit.info.server_version
        return engines.found(version) if version else None

    def ready(self, states: States) -> bool:
        """Whether it is there."""
        if self.adopts:
            return self._there(states) is not None
        return self.packages.as_asked_for(states)

    def flags(self, states: States) -> Mapping[str, str]:
        """The keys that its command line sets, each with flag and place: of the host's unit files, or of its own."""
        unit = states.get(SERVICE)
        files = unit.files if isinstance(unit, UnitState) else UnitFiles()
        stock = None if self.ready(states) and files.whole else self.on(states).unit_flags
        return _set_by(files, stock)


@lru_cache(maxsize=256)  # asked for more than once of each host, and a fleet's have the same
def _set_by(files: UnitFiles, stock: tuple[str, ...] | None) -> Mapping[str, str]:
    return keys_set(files.command(stock))


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonJson(File):
    """The file for the engine that will run. `keeps_containers` is the consent to live-restore, where it goes."""

    content: MergedJson
    engine: EngineToRun
    keeps_containers: bool = False

    def content_for(self, states: States) -> MergedJson:
        unit = states.get(SERVICE)
        settings = self.content.settings
        if self.keeps_containers and not (isinstance(unit, UnitState) and in_swarm(unit)):
            settings = {**settings, "live-restore": True}
        engine = self.engine
        return replace(self.content, engine=engine.on(states), flags=engine.flags(states), settings=settings)

    def write(self, states: States, wanted: bytes, reason: str = "", *, forget: bool = False) -> Change:
        """Provisional: it is kept as it was until the daemon has taken it up.

        Where the daemon runs that is restarted for it, a boot that comes in between takes it back too.
        """
        change = replace(File.write(self, states, wanted, reason, forget=forget), provisional=True)
        unit, there = states.get(SERVICE), states[self.id]
        present = daemonjson.load(there.content) if isinstance(there, FileState) else {}
        changed = NETWORK.intersection(differing(daemonjson.load(wanted), present, {}))
        if forget or not changed or not isinstance(unit, UnitState) or not unit.runs:
            return change
        return replace(change, script=change.script.replace("\nput_file ", "\nguard_boot\nput_file ", 1))

    def withdraw(self, states: States) -> list[Finding]:
        """Where the engine stays, it lets go of what we set: a reload leaves most keys as they were that are only taken
        out (18.06.3, run), so that they are set back before."""
        found = File.withdraw(self, states)  # super() has no class of this with slots
        unit, there = states.get(SERVICE), states[self.id]
        if self.engine.packages.going(states) or not isinstance(unit, UnitState) or not unit.runs:
            return found
        if not isinstance(there, FileState):
            return found
        record = states[RECORD_ID]
        ours = record.touched(self.id) if isinstance(record, RecordState) else None
        resets = {key: RESETS[key] for key in (ours or {}).get("part", {}) if key in RESETS}
        return [self._let_go(each, there, resets) if isinstance(each, Change) else each for each in found]

    def _let_go(self, change: Change, there: FileState, resets: Mapping[str, Any]) -> Change:
        present = daemonjson.load(there.content)
        content = daemonjson.with_settings(
            there.content, {key: resets[key] for key in resets if key in present}
        )
        reload = "reload_unit docker.service ''"
        first = [] if content == there.content else [put(self.path, content, there.content), reload]
        taken = change.script.replace(there.sha256, digest(content))
        return replace(change, script="\n".join([*first, taken, reload, "rm -rf /run/docker-provision"]))
