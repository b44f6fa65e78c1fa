"""Who watches: a terminal's live view, lines, or nobody; and that a host's words play with none of them."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from provision.errors import Failed
from provision.events import Outcome, Status
from provision.report import summary, terminal, views
from provision.report.clean import LONGEST, clean, document, one_line
from provision.report.live import Terminal
from provision.report.texts import Words
from provision.report.views import Lines, Quiet
from provision.resources.base import Change, Note, Pending, Refusal
from tests.unit.case import Case
from tests.unit.core import HOST
from tests.unit.report.watched import (
    EVIL,
    HARMLESS,
    away,
    changed,
    console,
    course,
    end_of,
    happen,
    plan_of,
    written,
)

WORDS = Words()


def lines(*outcomes: Outcome) -> list[str]:
    out = console()
    happen(Lines(out, WORDS), *outcomes)
    return written(out).splitlines()


def test_one_host_as_lines_is_its_plan_and_what_it_does() -> None:
    assert lines(changed("a")) == [
        "a",
        "  step",
        "    ~ file /etc/x: absent -> mode 644",
        "      because it isn't there",
        "a: packages docker-ce",
        "a:   Installing docker-ce-18.06.3.ce-3.el7.x86_64 1/2",
    ]


def test_several_hosts_as_lines_have_each_plan_once_and_their_ends_as_they_come() -> None:
    said = lines(changed("a"), changed("b"), away("c"))
    assert said.count("    ~ file /etc/x: absent -> mode 644") == 1
    assert said[6:10] == [
        "a: changed (1.0 s): 1 changed",
        "b: the same plan as a",
        "b: packages docker-ce",
        "b:   Installing docker-ce-18.06.3.ce-3.el7.x86_64 1/2",
    ]
    assert said[-1] == "c: unreachable (2.0 s): no answer from c port 22"


def test_waves_are_told_where_there_are_several() -> None:
    out = console()
    with Lines(out, WORDS) as view:
        view.begun(course(("a",), ("b", "c")))
        view.wave(2, ["b", "c"])
        view.stopping(["b"])
    assert written(out).splitlines() == [
        "wave 2: b,c",
        "No more hosts begin; waiting for b. Ctrl-C again lets them finish alone.",
    ]


def test_quiet_says_nothing() -> None:
    out = console()
    happen(Quiet(out, WORDS), changed("a"), away("b"))
    assert written(out) == ""


@pytest.mark.parametrize(
    ("variables", "is_terminal", "kind"),
    [
        ({"TERM": "xterm"}, True, Terminal),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, Terminal),
        ({"TERM": "dumb"}, True, Lines),
        ({"TERM": "xterm"}, False, Lines),
        ({"TERM": "xterm", "FORCE_COLOR": "1"}, False, Lines),
    ],
)
def test_the_view_suits_where_it_goes(
    variables: dict[str, str], is_terminal: bool, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = console(terminal=is_terminal).file
    out = Console(file=file, _environ=variables)
    assert type(views.view(out, WORDS)) is kind
    assert type(views.view(out, WORDS, quiet=True)) is Quiet


def test_no_color_is_obeyed() -> None:
    out = Console(file=console(terminal=True).file, force_terminal=True, _environ={"NO_COLOR": "1"})
    out.print(terminal.outcome_line(changed("a"), WORDS))
    assert "\x1b[33m" not in written(out)


# -- hosts' words


def everything_of(host: str, text: str, view: Quiet, out: Console) -> None:
    """All that is shown of a host, with `text` in every place that a host's words can get to."""
    change = Change(text, text, text, text, "", diff=f"+{text}")
    found = plan_of(change, Pending(text, text, text), Refusal("a", text), Note("a", text))
    end = Outcome(host, Status.FAILED, error=Failed(text, log=(text,)), notes=[text], applied=[change])
    facts = Case.load("converged").facts()
    read = replace(facts, host=replace(HOST, os_name=text, kernel=text), states={"a": text})
    with view:
        view.begun(course((host, "b"), dry_run=True))
        view.started(host)
        view.planned(host, found)
        view.step(host, text)
        view.said(host, f"  Installing : {text.replace(' ', '') or 'x'}{' ' * 80}  1/2 \n")
        view.finished(end)
    out.print(terminal.facts_view(host, read))
    for line in (*terminal.end_lines(end), *summary.lines(end_of(end, changed("b")))):
        out.print(line, soft_wrap=True)


def test_escape_sequences_never_reach_the_terminal() -> None:
    out = console()
    everything_of("host1", EVIL, Lines(out, WORDS), out)
    assert written(out).count(HARMLESS) >= 18
    assert not set(written(out)) & set("\x1b\x9b\x07\x08\r\x00\u202e")


def test_nor_the_live_view() -> None:
    out = console(terminal=True)
    everything_of("host1", EVIL, Terminal(out, WORDS), out)
    for sequence in ("\x1b[2J\x1b[1;31m", "\x1b]0;", "\x9b", "\x07", "\x08", "\u202e"):
        assert sequence not in written(out)
    assert "[bold]markup[/bold]" in written(out)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_control_character_of_a_host_is_shown(text: str) -> None:
    out = console()
    everything_of("host1", text, Lines(out, WORDS), out)
    said = written(out)
    assert not [letter for letter in said if ord(letter) < 32 and letter not in "\n\t"]
    assert not [letter for letter in said if 0x7F <= ord(letter) < 0xA0]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_nor_in_a_document_for_machines_which_has_it_all(text: str) -> None:
    said = document({text: [text]})
    assert json.loads(said) == {text: [text]}
    assert not [letter for letter in said if ord(letter) < 32 and letter != "\n"]
    assert not set(said) & {chr(code) for code in (*range(0x7F, 0xA0), 0x202E, 0x2066, 0x200B, 0xFEFF)}


def test_a_line_without_end_is_cut() -> None:
    out = console()
    everything_of("host1", "x" * 300_000, Lines(out, WORDS), out)
    assert "x" * (LONGEST + 1) not in written(out)
    assert len(one_line("x" * 300_000)) == LONGEST + 1


def test_secrets_are_masked_before_a_line_is_cut() -> None:
    assert clean("see https://me:geheim@example.com/") == "see https://***@example.com/"


def test_a_locale_without_the_characters_stops_nothing() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", errors="replace")
    out = Console(file=file)
    out.print(Words("zh")("dry"))
    file.flush()
    assert isinstance(file.buffer, io.BytesIO)
    assert file.buffer.getvalue() == b"???????\n"
