"""Whether the daemon may be stopped: one policy for every change that does it, package, unit or configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from provision.resources.daemon import Container, UnitState, in_swarm, keeps_containers


class Restart(StrEnum):
    """What an operator may say by `--restart`."""

    IF_IDLE = "if-idle"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's word on stops of the daemon. `if-idle`: where no container runs, or live-restore keeps them.

    `enable_live_restore` is his consent to have it set, where it goes.
    """

    restart: Restart = Restart.IF_IDLE
    enable_live_restore: bool = False

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


_AFTERWARDS = {
    "always": "restart policy always: comes back",
    "unless-stopped": "restart policy unless-stopped: comes back",
    "on-failure": "restart policy on-failure: comes back only if it ends with an error",
    "removed": "--rm: is removed",
}
"""What a restart of the daemon does to a container by its policy (18.06.3, run)."""


def _told(containers: Iterable[Container]) -> str:
    return ", ".join(
        f"{each.name} ({_AFTERWARDS.get(each.restart, 'no restart policy: stays stopped')})"
        for each in containers
    )
