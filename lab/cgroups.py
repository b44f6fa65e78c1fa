"""A control group for each host in every hierarchy of the machine, cgroup v1, v2 or both.

Hosts need groups of their own: without them systemd in one host sees the processes of all. And a group is the
one handle that still holds everything that runs in a host when all else about it is forgotten.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from lab.process import LabError, run

PREFIX = "docker-provision-lab-"  # and the lab's name, in each hierarchy


def bases(lab: str) -> list[Path]:
    """The lab's group in each hierarchy; nothing is made yet. Raises LabError where no cgroup v2 is mounted."""
    groups = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, own = line.split(":", 2)
        mount = _mount_point(controllers)
        if mount is None:
            continue
        # Version 2 allows no processes beside a group that hands out controllers, so there we go to the top.
        top = not controllers and "memory" in (mount / "cgroup.controllers").read_text().split()
        groups.append((mount if top else mount / own.lstrip("/")) / (PREFIX + lab))
    if not any(_is_v2(group) for group in groups):
        raise LabError("no cgroup v2 hierarchy is mounted: the lab needs a kernel and an init that have one")
    return groups


def _mount_point(controllers: str) -> Path | None:
    wanted = set(controllers.split(",")) if controllers else None
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split(" ", 2)
        if (kind == "cgroup2" and wanted is None) or (
            kind == "cgroup" and wanted is not None and wanted <= set(options.split(","))
        ):
            return Path(left.split()[4])
    return None


def _is_v2(group: Path) -> bool:
    return _mount_point("") in group.parents


def create(base: Path, host: str) -> Path:
    """Make the host's group below the lab's in one hierarchy, ready to take processes."""
    group = base / host
    for folder in (base, group):
        folder.mkdir(exist_ok=True)
        if (folder / "cpuset.cpus").exists() and not _is_v2(group):
            for name in ("cpuset.cpus", "cpuset.mems"):  # empty in a new group of v1: nothing could run in it
                (folder / name).write_text((folder.parent / name).read_text())
    if _is_v2(group):  # in its inner groups the controllers have to be handed down
        for folder in (base.parent, base):
            for controller in (folder / "cgroup.controllers").read_text().split():
                if controller in {"cpu", "cpuset", "io", "memory", "pids"}:
                    (folder / "cgroup.subtree_control").write_text(f"+{controller}")
    return group


def processes(groups: list[Path]) -> list[int]:
    """Every process in these groups or below, each once."""
    found: set[int] = set()
    for group in groups:
        for folder, _, _ in os.walk(group):  # passes over what goes away meanwhile
            with suppress(OSError):
                found.update(int(pid) for pid in Path(folder, "cgroup.procs").read_text().split())
    return sorted(found)


def kill(groups: list[Path], timeout: float = 10) -> None:
    """End everything in these groups and below, containers too, and wait until it is gone (seconds)."""
    for group in groups:
        switch = group / "cgroup.kill"  # version 2 only, Linux 5.14
        if switch.exists():
            switch.write_text("1")
    deadline = time.monotonic() + timeout
    while left := processes(groups):
        if time.monotonic() > deadline:
            raise LabError(f"processes {left[:5]} don't end after a kill")
        time.sleep(0.02)


def remove(groups: list[Path]) -> None:
    """Take away these groups, empty of processes, deepest first."""
    for group in groups:
        if group.is_dir():
            run("find", str(group), "-depth", "-type", "d", "-exec", "rmdir", "{}", "+")
