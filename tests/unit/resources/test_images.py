"""The images of a bundle: what a host lacks is sent, what it has is left alone, and no name of its own is moved."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from provision import bundle, facts, handed, plan, spec, steps
from provision.facts import Facts
from provision.plan import Plan
from provision.resources.base import Note, Pending, Step, Unknown
from provision.resources.images import IMAGES_ID, Images, ImagesState
from provision.script import Section
from tests.unit import bundles
from tests.unit.core import fresh

ONE, TWO = (f"sha256:{digit * 64}" for digit in "12")
DIGEST = f"quay.io/a@sha256:{'7' * 64}"
THERE = {ONE: ONE, "redis:7": ONE, TWO: TWO}


@pytest.fixture
def made(tmp_path: Path) -> bundle.Bundle:
    images = (bundles.image("redis:7", 1), bundles.image("redis:latest", 1), bundles.image(DIGEST, 2))
    folder = bundles.make(tmp_path / "bundle", images=images)
    return bundle.opened(str(folder), "--package-mirror", "18.06.3")


@pytest.fixture
def images(made: bundle.Bundle) -> Images:
    return Images(made.images)


def chosen(made: bundle.Bundle, *only: str) -> tuple[Step, ...]:
    asked = spec.build(spec.from_flags({"package_mirror": f"bundle:{made.folder}"}))
    return steps.steps(asked, dataclasses.replace(handed.defaults(), bundle=made), only=only)


def planned(made: bundle.Bundle, state: Any, only: frozenset[str] = frozenset()) -> Plan:
    found = fresh(chosen(made, *only))
    return plan.plan(Facts(found.host, {**found.states, IMAGES_ID: state}), chosen(made, *only), only)


def test_what_docker_lists(images: Images) -> None:
    lines = f"{ONE} redis:7\n{ONE} redis:7.0\n{TWO} <none>:<none>\nWARNING: odd\n"
    state = images.parse(Section(lines, 0))
    assert state.ids == {ONE: ONE, "redis:7": ONE, "redis:7.0": ONE, TWO: TWO, "<none>:<none>": TWO}
    assert not state.down
    assert images.parse(Section("", 0)) == ImagesState({})
    assert images.parse(Section("down\n", 0)) == ImagesState({}, down=True)


@pytest.mark.parametrize(
    "section",
    [
        Section("Cannot connect to the Docker daemon", 1),
        Section("", 124),
        Section(f"{ONE} redis:7", 0, complete=False),
    ],
)
def test_what_could_not_be_read_is_not_absent(images: Images, made: bundle.Bundle, section: Section) -> None:
    state = images.parse(section)
    assert isinstance(state, Unknown)
    (refusal,) = (each for each in planned(made, state).refusals if each.resource == IMAGES_ID)
    assert "docker doesn't list its images" in refusal.text
    assert images.lacking({IMAGES_ID: state}) == ()


def test_all_are_asked_for_at_once(images: Images) -> None:
    assert images.probe().split() == ["probe_images", f"'{ONE}", "redis:7", "redis:latest", f"{TWO}'"]


def test_before_the_daemon_runs_they_are_lacking_and_told_with_their_size(made: bundle.Bundle) -> None:
    found = planned(made, ImagesState({}, down=True))
    assert [
        each for each in found.pending if each.after == "service" and each.resource.startswith("image ")
    ] == [
        Pending("image redis:7", "111111111111, 0.0 MB", "service"),
        Pending("image redis:latest", "111111111111, 0.0 MB", "service"),
        Pending(f"image {TWO}", "222222222222, 0.0 MB", "service"),
    ]
    alone = planned(made, ImagesState({}, down=True), frozenset({"images"}))
    assert {each.text for each in alone.refusals} == {
        "needs the step service first: add it to --only, or leave --only out"
    }


def test_what_a_host_lacks_is_sent_and_loaded_last(made: bundle.Bundle, images: Images) -> None:
    found = planned(made, ImagesState({}))
    changes = found.stages[-1].changes
    assert [(each.resource, [sent.name for sent in each.sends]) for each in changes] == [
        ("image redis:7", [f"images/{'1' * 64}.tar.gz"]),
        ("image redis:latest", [f"images/{'1' * 64}.tar.gz"]),
        (f"image {TWO}", [f"images/{'2' * 64}.tar.gz"]),
    ]
    assert changes[0].script == f"load_image {ONE} redis:7 images/{'1' * 64}.tar.gz"
    assert changes[2].script == f"load_image {TWO} {TWO} images/{'2' * 64}.tar.gz"
    assert all(each.traces == () for each in changes)
    assert len(images.lacking({IMAGES_ID: ImagesState({})})) == 3


def test_what_is_there_without_the_name_gets_it_and_nothing_is_sent(images: Images) -> None:
    state = ImagesState(THERE)
    (change,) = images.compare({IMAGES_ID: state})
    assert (change.resource, change.sends) == ("image redis:latest", ())  # type: ignore[union-attr]  # it is a Change
    assert images.lacking({IMAGES_ID: state}) == ()


def test_a_host_that_has_them_has_nothing_to_do(images: Images) -> None:
    assert images.compare({IMAGES_ID: ImagesState({**THERE, "redis:latest": ONE})}) == []


def test_a_name_that_leads_elsewhere_is_told_and_stays(images: Images) -> None:
    (note,) = images.compare({IMAGES_ID: ImagesState({**THERE, "redis:latest": TWO})})
    assert isinstance(note, Note)
    assert note.text.startswith(
        "redis:latest is another image on the host (222222222222) than in the bundle (1111"
    )
    there = {**THERE, "redis:7": TWO, "redis:latest": TWO}
    del there[ONE]
    assert images.lacking({IMAGES_ID: ImagesState(there)}) == ()


def test_they_stay_when_docker_goes_and_are_in_no_record(made: bundle.Bundle, images: Images) -> None:
    assert images.withdraw({}) == []
    assert images.remember(ImagesState(THERE)) is None
    assert IMAGES_ID in plan.UNKEPT


def test_a_bundle_without_images_asks_nothing(tmp_path: Path) -> None:
    made = bundle.opened(str(bundles.make(tmp_path / "plain")), "--package-mirror", "18.06.3")
    assert IMAGES_ID not in [resource.id for resource in facts.probed(chosen(made))]
