"""YAML with lines: what is read, what is refused, and that nothing crashes it."""

from __future__ import annotations

import json
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provision import yamlmarks
from provision.errors import OperatorError
from provision.yamlmarks import Place, read


def refused(text: str) -> str:
    """What is said of a text that isn't read."""
    with pytest.raises(OperatorError) as caught:
        read(text, "site.yml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_values_know_their_lines() -> None:
    top = read("a: 1\nb:\n  - x\n  - y: true\n    z:\n", "site.yml")
    assert {key: each.plain() for key, each in top.items()} == {"a": 1, "b": ["x", {"y": True, "z": None}]}
    assert top["a"].place == Place("site.yml", 1)
    assert str(top["b"].place) == "site.yml:2"
    assert top["b"].place_of([0]).line == 3
    assert top["b"].place_of([1, "z"]).line == 5
    assert top["b"].place_of([1, "z", "no", "such"]).line == 5
    assert top["b"].place_of([7]).line == 2


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "~"])
def test_an_empty_file_is_an_empty_mapping(text: str) -> None:
    assert read(text, "site.yml") == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18.06.3", "18.06.3"),
        ("'18.10'", "18.10"),
        ('"yes"', "yes"),
        ("|\n  yes", "yes"),
        ("2026-11-24", "2026-11-24"),
        ("10.0.0.5:5000", "10.0.0.5:5000"),
        ("https://a.example.com", "https://a.example.com"),
        ("-5", -5),
        ("0", 0),
        ("True", True),
        ("null", None),
        ("y", "y"),
        ("=", "="),
        ("阿里云", "阿里云"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    assert read(f"a: {text}", "site.yml")["a"].plain() == value


@pytest.mark.parametrize(
    "text",
    [
        "18.10",
        "18.06",
        "1.",
        ".5",
        "1e3",
        "10:30",
        "017",
        "0x1f",
        "0o17",
        "0b1",
        "1_000",
        "+1",
        ".inf",
        ".nan",
        "9" * 30,
    ],
)
def test_numbers_that_are_others_to_yaml_must_be_quoted(text: str) -> None:
    said = refused(f"# first line\na: {text}")
    assert said.startswith(f"site.yml:2: {text} ")
    assert f"quote it: '{text}'" in said


@pytest.mark.parametrize("text", ["yes", "No", "ON", "off"])
def test_words_that_are_booleans_to_yaml_must_be_quoted(text: str) -> None:
    assert f"{text} is ambiguous: write true or false, or quote it" in refused(f"a: {text}")


@given(st.integers() | st.floats() | st.booleans())
def test_no_number_is_read_as_another(value: object) -> None:
    """Whatever YAML 1.1 makes of a plain scalar: we make the same of it, or refuse it, or keep its text."""
    text = str(value)
    try:
        ours = read(f"a: {text}", "site.yml")["a"].plain()
    except OperatorError:
        return
    assert ours == text or (type(ours) is type(value) and ours == value == yaml.safe_load(text))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands here again (first on line 1)"),
        ("a:\n  b: 1\n  b: 1\n", 3, "the key 'b' stands here again (first on line 2)"),
        ("a: 1\nb: &x 1\n", 2, "anchors and aliases"),
        ("a: 1\nb: *x\n", 2, "anchors and aliases"),
        ("a: &x [*x]\n", 1, "anchors and aliases"),
        ("a: 1\n<<: {b: 1}\n", 2, "merge keys"),
        ("a: !!python/object:os.system x\n", 1, "tags"),
        ("a: !!str 18.10\n", 1, "tags"),
        ("a: 1\n!x b: 1\n", 2, "tags"),
        ("a: 1\n2: b\n", 2, "a key must be text"),
        ("? [a]\n: b\n", 1, "a key must be text"),
        ("- a\n", 1, "a mapping of names to values"),
        ("hello\n", 1, "a mapping of names to values"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("a: 1\nb: [\n", 2, "broken YAML"),
        ("a: 'x\n", 1, "broken YAML"),
        ("a: 1\n\tb: 2\n", 2, "broken YAML"),
        ("a: b: c\n", 1, "broken YAML"),
        ("a: 1\nb: \x07\n", 2, "a character that can't be printed"),
        ("a: 1\nb: \ud800\n", 2, "not UTF-8"),
    ],
)
def test_what_is_refused_and_where(text: str, line: int, said: str) -> None:
    message = refused(text)
    assert message.startswith(f"site.yml:{line}: ")
    assert said in message


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(12)
)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 25_000,
        "- " * 50_000,
        "? " * 50_000,
        "a: " + "[" * 41 + "]" * 41,
        BOMB,
        "a: &a {b: *a}",
    ],
    ids=["lists", "mappings", "blocks", "keys", "just too deep", "bomb", "loop"],
)
def test_hostile_files_are_refused_at_once(text: str) -> None:
    begin = time.monotonic()
    refused(text)
    assert time.monotonic() - begin < 5


def test_a_hundred_kilobytes_of_plain_settings_are_read_at_once() -> None:
    text = "".join(f"key{i}: [https://host{i}.example.com, 'x']\n" for i in range(2500))
    begin = time.monotonic()
    assert len(read(text, "site.yml")) == 2500
    assert time.monotonic() - begin < 5


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"], exclude_characters="\ufeff"))
KEY = TEXT.filter(lambda key: key != "<<")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(KEY, JSON, max_size=5))
def test_what_json_says_is_read_as_json_reads_it(value: dict[str, object]) -> None:
    found = read(json.dumps(value, ensure_ascii=False), "site.json")
    assert {key: each.plain() for key, each in found.items()} == value


@given(st.text() | st.text(alphabet="a:- \n[]{}&*!|>'\"#,?%@`~01.\t"))
def test_no_text_crashes_it(text: str) -> None:
    try:
        found = read(text, "site.yml")
    except OperatorError as error:
        said = str(error)
        assert said.startswith("site.yml:")
        assert "\n" not in said
    else:
        assert isinstance(found, dict)


def test_nesting_up_to_the_limit_is_read() -> None:
    depth = yamlmarks.DEPTH - 1
    assert read("a: " + "[" * depth + "]" * depth, "site.yml")["a"].plain() is not None
