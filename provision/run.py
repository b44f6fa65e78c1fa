"""One run of a command: what was asked for, of which hosts, and what came of it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table

from provision import advisories, handed, spec, steps
from provision.advisories import Advisories
from provision.converge import Goal, Outcome, Remote, Status, converge, read
from provision.errors import HostError, OperatorError
from provision.fleet import Runner, Threads
from provision.handed import Handed
from provision.options import FLAGS
from provision.preflight import Terms
from provision.report import data, terminal
from provision.resources import record
from provision.resources.base import Step
from provision.resources.restart import Policy, Restart
from provision.script import LOCK_TIMEOUT
from provision.steps.repos import repository

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
class Host:
    """A host by the name that it was given by, and the way to it."""

    name: str
    remote: Remote


class Run:
    """What a command does with its hosts. Every method returns the exit code."""

    def __init__(self, context: Context, flags: Mapping[str, str | bool]) -> None:
        self._context = context
        self._flags = flags
        self._runner: Runner = Threads()
        # with --json standard output holds the document alone
        self._out = Console(stderr=self._json, highlight=False)

    @classmethod
    def asked_for(cls, context: Context, flags: Mapping[str, str | bool]) -> Run:
        """The run of these flags. Raises OperatorError before any host is touched."""
        run = cls(context, flags)
        if "spec" in flags:
            run._steps()
        return run

    # -- what is asked for

    @cached_property
    def _spec(self) -> spec.Spec:
        layers = []
        path = str(self._flags.get("spec") or "")
        if path:
            layers.append(spec.parse(handed.text_of(path, "--spec"), path))
        given = {option.name: self._flags.get(option.name) or None for option in FLAGS}
        return spec.build(*layers, spec.from_flags(given))

    @cached_property
    def _handed(self) -> Handed:
        """Raises OperatorError."""
        return handed.read(self._spec)

    def _steps(self, only: frozenset[str] = frozenset()) -> tuple[Step, ...]:
        stop = bool(self._flags.get("stop_containers"))
        return steps.steps(self._spec, self._handed, only=only, policy=self._policy, stop_containers=stop)

    @cached_property
    def _policy(self) -> Policy:
        """Raises OperatorError."""
        said = str(self._flags.get("restart") or Restart.IF_IDLE)
        try:
            return Policy(Restart(said), bool(self._flags.get("enable_live_restore")))
        except ValueError:
            likely = get_close_matches(said, list(Restart), n=1)
            hint = f"did you mean {likely[0]}?" if likely else f"say {', '.join(Restart)}"
            raise OperatorError(f"--restart: {said!r} is none of its words: {hint}") from None

    def _only(self) -> frozenset[str]:
        text = str(self._flags.get("only") or "")
        known = [step.name for step in self._steps()]
        chosen = [name.strip() for name in text.split(",")] if text else []
        for name in chosen:
            if name not in known:
                likely = get_close_matches(name, known, n=1)
                hint = f"did you mean {likely[0]}?" if likely else f"they are {', '.join(known)}"
                raise OperatorError(f"--only: there is no step {name!r}: {hint}")
        return frozenset(chosen)

    @cached_property
    def _advisories(self) -> Advisories:
        return advisories.about(self._spec.engine)

    @property
    def _terms(self) -> Terms:
        """On what terms hosts are served."""
        known = (record.known("end of life", str(self._advisories)),) if self._spec.ack_eol else ()
        return Terms(self._spec.any_el7, frozenset(self._spec.accept_data_change), known)

    def _lock_timeout(self) -> int:
        text = str(self._flags.get("lock_timeout") or LOCK_TIMEOUT)
        if not re.fullmatch(r"[0-9]{1,5}", text):
            raise OperatorError(f"--lock-timeout: {text!r} is no number of seconds: write it like 300")
        return int(text)

    def _hosts(self) -> list[Host]:
        if not self._context.hosts:
            raise OperatorError("no host: say which by -H HOST[,HOST], before the command or behind it")
        from provision import remote  # noqa: PLC0415  it brings paramiko

        config = self._context.config
        connections = remote.connections(config, self._context.hosts, dict(config.connect_kwargs))
        password = config.sudo.password
        return [
            Host(name, remote.Session(connection, sudo_password=password))
            for name, connection in zip(self._context.hosts, connections, strict=True)
        ]

    # -- the commands

    def plan(self) -> int:
        only = self._only()
        return self._converge(Goal(self._steps(only), only, dry_run=True, terms=self._terms))

    def setup(self) -> int:
        only = self._only()
        goal = Goal(
            self._steps(only),
            only,
            dry_run=self._dry,
            terms=self._terms,
            lock_timeout=self._lock_timeout(),
        )
        return self._converge(goal)

    def uninstall(self) -> int:
        goal = Goal(
            self._steps(),
            withdraw=True,
            dry_run=self._dry,
            terms=self._terms,
            lock_timeout=self._lock_timeout(),
        )
        return self._converge(goal)

    def facts(self) -> int:
        chosen = self._steps()
        results = self._each(lambda host: read(host.remote, chosen))
        if self._json:
            self._document({name: data.facts(found) for name, found in results.items()})
        else:
            for name, found in results.items():
                self._out.print(terminal.facts_view(name, found))
        return self._read_code

    def versions(self) -> int:
        from provision import versions  # noqa: PLC0415  only this command reads yum's lists

        repo = repository(self._spec, self._handed.repo_key)
        results = self._each(lambda host: versions.offered(host.remote, repo, self._spec.engine))
        if self._json:
            self._document({name: [row.plain() for row in rows] for name, rows in results.items()})
        else:
            for name, rows in results.items():
                self._out.print(versions.table(name, rows))
        return self._read_code

    def verify(self) -> int:
        from provision import verify  # noqa: PLC0415  it brings pytest

        junit = str(self._flags.get("junit") or "")
        hosts = {host.name: host.remote for host in self._hosts()}
        try:
            return int(
                verify.run(hosts, self._spec, key=self._handed.repo_key, junit=Path(junit) if junit else None)
            )
        finally:
            for remote in hosts.values():
                remote.close()

    def steps(self) -> int:
        table = Table(show_header=False, box=None, pad_edge=False)
        for step in self._steps():
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

    def _converge(self, goal: Goal) -> int:
        observer = terminal.observer(self._out)

        def work(host: Host) -> Outcome:
            try:
                return converge(host.name, host.remote, goal, observer)
            finally:
                host.remote.close()

        hosts = self._hosts()
        with observer:
            ends = list(self._runner.run(hosts, work))
        order = {host.name: index for index, host in enumerate(hosts)}
        ends.sort(key=lambda end: order[end.host])
        unheard = None if goal.withdraw or self._spec.ack_eol else self._advisories
        if unheard:
            self._out.print(terminal.advisories_view(unheard), soft_wrap=True)
        terminal.show_end(self._out, ends)
        if goal.dry_run:
            self._out.print("Nothing was changed.")
        if self._json:
            self._document(data.run(ends, unheard))
        codes = {EXIT[end.status] for end in ends}
        return next(code for code in SEVERITY if code in codes)

    def _each(self, work: Callable[[Host], Any]) -> dict[str, Any]:
        """What `work` gave for each host that answered; the others are said on standard error."""
        self._read_code = 0

        def one(host: Host) -> tuple[str, Any]:
            try:
                return host.name, work(host)
            except HostError as error:
                return host.name, error
            finally:
                host.remote.close()

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
