"""What is ours in the pytest run: which checks for which hosts, and failures as one line."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

import pytest
from testinfra.host import Host

from provision.errors import HostError
from provision.spec import Spec
from provision.verify.checks import Check


class Plugin:
    """Parametrises the suite. Hosts are given by the name that they are shown under."""

    def __init__(self, hosts: Mapping[str, Host], spec: Spec, checks: Sequence[Check]) -> None:
        self._cases = [
            pytest.param(check, host, spec, id=f"{name}: {check.__name__}")
            for name, host in hosts.items()
            for check in checks
        ]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """The one test of the suite becomes one test for each check of each host."""
        metafunc.parametrize(("check", "host", "spec"), self._cases)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A check's failure, and a host's, is told by its text; a traceback is for defects."""
        report = yield
        if call.excinfo is not None and isinstance(call.excinfo.value, AssertionError | HostError):
            report.longrepr = str(call.excinfo.value)
        return report
