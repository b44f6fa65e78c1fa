"""yum's words: offers and progress."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.words import yum
from provision.words.yum import Offer, Progress, ProgressReader
from tests.unit.words import recorded

ON_OFFER = ["26.1.4", "18.09.9", "18.09.0", "18.06.3", "18.06.2", "17.12.1", "17.03.3", "17.03.2"]


@pytest.mark.parametrize(
    "command", ["list docker-ce --showduplicates | sort -r", "yum -q list docker-ce --showduplicates"]
)
def test_offers_newest_first_in_whatever_order_they_came(command: str) -> None:
    found = yum.offers(recorded.text("yum/03").split(command)[1].split("\n$ ")[0])
    assert [offer.version for offer in found] == ON_OFFER
    assert found[0] == Offer("3:26.1.4-1.el7", "26.1.4", "docker-ce-stable")
    assert found[3].evr == "18.06.3.ce-3.el7"


def test_the_same_from_dnf() -> None:
    first = recorded.text("yum/dnf").split("\n$ ")[0]
    assert [offer.version for offer in yum.offers(first)] == ON_OFFER


def test_what_is_installed_is_no_offer() -> None:
    listed = recorded.text("yum/53").split("\n$ ")[2]
    assert re.search(r"docker-ce.x86_64 +18.06.3.ce-3.el7 +installed", listed)
    assert [offer.repo for offer in yum.offers(listed)] == ["docker-ce-stable"] * 9
    held = "Installed Packages\ndocker-ce.x86_64    18.06.3.ce-3.el7     @docker-ce-stable\n"
    assert held.split()[3] in recorded.text("yum/50")
    assert yum.offers(held) == []


def test_headers_in_chinese_and_other_packages_are_passed_over() -> None:
    listed = recorded.text("yum/68")
    assert "可安装的软件包" in listed
    assert {offer.version for offer in yum.offers(listed)} == {"26.1.4"}
    assert {offer.evr for offer in yum.offers(listed, "curl")} == {"7.29.0-59.el7_9.2"}


def test_a_row_that_yum_broke_is_read() -> None:
    broken = (
        "docker-ce-rootless-extras.x86_64\n                  26.1.4-1.el7              docker-ce-stable\n"
    )
    assert [offer.evr for offer in yum.offers(broken, "docker-ce-rootless-extras")] == ["26.1.4-1.el7"]


def test_the_same_version_from_two_repositories() -> None:
    rows = "docker-ce.x86_64 3:26.1.4-1.el7 corp\ndocker-ce.x86_64 3:26.1.4-1.el7 docker-ce-stable\n"
    assert [(offer.version, offer.repo) for offer in yum.offers(rows)] == [
        ("26.1.4", "corp"),
        ("26.1.4", "docker-ce-stable"),
    ]


@given(st.text())
def test_no_text_breaks_offers(text: str) -> None:
    assert all(offer.version and offer.repo for offer in yum.offers(text))


TRANSACTION = recorded.run("yum/04", "install -y docker-ce-18.06.3.ce-3.el7; echo").output
SWAP = recorded.run("yum/34", "swap -- remove").output
DNF = recorded.run("yum/dnf", "dnf install -y docker-ce-17.03.3.ce-1.el7 | tail").output


def read(pieces: list[str]) -> list[Progress]:
    reader = ProgressReader()
    return [progress for piece in pieces for progress in reader.feed(piece)]


def test_progress_of_an_install() -> None:
    found = read([TRANSACTION])
    assert len(found) == 20
    assert found[0] == Progress("Installing", "libcgroup-0.41-21.el7.x86_64", 1, 10)
    assert found[9] == Progress("Installing", "docker-ce-18.06.3.ce-3.el7.x86_64", 10, 10)
    assert [each.verb for each in found[10:]] == ["Verifying"] * 10


def test_all_verbs() -> None:
    assert [each.verb for each in read([SWAP])] == [
        *["Installing"] * 2,
        "Cleanup",
        *["Erasing"] * 2,
        *["Verifying"] * 5,
    ]
    assert {each.verb for each in read([DNF])} == {"Installing", "Running scriptlet", "Verifying"}


def test_what_scriptlets_say_in_between_is_no_progress() -> None:
    timed = recorded.text("yum/65").split("\n$ ")[1]
    said = re.sub(r"^ ?[0-9]+\.[0-9]+ ", "", timed, flags=re.MULTILINE)
    assert "post script of slowpost1 speaks" in said
    assert [(each.verb, each.package, each.k, each.n) for each in read([said])][:3] == [
        ("Installing", "slowpost1-1.0-1.el7.noarch", 1, 3),
        ("Installing", "slowpost2-1.0-1.el7.noarch", 2, 3),
        ("Installing", "docker-ce-18.06.3.ce-3.el7.x86_64", 3, 3),
    ]


def pieces_of(text: str) -> st.SearchStrategy[list[str]]:
    cuts = st.lists(st.integers(0, len(text)), max_size=30).map(sorted)
    return cuts.map(lambda at: [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)])


@given(pieces_of(TRANSACTION))
def test_progress_is_the_same_wherever_the_pieces_are_cut(pieces: list[str]) -> None:
    assert read(pieces) == read([TRANSACTION])


@given(st.lists(st.text()))
def test_no_pieces_break_progress(pieces: list[str]) -> None:
    assert all(isinstance(each, Progress) for each in read(pieces))


def test_a_package_counts_before_its_line_ends() -> None:
    begun, rest = re.findall(r"^[\d.]+ '(.*)'$", recorded.text("yum/66").rpartition('b)"')[2], re.MULTILINE)[
        :2
    ]
    assert begun.endswith("1/1")
    reader = ProgressReader()
    assert reader.feed(begun) == [Progress("Installing", "slowpost1-1.0-1.el7.noarch", 1, 1)]
    assert reader.feed(rest.replace(r"\n", "\n")) == []


@pytest.mark.parametrize(
    ("name", "mark", "holder"),
    [
        ("yum/14", "exiting as configured by exit_on_lock", 294),
        ("yum/14", "waiting for it to exit", 206),
        ("yum/68", "已被锁定", 88),
        ("yum/03", "Metadata Cache Created", None),
    ],
)
def test_who_holds_the_lock(name: str, mark: str, holder: int | None) -> None:
    said = next(block for block in recorded.text(name).split("\n$ ") if mark in block)
    assert yum.lock_holder(said) == holder
