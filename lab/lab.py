"""A lab: hosts, the mirrors that serve them, and the files that let a user reach them."""

import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from lab import access, apt, cache, cgroups, cleanup, identity, limits, network, services, state
from lab.disk import FRESH, Disk
from lab.host import LabHost
from lab.keys import repo_key
from lab.process import LabError, Process
from lab.rootfs import PASSWORD, rootfs
from lab.state import State

NEEDS = ("systemd-container", "iproute2", "openssh-client", "util-linux")
NAME = re.compile(r"[a-z][a-z0-9-]{0,10}")  # of labs and hosts: a network interface is named after each


class Lab:
    """A lab that is up. Made by `up` or found by `load`; any process may use it, none needs to stay."""

    def __init__(self, written: State) -> None:
        self._written = written
        self.name = written.name
        self.address = network.gateway(written.subnet)  # of the mirrors, for the hosts
        self.disk = written.disk
        self.password = PASSWORD  # of the user pw
        self.folder = written.folder
        self.identity = access.identity(written.folder)
        self.known_hosts = access.known_hosts(written.folder)
        self.ssh_config = access.ssh_config(written.folder)

    @classmethod
    def up(cls, name: str = "lab", hosts: int = 1, *, owned: bool = False) -> "Lab":
        """Bring a lab up with host1, host2, …; of one that is up already, make what is missing.

        A new lab that is `owned` is swept away by the next up or down once this process has ended, however that was.

        Raises LabError for what an operator can mend; of a lab that is new nothing stays behind then.
        """
        _check_name(name)
        apt.ensure(*NEEDS)
        root = _built()  # before the lock: the first build takes minutes
        with state.lock():
            cleanup.sweep()
            written = state.load(name)
            if written is None:
                written = _begin(name, root, owned=owned)
            elif written.phase != "up":
                raise LabError(f"lab {name} is {written.phase}: process {written.owner.pid} is at it")
        lab = cls(written)
        try:
            with state.lock_hosts(name):
                lab._complete(hosts)
        except BaseException:
            if written.phase == "starting":  # a new one
                lab.down()
            raise
        return lab

    @classmethod
    def load(cls, name: str = "lab") -> "Lab":
        """The lab of that name. Raises LabError if it isn't up."""
        written = state.load(name)
        if written is None or written.phase != "up":
            raise LabError(f"no lab {name!r} is up; begin one with: python -m lab up --name {name}")
        return cls(written)

    @property
    def hosts(self) -> dict[str, LabHost]:
        """All hosts by name, in the order in which they were made."""
        return {name: self._host(name, number) for name, number in self._read().hosts.items()}

    @property
    def repo_key(self) -> Path:
        """The public key that signs the lab's packages."""
        return repo_key()

    @property
    def registry_url(self) -> str:
        """The registry mirror's address, for the hosts."""
        return services.registry_url(self.address)

    def add_host(self, name: str) -> LabHost:
        """Make and boot one more host. Raises LabError if the name is taken or no good."""
        with state.lock_hosts(self.name):
            if name in self.hosts:
                raise LabError(f"{name} is there already")
            self._make([name])
        return self.hosts[name]

    @property
    def mirrors_running(self) -> bool:
        """Whether the package mirror and the registry mirror run."""
        written = self._read()
        return bool(written.services) and all(service.alive for service in written.services)

    def _read(self) -> State:
        """The lab as it is written down now: others may have added hosts since we read it."""
        return state.load(self.name) or self._written

    def host(self, name: str) -> LabHost:
        """The host of that name. Raises LabError, naming those that there are, if there is none."""
        hosts = self.hosts
        if name not in hosts:
            raise LabError(f"lab {self.name} has no host {name!r}; it has: {', '.join(hosts)}")
        return hosts[name]

    def down(self) -> None:
        """End the lab and take away all that it made, but for the cache."""
        self.clear(self.name)

    @staticmethod
    def clear(name: str) -> bool:
        """End the lab of that name, whatever its state, and sweep away stale ones; whether there was one."""
        _check_name(name)
        with state.lock():
            swept = cleanup.sweep()
            written = state.load(name)
            if written is None:
                return name in swept
            written.phase, written.owner = "stopping", Process.of(os.getpid())
            written.save()
        with state.lock_hosts(name):  # who is still making hosts comes to the end first
            cleanup.clear(state.load(name) or written)
        with state.lock():
            cleanup.sweep()  # once more, for what is to be done after the last lab
        return True

    @contextmanager
    def _changing(self) -> Iterator[State]:
        """The lab as it is written down now, to be changed."""
        with state.lock():
            written = state.load(self.name)
            if written is None:
                raise LabError(f"lab {self.name} is gone")
            yield written
            written.save()
        self._written = written

    def _complete(self, hosts: int) -> None:
        network.create(self.name, self._written.subnet)
        access.make_identity(self.folder)
        self._serve()
        self._make([f"host{number}" for number in range(1, hosts + 1)])
        with self._changing() as written:
            written.phase = "up"

    def _serve(self) -> None:
        """Start the mirrors unless all of them run."""
        if self.mirrors_running:
            return
        for service in self._read().services:
            service.kill()
        pids = services.start(self.folder, network.namespace(self.name), self.address)
        with self._changing() as written:
            written.services = [Process.of(pid) for pid in pids]

    def _make(self, names: Iterable[str]) -> None:
        """See to it that there are hosts of these names, and that every host of the lab runs."""
        with self._changing() as written:
            for name in names:
                _check_name(name)
                taken = set(written.hosts.values())
                free = next(number for number in network.HOSTS if number not in taken)
                written.hosts.setdefault(name, free)
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._bring_up, self.hosts.values()))
        access.write(self.folder, list(self.hosts.values()))

    def _bring_up(self, host: LabHost) -> None:
        if host.running:
            return
        disk = host.disk
        if not disk.identity.exists():
            draft = disk.folder / ".identity"
            cache.remove_tree(draft)
            disk.folder.mkdir(parents=True, exist_ok=True)
            names = dict.fromkeys(services.NAMES, self.address)
            key = access.public_key(self.folder)
            identity.write(draft, host, self.address, key, names)
            draft.rename(disk.identity)
        if disk.whole:
            host.boot()
        else:
            host.restore(FRESH)

    def _host(self, name: str, number: int) -> LabHost:
        written = self._written
        return LabHost(
            name=name,
            address=f"10.77.{written.subnet}.{number}",
            lab=self.name,
            disk=Disk(written.disk / name, written.rootfs),
            groups=[group / name for group in written.cgroups],
            console=self.folder / f"{name}.console",
        )


def _built() -> Path:
    """The hosts' root file system; what the mirrors serve is built beside it, for the first build is long."""
    with ThreadPoolExecutor() as pool:
        served = pool.submit(services.prepare)
        root = pool.submit(rootfs).result()
        served.result()
    return root


def _begin(name: str, root: Path, *, owned: bool) -> State:
    taken = {lab.subnet for lab in map(state.load, state.names()) if lab is not None}
    written = State(
        name=name,
        subnet=network.free_subnet(taken),
        phase="starting",
        owner=Process.of(os.getpid()),
        disk=cache.root() / "run" / name,
        cgroups=cgroups.bases(name),
        rootfs=root,
        owned=owned,
    )
    written.save()
    limits.lift()
    return written


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise LabError(f"{name!r} is no good as a name: a small letter, then up to 10 of a-z, 0-9 and -")
