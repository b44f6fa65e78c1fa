"""What a person sees: plans, progress and ends; and that a host's words can't play with the terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from provision.errors import Failed
from provision.events import Outcome, Status
from provision.plan import Item, Plan, Stage
from provision.report import terminal
from provision.report.terminal import DIFF_LINES, Live, Plain
from provision.resources.base import Change, Finding, Note, Pending, Refusal
from tests.unit.case import Case
from tests.unit.core import HOST

CHANGE = Change(
    "file /etc/x", "absent", "mode 644", "it isn't there", "put_file", diff="--- /dev/null\n+++ /etc/x\n+a"
)
EVIL = "\x1b[2J\x1b[1;31mred\x1b[0m\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x9b2J\x07\x08\r\x00[bold]markup[/bold]"
HARMLESS = "redlink2J[bold]markup[/bold]"


def plan_of(*findings: Finding) -> Plan:
    return Plan((Stage(tuple(Item("step", finding) for finding in findings)),))


def shown(show: Callable[[Console], object], *, terminal: bool = False) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=300, highlight=False)
    show(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def plan_text(found: Plan) -> list[str]:
    return shown(lambda console: console.print(terminal.plan_view("host1", found))).splitlines()


def test_a_plan_tells_steps_changes_reasons_and_differences() -> None:
    findings = CHANGE, Pending("service", "running", "engine"), Refusal("a", "no room"), Note("b", "known")
    assert plan_text(plan_of(*findings)) == [
        "host1",
        "  step",
        "    ~ file /etc/x: absent -> mode 644",
        "      because it isn't there",
        "      --- /dev/null",
        "      +++ /etc/x",
        "      +a",
        "    ? service: running (told in full after engine)",
        "    x no room",
        "    ! known",
    ]


def test_nothing_to_do_is_one_line() -> None:
    assert plan_text(plan_of()) == ["host1: nothing to do, the host is as asked for"]


@pytest.mark.parametrize("finding", [Note("a", "known"), Refusal("a", "no room")])
def test_what_should_be_known_is_told_though_nothing_is_to_do(finding: Finding) -> None:
    assert len(plan_text(plan_of(finding))) == 3


def test_steps_are_named_once() -> None:
    stages = [Stage((Item("repos", CHANGE), Item("repos", CHANGE))), Stage((Item("daemon", CHANGE),))]
    lines = plan_text(Plan(tuple(stages)))
    assert [line for line in lines if line in ("  repos", "  daemon")] == ["  repos", "  daemon"]


def test_a_long_difference_is_cut_and_says_so() -> None:
    change = replace(CHANGE, diff="\n".join(f"+{number}" for number in range(100)))
    lines = plan_text(plan_of(change))
    assert f"      +{DIFF_LINES - 1}" in lines
    assert f"      +{DIFF_LINES}" not in lines
    assert lines[-1] == "      ... 40 more lines, --json has them all"


def end_of(status: Status, **values: object) -> str:
    end = Outcome("host1", status, seconds=1.26, **values)  # type: ignore[arg-type] # the fields are its own
    return shown(lambda console: terminal.show_end(console, [end]))


@pytest.mark.parametrize(
    ("status", "values", "text"),
    [
        (Status.UNCHANGED, {}, "host1: unchanged (1.3 s): nothing to do\n"),
        (Status.PENDING, {"plan": plan_of(CHANGE)}, "host1: pending (1.3 s): 1 change pending\n"),
        (
            Status.PENDING,
            {"plan": plan_of(CHANGE, Pending("a", "b", "c"))},
            "host1: pending (1.3 s): 2 changes pending\n",
        ),
        (Status.CHANGED, {"applied": [CHANGE] * 3}, "host1: changed (1.3 s): 3 changed\n"),
        (
            Status.CHANGED,
            {"applied": [CHANGE], "notes": ["stays: libcgroup"]},
            "host1: changed (1.3 s): 1 changed\n  stays: libcgroup\n",
        ),
        (
            Status.FAILED,
            {"error": Failed("packages: no room", log=("line  1", "line 2"))},
            "host1: failed (1.3 s): packages: no room\n  | line  1\n  | line 2\n",
        ),
        (Status.REFUSED, {"error": Failed("no root")}, "host1: refused (1.3 s): no root\n"),
        (Status.UNREACHABLE, {"error": Failed("no route")}, "host1: unreachable (1.3 s): no route\n"),
    ],
)
def test_a_hosts_end_is_one_line_and_what_explains_it(
    status: Status, values: dict[str, object], text: str
) -> None:
    assert end_of(status, **values) == text


def test_a_long_reason_is_not_broken_for_a_pipe() -> None:
    assert len(end_of(Status.FAILED, error=Failed("long " * 100)).splitlines()) == 1


def test_no_host_writes_another_hosts_line() -> None:
    said = end_of(Status.FAILED, error=Failed("bad\nhost2: unchanged (0.1 s): nothing to do"), notes=["a\nb"])
    assert said.splitlines() == [
        "host1: failed (1.3 s): bad host2: unchanged (0.1 s): nothing to do",
        "  a b",
    ]


def everything_of(host: str, text: str) -> Callable[[Console], None]:
    """All that is shown of a host, with `text` in every place that a host's words can get to."""
    change = Change(text, text, text, text, "", diff=f"+{text}")
    found = plan_of(change, Pending(text, text, text), Refusal("a", text), Note("a", text))
    end = Outcome(host, Status.FAILED, error=Failed(text, log=(text,)), notes=[text])
    facts = Case.load("converged").facts()
    read = replace(facts, host=replace(HOST, os_name=text, kernel=text), states={"a": text})

    def show(console: Console) -> None:
        console.print(terminal.plan_view(host, found))
        terminal.show_end(console, [end])
        console.print(terminal.facts_view(host, read))
        with terminal.observer(console) as view:
            view.planned(host, found)
            view.step(host, text)
            view.said(host, f"  Installing : {text.replace(' ', '') or 'x'}{' ' * 80}  1/2 \n")
            view.finished(end)

    return show


def test_escape_sequences_never_reach_the_terminal() -> None:
    said = shown(everything_of("host1", EVIL))
    assert said.count(HARMLESS) >= 14
    assert not set(said) & set("\x1b\x9b\x07\x08\r\x00")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_control_character_of_a_host_is_shown(text: str) -> None:
    said = shown(everything_of("host1", text))
    assert not [letter for letter in said if ord(letter) < 32 and letter not in "\n\t"]
    assert not [letter for letter in said if 0x7F <= ord(letter) < 0xA0]


def test_markup_of_a_host_is_text_in_a_terminal_too() -> None:
    assert "[bold]markup[/bold]" in shown(everything_of("host1", "[bold]markup[/bold]"), terminal=True)


INSTALLING = "  Installing : docker-ce-18.06.3.ce-3.el7.x86_64                              1/2"


def test_progress_as_lines() -> None:
    def show(console: Console) -> None:
        with Plain(console) as view:
            view.step("a", "packages docker-ce")
            view.said("a", INSTALLING[:30])
            view.said("b", "Complete!\n")
            view.said("a", INSTALLING[30:] + " \n")
            view.finished(Outcome("a", Status.CHANGED))

    assert shown(show).splitlines() == [
        "a: packages docker-ce",
        "a:   Installing docker-ce-18.06.3.ce-3.el7.x86_64 1/2",
    ]


def test_progress_in_a_terminal_has_a_row_for_each_host_in_flight() -> None:
    def show(console: Console) -> None:
        with Live(console) as view:
            view.step("a", "record")
            view.step("b", "packages docker-ce")
            view.said("b", INSTALLING + " \n")
            view.planned("c", plan_of())
            view.finished(Outcome("a", Status.CHANGED))
            view.finished(Outcome("never begun", Status.UNCHANGED))

    said = shown(show, terminal=True)
    assert "record" in said
    assert "packages docker-ce: Installing docker-ce-18.06.3.ce-3.el7.x86_64 1/2" in said
    assert "nothing to do, the host is as asked for" in said


@pytest.mark.parametrize(("terminal_", "view"), [(True, Live), (False, Plain)])
def test_the_view_suits_where_it_goes(terminal_: bool, view: type) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal_)
    assert type(terminal.observer(console)) is view


def test_facts_are_a_table_of_what_was_read() -> None:
    facts = Case.load("converged").facts()
    said = shown(lambda console: console.print(terminal.facts_view("host1", facts)))
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert lines[0] == "host1"
    assert "os name CentOS Linux 7 (Core)" in lines
    for ident in facts.states:
        assert ident in said
