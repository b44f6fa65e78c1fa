"""The sentences of a run's view: each in both languages, with the same values, and each is said somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import provision
from provision.errors import OperatorError
from provision.events import Cause, Status
from provision.languages import LANGUAGES, chosen
from provision.report.texts import CAUSES, SENTENCES, STATUSES, Words

EVERYWHERE = "".join(path.read_text() for path in Path(provision.__file__).parent.rglob("*.py"))

WITHOUT_WORDS = {"count", "note", "cause"}
"""What in Chinese is made of its values alone."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", SENTENCES)
def test_each_sentence_is_in_both_languages_with_the_same_values(key: str) -> None:
    english, chinese = SENTENCES[key]
    assert placeholders(english) == placeholders(chinese)
    assert re.search("[\u4e00-\u9fff]", chinese) or key in WITHOUT_WORDS
    assert not re.search("[\u4e00-\u9fff]", english)


@pytest.mark.parametrize("key", SENTENCES)
def test_each_sentence_is_said_somewhere(key: str) -> None:
    assert len(re.findall(rf"""["']{re.escape(key.removesuffix(".one"))}["']""", EVERYWHERE)) > 1


def test_every_end_has_its_word_in_both_languages() -> None:
    for kinds, texts in ((Status, STATUSES), (Cause, CAUSES)):
        assert set(texts) == set(kinds)
        for kind, words in texts.items():
            assert words[0] == str(kind)
            assert len(words) == len(LANGUAGES)


def test_one_and_many() -> None:
    assert Words()("counts.one", count=1, time="0:01", counts="") == "1 host in 0:01: "
    assert Words().counted("end.pending", 2) == "2 changes pending"


@pytest.mark.parametrize(
    ("said", "environment", "language"),
    [
        ("", {}, "en"),
        ("", {"LANG": "zh_CN.UTF-8"}, "zh"),
        ("", {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ("", {"LANG": "C", "LC_MESSAGES": "zh_TW"}, "zh"),
        ("", {"LANG": "zh_CN", "LC_MESSAGES": "en_US.UTF-8", "LC_ALL": ""}, "en"),
        ("", {"LANG": "de_DE.UTF-8"}, "en"),
        ("zh", {"LC_ALL": "en_US.UTF-8"}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_the_language_is_that_of_the_flag_else_of_the_locale(
    said: str, environment: dict[str, str], language: str
) -> None:
    assert chosen(said, environment) == language


def test_another_language_is_refused() -> None:
    with pytest.raises(OperatorError, match="--lang: 'de' is none of the languages here: say en or zh"):
        chosen("de", {})
