"""Everything that a check looks at, in one value: the host, the daemon on it, and the settings that it will have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provision.bundle import Image
from provision.daemon_settings import data_root
from provision.engines import Engine
from provision.facts import Facts, HostFacts
from provision.facts.host import DataRoot
from provision.resources import daemonjson
from provision.resources.base import Absent, Change, State, States, Step, Trace
from provision.resources.daemon import UnitState
from provision.resources.file import FileState, Unsuitable
from provision.resources.images import Images
from provision.resources.packages import Packages, PackagesState
from provision.resources.transition import Transition
from provision.resources.unit import Unit


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms hosts are served: what the operator allows, and what he says to know.

    `any_el7`: relatives of CentOS 7 too. `data_changes`: what may be done although there is data (see
    `spec.DATA_CHANGES`). `known`: for the hosts' records.
    """

    any_el7: bool = False
    data_changes: frozenset[str] = frozenset()
    known: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """The daemon as it is and as it will be.

    `present` are the settings in daemon.json, `settings` those that it will hold. `set_by_flags` are keys that the
    running daemon has from its command line. `installed`: there is a docker-ce.
    """

    present: Mapping[str, Any]
    settings: Mapping[str, Any]
    state: UnitState
    installed: bool
    set_by_flags: frozenset[str]
    roots: tuple[DataRoot, ...] = ()

    @property
    def running(self) -> bool:
        return self.state.runs and self.state.info is not None

    @property
    def root(self) -> DataRoot:
        """Where data will be."""
        return self.at(data_root(self.settings))

    @property
    def root_now(self) -> DataRoot:
        """Where data is: what a running daemon says, else what it would take."""
        if self.running and self.state.info is not None:
            return self.at(self.state.info.root_dir)
        return self.at(data_root(self.present))

    def at(self, path: str) -> DataRoot:
        """What was read of the folder, by its own name or by the one that links lead to."""
        found = [root for root in self.roots if path in (root.path, root.real)]
        return found[0] if found else DataRoot(path, path)


@dataclass(frozen=True, slots=True)
class Situation:
    """A host, and what is about to be done to it.

    `packages` are the names of Docker packages that are there, `installs` is the engine whose packages will come,
    `move` how. Each is None where it is no subject of the run, or couldn't be read. `images` will be sent and loaded.
    """

    host: HostFacts
    terms: Terms
    packages: frozenset[str] | None = None
    installs: Engine | None = None
    move: Transition | None = None
    service: Service | None = None
    images: tuple[Image, ...] = ()


def situation(facts: Facts, steps: Sequence[Step], changes: Sequence[Change], terms: Terms) -> Situation:
    """The situation in which these steps come to these changes."""
    resources = [resource for step in steps for resource in step.resources]
    packages = next((resource for resource in resources if isinstance(resource, Packages)), None)
    unit = next((resource for resource in resources if isinstance(resource, Unit)), None)
    images = next((resource for resource in resources if isinstance(resource, Images)), None)
    changed = {change.resource for change in changes}
    return Situation(
        facts.host,
        terms,
        packages=_names(facts.states[packages.id]) if packages else None,
        installs=packages.engine if packages and packages.id in changed else None,
        move=packages.transition(facts.states) if packages else None,
        service=_service(facts, unit) if unit else None,
        images=tuple(image for image, _ in images.lacking(facts.states)) if images else (),
    )


def _names(state: State) -> frozenset[str] | None:
    if isinstance(state, PackagesState):
        return frozenset(state.versions)
    return frozenset() if isinstance(state, Absent) else None


def _service(facts: Facts, unit: Unit) -> Service | None:
    """None where it couldn't be read, or daemon.json can't be built upon: its own resource refuses that."""
    state, states = facts.states[unit.id], facts.states
    if not isinstance(state, UnitState):
        return None
    try:
        wanted = unit.configuration.wanted(states)
        present = _present(states, unit)
        settings = daemonjson.load(wanted) if wanted is not None else {}
    except Unsuitable:
        return None
    keys = frozenset(key for daemon in facts.host.daemons for key in daemon.keys)
    installed = "docker-ce" in (_names(states[unit.engine.packages.id]) or ())
    return Service(present, settings, state, installed, keys, facts.host.roots)


def _present(states: States, unit: Unit) -> Mapping[str, Any]:
    state = states[unit.configuration.id]
    return daemonjson.load(state.content) if isinstance(state, FileState) else {}
