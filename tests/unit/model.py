"""A host as a value: what each change does to its state, so that plans can be applied without a host.

It knows what a real host does besides what is asked: the package brings the unit and the group, a start records
daemon.json. It must not know what the plan hopes for: desired states are taken from the resources' own specs.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from provision import engines, facts, plan
from provision.facts import Facts
from provision.resources import daemonjson
from provision.resources.base import Change, Resource, Step
from provision.resources.daemon import UnitState
from provision.resources.file import File, FileState
from provision.resources.membership import GroupState, Membership
from provision.resources.need import shown_mirrors
from provision.resources.packages import Packages, PackagesState
from provision.resources.record import RECORD_ID, recorded
from provision.resources.rpmkey import KeyState, RpmKey
from provision.resources.unit import Unit
from provision.words import docker

INFO = docker.Info(
    server_version="18.06.3-ce",
    mirrors=(),
    insecure_registries=(),
    labels=(),
    live_restore=False,
    debug=False,
    experimental=False,
    driver="overlay2",
    root_dir="/var/lib/docker",
    logging_driver="json-file",
    cgroup_driver="cgroupfs",
    default_runtime="runc",
    runtimes=("runc",),
    swarm="inactive",
    running=0,
    containers=0,
    images=0,
    proxies={},
    warnings=(),
)
UNIT = "service docker.service"
GROUP = "group docker"


class Host:
    """One host. `facts` is what reading it gives."""

    def __init__(self, read: Facts) -> None:
        self.states: dict[str, Any] = dict(read.states)
        self._host = read.host
        self.clock = 1_000_000

    @property
    def facts(self) -> Facts:
        unit = self.states[UNIT]
        return Facts(self._host, {**self.states, UNIT: replace(unit, now=self.clock)})

    def apply(self, stage: plan.Stage, steps: Sequence[Step]) -> None:
        """Do what the changes of a stage say, in their order."""
        resources = {resource.id: resource for resource in facts.probed(steps)}
        traces = tuple(trace for change in stage.changes for trace in change.traces)
        for change in stage.changes:
            self.clock += 10
            if change.resource == RECORD_ID:
                before = {i: r.remember(self.states[i]) for i, r in resources.items() if i != RECORD_ID}
                self.states[RECORD_ID] = recorded(self.states[RECORD_ID], before, traces)
            else:
                self._change(resources[change.resource], change)

    def converge(self, steps: Sequence[Step], only: frozenset[str] = frozenset()) -> plan.Plan:
        """Plan and apply stage by stage, as a run does; the plan that is left at its end."""
        found = plan.plan(self.facts, steps, only)
        found.raise_if_unsafe()
        for _ in found.stages:
            if not found.changes:
                break
            self.apply(found.stages[found.next_stage()], steps)
            found = plan.plan(self.facts, steps, only)
            found.raise_if_unsafe()
        return found

    def _change(self, resource: Resource, change: Change) -> None:
        match resource:
            case File():
                self._write(resource, change)
            case RpmKey():
                self.states[resource.id] = KeyState(f"{resource.key.rpm_version}-5f000000")
            case Packages():
                self._install(resource, change)
            case Membership():
                group = self.states[resource.id]
                self.states[resource.id] = replace(group, members=group.members | set(resource.users))
            case Unit():
                self._serve(change)
            case _:
                raise AssertionError(f"the model doesn't know {resource}")

    def _write(self, file: File, change: Change) -> None:
        present = self.states[file.id]
        content = file.wanted(self.states)
        assert content is not None
        mode = file.mode or (present.mode if isinstance(present, FileState) else "644")
        self.states[file.id] = FileState(content, mode, "root:root", self.clock)
        if file.path.startswith("/etc/systemd/") and self.states[UNIT].load == "loaded":
            stale = "systemctl daemon-reload" not in change.script
            self.states[UNIT] = replace(self.states[UNIT], stale=stale)

    def _install(self, packages: Packages, change: Change) -> None:
        kept = " kept " in change.script
        pairs = zip(packages.engine.names, packages.engine.packages, strict=True)
        versions = {name: package.removeprefix(f"{name}-") for name, package in pairs}
        self.states[packages.id] = PackagesState(versions)
        group = self.states[GROUP]
        if not isinstance(group, GroupState):
            self.states[GROUP] = GroupState(frozenset(), group.users)
        unit: UnitState = self.states[UNIT]
        if change.joins:
            self.states[UNIT] = replace(
                unit, active="inactive", info=None, containers=unit.containers if kept else ()
            )
        else:
            self.states[UNIT] = replace(unit, load="loaded", enabled="disabled")

    def _serve(self, change: Change) -> None:
        file_id = f"file {daemonjson.PATH}"
        if change.first:
            self.states[file_id] = FileState(_written(change), "644", "root:root", self.clock)
        file = self.states[file_id]
        settings = daemonjson.load(file.content) if isinstance(file, FileState) else {}
        unit: UnitState = self.states[UNIT]
        if not change.first:
            unit = replace(unit, enabled="enabled", stale=False)
        if change.desired.endswith((", start", ", restart")):
            (packages,) = (state for state in self.states.values() if isinstance(state, PackagesState))
            info = replace(INFO, server_version=engines.found(packages.versions["docker-ce"]).daemon_version)
            unit = replace(unit, active="active", elapsed=1, started=settings, reloaded=None, info=info)
        elif change.desired.endswith(", reload"):
            unit = replace(unit, reloaded=settings)
        if unit.info is not None and change.desired.endswith((", start", ", restart", ", reload")):
            unit = replace(unit, info=_showing(unit.info, settings))
        self.states[UNIT] = unit


def _written(change: Change) -> bytes:
    """What a script puts into its file."""
    line = next(line for line in change.script.splitlines() if line.startswith("put_file "))
    return base64.b64decode(line.split()[-1])


def _showing(info: docker.Info, settings: Mapping[str, Any]) -> docker.Info:
    """docker info after a start or a reload: what the file doesn't have stays as it is."""
    shown: dict[str, Any] = {
        "debug": info.debug,
        "default-runtime": info.default_runtime,
        "labels": info.labels,
        "live-restore": info.live_restore,
    }
    shown |= settings
    return replace(
        info,
        mirrors=tuple(shown_mirrors(settings["registry-mirrors"]))
        if "registry-mirrors" in settings
        else info.mirrors,
        debug=shown["debug"],
        default_runtime=shown["default-runtime"],
        labels=tuple(shown["labels"]),
        live_restore=shown["live-restore"],
    )
