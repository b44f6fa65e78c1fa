"""rpm's words: what is installed, what can't be read, how versions are ordered."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.words import rpm
from tests.unit.words import recorded

GOOD = """rpm 0 4.11.3 45.el7 x86_64
docker-ce 0 18.06.3.ce 3.el7 x86_64
package docker-ce-cli is not installed
container-selinux 2 2.119.2 1.911c772.el7_8 noarch
"""


def test_installed_packages_by_name_with_epoch() -> None:
    found = rpm.query(GOOD)
    assert not isinstance(found, rpm.Unreadable)
    assert sorted(found) == ["container-selinux", "docker-ce", "rpm"]
    (engine,), (policy,) = found["docker-ce"], found["container-selinux"]
    assert engine.version_release == "18.06.3.ce-3.el7"
    assert engine.evr == "0:18.06.3.ce-3.el7"
    assert policy.evr == "2:2.119.2-1.911c772.el7_8"


@pytest.mark.parametrize("words", ["未安装软件包", "ist nicht installiert", "is not installed"])
def test_absence_in_any_language_is_passed_over(words: str) -> None:
    absent = [line for line in recorded.text("yum/68").splitlines() + GOOD.splitlines() if words in line]
    assert absent
    alone = "rpm 0 4.11.3 45.el7 x86_64"
    assert rpm.query("\n".join([alone, *absent])) == rpm.query(alone)


def test_lock_noise_after_a_kill_is_passed_over_and_duplicates_are_told() -> None:
    noise = [line for line in recorded.text("yum/20").splitlines() if line.startswith("BDB2053")]
    assert len(noise) > 10
    lines = [
        *noise,
        "rpm 0 4.11.3 45.el7 x86_64",
        "slowpost 0 1.0 1.el7 noarch",
        "slowpost 0 2.0 1.el7 noarch",
    ]
    found = rpm.query("\n".join(lines))
    assert not isinstance(found, rpm.Unreadable)
    assert [each.version for each in found["slowpost"]] == ["1.0", "2.0"]
    assert list(found) == ["rpm", "slowpost"]


DAMAGED = [part for run in recorded.runs("yum/71") if run.status == 3 for part in run.output.split("== ")[1:]]


@pytest.mark.parametrize("said", DAMAGED)
def test_a_database_that_does_not_know_rpm_is_unreadable(said: str) -> None:
    assert "package docker-ce is not installed" in said
    assert isinstance(rpm.query(said), rpm.Unreadable)


@pytest.mark.parametrize("version", ["$(x) 1 x86_64", "* 1 x86_64", "1 1;x x86_64", "1 1 [x]", "1 1 x86/64"])
def test_what_can_not_be_a_package_is_damage(version: str) -> None:
    """Its words go back to the host."""
    assert isinstance(rpm.query(f"{GOOD}docker-ce-cli 0 {version}\n"), rpm.Unreadable)


def test_what_can_not_be_a_name_is_no_package() -> None:
    assert rpm.query(f"{GOOD}--eval=%(x) 0 1 1 x86_64\n") == rpm.query(GOOD)
    assert not any(map(rpm.is_name, ("", "-e", "a b", "@core", "*", "/bin/sh", "a\n")))


def test_damage_is_named_even_if_rpm_itself_was_found() -> None:
    said = (
        "error: db5 error(-30986) from dbcursor->c_get: BDB0075 DB_PAGE_NOTFOUND: Requested page not found\n"
    )
    found = rpm.query(GOOD + said)
    assert isinstance(found, rpm.Unreadable)
    assert "DB_PAGE_NOTFOUND" in found.why


def test_all_damage_that_rpm_spoke_of_is_seen() -> None:
    said = re.findall(r"^stderr: (error: .*)", recorded.text("yum/70"), re.MULTILINE)
    assert len(said) > 20
    for line in said:
        assert isinstance(rpm.query(GOOD + line), rpm.Unreadable), line


ORDERED = [
    "3:26.1.4-1.el7",
    "3:20.10.24-3.el7",
    "3:18.09.10-3.el7",
    "3:18.09.9-3.el7",
    "3:18.09.0-3.el7",
    "18.06.3.ce-3.el7",
    "18.06.2.ce-3.el7",
    "17.12.1.ce-1.el7.centos",
    "17.03.3.ce-1.el7",
    "17.03.2.ce-1.el7.centos",
    "17.03.2~rc1.ce-1.el7",
]


@given(st.permutations(ORDERED))
def test_newest_first_whatever_the_order(evrs: list[str]) -> None:
    assert rpm.newest_first(evrs) == ORDERED


EVRS = st.from_regex(r"([0-9]{1,2}:)?[0-9a-z.~]{1,8}-[0-9a-z.]{1,5}", fullmatch=True)


@given(EVRS, EVRS)
def test_order_has_two_sides(one: str, other: str) -> None:
    assert rpm.compare(one, other) == -rpm.compare(other, one)
    assert rpm.compare(one, one) == 0


def test_no_epoch_is_epoch_zero() -> None:
    assert rpm.compare("0:18.06.3.ce-3.el7", "18.06.3.ce-3.el7") == 0
    assert rpm.compare("1:1.0-1", "26.1.4-1.el7") == 1
