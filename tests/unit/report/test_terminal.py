"""What a person sees of a host: plan, facts, end."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from provision.errors import Failed
from provision.events import Outcome, Status
from provision.plan import Item, Plan, Stage
from provision.report import terminal
from provision.report.terminal import DIFF_LINES
from provision.report.texts import ENGLISH, Words
from provision.resources.base import Change, Finding, Note, Pending, Refusal
from tests.unit.case import Case

CHANGE = Change(
    "file /etc/x", "absent", "mode 644", "it isn't there", "put_file", diff="--- /dev/null\n+++ /etc/x\n+a"
)


def plan_of(*findings: Finding) -> Plan:
    return Plan((Stage(tuple(Item("step", finding) for finding in findings)),))


def shown(*lines: RenderableType) -> list[str]:
    console = Console(file=io.StringIO(), width=300, highlight=False)
    for line in lines:
        console.print(line, soft_wrap=True)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def plan_text(found: Plan, words: Words = ENGLISH) -> list[str]:
    return shown(terminal.plan_view("host1", found, words))


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


def test_a_plan_and_an_end_in_chinese() -> None:
    chinese = Words("zh")
    assert plan_text(plan_of(), chinese) == ["host1：无需操作，主机已符合要求"]
    assert plan_text(plan_of(CHANGE), chinese)[3] == "      原因：it isn't there"
    end = Outcome("host1", Status.CHANGED, applied=[CHANGE] * 3, seconds=1.26)
    assert shown(terminal.outcome_line(end, chinese)) == ["host1：已更改（1.3 秒）：已更改 3 项"]


def end_of(status: Status, **values: object) -> str:
    end = Outcome("host1", status, seconds=1.26, **values)  # type: ignore[arg-type] # the fields are its own
    return "".join(f"{line}\n" for line in shown(*terminal.end_lines(end)))


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


def test_facts_are_a_table_of_what_was_read() -> None:
    facts = Case.load("converged").facts()
    said = shown(terminal.facts_view("host1", facts))
    lines = [" ".join(line.split()) for line in said]
    assert lines[0] == "host1"
    assert "os name CentOS Linux 7 (Core)" in lines
    for ident in facts.states:
        assert any(line.startswith(ident) for line in said)
