"""`verify`: is the host as asked for? Answered by pytest and testinfra, without the code that set it up.

checks      what must be true, each a plain function over a testinfra Host; in order
packages, others, configuration, service
            the checks themselves
look        how a check looks, and says what is wrong
backend     testinfra over our connection
collect     the checks as pytest sees them
told        what pytest does with them, as events of a run
pytest.ini  the run's own configuration
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provision.errors import INTERRUPTED, Failed, HostError, ProvisionError
from provision.handed import file_of

if TYPE_CHECKING:
    from provision.converge import Remote
    from provision.events import Observer
    from provision.handed import Handed
    from provision.spec import Spec

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Subject:
    """A host to check: the connection, what is asked for of it, and what goes to it besides."""

    remote: Remote
    spec: Spec
    handed: Handed


def run(hosts: Mapping[str, Subject], observer: Observer, *, junit: str = "") -> int:
    """Check all hosts in one pytest run, whose own output goes to stdout; 0 if all passed, else 1, and 130 if it was
    broken off. `observer` hears of it as of any run.

    `hosts` are by the name that they are shown under; one that can't be reached fails one check, and the others go on.
    `junit` is a file for the results as JUnit XML. Raises OperatorError before any host is asked if that can't be
    written, ProvisionError where it can't be in the end. For the main thread only: the environment is changed for as
    long as pytest runs.
    """
    # rootdir: else names are shown relative to the caller's folder, with our own in front
    arguments = [f"--rootdir={Path.cwd()}", f"--confcutdir={_FOLDER}", "-c", str(_FOLDER / "pytest.ini")]
    arguments.append(str(_FOLDER))
    if junit:
        arguments.append(f"--junitxml={file_of(junit, '--junit')}")

    # pytest takes a quarter of a second to import
    import pytest  # noqa: PLC0415

    from provision.verify import backend, checks, collect, told  # noqa: PLC0415

    patients = [
        collect.Patient(backend.host(name, each.remote), each.spec, checks.checks(each.handed))
        for name, each in hosts.items()
    ]
    with _without_callers_pytest():
        try:
            code = pytest.main(
                arguments, plugins=[collect.Plugin(patients), told.Teller(observer, list(hosts))]
            )
        except OSError as error:
            if not junit or isinstance(error, BrokenPipeError):  # that is whoever reads along, who has gone
                raise
            raise ProvisionError(f"--junit: can't write {junit}: {error.strerror}") from None
    if code == pytest.ExitCode.INTERRUPTED:
        return INTERRUPTED
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"pytest ended with {code!r}")
    return int(code)


def trouble(name: str, subject: Subject) -> HostError | None:
    """The first check that a host fails, or why it can't be asked; None if all is well. For any thread."""
    from provision.verify import backend, checks  # noqa: PLC0415  testinfra takes a quarter of a second to import

    host = backend.host(name, subject.remote)
    for check in checks.checks(subject.handed):
        try:
            check(host, subject.spec)
        except AssertionError as wrong:
            return Failed(f"{check.__name__}: {wrong}")
        except HostError as lost:
            return lost
    return None


@contextmanager
def _without_callers_pytest() -> Iterator[None]:
    """PYTEST_ADDOPTS, PYTEST_PLUGINS and installed plugins are for the caller's own tests."""
    before = {name: value for name, value in os.environ.items() if name.startswith("PYTEST_")}
    try:
        for name in before:
            del os.environ[name]
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("PYTEST_")]:
            del os.environ[name]
        os.environ.update(before)
