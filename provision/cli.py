"""The way in: Fabric's command line, with one turn for all hosts of `-H`, one report and one exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import fabric
from fabric.main import Fab
from invoke import Call, Collection, Config, Context, Exit, ParseError, Task

from provision.errors import INTERRUPTED, LetGo, OperatorError, ProvisionError
from provision.report.clean import one_line


class HostsContext(Context):  # type: ignore[misc]  # Invoke's classes are untyped
    """What a task gets: Fabric's configuration, the hosts of `-H`, and whether `-R/--dry` was said."""

    def __init__(self, config: Config, hosts: Sequence[str]) -> None:
        super().__init__(config)
        self._set(hosts=tuple(hosts))

    @property
    def dry(self) -> bool:
        return bool(self.config.run.dry)


class HostsCall(Call):  # type: ignore[misc]  # likewise
    """A call of a task for all hosts at once."""

    def __init__(self, task: Task, hosts: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.hosts = hosts

    def make_context(self, config: Config) -> HostsContext:
        return HostsContext(config, self.hosts)

    def clone_data(self) -> dict[str, Any]:
        return {**super().clone_data(), "hosts": self.hosts}


class Executor(fabric.Executor):  # type: ignore[misc]  # likewise
    """Runs each task once for the whole list of hosts, where Fabric's runs it once a host and stops at the first
    failure. Also where errors become one line and an exit code."""

    def expand_calls(self, calls: Iterable[Call], apply_hosts: bool = True) -> list[Call]:
        if self.core.remainder:
            return list(super().expand_calls(calls, apply_hosts))
        names = str(self.core[0].args.hosts.value or "").split(",")
        hosts = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
        return [call.clone(into=HostsCall, with_={"hosts": hosts}) for call in calls]

    def execute(self, *tasks: Any) -> Any:
        try:
            return super().execute(*tasks)
        except ProvisionError as error:
            print(f"error: {one_line(str(error))}", file=sys.stderr)
            raise Exit(code=error.exit_code) from None
        except LetGo:
            # hosts in flight have threads that nobody waits for any more
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        except BrokenPipeError:
            raise Exit(code=1) from None
        except Exception as error:
            if isinstance(error, Exit) or self.core[0].args.debug.value:
                raise
            what = one_line(f"{type(error).__name__}: {error}")
            print(f"error: {what} (a defect of this program; run again with --debug)", file=sys.stderr)
            raise Exit(code=1) from None


class Program(Fab):  # type: ignore[misc]  # likewise
    """Fabric's program under our name. What Fabric itself would meet with a traceback, or with an exit code of 1
    for the operator's mistake, is one line and exit code 2 here."""

    def parse_core(self, argv: list[str] | None) -> None:
        try:
            super().parse_core(argv)
        except ValueError as error:
            raise Exit(f"error: -t, -T and -D take a number: {error}", code=OperatorError.exit_code) from None

    def parse_tasks(self) -> None:
        try:
            super().parse_tasks()
        except ParseError as error:
            raise Exit(f"error: {error}", code=OperatorError.exit_code) from None

    def update_config(self) -> None:
        path = self.args["ssh-config"].value
        if path and not os.access(os.path.expanduser(path), os.R_OK):  # noqa: PTH111  a word of the command line
            raise Exit(f"error: -S: can't read {path}", code=OperatorError.exit_code)
        super().update_config()


def main() -> None:
    """The program `docker-provision`: the same tasks without a checkout."""
    from provision import __version__, tasks  # noqa: PLC0415  the checkout's fab needs neither

    Program(
        name="docker-provision",
        binary="docker-provision",
        version=__version__,
        namespace=Collection.from_module(tasks),
        executor_class=Executor,
        config_class=fabric.Config,
    ).run()
