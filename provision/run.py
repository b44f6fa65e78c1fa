"""One run of a command: what was asked for, of which hosts, and what came of it."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.table import Table

from provision import handed, inventory, spec
from provision.advisories import Advisories
from provision.asked import Asked, Wishes
from provision.converge import Goal, read
from provision.errors import INTERRUPTED, HostError, LetGo, OperatorError
from provision.events import Cause, End, Observer, Status
from provision.fleet import orders, past
from provision.fleet.campaign import Campaign
from provision.fleet.orders import Orders
from provision.fleet.runners import Runner, Threads
from provision.fleet.turn import Host, guarded
from provision.inventory import Inventory, Origin
from provision.options import FLAGS
from provision.report import data, hostlist, terminal
from provision.resources.base import Step
from provision.resources.restart import Policy, Restart
from provision.resources.withdrawal import Withdrawal
from provision.script import LOCK_TIMEOUT
from provision.steps.repos import repository

if TYPE_CHECKING:
    from provision.prove.result import Report

EXIT = {
    Status.UNCHANGED: 0,
    Status.CHANGED: 0,
    Status.PENDING: 3,
    Status.REFUSED: 1,
    Status.FAILED: 1,
    Status.UNREACHABLE: 1,
}
SEVERITY = (2, 1, 3, 0)
"""Of several hosts' exit codes the first of these that occurs is the run's."""


class Context(Protocol):
    """What a run takes from the command line: Fabric's configuration, the hosts of `-H`, whether `-R` was said."""

    config: Any
    hosts: tuple[str, ...]
    dry: bool


@dataclass(frozen=True, slots=True)
class Mode:
    """What a command does with its hosts: brings them to what is asked for, or takes that away, or only plans it."""

    only: frozenset[str] = frozenset()
    withdraw: Withdrawal | None = None
    dry_run: bool = False


def _unheard(hosts: Sequence[Host]) -> list[Advisories]:
    """What is known against the versions that are asked for, each version once, unless all who ask for it know it."""
    found = {}
    for host in hosts:
        if not host.asked.spec.ack_eol:
            found[host.asked.advisories.version] = host.asked.advisories
    return list(found.values())


def exit_code(end: End) -> int:
    """Of the hosts' exit codes the gravest; that of an interrupted run is its own."""
    if end.cause in (Cause.INTERRUPTED, Cause.LET_GO):
        return INTERRUPTED
    codes = {EXIT[outcome.status] for outcome in end.outcomes}
    return next(code for code in SEVERITY if code in codes)


class Run:
    """What a command does with its hosts. Every method returns the exit code."""

    def __init__(self, context: Context, flags: Mapping[str, str | bool]) -> None:
        self._context = context
        self._flags = flags
        # with --json standard output holds the document alone
        self._out = Console(stderr=self._json, highlight=False)

    @classmethod
    def asked_for(cls, context: Context, flags: Mapping[str, str | bool]) -> Run:
        """The run of these flags. Raises OperatorError before any host is touched."""
        run = cls(context, flags)
        if "spec" in flags:
            run._wishes.of()
            run._policy, run._orders  # noqa: B018  for what they raise
        return run

    # -- what is asked for

    @cached_property
    def _wishes(self) -> Wishes:
        """Raises OperatorError."""
        over = []
        path = self._flag("spec")
        if path:
            over.append(Origin("--spec", spec=spec.parse(handed.text_of(path, "--spec"), path)))
        given = {option.name: self._flags.get(option.name) or None for option in FLAGS}
        chosen = re.split(r"\s*,\s*", self._flag("only"))
        installs = chosen == [""] or "engine" in chosen
        return Wishes(*over, Origin("flags", spec=spec.from_flags(given)), installs=installs)

    def _flag(self, name: str) -> str:
        """What was said behind a flag; empty where it wasn't given."""
        return str(self._flags.get(name) or "")

    @cached_property
    def _inventory(self) -> Inventory:
        """The hosts that are meant, as values. Raises OperatorError."""
        path = self._flag("inventory")
        if path and self._context.hosts:
            raise OperatorError(
                "-H and --inventory both say which hosts: keep one; --limit chooses of an inventory"
            )
        if not path and not self._context.hosts:
            raise OperatorError(
                "no host: say which by -H HOST[,HOST], before the command or behind it, or --inventory"
            )
        found = inventory.load(path) if path else inventory.of_names(self._context.hosts)
        limit, part = self._flag("limit"), self._flag("shard")
        hosts = inventory.choose(found, limit) if limit else found.hosts
        hosts = inventory.shard(hosts, part) if part else hosts
        if not hosts:
            raise OperatorError(f"{path}: it holds no host{' for this part' if part else ''}")
        for words in found.left:
            print(f"{path}: not carried over: {words}", file=sys.stderr)
        return dataclasses.replace(found, hosts=hosts)

    @cached_property
    def _orders(self) -> Orders:
        """Raises OperatorError."""
        return orders.parse(self._flag)

    @property
    def _runner(self) -> Runner:
        return Threads(self._orders.forks)

    def _steps(
        self, asked: Asked, only: frozenset[str] = frozenset(), withdrawal: Withdrawal | None = None
    ) -> tuple[Step, ...]:
        return asked.steps(only, self._policy, withdrawal=withdrawal)

    @cached_property
    def _policy(self) -> Policy:
        """Raises OperatorError."""
        said = self._flag("restart") or Restart.IF_IDLE
        try:
            restart = Restart(said)
        except ValueError:
            likely = get_close_matches(said, list(Restart), n=1)
            hint = f"did you mean {likely[0]}?" if likely else f"say {', '.join(Restart)}"
            raise OperatorError(f"--restart: {said!r} is none of its words: {hint}") from None
        consents = ("enable_live_restore", "allow_downgrade", "cross_line", "replace_conflicting")
        return Policy(restart, **{name: bool(self._flags.get(name)) for name in consents})

    def _only(self) -> frozenset[str]:
        text = self._flag("only")
        known = [step.name for step in self._steps(self._wishes.of())]
        chosen = [name.strip() for name in text.split(",")] if text else []
        for name in chosen:
            if name not in known:
                likely = get_close_matches(name, known, n=1)
                hint = f"did you mean {likely[0]}?" if likely else f"they are {', '.join(known)}"
                raise OperatorError(f"--only: there is no step {name!r}: {hint}")
        return frozenset(chosen)

    @cached_property
    def _lock_timeout(self) -> int:
        text = self._flag("lock_timeout") or str(LOCK_TIMEOUT)
        if not re.fullmatch(r"[0-9]{1,5}", text):
            raise OperatorError(f"--lock-timeout: {text!r} is no number of seconds: write it like 300")
        return int(text)

    def _hosts(self, names: Collection[str] = ()) -> list[Host]:
        """The hosts of the run in order, or those of `names`. Raises OperatorError, before any of them is touched."""
        from provision import remote  # noqa: PLC0415  it brings paramiko

        config = self._context.config
        hosts = [host for host in self._inventory.hosts if not names or host.name in names]
        if gone := set(names) - {host.name for host in hosts}:
            raise OperatorError(f"{inventory.fold(sorted(gone))}: no longer among the hosts, but left to do")
        asked = [self._wishes.of(host.specs) for host in hosts]
        connections = remote.connections(config, [host.ssh for host in hosts], dict(config.connect_kwargs))
        password = config.sudo.password
        sessions = [remote.Session(connection, sudo_password=password) for connection in connections]
        return [
            Host(host.name, session, wish, host.ssh.address, session.place)
            for host, session, wish in zip(hosts, sessions, asked, strict=True)
        ]

    # -- the commands

    def plan(self) -> int:
        return self._converge("plan", Mode(only=self._only(), dry_run=True))

    def setup(self) -> int:
        return self._converge("setup-docker", Mode(only=self._only(), dry_run=self._dry))

    def uninstall(self) -> int:
        consents = {field.name: bool(self._flags.get(field.name)) for field in fields(Withdrawal)}
        withdrawal = Withdrawal(**consents)
        return self._converge("uninstall-docker", Mode(withdraw=withdrawal, dry_run=self._dry))

    def facts(self) -> int:
        results = self._each(lambda host: read(host.remote, self._steps(host.asked)))
        if self._json:
            self._document({name: data.facts(found) for name, found in results.items()})
        else:
            for name, found in results.items():
                self._out.print(terminal.facts_view(name, found))
        return self._read_code

    def versions(self) -> int:
        from provision import versions  # noqa: PLC0415  only this command reads yum's lists

        def offered(host: Host) -> list[versions.Row]:
            repo = repository(host.asked.spec, host.asked.handed)
            return versions.offered(host.remote, repo, host.asked.spec.engine)

        results = self._each(offered)
        if self._json:
            self._document({name: [row.plain() for row in rows] for name, rows in results.items()})
        else:
            for name, rows in results.items():
                self._out.print(versions.table(name, rows))
        return self._read_code

    def verify(self) -> int:
        from provision import verify  # noqa: PLC0415  it brings pytest

        junit = self._flag("junit")
        hosts = self._hosts()
        subjects = {
            host.name: verify.Subject(host.remote, host.asked.spec, host.asked.handed) for host in hosts
        }
        try:
            return verify.run(subjects, junit=Path(junit) if junit else None)
        finally:
            for host in hosts:
                host.remote.close()

    def attach(self) -> int:
        from provision import kept  # noqa: PLC0415  few commands look at what hosts keep

        self._each(lambda host: kept.attach(host.name, host.remote, self._flag("run"), self._out))
        return self._read_code

    def history(self) -> int:
        from provision import kept  # noqa: PLC0415  likewise

        results = self._each(lambda host: kept.history(host.remote))
        if self._json:
            self._document({name: [each.plain() for each in runs] for name, runs in results.items()})
        else:
            for name, runs in results.items():
                for line in kept.view(name, runs):
                    self._out.print(line, soft_wrap=True)
        return self._read_code

    def unlock(self) -> int:
        from provision import kept  # noqa: PLC0415  likewise

        ident, patience = self._flag("run"), self._lock_timeout
        self._each(lambda host: kept.unlock(host.name, host.remote, ident, patience, self._out))
        return self._read_code

    def runs(self) -> int:
        found = past.rows()
        if self._json:
            self._document({"runs": found})
        else:
            self._out.print(past.table(found))
        return 0

    def resume(self) -> int:
        return past.resume(self._flag("run"), failed=bool(self._flags.get("failed")))

    def hosts(self) -> int:
        over = self._wishes.over
        wanted = [dataclasses.replace(host, origins=(*host.origins, *over)) for host in self._inventory.hosts]
        specs = [self._wishes.of(host.specs).spec for host in self._inventory.hosts]
        if self._json:
            self._document({"hosts": [hostlist.plain(*each) for each in zip(wanted, specs, strict=True)]})
        else:
            for line in hostlist.view(list(zip(wanted, specs, strict=True))):
                self._out.print(line, soft_wrap=True)
        return 0

    def prove(self) -> int:
        from provision.prove import command, follow, terminal  # noqa: PLC0415  only this command needs them

        ask = command.asked(self._flags, self._lock_timeout)
        page = command.page(self._flag("html"))
        hosts = self._hosts()
        watcher = terminal.watcher(self._out, len(hosts))

        def work(host: Host) -> Report:
            try:
                return follow.prove(host.name, host.remote, ask, watcher)
            finally:
                host.remote.close()

        with watcher, command.hanging_up([host.remote for host in hosts]):
            found = {report.host: report for report in self._runner.run(hosts, work)}
        reports = [found[host.name] for host in hosts]
        terminal.show(self._out, reports)
        if self._json:
            self._document(command.document(reports))
        page(reports)
        return int(any(each.failed for each in reports))

    def mirrors(self) -> int:
        from provision.prove import images, mirrors  # noqa: PLC0415  only this command needs them

        urls, image = mirrors.urls(self._flag("urls")), images.pair(self._flag("image"))[0]
        results = self._each(lambda host: mirrors.measure(host.remote, urls, image))
        if self._json:
            self._document(mirrors.document(results, image))
        else:
            for name, row in results.items():
                self._out.print(mirrors.of_host(name, row))
            if len(results) != 1:
                self._out.print(mirrors.overall(mirrors.ranked(results), image))
        served = any(each.serves for row in results.values() for each in row.values())
        return self._read_code or int(not served)

    def steps(self) -> int:
        table = Table(show_header=False, box=None, pad_edge=False)
        for step in self._steps(self._wishes.of()):
            table.add_row(step.name, step.title)
        self._out.print(table)
        return 0

    # -- how

    @property
    def _json(self) -> bool:
        return bool(self._flags.get("json"))

    @property
    def _dry(self) -> bool:
        return bool(self._flags.get("dry_run")) or self._context.dry

    def _document(self, content: Any) -> None:
        print(json.dumps(content, indent=2, ensure_ascii=False))

    def _goal(self, asked: Asked, mode: Mode) -> Goal:
        return Goal(
            self._steps(asked, mode.only, mode.withdraw),
            mode.only,
            withdraw=mode.withdraw is not None,
            dry_run=mode.dry_run,
            terms=asked.terms,
            lock_timeout=self._lock_timeout,
        )

    def _converge(self, command: str, mode: Mode) -> int:
        resumed = past.resumed()
        if resumed is not None:
            if mode.dry_run or resumed[0] != command:
                print(f"{command}: passed over, for the run that goes on came behind it", file=sys.stderr)
                return 0
            past.taken_up()
        again = resumed[1] if resumed else None
        hosts = self._hosts([host for wave in again.waves for host in wave] if again else ())
        view = terminal.observer(self._out)
        campaign = Campaign(
            command,
            hosts,
            {host.name: self._goal(host.asked, mode) for host in hosts},
            self._orders,
            view,
            checked=not (mode.withdraw or mode.only),
        )
        with view:
            end = campaign.look() if mode.dry_run else campaign.change(past.typed(), again)
        self._tell(end, hosts, mode)
        if end.cause is Cause.LET_GO:
            raise LetGo
        return exit_code(end)

    def _tell(self, end: End, hosts: Sequence[Host], mode: Mode) -> None:
        unheard = [] if mode.withdraw else _unheard(hosts)
        for known in unheard:
            self._out.print(terminal.advisories_view(known), soft_wrap=True)
        terminal.show_end(self._out, end.outcomes)
        for line in terminal.cause_lines(end):
            self._out.print(line, soft_wrap=True)
        if mode.dry_run:
            self._out.print("Nothing was changed.")
        if self._json:
            self._document(data.run(end, unheard))

    def _each(self, work: Callable[[Host], Any]) -> dict[str, Any]:
        """What `work` gave for each host that answered; the others are said on standard error."""
        self._read_code = 0

        def one(host: Host) -> tuple[str, Any]:
            remote = guarded(host, self._orders, Observer())
            try:
                return host.name, work(dataclasses.replace(host, remote=remote))
            except HostError as error:
                return host.name, error
            finally:
                remote.close()

        hosts = self._hosts()
        found = dict(self._runner.run(hosts, one))
        results = {}
        for host in hosts:
            if isinstance(found[host.name], HostError):
                print(terminal.one_line(f"{host.name}: {found[host.name]}"), file=sys.stderr)
                self._read_code = 1
            else:
                results[host.name] = found[host.name]
        return results
