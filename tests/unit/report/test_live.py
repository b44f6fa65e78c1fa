"""The live view of a terminal: what stays, what is under way, and a terminal that gets narrower."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from rich.console import Console

from provision.errors import Failed
from provision.events import Status
from provision.report import live
from provision.report.live import Terminal
from provision.report.texts import ENGLISH as WORDS
from tests.unit.report.rewrapping import Rewrapping
from tests.unit.report.watched import (
    away,
    changed,
    console,
    course,
    failed,
    happen,
    written,
)


def test_a_terminal_keeps_each_plan_once_and_a_line_for_each_failure() -> None:
    out = console(terminal=True, width=40)
    happen(Terminal(out, WORDS), changed("a"), changed("b"), away("c"), dry_run=True)
    kept = [line for line in written(out).splitlines() if "…" in line and "unreachable" in line]
    assert len(kept) == 1
    assert written(out).count("because it isn't there") == 1
    assert "same plan" not in written(out)


def test_a_terminal_shows_no_plans_of_many_hosts_that_are_changed() -> None:
    out = console(terminal=True)
    happen(Terminal(out, WORDS), changed("a"), changed("b"))
    assert "because it isn't there" not in written(out)


def test_what_is_live_isnt_imported_for_a_pipe() -> None:
    code = "import sys, provision.run; print([m for m in ('rich.live', 'rich.progress') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_hosts_are_shown_while_they_are_checked_behind_their_wave() -> None:
    out = console(terminal=True)
    with Terminal(out, WORDS) as view:
        view.begun(course(("a", "b"), ("c",)))
        view.wave(1, ["a", "b"])
        for host in ("a", "b"):
            view.started(host)
            view.finished(changed(host))
        view.step("a", "checks")
        assert "1 being checked" in frame_of(view)
        view.changed("a", "checks")
        assert "being checked" not in frame_of(view)
        view.unhealthy(replace(changed("a"), status=Status.FAILED, error=Failed("not well")))
        assert "1 failed" in frame_of(view)


@pytest.mark.parametrize("widths", [(60,), (45, 80, 30), (30, 100), (99, 20, 61)])
def test_a_terminal_that_gets_narrower_keeps_nothing_of_what_was_drawn_before(
    widths: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "TICK", 3600)  # drawn here alone
    monkeypatch.setenv("TMUX", "socket,1,0")
    monkeypatch.delenv("STY", raising=False)
    out, shown = console(terminal=True, width=100), Rewrapping(100)
    with Terminal(out, WORDS) as view:
        view.begun(course(("a", "b", "c"), ("d",)))
        view.wave(1, ["a", "b", "c"])
        for host in ("a", "b", "c"):
            view.started(host)
            view.step(host, f"packages {'docker-ce ' * 20}")
        view.refresh()
        for width in widths:
            shown.write(taken(out))
            shown.resize(width)
            out.width = width
            view.finished(failed("c"))
            view.refresh()
            shown.write(taken(out))
            drawn = [words(line) for line in frame_of(view, width).splitlines()]
            assert len(drawn) == 4
            assert [words(line) for line in shown.lines[-4:]] == drawn
            assert [line for line in shown.lines[:-4] if "docker-ce" in line or "0:00" in line] == []


@pytest.mark.parametrize(
    ("environ", "known"),
    [
        ({"TMUX": "x", "TERM": "screen"}, True),
        ({"VTE_VERSION": "7006"}, True),
        ({"TERM": "xterm-256color"}, False),
        ({"VTE_VERSION": "7006", "STY": "1.pts-0"}, False),
    ],
)
def test_who_wraps_lines_anew_is_told_by_the_environment(environ: dict[str, str], known: bool) -> None:
    assert live.rewraps(environ) == known


def words(line: str) -> str:
    """A line without its bar, of which a terminal shows more."""
    return " ".join(re.sub("[━╸╺]", " ", line).split())


def taken(out: Console) -> str:
    """What was written since the last time."""
    assert isinstance(out.file, io.StringIO)
    said = out.file.getvalue()
    out.file.seek(0)
    out.file.truncate()
    return said


def frame_of(view: Terminal, width: int = 300) -> str:
    out = console(width=width)
    out.print(view.frame())
    return written(out)
