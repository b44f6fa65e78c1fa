"""daemon.json as a file on a host: which engine will read it, and what suits only some hosts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from provision import engines
from provision.engines import Engine
from provision.errors import OperatorError
from provision.resources.base import States
from provision.resources.daemon import UnitState, in_swarm
from provision.resources.daemonjson import MergedJson
from provision.resources.file import File, Unsuitable
from provision.resources.packages import Packages, PackagesState

SERVICE = "service docker.service"


@dataclass(frozen=True, slots=True)
class EngineToRun:
    """The engine that will run: the one that is asked for, or with `adopts` whichever is installed already."""

    asked: Engine
    packages: Packages
    adopts: bool = False

    def on(self, states: States) -> Engine:
        """Raises Unsuitable where a version is installed of which nothing is known here."""
        installed = self._installed(states)
        if not self.adopts or installed is None:
            return self.asked
        version = installed.partition("-")[0]
        try:
            return engines.engine(version)
        except OperatorError:
            raise Unsuitable(
                f"docker-ce {version} is installed, whose settings aren't known here: edit the file by hand"
            ) from None

    def _installed(self, states: States) -> str | None:
        """VERSION-RELEASE of the docker-ce that is there; None where there is none."""
        state = states[self.packages.id]
        return state.versions.get("docker-ce") if isinstance(state, PackagesState) else None

    def ready(self, states: States) -> bool:
        """Whether its packages are installed."""
        if self.adopts:
            return self._installed(states) is not None
        return self.packages.as_asked_for(states)


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
        return replace(self.content, engine=self.engine.on(states), settings=settings)
