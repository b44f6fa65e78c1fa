"""Which faults, at which steps and moments, from which starts: those that can differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Start(StrEnum):
    """What the host is like before."""

    FRESH = "fresh"
    BUSY = "busy"
    """Docker with live-restore, a running container that has a volume, a stopped one, a network, an operator's
    daemon.json; another mirror and rotated logs are asked for, over which the daemon restarts."""
    OLDER = "older"
    """The same under 18.06.2, to be brought to 18.06.3."""


class Fault(StrEnum):
    """What happens."""

    CLIENT = "client killed"
    SESSION = "ssh session killed"
    SSHD = "sshd killed"
    LINK = "link cut for 5 s"
    LONG = "link cut for 90 s"
    SCRIPT = "script killed"
    UNIT = "all of the run killed"
    YUM = "yum killed"
    POWER = "power cut"
    STOP = "unit stopped"
    SECOND = "a second controller"
    ETC_FULL = "disk full under /etc"
    RPM_FULL = "disk full under /var/lib/rpm"
    DATA_FULL = "disk full under /var/lib/docker"
    DEAD = "repository dies"
    TRUNCATED = "repository sends truncated packages"
    CORRUPTED = "repository sends corrupted packages"
    SLOW = "repository answers at 1 kB/s"
    DOWN = "dockerd doesn't come up"


class Moment(StrEnum):
    """When within its step."""

    BEGUN = ""
    DOWNLOADING = "while downloading"
    TRANSACTION = "in the transaction"
    SCRIPTLET = "in a scriptlet"


OUTLIVED = frozenset({Fault.SESSION, Fault.SSHD, Fault.LINK, Fault.LONG, Fault.SECOND, Fault.SLOW})
"""What the run itself has to come to its end over."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One of them."""

    start: Start
    step: str
    fault: Fault
    moment: Moment = Moment.BEGUN

    @property
    def place(self) -> str:
        """The step, and the moment within."""
        return f"{self.step} {self.moment}".strip()

    def __str__(self) -> str:
        return f"{self.start}, {self.place}: {self.fault}"


PACKAGES = "packages docker-ce"
LOOK = f"look {PACKAGES}"
KEY = "rpm-key"
REPOSITORY = "file /etc/yum.repos.d/docker-ce.repo"
SETTINGS = "file /etc/docker/daemon.json"
DROP_IN = "file /etc/systemd/system/docker.service.d/docker-provision.conf"
SERVICE = "service docker.service"

BROKEN = (Fault.SCRIPT, Fault.UNIT, Fault.POWER, Fault.STOP)
"""What ends a run: it may leave anything at any step."""
APART = (Fault.CLIENT, Fault.SESSION, Fault.SSHD, Fault.LINK, Fault.SECOND)
"""What a run doesn't notice, or waits for: it can differ by how much is still to come."""


def _cells() -> Iterator[Cell]:
    yield from _fresh()
    yield from _busy()
    yield from _older()


def _fresh() -> Iterator[Cell]:
    start = Start.FRESH
    for step in (LOOK, "record", KEY, REPOSITORY, PACKAGES, SETTINGS, DROP_IN, SERVICE):
        yield from (Cell(start, step, fault) for fault in BROKEN)
    for step in (LOOK, PACKAGES, SERVICE):
        yield from (Cell(start, step, fault) for fault in APART)
    yield Cell(start, PACKAGES, Fault.LONG)
    yield from _yum(start)
    yield Cell(start, LOOK, Fault.SLOW)
    yield Cell(start, REPOSITORY, Fault.ETC_FULL)
    yield Cell(start, SETTINGS, Fault.ETC_FULL)
    yield Cell(start, SERVICE, Fault.DATA_FULL)
    yield Cell(start, SERVICE, Fault.DOWN)


def _busy() -> Iterator[Cell]:
    start = Start.BUSY
    for step in ("record", SETTINGS, SERVICE):
        yield from (Cell(start, step, fault) for fault in BROKEN)
    yield from (Cell(start, SERVICE, fault) for fault in APART)
    yield Cell(start, SERVICE, Fault.LONG)
    yield Cell(start, SETTINGS, Fault.ETC_FULL)
    yield Cell(start, SERVICE, Fault.DATA_FULL)
    yield Cell(start, SERVICE, Fault.DOWN)


def _older() -> Iterator[Cell]:
    start = Start.OLDER
    for step in (LOOK, PACKAGES, SERVICE):
        yield from (Cell(start, step, fault) for fault in BROKEN)
    yield from (Cell(start, PACKAGES, fault) for fault in APART)
    yield from _yum(start)
    yield Cell(start, SERVICE, Fault.DATA_FULL)
    yield Cell(start, SERVICE, Fault.DOWN)


def _yum(start: Start) -> Iterator[Cell]:
    """What meets yum at its work."""
    yield from (Cell(start, LOOK, fault, Moment.DOWNLOADING) for fault in (Fault.YUM, Fault.DEAD))
    yield from (Cell(start, LOOK, fault) for fault in (Fault.TRUNCATED, Fault.CORRUPTED))
    for moment in (Moment.TRANSACTION, Moment.SCRIPTLET):
        yield from (Cell(start, PACKAGES, fault, moment) for fault in (Fault.YUM, Fault.UNIT, Fault.POWER))
    yield Cell(start, PACKAGES, Fault.RPM_FULL)
    yield Cell(start, PACKAGES, Fault.RPM_FULL, Moment.TRANSACTION)


CELLS = tuple(_cells())

FEW = (
    Cell(Start.FRESH, PACKAGES, Fault.YUM, Moment.TRANSACTION),
    Cell(Start.FRESH, REPOSITORY, Fault.ETC_FULL),
    Cell(Start.BUSY, "record", Fault.UNIT),
    Cell(Start.BUSY, SETTINGS, Fault.SCRIPT),
    Cell(Start.BUSY, SETTINGS, Fault.POWER),
    Cell(Start.BUSY, SETTINGS, Fault.ETC_FULL),
    Cell(Start.BUSY, SERVICE, Fault.STOP),
    Cell(Start.BUSY, SERVICE, Fault.UNIT),
    Cell(Start.BUSY, SERVICE, Fault.SECOND),
    Cell(Start.BUSY, SERVICE, Fault.SESSION),
    Cell(Start.BUSY, SERVICE, Fault.LINK),
    Cell(Start.BUSY, SERVICE, Fault.DOWN),
)
"""Those that every run of the tests has: most of them from the start that costs least. An upgrade that is cut off in a
scriptlet has a test of its own (test_interrupted_yum)."""
