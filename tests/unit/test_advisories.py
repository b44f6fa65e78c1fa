"""What is said against a version: which holes it has and hasn't, and that it is dated and sourced."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from rich.console import Console

from provision import advisories
from provision.advisories import LAST, Advisories
from provision.engines import ENGINES, engine
from provision.events import Cause, End
from provision.holes import CVES
from provision.plan import plan
from provision.preflight import Terms
from provision.report import data, terminal
from provision.resources.record import RECORD_ID, known
from tests.unit.core import MIRROR, fresh, steps_for
from tests.unit.model import Host

ASKED = steps_for(registry_mirrors=MIRROR)


def about(version: str) -> Advisories:
    return advisories.about(engine(version))


def texts(version: str) -> str:
    return "\n".join(note.text for note in about(version).notes)


HOLES = {
    "18.06.3": {
        "CVE-2025-31133",
        "CVE-2025-52565",
        "CVE-2025-52881",
        "CVE-2021-30465",
        "CVE-2019-16884",
        "CVE-2020-15257",
        "CVE-2018-15664",
        "CVE-2019-13139",
        "CVE-2019-13509",
        "CVE-2018-20699",
        "CVE-2020-13401",
        "CVE-2021-21284",
        "CVE-2021-21285",
        "CVE-2021-41091",
        "CVE-2024-24557",
        "CVE-2024-29018",
        "CVE-2024-41110",
        "CVE-2026-34040",
        "CVE-2026-41568",
    },
    "26.1.4": {
        "CVE-2025-31133",
        "CVE-2025-52565",
        "CVE-2025-52881",
        "CVE-2024-41110",
        "CVE-2026-34040",
        "CVE-2026-41568",
    },
}


@pytest.mark.parametrize("version", HOLES)
def test_a_versions_holes(version: str) -> None:
    found = about(version)
    assert {cve.id for cve in found.holes} == HOLES[version]
    assert {*found.holes, *found.closed} == set(CVES)


@pytest.mark.parametrize(
    ("cve", "has", "has_not"),
    [
        ("CVE-2019-5736", ["18.06.1", "18.06.2"], ["18.06.3", "18.09.0"]),
        ("CVE-2018-15664", ["18.06.3", "18.09.6"], ["18.09.7", "19.03.0"]),
        # fixed in each line apart
        ("CVE-2021-21284", ["19.03.14", "20.10.2"], ["19.03.15", "20.10.3"]),
        ("CVE-2024-24557", ["20.10.24", "24.0.8", "25.0.1"], ["23.0.10", "24.0.9", "25.0.2"]),
        # fixed, and lost again in the next line
        ("CVE-2024-41110", ["18.09.0", "19.03.0", "26.1.4"], ["18.09.1", "18.09.9"]),
        # came only with later versions
        ("CVE-2024-21626", [], ["18.06.3", "26.1.4"]),
        ("CVE-2025-54388", [], ["18.06.3", "26.1.4"]),
    ],
)
def test_which_versions_have_a_hole(cve: str, has: list[str], has_not: list[str]) -> None:
    for version in has:
        assert cve in {each.id for each in about(version).holes}, version
    for version in has_not:
        assert cve in {each.id for each in about(version).closed}, version


def test_a_release_candidate_comes_before_its_release() -> None:
    leaked = next(cve for cve in CVES if cve.id == "CVE-2024-21626")
    of_18_09 = replace(leaked, ranges=(("1.0.0~rc93", "1.1.13"),))
    assert of_18_09.concerns(engine("18.09.9"))
    assert not of_18_09.concerns(engine("18.06.3"))


def test_every_hole_is_sourced_and_named_once() -> None:
    assert len({cve.id for cve in CVES}) == len(CVES)
    assert all(cve.source and cve.what and cve.ranges for cve in CVES)


def test_18_06_2_is_pointed_at_18_06_3() -> None:
    assert "ask for 18.06.3" in texts("18.06.2")
    assert "18.06.2" not in texts("18.06.3")


def test_the_ends_of_life() -> None:
    assert "2024-06-30" in texts("18.06.3")
    assert "2019-02-19" in texts("18.06.3")
    assert "2024-06-30" in texts("26.1.4")
    assert max(ENGINES, key=lambda version: tuple(map(int, version.split(".")))) == LAST


@pytest.mark.parametrize(
    ("version", "too_old"), [("18.06.3", True), ("20.10.9", True), ("20.10.10", False), ("26.1.4", False)]
)
def test_images_that_are_too_new(version: str, too_old: bool) -> None:
    assert ("glibc 2.34" in texts(version)) is too_old


def test_the_document_says_which_holes_concern_the_version_and_which_do_not() -> None:
    rows = json.loads(json.dumps(data.run(End(Cause.DONE, ()), [about("18.06.3")])))["advisories"]
    assert all(row["source"] and row["as_of"] == "2026-11-24" for row in rows)
    assert all(row["docker_version"] == "18.06.3" for row in rows)
    cves = {row["cve"]: row for row in rows if row["topic"] == "cve"}
    assert cves["CVE-2020-15257"]["concerns"] is True
    assert cves["CVE-2020-15257"]["fixed_in"] == "containerd 1.3.9, 1.4.3"
    assert cves["CVE-2019-5736"]["concerns"] is False
    assert {row["topic"] for row in rows} == {"end of life", "images", "access", "cve"}


def test_without_advisories_the_document_has_the_same_shape() -> None:
    assert data.run(End(Cause.DONE, ()), []) == {
        "hosts": [],
        "cause": "done",
        "in_flight": [],
        "untouched": [],
        "advisories": [],
    }


def test_a_person_reads_all_holes_by_name() -> None:
    console = Console(width=2000)
    with console.capture() as captured:
        console.print(terminal.advisories_view(about("18.06.3")))
    said = captured.get()
    assert all(cve.id in said for cve in CVES)
    assert "--ack-eol" in said
    root = next(line for line in said.splitlines() if "may become root" in line)
    assert "CVE-2025-31133" in root
    assert "CVE-2021-21285" not in root


# ── that it is known, in the host's record ──


KNOWN = (known("end of life", str(about("18.06.3"))),)


def test_that_the_operator_knows_is_recorded_once() -> None:
    host = Host(fresh(ASKED))
    assert host.converge(ASKED).empty
    found = plan(host.facts, ASKED, terms=Terms(known=KNOWN))
    assert [change.resource for change in found.changes] == [RECORD_ID]
    host.states[RECORD_ID] = host.states[RECORD_ID].with_traces({}, KNOWN)
    assert plan(host.facts, ASKED, terms=Terms(known=KNOWN)).empty
    assert "known to the operator: Docker 18.06.3 on CentOS 7, as of 2026-11-24" in str(
        host.states[RECORD_ID]
    )
    # another version is another thing to know
    other = (known("end of life", str(about("26.1.4"))),)
    assert not plan(host.facts, ASKED, terms=Terms(known=other)).empty


def test_it_goes_with_the_first_changes_of_a_fresh_host() -> None:
    found = plan(fresh(ASKED), ASKED, terms=Terms(known=KNOWN))
    assert [change.resource for change in found.changes].count(RECORD_ID) == 1
    assert found.changes[0].resource == RECORD_ID
