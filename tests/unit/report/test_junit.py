"""junit.xml: what readers of JUnit's format find in it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite

from provision.errors import Failed
from provision.events import Outcome, Status
from provision.report import junit
from provision.report.document import Document
from tests.unit.report.heard import CHANGES, HOSTILE, Played, many, ten

GRAMMAR = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped", "time"}, ["testsuite"]),
    "testsuite": (
        {"name", "hostname", "timestamp", "tests", "errors", "failures", "skipped", "time"},
        ["testcase"],
    ),
    "testcase": ({"name", "classname", "time"}, ["failure", "error", "skipped"]),
    "failure": ({"message", "type"}, []),
    "error": ({"message", "type"}, []),
    "skipped": ({"message"}, []),
}
"""Of each element the attributes, all of which are there, and what may stand in it: what the schemas of JUnit's format
(Ant's, Surefire's, Jenkins') all allow."""

FORMS = {
    "time": r"\d+(\.\d{1,3})?",
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    **dict.fromkeys(("tests", "errors", "failures", "skipped"), r"\d+"),
}


def suites(run: Document) -> dict[str, TestSuite]:
    return {suite.name: suite for suite in JUnitXml.fromstring(junit.text(run))}


def results(suite: TestSuite) -> list[tuple[str, type, str | None]]:
    return [(case.name, type(each), each.message) for case in suite for each in case.result]


def valid(element: ET.Element) -> None:
    attributes, inside = GRAMMAR[element.tag]
    assert set(element.attrib) == attributes, element.tag
    for name, form in FORMS.items():
        assert re.fullmatch(form, element.get(name, "0" if name != "timestamp" else "2026-01-01T00:00:00"))
    for child in element:
        assert child.tag in inside
        valid(child)


def test_it_keeps_to_what_all_schemas_of_the_format_allow() -> None:
    for run in (ten(), many(50)):
        content = junit.text(run)
        assert content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
        valid(ET.fromstring(content))  # noqa: S314  of our own making


def test_its_sums_are_right() -> None:
    xml = JUnitXml.fromstring(junit.text(ten()))
    cases = [case for suite in xml for case in suite]
    kinds = [type(each) for case in cases for each in case.result]
    assert (xml.tests, xml.failures, xml.errors, xml.skipped) == (
        len(cases),
        kinds.count(Failure),
        kinds.count(Error),
        kinds.count(Skipped),
    )
    assert (xml.failures, xml.errors, xml.skipped, xml.time) == (2, 2, 2, 80.0)


def test_a_host_that_is_set_up_has_a_case_for_each_change_and_one_for_itself() -> None:
    suite = suites(ten())["n1"]
    assert [case.name for case in suite] == [*CHANGES, "setup-docker"]
    assert {case.classname for case in suite} == {"n1"}
    assert results(suite) == []
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
