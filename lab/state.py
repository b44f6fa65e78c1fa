"""What a lab writes down about itself, so that any later process can use it, or clear it away.

Written before each thing is made: whatever is found on the machine is written down somewhere.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab import cache
from lab.process import Process

RUN = Path("/run/docker-provision-lab")  # on /run: after a reboot of the machine there are no labs


@dataclass
class State:
    """One lab. `phase` is starting, up or stopping; `owner` is who starts or stops it.

    An `owned` lab is to end with its owner, even if that is killed; others stay until somebody takes them down.
    """

    name: str
    subnet: int
    phase: str
    owner: Process
    disk: Path  # the hosts' disks, on a real file system
    cgroups: list[Path]  # the lab's group in each hierarchy
    rootfs: Path
    owned: bool = False
    services: list[Process] = field(default_factory=list)
    hosts: dict[str, int] = field(default_factory=dict)  # name -> last number of the address

    @property
    def folder(self) -> Path:
        """Keys, configuration and logs of the lab."""
        return RUN / self.name

    def save(self) -> None:
        """Write it down, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / ".state.json"
        draft.write_text(json.dumps(asdict(self), default=str, indent=1))
        draft.rename(self.folder / "state.json")


def load(name: str) -> State | None:
    """The lab of that name as it was last written down; None if there is no such lab."""
    try:
        fields = json.loads((RUN / name / "state.json").read_text())
    except FileNotFoundError:
        return None
    return State(
        **{
            **fields,
            "owner": Process(**fields["owner"]),
            "disk": Path(fields["disk"]),
            "cgroups": [Path(group) for group in fields["cgroups"]],
            "rootfs": Path(fields["rootfs"]),
            "services": [Process(**service) for service in fields["services"]],
        }
    )


def names() -> list[str]:
    """All labs that left anything in the run folder."""
    return sorted(path.name for path in RUN.glob("*") if path.is_dir())


@contextmanager
def lock() -> Iterator[None]:
    """Keep every other lab from beginning, ending or writing anything down meanwhile: hold it briefly."""
    with cache.locked(RUN / "lock"):
        yield


@contextmanager
def lock_hosts(name: str) -> Iterator[None]:
    """Keep others from making this lab's hosts, or ending it, meanwhile."""
    with cache.locked(RUN / name / "lock"):
        yield
