"""junit.xml: what readers of JUnit's format find in it."""

from __future__ import annotations

import pytest
from junitparser import Error, Failure, Skipped
from junitparser.xunit2 import JUnitXml, TestSuite

from provision.errors import Failed
from provision.events import Outcome, Status
from provision.report import junit
from provision.report.document import Document
from tests.unit import junitschema
from tests.unit.report.heard import CHANGES, HOSTILE, Played, many, ten


def suites(run: Document) -> dict[str, TestSuite]:
    return {suite.name: suite for suite in JUnitXml.fromstring(junit.text(run))}


def results(suite: TestSuite) -> list[tuple[str, type, str | None]]:
    return [(case.name, type(each), each.message) for case in suite for each in case.result]


@pytest.mark.parametrize("run", [ten(), many(50)], ids=["ends of every kind", "many"])
def test_it_is_valid(run: Document) -> None:
    content = junit.text(run)
    assert content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert junitschema.faults(content) == []


def test_its_sums_are_right() -> None:
    xml = JUnitXml.fromstring(junit.text(ten()))
    cases = [case for suite in xml for case in suite]
    kinds = [type(each) for case in cases for each in case.result]
    skipped = sum(suite.skipped for suite in xml)
    assert (xml.tests, xml.failures, xml.errors, skipped) == (
        len(cases),
        kinds.count(Failure),
        kinds.count(Error),
        kinds.count(Skipped),
    )
    assert (xml.failures, xml.errors, skipped, xml.time) == (2, 2, 2, 80.0)


def test_a_host_that_is_set_up_has_a_case_for_each_change_and_one_for_itself() -> None:
    suite = suites(ten())["n1"]
    assert [case.name for case in suite] == [*CHANGES, "setup-docker"]
    assert {case.classname for case in suite} == {"n1"}
    assert results(suite) == []
    assert (suite.hostname, suite.timestamp) == ("n1", "2026-01-02T03:04:05")
    assert (suite.time, sum(case.time for case in suite)) == (14.5, 14.5)


def test_a_host_that_is_not_served_fails_once() -> None:
    found = suites(ten())
    assert results(found["n2"]) == [(CHANGES[4], Failure, "packages docker-ce: no room; make room")]
    assert results(found["n4"]) == [("setup-docker", Error, "no answer from 10.0.0.4:22; is it up?")]
    assert results(found["n9"]) == [("setup-docker", Skipped, "wasn't waited for")]
    assert results(found["n10"]) == [("setup-docker", Skipped, "had no turn")]


def test_the_words_of_a_host_stay_words() -> None:
    ((name, kind, message),) = results(suites(ten())["n3"])
    assert (name, kind) == ("setup-docker", Failure)
    assert message is not None
    assert message.startswith(
        "n3: another run holds this host: </script><script>document.title='owned'</script>"
    )
    assert "\x1b" not in message
    assert "\ufffe" in HOSTILE
    assert "\ufffe" not in message


def test_each_check_that_fails_is_a_case_that_failed() -> None:
    played = Played(["a"], command="verify", dry_run=True)
    played.at(0).wave(1, ["a"])
    played.at(0).started("a")
    for number, name in enumerate(("kernel", "service", "mirrors")):
        played.at(number).step("a", f"check {name}")
        if name == "kernel":
            played.at(number + 0.5).changed("a", f"check {name}")
    played.at(3)
    error = Failed("check service: docker is down (and 1 more)", log=("check mirrors: none",))
    played.finish(Outcome("a", Status.FAILED, error=error, seconds=3))
    (suite,) = suites(played.end(3)).values()
    assert [case.name for case in suite] == ["check kernel", "check service", "check mirrors"]
    assert results(suite) == [
        ("check service", Failure, "check service: docker is down (and 1 more)"),
        ("check mirrors", Failure, "check mirrors: none"),
    ]
