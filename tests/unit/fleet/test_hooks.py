"""Hooks: the operator's programs, without a shell between, and what they say when they fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.errors import HostError, OperatorError, Refused
from provision.fleet import hooks
from provision.fleet.hooks import Hook, parse, refusing

WITHOUT_ZERO = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def made(text: str, flag: str = "--before") -> Hook:
    hook = parse(text, flag)
    assert hook is not None
    return hook


@settings(max_examples=25)
@given(WITHOUT_ZERO)
def test_a_hosts_name_is_one_word_whatever_it_holds(name: str) -> None:
    hook = made("""sh -c 'test "$1" = "$DOCKER_PROVISION_HOST" && test $# = 1' sh {host}""")
    hook.run({"host": name})


def test_names_stand_within_words_too() -> None:
    made("test x=web1 = x={host}").run({"host": "web1"})
    about = {"status": "changed", "address": "10.0.0.1"}
    made("test {status}.{address} = changed.10.0.0.1", "--after").run(about)


def test_a_failure_says_what_the_program_said_last() -> None:
    with pytest.raises(HostError) as error:
        made("sh -c 'echo one; echo two >&2; exit 7'").run({"host": "a"})
    assert str(error.value) == "--before: sh ended with 7: two"
    assert error.value.log == ("one", "two")


def test_what_goes_before_a_change_refuses_the_host() -> None:
    with pytest.raises(Refused, match=r"^--before: false ended with 1; the host was left as it was$"):
        refusing(made("false"), {"host": "a"})


def test_a_program_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "TIMEOUT", 0.1)
    with pytest.raises(HostError, match=r"^--before: no end within 0\.1 s$"):
        made("sleep 60").run({"host": "a"})


def test_a_program_that_went_away_is_told(tmp_path: Path) -> None:
    program = tmp_path / "drain"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    hook = made(str(program))
    program.unlink()
    with pytest.raises(HostError, match=r"^--before: can't run .*/drain: No such file or directory$"):
        hook.run({"host": "a"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("'", "the quotes don't match"),
        ("no-such-program {host}", "there is no program 'no-such-program': name one that can be run"),
        ("true {hots}", "{hots} stands for nothing: there are {host}, {address}, {status}"),
    ],
)
def test_a_mistake_is_told_before_any_host_is_touched(text: str, says: str) -> None:
    with pytest.raises(OperatorError) as error:
        parse(text, "--after")
    assert str(error.value) == f"--after: {repr(text) + ': ' if text == chr(39) else ''}{says}"


def test_how_a_host_ended_is_not_known_before_it_is_changed() -> None:
    with pytest.raises(
        OperatorError, match=r"^--before: \{status\} stands for nothing: there are \{host\}, \{addr"
    ):
        parse("true {status}", "--before")


def test_none_is_none() -> None:
    assert parse("", "--before") is None
