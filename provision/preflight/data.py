"""Changes that would hide data, or pull the ground from under what runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from provision.preflight.situation import Service, Situation
from provision.resources.need import cgroup_driver
from provision.resources.transition import DOCKER
from provision.spec import DATA_KEYS, DOWNGRADE

ROOTS = frozenset({"data-root", "graph"})
"""Two names of one setting."""

_REMAPPED = re.compile(r"/\d+\.\d+$")
"""Where users are remapped, data lies in a folder of their number below data-root (18.06.3, source)."""


def refusals(case: Situation) -> Iterator[str]:
    """Reasons that lie in what is there."""
    service = case.service
    if service is None:
        return
    yield from _hidden(service, case.terms.data_changes)
    yield from _downgraded(service, case)
    yield from _cgroups(service, kubelet="kubelet" in case.host.active)
    yield from _swarm(service)


# ── data ──


def _hidden(service: Service, allowed: frozenset[str]) -> Iterator[str]:
    """Data isn't deleted by these changes, but the daemon doesn't see it any more: containers vanish (moby#34112)."""
    held = _held(service)
    if not held:
        return
    if allowed & ROOTS:
        allowed |= ROOTS
    for key, change in _moves(service):
        if key not in allowed:
            yield (
                f"{key} changes {change}, and {held} would no longer be seen: save or move them first (`docker save`, "
                f"or copy the folder while docker is stopped), or say --accept-data-change {key}"
            )


def _downgraded(service: Service, case: Situation) -> Iterator[str]:
    """Nobody promises that an older engine reads what a newer one has written."""
    held, move = _held(service), case.move
    if held and move and DOCKER in move.down and DOWNGRADE not in case.terms.data_changes:
        yield (
            f"the {move.title} goes over {held}, which an older engine may not read: save them first (`docker save`, "
            f"copies of volumes), then say --accept-data-change {DOWNGRADE}"
        )


def _held(service: Service) -> str:
    """What is there to lose, in words; empty if nothing is."""
    info, root = service.state.info, service.root_now
    at = [each for each in service.roots if _base(each.real) == _base(root.real)]
    if service.running and info is not None:
        images, containers = info.images, info.containers
        volumes = sum(each.volumes for each in at if each.real == root.real)
    else:
        images, containers = (sum(getattr(each, what) for each in at) for what in ("images", "containers"))
        volumes = sum(each.volumes for each in at)
    counts = ((images, "image"), (containers, "container"), (volumes, "volume"))
    return " and ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts if n)


def _base(path: str) -> str:
    return _REMAPPED.sub("", path)


def _moves(service: Service) -> Iterator[tuple[str, str]]:
    """The keys by whose change the daemon would look elsewhere, and how."""
    free = frozenset(DATA_KEYS) - service.set_by_flags
    settings, present, root = service.settings, service.present, service.root_now
    if free >= ROOTS and _base(root.real) != _base(service.root.real):
        key = "graph" if settings.get("graph") else "data-root"
        yield key, f"from {_base(root.path)} to {service.root.path}"
    driver = settings.get("storage-driver")
    drivers = (service.state.info.driver,) if service.running and service.state.info else root.drivers
    if "storage-driver" in free and driver is not None and drivers and driver not in drivers:
        yield "storage-driver", f"from {', '.join(drivers)} to {driver}"
    was, will = present.get("userns-remap") or "", settings.get("userns-remap") or ""
    if service.running:
        was = (was or "on") if _REMAPPED.search(root.real) else ""
    if "userns-remap" in free and was != will:
        yield "userns-remap", f"from {was or 'off'} to {will or 'off'}"


# ── what runs ──


def _cgroups(service: Service, *, kubelet: bool) -> Iterator[str]:
    """A kubelet that works with another driver than its engine fails, and running containers lose their groups."""
    if not service.installed or "exec-opts" in service.set_by_flags:
        return
    info = service.state.info
    now = info.cgroup_driver if service.running and info else _cgroup_driver(service.present)
    then = _cgroup_driver(service.settings)
    containers = info.containers if service.running and info else service.root_now.containers
    if now == then or not (kubelet or containers):
        return
    there = " and ".join(
        [
            *(["a kubelet"] if kubelet else []),
            *([f"{containers} container{'' if containers == 1 else 's'}"] if containers else []),
        ]
    )
    yield (
        f"the cgroup driver changes from {now} to {then}, and there is {there}: keep native.cgroupdriver={now} in "
        "exec-opts, or drain the node, stop the kubelet and remove the containers first"
    )


def _cgroup_driver(settings: Mapping[str, Any]) -> str:
    """cgroupfs where nothing is said (all versions for CentOS 7, whose control groups are of version 1)."""
    return cgroup_driver(settings) or "cgroupfs"


def _swarm(service: Service) -> Iterator[str]:
    """A reload takes live-restore up on a swarm node, and the next start is fatal (18.06.3, run)."""
    info = service.state.info
    member = info.swarm != "inactive" if service.running and info else service.root_now.swarm
    if member and service.settings.get("live-restore") is True:
        yield (
            "live-restore is asked for on a node of a swarm, where dockerd doesn't start with it: set it to false, or "
            "`docker swarm leave` first"
        )
