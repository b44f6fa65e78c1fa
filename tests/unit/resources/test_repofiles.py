"""Repository files: what yum makes of them, and how a repository is switched off."""

from __future__ import annotations

import configparser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.resources.repofiles import Section, held, released, sections, switched_off
from tests.el7_repos import BASE

LISTS = "http://mirrorlist.centos.org/?release=$releasever&arch=$basearch&repo={}&infra=$infra"


def test_what_centos_shipped() -> None:
    folders = {"base": "os", "updates": "updates", "extras": "extras", "centosplus": "centosplus"}
    found = sections(BASE)
    assert {section.id: section.urls for section in found} == {
        ident: (LISTS.format(folder),) for ident, folder in folders.items()
    }
    assert [section.id for section in found if not section.enabled] == ["centosplus"]
    lines = BASE.splitlines()
    for section in found:
        assert lines[section.line - 1] == f"[{section.id}]"
        assert lines[section.options["gpgcheck"].line - 1] == "gpgcheck=1"


@pytest.mark.parametrize(
    ("text", "enabled"),
    [
        *(
            ("enabled=1", True),
            ("Enabled = TRUE", True),
            ("enabled: yes", True),
            ("enabled=1 ; really", True),
        ),
        *(("enabled=0", False), ("enabled=no", False), ("enabled=1\nenabled=0", False)),
        *(("#enabled=0", True), ("; enabled=0", True), ("", True)),
    ],
)
def test_whether_it_is_on(text: str, enabled: bool) -> None:
    (found,) = sections(f"[a]\n{text}\n")
    assert found.enabled is enabled


def test_several_urls_over_several_lines() -> None:
    (found,) = sections("[a]\r\nbaseurl = http://a/,http://b/\r\n   http://c/\r\nmirrorlist:http://d/\r\n")
    assert found.urls == ("http://a/", "http://b/", "http://c/", "http://d/")


def test_what_stands_before_the_first_section_is_nobodys() -> None:
    assert sections("baseurl=http://a/\n \n[b]\n") == (Section("b", 3, {}),)


LINES = st.sampled_from(
    [
        "[a]",
        "[b]",
        "[c]",
        "enabled=1",
        "enabled = 0",
        "ENABLED:yes",
        "name=x",
        "baseurl=http://h/",
        "  http://i/",
        "# enabled=1",
        "",
        "exclude=a b",
        "Exclude : c",
        "  d, e",
    ]
)


@given(st.lists(LINES, max_size=20), st.sets(st.sampled_from("abc")), st.sampled_from(["\n", "\r\n"]))
def test_those_are_off_and_nothing_else_differs(lines: list[str], off: set[str], end: str) -> None:
    text = "".join(f"{line}{end}" for line in ["[z]", *lines])
    after = switched_off(text, off, "why")
    for before, now in zip(sections(text), sections(after), strict=True):
        assert (now.id, now.urls) == (before.id, before.urls)
        assert now.enabled is (before.enabled and now.id not in off)
    # a person finds all that was there
    bare = [line.removeprefix("# before: ") for line in after.splitlines()]
    for line in text.splitlines():
        assert line in bare


def test_pythons_own_parser_takes_it() -> None:
    """yum's is of the same kind: an option that stood in two places would be its last."""
    parser = configparser.RawConfigParser()
    parser.read_string(switched_off(BASE, ("base", "extras"), "why"))
    assert {name: parser[name].get("enabled") for name in parser.sections()} == {
        "base": "0",
        "updates": None,
        "extras": "0",
        "centosplus": "0",
    }


@given(st.lists(LINES, max_size=20), st.sets(st.sampled_from("abc")), st.sampled_from(["\n", "\r\n"]))
def test_held_there_and_nothing_else_differs_and_back(lines: list[str], idents: set[str], end: str) -> None:
    # nothing can be continued at a head: yum takes no such file
    whole = [each for line in ["[z]", *lines] for each in ([line, "name=x"] if line[:1] == "[" else [line])]
    text = "".join(f"{line}{end}" for line in whole)
    after = held(text, idents, ("docker-ce", "a"))
    before = sections(text)
    # of two sections by one name yum never sees the second
    firsts = {section.id: section for section in reversed(before)}
    for then, now in zip(before, sections(after), strict=True):
        assert (now.id, now.urls, now.enabled) == (then.id, then.urls, then.enabled)
        if firsts[now.id] is then:
            more = {"docker-ce", "a"} if now.id in idents else set()
            assert set(now.words("exclude")) == {*then.words("exclude"), *more}
    assert released(after) == text
    # more of it later is still taken back at once
    assert released(held(after, idents, ("docker-ce-cli",))) == text


def test_what_somebody_put_into_its_place_since_stays() -> None:
    text = "[a]\nexclude=x\n"
    after = held(text, ("a",), ("docker-ce",))
    assert released(after.replace("exclude=x docker-ce\n", "cost=5\n")) == "[a]\ncost=5\nexclude=x\n"
    assert released(after.replace("exclude=x docker-ce\n", "")) == "[a]\nexclude=x\n"
