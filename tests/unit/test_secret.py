"""Values by reference: where they are looked for, and that they are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.errors import OperatorError
from provision.secret import Kind, Reference, Secret


def resolved(text: str) -> str:
    reference = Reference.parse(text)
    assert reference is not None
    return reference.resolve("--proxy").value


def test_it_shows_itself_to_nobody() -> None:
    assert "geheim" not in f"{Secret('geheim')} {Secret('geheim')!r}"


@pytest.mark.parametrize("text", ["http://proxy:3128", "none", "environment", "ENV:X", "https://env:x@y"])
def test_what_is_no_reference(text: str) -> None:
    assert Reference.parse(text) is None


@pytest.mark.parametrize("text", ["env:", "env:1X", "env:A B", "file:", "file: ", "command:"])
def test_a_reference_that_leads_nowhere(text: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        Reference.parse(text)


def test_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_PROXY", " geheim1\n")
    assert resolved("env:A_PROXY") == "geheim1"
    with pytest.raises(OperatorError, match=r"--proxy: the environment variable NOT_SET isn't set here"):
        resolved("env:NOT_SET")


def test_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "proxy").write_text("geheim2\n")
    assert resolved("file:~/proxy") == "geheim2"
    with pytest.raises(OperatorError, match=r"--proxy: can't read .*/gone: No such file"):
        resolved(f"file:{tmp_path}/gone")
    (tmp_path / "two").write_text("geheim\nlines\n")
    with pytest.raises(OperatorError, match="holds several lines") as refused:
        resolved(f"file:{tmp_path}/two")
    assert "geheim" not in str(refused.value)


def test_a_command_runs_once_for_all_who_refer_to_it(tmp_path: Path) -> None:
    command = f"command:echo run >>{tmp_path}/log; echo geheim3"
    assert [resolved(command), resolved(command)] == ["geheim3", "geheim3"]
    assert (tmp_path / "log").read_text() == "run\n"


@pytest.mark.parametrize(
    ("command", "says"), [("echo geheim; exit 3", "ended with 3"), ("true", "holds nothing")]
)
def test_a_command_that_fails(command: str, says: str) -> None:
    with pytest.raises(OperatorError, match=says) as refused:
        Reference(Kind.COMMAND, command).resolve("--proxy")
    assert "\n" not in str(refused.value)
