"""junit.xml: a run as continuous integration shows tests. A suite for each host, a case for each thing it was at.

A host that isn't served has one case that failed: the change at which it failed, or else one by the command's name.
"""

from __future__ import annotations

import io
import re
from datetime import UTC

from junitparser import Error, Failure, Skipped
from junitparser.xunit2 import JUnitXml, TestCase, TestSuite

from provision.events import Status
from provision.report import document
from provision.report.clean import clean
from provision.report.document import Document, Host, Step

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 can't hold, however they are written."""


def text(run: Document) -> bytes:
    """The file's content."""
    xml = JUnitXml(f"docker-provision {run.command}")
    suites = [_suite(run, host) for host in run.hosts]
    xml.extend(suites)
    xml.update_statistics()
    # its sums of the cases' times count twice what lay within something else
    for suite, host in zip(suites, run.hosts, strict=True):
        suite.time = host.seconds or 0.0
    xml.time = run.seconds
    buffer = io.BytesIO()
    xml.write(buffer)
    return buffer.getvalue()


def _suite(run: Document, host: Host) -> TestSuite:
    suite = TestSuite(_told(host.host))
    suite.hostname = _told(host.host)
    suite.timestamp = f"{run.began.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    cases = [(_case(host, step.ident, step.seconds), _trouble(host, step)) for step in host.steps]
    if not any(trouble for _, trouble in cases):
        cases.append((_case(host, run.command, _left(host)), _verdict(host)))
    for case, trouble in cases:
        if trouble is not None:
            case.result = [trouble]
    suite.extend(case for case, _ in cases)
    return suite


def _case(host: Host, name: str, seconds: float) -> TestCase:
    return TestCase(_told(name), classname=_told(host.host), time=seconds)


def _left(host: Host) -> float:
    """What a host's turn took apart from its steps: it was reached, read, and read again."""
    return round(max(0.0, (host.seconds or 0.0) - sum(step.seconds for step in host.steps)), 3)


def _trouble(host: Host, step: Step) -> Failure | Error | Skipped | None:
    """What went wrong at a step; errors begin with its name."""
    if host.error is None or step.done:
        return None
    mine = [each for each in (host.error.text, *host.error.log) if each.startswith(f"{step.ident}: ")]
    return _result(Failure, host, mine[0]) if mine else None


def _verdict(host: Host) -> Failure | Error | Skipped | None:
    match host.status:
        case Status.UNREACHABLE:
            return _result(Error, host, host.error.text if host.error else "")
        case Status.FAILED | Status.REFUSED:
            return _result(Failure, host, host.error.text if host.error else "")
        case document.UNTOUCHED:
            return Skipped("had no turn")
        case document.IN_FLIGHT:
            return Skipped("wasn't waited for")
        case _:
            return None


def _result(kind: type[Failure | Error], host: Host, message: str) -> Failure | Error:
    found = kind(_told(message), host.status)
    found.text = _told("\n".join(host.error.log if host.error else ()))
    return found


def _told(words: str) -> str:
    return _NO_XML.sub("", clean(words))
