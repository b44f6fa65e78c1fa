"""The page about a run, as text; a real browser looks at it in tests/lab/report."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from provision.advisories import about
from provision.engines import engine
from provision.errors import Refused
from provision.report import html, page
from provision.report.document import document
from provision.report.page_texts import TEXTS
from tests.unit.report.heard import Played, many, ten

SCRIPT = (html.FOLDER / "run.js").read_text()


def data_of(text: str) -> Any:
    found = re.search(r'<script type="application/json" id="run">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_its_data_is_read_back_as_it_was_and_ends_no_element() -> None:
    text = page.render(ten())
    found = data_of(text)
    assert "document.title='owned'" in found["causes"][2]["text"]
    assert "</script><script>document.title" not in text
    assert text.count("<script") == 2
    assert "\u2028" not in text.partition('id="run">')[2].partition("</script>")[0]


def test_nothing_in_it_leads_out() -> None:
    text = page.render(ten())
    assert not re.search(
        r"""(src|href|action)=["'](?!data:)|@import|url\(|\bfetch\(|https?://(?!mirror)""",
        text.partition("<body>")[0],
    )
    assert re.search(
        r"content=\"default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; ",
        text.replace("&#39;", "'"),
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_begins_in_the_language_that_was_asked_for(language: str) -> None:
    assert f'<html lang="{language}" data-said="{language}">' in page.render(ten(), language)
    assert '<html lang="en">' in page.render(ten())


def test_every_word_that_the_script_writes_is_there_in_both_languages() -> None:
    named = {found[1] for found in re.finditer(r'\bt\("([\w-]+)"', SCRIPT)}
    assert named <= set(TEXTS)
    for english, chinese in TEXTS.values():
        assert re.findall(r"\{\w+\}", english).sort() == re.findall(r"\{\w+\}", chinese).sort()
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese))


def test_what_many_hosts_share_is_there_once() -> None:
    few, more = (len(page.render(many(count))) for count in (100, 200))
    assert (more - few) / 100 < 500
    found = data_of(page.render(many(200)))
    assert len(found["hosts"]) == 200
    assert len(found["changes"]) == 9


def test_no_secret_is_in_it() -> None:
    played = Played(["a"])
    played.at(0).wave(1, ["a"])
    played.at(0).step("a", "waits for https://alice:geheim@mirror.example")
    played.ends("a", 1, Refused("https://alice:geheim@mirror.example says no", log=("password: geheim",)))
    assert "geheim" not in page.render(played.end(3))


def test_what_is_known_against_the_version_is_told() -> None:
    played = Played(["a"])
    played.at(0).wave(1, ["a"])
    played.ends("a", 0)
    played.end(2)
    known = about(engine("18.06.3"))
    text = page.render(document(played.recorder, 0, [known]))
    for each in (*known.holes, *known.closed):
        assert text.count(f'<th scope="row">{each.id}</th>') == 1
