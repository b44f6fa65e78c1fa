"""The end of a lab: everything that it made is taken away, whatever state it was left in."""

import shutil
from contextlib import suppress
from pathlib import Path

from lab import cache, cgroups, limits, network, state
from lab.process import run
from lab.state import State

PROPAGATE = Path("/run/systemd/nspawn/propagate")  # where nspawn keeps a folder for each machine


def clear(lab: State) -> None:
    """Take away all that the lab has, running or half made; each step does nothing where there is nothing.

    The written state goes last, so that a clearing that is cut off can be done again.
    """
    cgroups.kill(lab.cgroups)
    network.kill_processes(lab.name)
    unmount_below(lab.disk)
    network.remove(lab.name, lab.subnet)
    cgroups.remove(lab.cgroups)
    cache.remove_tree(lab.disk)
    for host in lab.hosts:
        with suppress(OSError):  # nspawn removes it itself, unless it was killed or /run lies on a disk
            (PROPAGATE / network.machine(lab.name, host)).rmdir()
    shutil.rmtree(lab.folder)


def unmount_below(folder: Path) -> None:
    """Unmount whatever is mounted in the folder, the innermost first."""
    points = [Path(line.split()[1]) for line in Path("/proc/self/mounts").read_text().splitlines()]
    for point in reversed([point for point in points if point.is_relative_to(folder)]):
        run("umount", str(point))


def stale(lab: State) -> bool:
    """Whether nobody needs the lab: its owner died, half-way or of an owned lab; or its network is gone."""
    if lab.phase == "up" and not lab.owned:
        return not network.exists(lab.name)
    return not lab.owner.alive


def sweep() -> list[str]:
    """Clear away every stale lab, and disks that no lab knows; the names. Call it under `state.lock()`."""
    swept = []
    for name in state.names():
        lab = state.load(name)
        if lab is None:  # killed before it had written down, and so made, anything
            shutil.rmtree(state.RUN / name)
        elif stale(lab):
            clear(lab)
            swept.append(name)
    for disk in (cache.root() / "run").glob("*"):
        if state.load(disk.name) is None:
            unmount_below(disk)
            cache.remove_tree(disk)
            swept.append(disk.name)
    if not state.names():
        limits.give_back()
        cache.forget()
    return swept
