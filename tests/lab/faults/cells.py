"""Which faults, at which steps, from which starts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Start(StrEnum):
    """What the host is like before."""

    FRESH = "fresh"
    BUSY = "busy"
    """Docker with a running container, a stopped one, a volume, an operator's setting; another mirror is asked for."""
    OLDER = "older"
    """18.06.2 with live-restore and the same objects, to be brought to 18.06.3."""


class Fault(StrEnum):
    """What happens."""

    CLIENT = "client killed"
    SESSION = "ssh session killed"
    SSHD = "sshd killed"
    LINK = "link cut for 5 s"
    SCRIPT = "script killed"
    UNIT = "all of the run killed"
    YUM = "yum killed"
    POWER = "power cut"
    STOP = "unit stopped"
    SECOND = "a second controller"


@dataclass(frozen=True, slots=True)
class Cell:
    """One of them."""

    start: Start
    step: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.start}, {self.step}: {self.fault}"


PACKAGES = "packages docker-ce"
REPOSITORY = "file /etc/yum.repos.d/docker-ce.repo"
SETTINGS = "file /etc/docker/daemon.json"
SERVICE = "service docker.service"
STEPS = {
    Start.FRESH: (f"look {PACKAGES}", "record", REPOSITORY, PACKAGES, SETTINGS, SERVICE),
    Start.BUSY: (SETTINGS, SERVICE),
    Start.OLDER: (f"look {PACKAGES}", PACKAGES, SERVICE),
}
IN_YUM = (f"look {PACKAGES}", PACKAGES)

CELLS = tuple(
    Cell(start, step, fault)
    for start, steps in STEPS.items()
    for step in steps
    for fault in Fault
    if fault is not Fault.YUM or step in IN_YUM
)

FEW = (
    Cell(Start.FRESH, PACKAGES, Fault.CLIENT),
    Cell(Start.FRESH, PACKAGES, Fault.SCRIPT),
    Cell(Start.FRESH, PACKAGES, Fault.STOP),
)
"""Those that every run of the tests has."""
