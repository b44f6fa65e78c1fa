"""Whether the daemon may be stopped: one policy for every change that does it, package, unit or configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from provision.resources.daemon import Container, UnitState, in_swarm
from provision.resources.need import keeps_containers
from provision.resources.transition import Transition


class Restart(StrEnum):
    """What an operator may say by `--restart`."""

    IF_IDLE = "if-idle"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's word on stops of the daemon. `if-idle`: where no container runs, or live-restore keeps them.

    `enable_live_restore` is his consent to have it set, where it goes; `allow_downgrade` that older packages take the
    place of newer ones; `cross_line` that containers end where none can go on; `replace_conflicting` that other builds
    of Docker make way.
    """

    restart: Restart = Restart.IF_IDLE
    enable_live_restore: bool = False
    allow_downgrade: bool = False
    cross_line: bool = False
    replace_conflicting: bool = False

    def obstacle(self, state: UnitState, wanted: Mapping[str, Any], why: str) -> str:
        """Why the daemon can't be restarted with these settings, with the remedy; empty if it can be.

        `why` is what for.
        """
        if not state.runs:
            return ""
        if self.restart is Restart.NEVER:
            return f"docker.service must restart ({why}), and --restart never was said: leave it out at a good time"
        stopped = unprotected(state, wanted)
        if self.restart is Restart.ALWAYS or not stopped:
            return ""
        names = ", ".join(each.name for each in stopped)
        way = "" if in_swarm(state) else " keep them over it by --enable-live-restore,"
        return (
            f"docker.service must restart ({why}), which stops running containers: {names}; stop them first,{way} "
            "or consent by --restart always"
        )

    def against(self, move: Transition, state: UnitState | None, *, kept: bool) -> str:
        """Why packages can't be changed so, with the remedy; empty if they can be.

        `state` is None where the service couldn't be read. `kept`: live-restore keeps containers over it.
        """
        if move.lowered and not self.allow_downgrade:
            return (
                f"{', '.join(move.lowered)} would make way for something older by the {move.title}: ask for what is "
                "there, or say --allow-downgrade if that is meant"
            )
        if move.stops and move.crosses and not self.cross_line:
            running = told_first(state.containers) if state and state.containers else "none runs now"
            return (
                f"the {move.title} crosses a release line, over which no container goes on, live-restore or not: say "
                "--cross-line, then they are stopped in order before, and those with a restart policy are started "
                f"again ({running})"
            )
        if not move.stops or state is None:
            return ""
        return self._against_stop(move, state, kept=kept)

    def _against_stop(self, move: Transition, state: UnitState, *, kept: bool) -> str:
        if not state.runs:
            return ""
        if self.restart is Restart.NEVER:
            return f"the {move.title} stops docker.service, and --restart never was said: leave it out at a good time"
        if kept or move.crosses or self.restart is Restart.ALWAYS or not state.containers:
            return ""
        names = ", ".join(each.name for each in state.containers)
        way = (
            " keep them over it by --enable-live-restore,"
            if move.stays_in_line and not in_swarm(state)
            else ""
        )
        stops = f"the {move.title} stops running containers: {names}"
        return f"{stops}; stop them first,{way} or consent by --restart always"

    def words_for(self, move: Transition, *, kept: bool) -> tuple[str, str]:
        """The policy for a change of packages, as the shell functions take it."""
        restart = Restart.ALWAYS if move.crosses and self.cross_line else self.restart
        return str(restart), "kept" if kept else "ended"

    def words(self, wanted: Mapping[str, Any]) -> tuple[str, str]:
        """The policy as the shell functions take it."""
        return str(self.restart), "kept" if keeps_containers(wanted) else "ended"

    def guard(self, wanted: Mapping[str, Any]) -> str:
        """Shell text for right before the daemon is stopped: looks again, and fails where it may not be.

        `wanted` are the settings with which it starts again.
        """
        return " ".join(["guard_restart", *self.words(wanted)])


DEFAULT = Policy()


def unprotected(state: UnitState, wanted: Mapping[str, Any]) -> tuple[Container, ...]:
    """The running containers that a restart of the daemon with these settings would stop.

    Where these have live-restore, it is turned on by a reload before (`before_restart`), but never in a swarm.
    """
    return () if keeps_containers(wanted) and not in_swarm(state) else state.containers


def consequence(state: UnitState, wanted: Mapping[str, Any]) -> str:
    """What becomes of the running containers when the daemon restarts; empty where none run."""
    if not state.containers:
        return ""
    if stopped := unprotected(state, wanted):
        return f"stops {_told(stopped)}"
    return f"live-restore keeps {', '.join(each.name for each in state.containers)}"


def told_first(containers: Iterable[Container]) -> str:
    """What becomes of containers that are stopped one by one before the daemon is."""
    return _told(containers, _BEHIND)


_BEHIND = {
    **{
        policy: f"restart policy {policy}: is started again"
        for policy in ("always", "unless-stopped", "on-failure")
    },
    "removed": "--rm: is removed",
}

_AFTERWARDS = {
    "always": "restart policy always: comes back",
    "unless-stopped": "restart policy unless-stopped: comes back",
    "on-failure": "restart policy on-failure: comes back only if it ends with an error",
    "removed": "--rm: is removed",
}
"""What a restart of the daemon does to a container by its policy (18.06.3, run)."""


def _told(containers: Iterable[Container], becomes: Mapping[str, str] = _AFTERWARDS) -> str:
    return ", ".join(
        f"{each.name} ({becomes.get(each.restart, 'no restart policy: stays stopped')})"
        for each in containers
    )


def consequence_of_change(unit: UnitState | None, *, kept: bool) -> str:
    """What becomes of the containers that run."""
    if unit is None or not unit.containers:
        return ""
    if kept:
        return f"live-restore keeps {', '.join(each.name for each in unit.containers)}"
    return f"stops {told_first(unit.containers)}"
