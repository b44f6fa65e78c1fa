"""The checks as pytest sees them: one item for each check of each host, failures told in one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

from provision.errors import HostError
from provision.report.clean import clean
from provision.spec import Spec
from provision.verify.look import Check


class CheckOfHost(pytest.Item):
    """One check of one host, called `HOST::CHECK`: JUnit's readers take that for a class and a test in it."""

    def __init__(self, *, check: Check, host: Host, spec: Spec, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.host = host
        self._check = check
        self._spec = spec

    def runtest(self) -> None:
        self._check(self.host, self._spec)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]  # theirs names a private class
        """A failed check and a lost host are told by their text; a traceback is for defects."""
        match excinfo.value:
            case AssertionError() as wrong:
                return clean(str(wrong))
            case HostError() as lost:
                return f"{clean(str(lost))}; the checks behind this one were left out"
            case _:
                excinfo.traceback = excinfo.traceback.cut(
                    path=__file__
                )  # pytest's own way to here tells nothing
                return clean(str(super().repr_failure(excinfo)))

    def reportinfo(self) -> tuple[Path, None, str]:
        """The last is the headline of a failure."""
        return self.path, None, f"{self.host.backend.hostname}: {self.name}"


class Hosts(pytest.Directory):
    """What pytest finds where it is told to look."""

    def __init__(self, *, items: Sequence[Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._items = items

    def collect(self) -> Iterator[CheckOfHost]:
        for item in self._items:
            yield CheckOfHost.from_parent(self, **item)


@dataclass(frozen=True, slots=True)
class Patient:
    """A host, what is asked for of it, and the checks that show whether it is so."""

    host: Host
    spec: Spec
    checks: Sequence[Check]


class Plugin:
    """Has the checks made of all hosts."""

    def __init__(self, patients: Sequence[Patient]) -> None:
        self._items = [
            {
                "name": check.__name__,
                "nodeid": f"{each.host.backend.hostname}::{check.__name__}",
                "check": check,
                "host": each.host,
                "spec": each.spec,
            }
            for each in patients
            for check in each.checks
        ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector:
        """In place of the modules in that directory."""
        return Hosts.from_parent(parent, path=path, items=self._items)

    def pytest_runtest_protocol(self, item: CheckOfHost) -> bool | None:
        """A host that was lost fails one check, not each that is left: True is pytest's word for done."""
        return True if item.host.backend.lost else None
