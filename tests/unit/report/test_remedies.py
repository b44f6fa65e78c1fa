"""Errors in Chinese: their English is the program's own, and what differs from host to host stands in both."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import provision
from provision.remote.become import Become
from provision.remote.explain import explain
from provision.report.causes import by_cause
from provision.report.remedies import CHINESE, told
from provision.report.summary import Shown, lines
from provision.report.texts import Words
from tests.unit.report.watched import away, end_of

ZH = Words("zh")
HAN = re.compile("[\u4e00-\u9fff]")


def texts() -> Iterator[str]:
    """Every text of the program, with {} for whatever is filled in."""
    for path in Path(provision.__file__).parent.rglob("*.py"):
        if path.name == "remedies.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield re.sub(r"\{\w*\}", "{}", node.value.replace("{limit:g}", "{}"))
            elif isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
                )


PROGRAM = "\n".join(set(texts()))


@pytest.mark.parametrize("english", CHINESE)
def test_the_english_is_the_programs_own(english: str) -> None:
    assert english in PROGRAM


@pytest.mark.parametrize("english", CHINESE)
def test_the_chinese_has_its_values_and_says_something(english: str) -> None:
    assert HAN.search(CHINESE[english])
    assert CHINESE[english].count("{}") <= english.count("{}")


def test_what_is_known_is_told_in_chinese_with_its_values() -> None:
    text = explain(TimeoutError(), "10.0.0.5", 22, 10)
    assert told(text, ZH) == "10.0.0.5 port 22 在 10 秒内没有应答：主机开着吗，防火墙放行了吗？"
    assert told(text, Words()) == text
    wrong = str(Become("deploy", "x").wrong_password())
    assert told(wrong, ZH) == "sudo 不接受 deploy 的密码（只试了一次）：检查后再运行"
    cut = "packages docker-ce: the host's script was cut off; run again, it goes on from what it finds"
    assert told(cut, ZH) == "packages docker-ce：主机上的脚本被中断；再运行一次，会从现状接着做"


def test_what_is_unknown_stays_as_it_is() -> None:
    for text in ("something new", "a: b: c", "", "packages docker-ce: no room {}"):
        assert told(text, ZH) == text


def test_a_cause_of_many_is_told_too() -> None:
    (cause,) = by_cause([away("a1"), away("a2")])
    assert told(cause.text, ZH) == cause.text  # no error of the program's
    ends = [away("a1"), away("a2")]
    for number, end in enumerate(ends):
        assert end.error is not None
        end.error.args = (explain(ConnectionRefusedError(), f"10.0.0.{number}", 22, 10),)
    said = [line.plain for line in lines(end_of(*ends), Shown(ZH))]
    assert "无法连接 a[1-2]（2 台）：… port 22 拒绝连接：sshd 在那里监听吗，端口对吗？" in said
