"""What a command line asks for: of which hosts, how the run is to go, and on what terms. Nothing is touched here."""

from __future__ import annotations

import dataclasses
import os
import re
import sys
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Protocol

from provision import handed, inventory, languages, spec
from provision.asked import Asked, Wishes
from provision.errors import OperatorError
from provision.fleet import orders, travel
from provision.fleet.orders import Orders
from provision.fleet.runners import Threads
from provision.fleet.turn import Host
from provision.inventory import Inventory, Origin
from provision.options import FLAGS
from provision.report.files import Files
from provision.resources.base import Step
from provision.resources.restart import Policy, Restart
from provision.resources.withdrawal import Withdrawal
from provision.script import LOCK_TIMEOUT
from provision.yamlmarks import Located, Place


class Context(Protocol):
    """What a run takes from the command line: Fabric's configuration, the hosts of `-H`, whether `-R` was said."""

    config: Any
    hosts: tuple[str, ...]
    dry: bool


class Request:
    """The flags of a command, read. What can't be made of them is an OperatorError, whatever is asked for."""

    def __init__(self, context: Context, flags: Mapping[str, str | bool]) -> None:
        self._context = context
        self.flags = flags
        for name, said in flags.items():
            if isinstance(said, str):
                Located(said, Place(f"--{name.replace('_', '-')}")).refuse_nul()

    def flag(self, name: str) -> str:
        """What was said behind a flag; empty where it wasn't given."""
        return str(self.flags.get(name) or "")

    def switch(self, name: str) -> bool:
        """Whether a flag without a value was given."""
        return bool(self.flags.get(name))

    @property
    def json(self) -> bool:
        """Whether the answer is for machines."""
        return self.switch("json")

    @property
    def dry(self) -> bool:
        """Whether nothing is to be changed."""
        return self.switch("dry_run") or self._context.dry

    @property
    def language(self) -> str:
        """In which people are spoken to."""
        return languages.chosen(self.flag("lang"), os.environ)

    @cached_property
    def wishes(self) -> Wishes:
        """What is asked for of each host."""
        over = []
        path = self.flag("spec")
        if path:
            over.append(Origin("--spec", spec=spec.parse(handed.text_of(path, "--spec"), path)))
        given = {option.name: self.flags.get(option.name) or None for option in FLAGS}
        chosen = re.split(r"\s*,\s*", self.flag("only"))
        installs = chosen == [""] or "engine" in chosen
        return Wishes(*over, Origin("flags", spec=spec.from_flags(given)), installs=installs)

    @cached_property
    def inventory(self) -> Inventory:
        """The hosts that are meant, as values."""
        path = self.flag("inventory")
        if path and self._context.hosts:
            raise OperatorError(
                "-H and --inventory both say which hosts: keep one; --limit chooses of an inventory"
            )
        if not path and not self._context.hosts:
            raise OperatorError(
                "no host: say which by -H HOST[,HOST], before the command or behind it, or --inventory"
            )
        found = inventory.load(path) if path else inventory.of_names(self._context.hosts)
        limit, part = self.flag("limit"), self.flag("shard")
        hosts = inventory.choose(found, limit) if limit else found.hosts
        hosts = inventory.shard(hosts, part) if part else hosts
        if not hosts:
            raise OperatorError(f"{path or '-H'}: it holds no host{' for this part' if part else ''}")
        for words in found.left:
            print(f"{path}: not carried over: {words}", file=sys.stderr)
        return dataclasses.replace(found, hosts=hosts)

    @cached_property
    def orders(self) -> Orders:
        """How the run is to go."""
        return orders.parse(self.flag)

    @cached_property
    def files(self) -> Files:
        """What is to be written about the run."""
        return Files(self.flag("report"), self.flag("metrics"), self.language if self.flag("lang") else "")

    @property
    def threads(self) -> Threads:
        """Give hosts their turn from here."""
        return Threads(self.orders.forks or orders.forks())

    def steps(
        self, asked: Asked, only: frozenset[str] = frozenset(), withdrawal: Withdrawal | None = None
    ) -> tuple[Step, ...]:
        """The steps to what is asked for of a host, or back."""
        return asked.steps(only, self.policy, withdrawal=withdrawal)

    @cached_property
    def policy(self) -> Policy:
        """What may be done to an engine that runs."""
        said = self.flag("restart") or Restart.IF_IDLE
        try:
            restart = Restart(said)
        except ValueError:
            likely = get_close_matches(said, list(Restart), n=1)
            hint = f"did you mean {likely[0]}?" if likely else f"say {', '.join(Restart)}"
            raise OperatorError(f"--restart: {said!r} is none of its words: {hint}") from None
        consents = ("enable_live_restore", "allow_downgrade", "cross_line", "replace_conflicting")
        return Policy(restart, **{name: self.switch(name) for name in consents})

    def only(self) -> frozenset[str]:
        """The steps that are chosen by name; none means all."""
        text = self.flag("only")
        known = [step.name for step in self.steps(self.wishes.of())]
        chosen = [name.strip() for name in text.split(",")] if text else []
        for name in chosen:
            if name not in known:
                likely = get_close_matches(name, known, n=1)
                hint = f"did you mean {likely[0]}?" if likely else f"they are {', '.join(known)}"
                raise OperatorError(f"--only: there is no step {name!r}: {hint}")
        return frozenset(chosen)

    @cached_property
    def lock_timeout(self) -> int:
        """Seconds to wait for another run, or another yum, on a host."""
        text = self.flag("lock_timeout") or str(LOCK_TIMEOUT)
        if not re.fullmatch(r"[0-9]{1,5}", text):
            raise OperatorError(f"--lock-timeout: {text!r} is no number of seconds: write it like 300")
        return int(text)

    def hosts(self, names: Collection[str] = ()) -> list[Host]:
        """The hosts of the run in order, or those of `names`; none of them is touched yet."""
        from provision import remote  # noqa: PLC0415  it brings paramiko

        config = self._context.config
        hosts = [host for host in self.inventory.hosts if not names or host.name in names]
        if gone := set(names) - {host.name for host in hosts}:
            raise OperatorError(f"{inventory.fold(sorted(gone))}: no longer among the hosts, but left to do")
        asked = [self.wishes.of(host.specs) for host in hosts]
        ways = [host.ssh.fetched() for host in hosts]
        connections = remote.connections(config, ways, dict(config.connect_kwargs))
        asked_for = config.sudo.password
        sudo = [asked_for or (way.sudo_password.value if way.sudo_password else None) for way in ways]
        sessions = [
            remote.Session(connection, sudo_password=password)
            for connection, password in zip(connections, sudo, strict=True)
        ]
        found = [
            Host(host.name, session, wish, way.address, session.place)
            for host, session, wish, way in zip(hosts, sessions, asked, ways, strict=True)
        ]
        sent = (word for word in (*sudo, *(way.password.value for way in ways if way.password)) if word)
        travel.raise_if_unfit(self.orders, config.connect_kwargs, next(sent, None), found)
        return found
