"""One run of a command: what was asked for, of which hosts, and what came of it."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from provision import engines, references
from provision.changing import Changing, Mode, unheard
from provision.converge import read
from provision.errors import HostError, OperatorError
from provision.events import Observer
from provision.fleet import past
from provision.fleet.turn import Host, guarded
from provision.report import data, hostlist
from provision.report.clean import document, one_line
from provision.report.terminal import facts_view
from provision.request import Context, Request
from provision.resources.withdrawal import Withdrawal
from provision.steps import base_repos
from provision.steps.repos import repository

if TYPE_CHECKING:
    from provision.prove.result import Report


class Run:
    """What a command does with its hosts. Every method returns the exit code."""

    def __init__(self, request: Request) -> None:
        self._request = request
        # with --json standard output holds the document alone
        self._out = Console(stderr=request.json, highlight=False)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")  # a locale may lack what is to be said

    @classmethod
    def asked_for(cls, context: Context, flags: Mapping[str, str | bool]) -> Run:
        """The run of these flags. Raises OperatorError before any host is touched."""
        request = Request(context, flags)
        request.language  # noqa: B018  for what it raises
        if "spec" in flags:
            request.wishes.of()
            request.policy, request.orders, request.files  # noqa: B018  for what they raise
        return cls(request)

    # -- the commands

    def plan(self) -> int:
        return self._converge("plan", Mode(only=self._request.only(), dry_run=True))

    def setup(self) -> int:
        return self._converge("setup-docker", Mode(only=self._request.only(), dry_run=self._request.dry))

    def uninstall(self) -> int:
        consents = {field.name: self._request.switch(field.name) for field in fields(Withdrawal)}
        withdrawal = Withdrawal(**consents)
        return self._converge("uninstall-docker", Mode(withdraw=withdrawal, dry_run=self._request.dry))

    def facts(self) -> int:
        results = self._each(lambda host: read(host.remote, self._request.steps(host.asked)))
        if self._request.json:
            self._document({name: data.facts(found) for name, found in results.items()})
        else:
            for name, found in results.items():
                self._out.print(facts_view(name, found))
        return self._read_code

    def versions(self) -> int:
        from provision import versions  # noqa: PLC0415  only this command reads yum's lists

        def offered(host: Host) -> list[versions.Row]:
            if host.asked.handed.bundle:
                held = ", ".join(host.asked.handed.bundle.manifest.docker_versions)
                raise OperatorError(f"versions: the bundle holds {held} and no more: name a mirror")
            repo = repository(host.asked.spec, host.asked.handed)
            return versions.offered(host.remote, repo, host.asked.spec.engine)

        results = self._each(offered)
        if self._request.json:
            self._document({name: [row.plain() for row in rows] for name, rows in results.items()})
        else:
            for name, rows in results.items():
                self._out.print(versions.table(name, rows))
        return self._read_code

    def bundle(self) -> int:
        from provision import bundling  # noqa: PLC0415  only this command makes bundles

        folder, hosts = bundling.target(self._request.flag("output")), self._request.hosts()
        bundling.metadata_maker()
        images = references.several(self._request.flag("images"), "--images")
        also = [engines.engine(each) for each in re.split(r"\s*,\s*", self._request.flag("also")) if each]
        if len(hosts) != 1:
            raise OperatorError(
                f"bundle: one host makes it, and {len(hosts)} are named: say which by -H or --limit"
            )

        def made(host: Host) -> bundling.Made:
            asked = host.asked
            if asked.handed.bundle:
                raise OperatorError("bundle: --package-mirror is a bundle already: name a mirror")
            order = bundling.Order(
                host.name,
                (asked.spec.engine, *also),
                asked.spec.mirror_url,
                repository(asked.spec, asked.handed),
                asked.handed.base_key,
                base_repos.archive(asked.spec, asked.handed) or b"",
                images,
            )

            def tell(text: str) -> None:
                self._out.print(one_line(f"{host.name}: {text}"), soft_wrap=True, markup=False)

            return bundling.make(host.remote, order, folder, tell)

        results = self._each(made)
        if self._request.json:
            self._document({name: found.plain() for name, found in results.items()})
        else:
            for name, found in results.items():
                self._out.print(f"{name}: {found}", soft_wrap=True, markup=False)
        return self._read_code

    def verify(self) -> int:
        from provision import verify  # noqa: PLC0415  it brings pytest

        hosts = self._request.hosts()
        subjects = {
            host.name: verify.Subject(host.remote, host.asked.spec, host.asked.handed) for host in hosts
        }
        files = self._request.files
        try:
            code = verify.run(subjects, files.recorder, junit=self._request.flag("junit"))
        finally:
            for host in hosts:
                host.remote.close()
        files.write(code, unheard(hosts))
        return code

    def attach(self) -> int:
        from provision import kept  # noqa: PLC0415  few commands look at what hosts keep

        self._each(lambda host: kept.attach(host.name, host.remote, self._request.flag("run"), self._out))
        return self._read_code

    def history(self) -> int:
        from provision import kept  # noqa: PLC0415  likewise

        results = self._each(lambda host: kept.history(host.remote))
        if self._request.json:
            self._document({name: [each.plain() for each in runs] for name, runs in results.items()})
        else:
            for name, runs in results.items():
                for line in kept.view(name, runs):
                    self._out.print(line, soft_wrap=True)
        return self._read_code

    def unlock(self) -> int:
        from provision import kept  # noqa: PLC0415  likewise

        ident, patience = self._request.flag("run"), self._request.lock_timeout
        self._each(lambda host: kept.unlock(host.name, host.remote, ident, patience, self._out))
        return self._read_code

    def runs(self) -> int:
        found = past.rows()
        if self._request.json:
            self._document({"runs": found})
        else:
            self._out.print(past.table(found))
        return 0

    def resume(self) -> int:
        return past.resume(self._request.flag("run"), failed=self._request.switch("failed"))

    def hosts(self) -> int:
        over = self._request.wishes.over
        wanted = [
            dataclasses.replace(host, origins=(*host.origins, *over))
            for host in self._request.inventory.hosts
        ]
        specs = [self._request.wishes.of(host.specs).spec for host in self._request.inventory.hosts]
        if self._request.json:
            self._document({"hosts": [hostlist.plain(*each) for each in zip(wanted, specs, strict=True)]})
        else:
            for line in hostlist.view(list(zip(wanted, specs, strict=True))):
                self._out.print(line, soft_wrap=True)
        return 0

    def prove(self) -> int:
        from provision.prove import command, follow, terminal  # noqa: PLC0415  only this command needs them

        ask = command.asked(self._request.flags, self._request.lock_timeout)
        page = command.page(self._request.flag("html"))
        hosts = self._request.hosts()
        watcher = terminal.watcher(self._out, len(hosts))

        def work(host: Host) -> Report:
            remote = guarded(host, self._request.orders, watcher.doing)
            try:
                return follow.prove(host.name, remote, ask, watcher)
            finally:
                remote.close()

        with watcher, command.hanging_up([host.remote for host in hosts]):
            found = {report.host: report for report in self._request.threads.run(hosts, work)}
        reports = [found[host.name] for host in hosts]
        terminal.show(self._out, reports, self._request.language)
        if self._request.json:
            self._document(command.document(reports))
        page(reports)
        return int(any(each.failed for each in reports))

    def mirrors(self) -> int:
        from provision.prove import images, mirrors  # noqa: PLC0415  only this command needs them

        urls, image = mirrors.urls(self._request.flag("urls")), images.pair(self._request.flag("image"))[0]
        results = self._each(lambda host: mirrors.measure(host.remote, urls, image))
        if self._request.json:
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
        for step in self._request.steps(self._request.wishes.of()):
            table.add_row(step.name, step.title)
        self._out.print(table)
        return 0

    # -- how

    def _converge(self, command: str, mode: Mode) -> int:
        return Changing(self._request, command, mode, self._out).run()

    def _document(self, content: Any) -> None:
        print(document(content))

    def _each(self, work: Callable[[Host], Any]) -> dict[str, Any]:
        """What `work` gave for each host that answered; the others are said on standard error."""
        self._read_code = 0

        def one(host: Host) -> tuple[str, Any]:
            remote = guarded(host, self._request.orders, Observer().step)
            try:
                return host.name, work(dataclasses.replace(host, remote=remote))
            except HostError as error:
                return host.name, error
            finally:
                remote.close()

        hosts = self._request.hosts()
        found = dict(self._request.threads.run(hosts, one))
        results = {}
        for host in hosts:
            if isinstance(found[host.name], HostError):
                print(one_line(f"{host.name}: {found[host.name]}"), file=sys.stderr)
                self._read_code = 1
            else:
                results[host.name] = found[host.name]
        return results
