"""What people and machines are told: lines, progress, JSON, the page; and what an operator may ask."""

from __future__ import annotations

import io
import json
import re
import signal
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from provision.errors import OperatorError, Unreachable
from provision.prove import command, page, terminal
from provision.prove.recipe import Ask
from provision.prove.result import Layer, Report
from tests.unit.prove.recorded import Host, report

ESCAPES = "\x1b[2J\x1b]0;owned\x07"


def console(*, is_terminal: bool = False) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, force_terminal=is_terminal, width=100, highlight=False), out


def test_every_proof_is_a_line_with_its_evidence_below() -> None:
    to, out = console()
    bad = report("bad", "18.06.3", content_b=f"changed {ESCAPES}")
    terminal.show(
        to, [report("host1", "18.06.3"), bad, Report("away", error=Unreachable("no route to host"))]
    )
    lines = out.getvalue().splitlines()
    assert "host1 (Docker 18.06.3-ce+lab, 17.4 s)" in lines
    assert "  ✓ The mirror serves: proven" in lines
    assert "  ✗ Copy on write: not proven: the other container sees the change of /etc/issue" in lines
    assert "away: unreachable: no route to host" in lines
    assert "\x1b" not in out.getvalue()


def test_proofs_are_told_in_chinese_too() -> None:
    to, out = console()
    terminal.show(to, [report("host1", "18.06.3")], "zh")
    assert "  ✓ 镜像加速器可用: 已证明" in out.getvalue().splitlines()
    assert "proven" not in out.getvalue()


def test_progress_in_a_pipe_is_a_line_for_each_new_state() -> None:
    to, out = console()
    with terminal.watcher(to, 1) as view:
        assert isinstance(view, terminal.Plain)
        view.doing("host1", f"pull redis{ESCAPES}")
        for said in ("Downloading [=>  ] 1MB/12MB", "Downloading [==> ] 2MB/12MB", "Pull complete"):
            view.layer("host1", "0a1b2c3d4e5f", said)
        view.finished(Report("host1"))
    assert out.getvalue().splitlines() == [
        "host1: pull redis",
        "host1:   0a1b2c3d4e5f Downloading",
        "host1:   0a1b2c3d4e5f Pull complete",
    ]


def test_progress_in_a_terminal_has_a_bar_for_each_layer_and_keeps_what_became_of_it() -> None:
    to, out = console(is_terminal=True)
    with terminal.watcher(to, 1) as view:
        assert isinstance(view, terminal.Live)
        view.doing("host1", "pull redis")
        view.layer("host1", "0a1b2c3d4e5f", "Downloading [=>  ]  6MB/12MB")
        view._progress.refresh()
        (_, row) = view._progress.tasks
        assert (row.completed, row.total) == (6_000_000, 12_000_000)
        view.layer("host1", "0a1b2c3d4e5f", "Pull complete")
        view.layer("host1", "111111111111", "Already exists")
        view.doing("host1", "copy on write")
        view.finished(Report("host1"))
        assert view._progress.tasks == []
    said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue())
    assert "Downloading 6MB/12MB" in said
    assert "  0a1b2c3d4e5f Pull complete" in said
    assert "  111111111111 Already exists" in said


def test_many_hosts_have_one_line_each() -> None:
    to, _ = console(is_terminal=True)
    with terminal.watcher(to, terminal.IN_DETAIL + 1) as view:
        assert isinstance(view, terminal.Live)
        view.doing("host1", "pull redis")
        view.layer("host1", "0a1b2c3d4e5f", "Downloading [=>  ]  6MB/12MB")
        assert len(view._progress.tasks) == 1


def test_the_document_holds_all_of_it() -> None:
    hosts = [report("host1", "18.06.3"), Report("away", error=Unreachable("no route"))]
    first, second = json.loads(json.dumps(command.document(hosts)))["hosts"]
    assert (first["proven"], second["proven"], second["error"]) == (True, False, "no route")
    mirror = first["proofs"][0]
    assert (mirror["name"], mirror["verdict"], mirror["why"]) == ("mirror", "proven", None)
    assert mirror["evidence"][0]["values"]["image"] == "redis:7.0.11-bullseye"
    layers = first["images"]["nginx:1.25.0"]
    assert [each["shared"] for each in layers] == [True, False, False]
    assert layers[0]["digest"].startswith("sha256:251ebad2fae4")


@pytest.mark.parametrize("text", ["0", "-1", "ten", "1.5", "99999", "5 s"])
def test_a_patience_that_is_none(text: str) -> None:
    with pytest.raises(OperatorError, match=r"--patience: .* is no number of seconds"):
        command.asked({"patience": text}, 120)


def test_what_is_asked_for() -> None:
    asked = command.asked({"image": "a:1,b:2", "allow_restart": True, "patience": "9"}, 30)
    assert replace(asked, owner="") == Ask(("a:1", "b:2"), allow_restart=True, patience=9, lock_timeout=30)
    assert asked.owner.endswith(", prove-docker")


def test_ctrl_c_hangs_up_on_every_host_and_is_as_before_afterwards() -> None:
    hosts, before = [Host(), Host()], signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), command.hanging_up(hosts):
        signal.raise_signal(signal.SIGINT)
    assert [each.closed for each in hosts] == [1, 1]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_page_that_cannot_be_written_is_told_before_any_host_is_asked(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"--html: can't write .*: No such file or directory"):
        command.page(str(tmp_path / "none" / "it.html"))
    command.page("")([])
    write = command.page(str(tmp_path / "it.html"))
    write([report("host1", "18.06.3")])
    assert "redis:7.0.11-bullseye" in (tmp_path / "it.html").read_text()


def test_the_page_fetches_nothing_and_shows_a_hosts_words_as_text() -> None:
    hostile = "<script>alert(1)</script>"
    text = page.render([report(hostile, "18.06.3", content_a=hostile)], datetime(2026, 1, 1, tzinfo=UTC))
    assert hostile not in text
    assert (
        re.findall(
            r"(?:src|href)=\"(?!data:)[^\"]*\"|https?://(?!10\.77|127\.0|docker)[^ <\"]*|@import", text
        )
        == []
    )


def layer(name: str, size: int, *, shared: bool = False) -> Layer:
    return Layer(f"sha256:{name * 64}", "", size, existed=False, shared=shared)


def test_layers_are_drawn_to_scale() -> None:
    base = layer("a", 50_000_000, shared=True)
    drawn = page.drawing(
        {"x": (base, layer("b", 10_000_000)), "y": (base, layer("c", 25_000_000), layer("d", 10))}
    )
    assert drawn is not None
    under, b, c, d = drawn.blocks
    assert [each.kind for each in drawn.blocks] == ["shared", "own0", "own1", "own1"]
    assert under.width == 2 * b.width + page.GAP
    assert under.height == pytest.approx(2 * c.height)
    assert c.height == pytest.approx(2.5 * b.height)
    assert d.height == page.LEAST
    assert c.y + c.height == b.y + b.height == under.y
    assert not d.labelled


def test_there_is_no_picture_of_one_image() -> None:
    assert page.drawing({}) is None
    assert page.drawing({"x": (layer("a", 1),), "y": ()}) is None
    drawn = page.drawing({"x": (layer("a", -1),), "y": (layer("b", -1),)})
    assert drawn is not None
    assert {each.height for each in drawn.blocks} == {page.LEAST}
