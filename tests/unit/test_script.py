"""Framing: what any probe prints comes back whole, and nothing that a host prints is taken for ours."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision import script
from provision.script import Frame, Mark, Section, quote
from tests.unit.core import framed
from tests.unit.shell import SHELLS, WORD, call, run

OTHER = "@fedcba9876543210"
IDENTS = st.sampled_from(["host", "record", "file /etc/docker/daemon.json", "group docker", 'a\'b "c" $d 7'])
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    "\n\r @0123456789abcdefbginoe", max_size=60
)
SECTIONS = st.dictionaries(IDENTS, TEXTS)

shells = pytest.mark.parametrize("shell", SHELLS, ids="-".join)


def test_who_has_no_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987654)
    assert script.owner() == f"uid 987654 at {socket.gethostname()}"


@given(SECTIONS)
def test_any_text_of_any_probe_comes_back_whole(texts: dict[str, str]) -> None:
    assert script.sections(framed(texts, WORD), WORD) == {
        ident: Section(text, 0) for ident, text in texts.items()
    }


@given(SECTIONS, st.text("ab\n\r @"), st.text("ab\n\r @"))
def test_noise_around_sections_is_no_matter(texts: dict[str, str], before: str, after: str) -> None:
    output = framed(texts, WORD)
    assert script.sections(before + output + after, WORD) == script.sections(output, WORD)


@given(SECTIONS, SECTIONS)
def test_frames_with_another_nonce_are_text(texts: dict[str, str], forged: dict[str, str]) -> None:
    """What an earlier run left in a log, or somebody makes up."""
    inner = {ident: framed(forged, OTHER) + text for ident, text in texts.items()}
    found = script.sections(framed(forged, OTHER) + framed(inner, WORD), WORD)
    assert found == {ident: Section(text, 0) for ident, text in inner.items()}


@given(SECTIONS, st.data())
def test_what_is_cut_is_never_complete(texts: dict[str, str], data: st.DataObject) -> None:
    whole = framed(texts, WORD)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    for ident, section in script.sections(cut, WORD).items():
        assert section == (Section(texts[ident], 0) if section.complete else Section("", 1, complete=False))


def test_a_status_that_is_cut_is_none() -> None:
    """127 without its end would read as 12."""
    whole = f"\n{WORD} begin host\nx\n{WORD} end host 127\n"
    assert script.sections(whole, WORD)["host"] == Section("x", 127)
    assert not script.sections(whole[:-2], WORD)["host"].complete


def test_other_marks_within_a_section_belong_to_it() -> None:
    """A probe's own `fail` is its text: whoever parses the section looks for it."""
    output = f"{WORD} begin offers\nbad\n\n{WORD} refuse yum 1\n\n{WORD} end offers 1\n"
    assert script.sections(output, WORD) == {"offers": Section(f"bad\n\n{WORD} refuse yum 1", 1)}


@pytest.mark.parametrize("end", ["end b 0", "end a", "end a x", "end 0"])
def test_an_end_that_does_not_fit_ends_nothing(end: str) -> None:
    output = f"{WORD} begin a\ntext\n\n{WORD} {end}\n"
    assert script.sections(output, WORD) == {"a": Section("", 1, complete=False)}


def test_an_end_without_its_beginning_is_nothing() -> None:
    assert script.sections(f"text\n{WORD} end a 0\n", WORD) == {}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"{WORD} step rpm-key 621e9f35", Frame(Mark.STEP, "rpm-key 621e9f35")),
        (f"{WORD} fail \r\n", Frame(Mark.FAIL, "")),
        (f"{WORD} refuse", Frame(Mark.REFUSE, "")),
        (f" {WORD} step a", None),
        (f"{WORD} stop a", None),
        (f"{OTHER} step a", None),
        (WORD, None),
        ("", None),
    ],
)
def test_a_frame_is_known_by_nonce_and_mark(line: str, found: Frame | None) -> None:
    assert script.frame(line, WORD) == found


def test_a_nonce_is_new_each_time_and_fit_for_a_frame() -> None:
    words = {script.nonce() for _ in range(100)}
    assert len(words) == 100
    assert all(script.frame(f"{word} step a", word) == Frame(Mark.STEP, "a") for word in words)


STRINGS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=30)


@shells
@given(strings=STRINGS)
@settings(max_examples=25)
def test_quoting_survives_any_string(shell: tuple[str, ...], strings: list[str]) -> None:
    words = "".join(f"show {script.quote(each)}\n" for each in strings)
    done = subprocess.run(
        [*shell, "-s"],
        input=f"show() {{ printf '%s\\0' \"$1\"; }}\n{words}".encode(),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().split("\0")[:-1] == strings


def reading(
    shell: tuple[str, ...], probes: Sequence[tuple[str, str]], **environment: str
) -> dict[str, Section]:
    done = run(shell, script.read_script(probes, (), WORD), **environment)
    assert done.returncode == 0
    return script.sections(done.stdout, WORD)


@shells
class TestReadScript:
    @given(
        texts=st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")),
            min_size=1,
            max_size=9,
        )
    )
    @settings(max_examples=15)
    def test_what_probes_print_comes_back(self, shell: tuple[str, ...], texts: list[str]) -> None:
        probes = [(f"probe {text}".split("\n")[0], f"printf %s {script.quote(text)}") for text in texts]
        expected = {
            ident: Section(text.removesuffix("\n"), 0) for (ident, _), text in zip(probes, texts, strict=True)
        }
        assert reading(shell, probes) == expected

    def test_each_probe_ends_by_itself(self, shell: tuple[str, ...]) -> None:
        probes = [
            ("exits", "echo one; exit 3; echo two"),
            ("is ended", "echo one; kill -KILL $(sh -c 'echo $PPID')"),
            ("names nothing", "echo $nothing"),
            ("changes names", "state=other; echo $state"),
            ("reads", "cat; echo $state"),
            ("complains", "echo no >&2"),
        ]
        found = reading(shell, probes)
        assert found["exits"] == Section("one", 3)
        assert found["is ended"] == Section("one", 137)
        assert found["names nothing"].status != 0
        assert found["changes names"] == Section("other", 0)
        # standard input is empty: a probe can't swallow the script
        assert found["reads"] == Section("/var/lib/docker-provision", 0)
        assert found["complains"] == Section("no", 0)

    def test_the_environment_has_no_say(self, shell: tuple[str, ...]) -> None:
        words = "$LC_ALL,$LANGUAGE,$PATH,${DOCKER_HOST-none},${GREP_OPTIONS-none}"
        strange = {"LC_ALL": "C.UTF-8", "LANGUAGE": "zh_CN", "DOCKER_HOST": "tcp://h", "GREP_OPTIONS": "-v"}
        (found,) = reading(shell, [("it", f'printf %s "{words}"; umask')], **strange).values()
        assert found.text == "C,,/usr/sbin:/usr/bin:/sbin:/bin,none,none0022"

    def test_a_hung_program_is_ended(self, shell: tuple[str, ...]) -> None:
        assert reading(shell, [("it", "timed 0.2 sleep 60")])["it"] == Section("", 124)


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
def test_a_process_that_is_younger_than_a_folder_has_not_made_it(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    """Numbers are given anew behind a boot: what a power cut left would stay for as long as somebody has that one."""
    folder = quote(str(tmp_path))
    text = f"""
may_own 1 {folder} || echo no shell
may_own $$ {folder} && echo its
touch -d 2020-01-01 {folder}
may_own $$ {folder} || echo another
may_own 4194305 {folder} || echo none"""
    assert call(shell, tmp_path, "", text)[0] == "no shell\nits\nanother\nnone"
