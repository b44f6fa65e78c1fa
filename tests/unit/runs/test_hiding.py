"""What a run says before it stands in a file: without secrets, in all shapes that are masked elsewhere, and in time."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.masking import masked
from provision.runs.hiding import LIBRARY, told
from tests.unit.shell import SHELLS, run
from tests.unit.test_masking import PLAIN, SHAPES, WORDS

sh = pytest.mark.parametrize("shell", SHELLS, ids="-".join)
WRONG_REPOSITORY = (
    "[x]\nname=y\nbaseurl=https://me:{0}@h/\nproxy_username=me\nproxy_password={0}\npassword = {0}\n"
)


def hidden(shell: tuple[str, ...], text: str, how: str = "hide") -> str:
    return run(shell, f"LC_ALL=C\nexport LC_ALL\n{LIBRARY}\n{how} <<'END OF IT'\n{text}\nEND OF IT\n").stdout[
        :-1
    ]


@sh
@given(word=WORDS)
@settings(max_examples=5)
def test_every_shape_that_is_masked_is_hidden(shell: tuple[str, ...], word: str) -> None:
    text = "\n".join([*(shape.format(word) for shape in SHAPES.values()), WRONG_REPOSITORY.format(word)])
    found = hidden(shell, text)
    assert word not in found
    assert found.count("***") >= len(SHAPES)
    assert word not in masked(found)


@sh
@given(secret=st.text("ab*?[]\\\\'\"$`# é", min_size=5, max_size=9).filter(lambda secret: secret.strip("*")))
@settings(max_examples=15)
def test_what_was_handed_over_is_hidden_whatever_stands_around_it(
    shell: tuple[str, ...], secret: str
) -> None:
    words = f"LC_ALL=C\n{LIBRARY}\n{told([secret, 'other-one'])}relay"
    text = f"<{secret}> and {secret}other-one, {secret}\nx{secret}"
    done = subprocess.run([*shell, "-c", words], input=text.encode(), capture_output=True, check=True)
    assert done.stdout.decode() == "<***> and ******, ***\nx***"


@sh
@pytest.mark.parametrize("how", ["hide", "relay"])
def test_other_text_stays(shell: tuple[str, ...], how: str) -> None:
    text = "\n".join(["", *PLAIN, "@0123456789abcdef step packages docker-ce", "späß \\n %s", "  x"])
    assert hidden(shell, text, how) == text


@sh
@given(text=st.text("ab :/1\n\té", max_size=200))
@settings(max_examples=15)
def test_a_relay_loses_nothing(shell: tuple[str, ...], text: str) -> None:
    words = [*shell, "-c", f"LC_ALL=C\n{LIBRARY}\nrelay"]
    done = subprocess.run(words, input=text.encode(), capture_output=True, check=True)
    assert done.stdout.decode() == text


@sh
def test_a_long_line_without_an_end_is_passed_on(shell: tuple[str, ...]) -> None:
    text = "x" * 300_000
    assert hidden(shell, text, "relay") == text


@sh
def test_progress_is_told_before_its_line_ends(shell: tuple[str, ...], tmp_path: Path) -> None:
    """And what may yet become a secret isn't."""
    begun = "  Installing : docker-ce-18.06.3.ce-3.el7.x86_64                             1/2"
    words = [*shell, "-c", f"LC_ALL=C\n{LIBRARY}\nrelay"]
    log = tmp_path / "log"
    with log.open("wb") as out, subprocess.Popen(words, stdin=subprocess.PIPE, stdout=out) as relay:
        assert relay.stdin is not None
        for piece, told in (
            (begun, begun),
            (" \nsee https://me:gehe", f"{begun} \n"),
            ("im@x/ for", f"{begun} \n"),
            (" it\n", f"{begun} \nsee https://***@x/ for it\n"),
        ):
            relay.stdin.write(piece.encode())
            relay.stdin.flush()
            while log.read_text() != told:
                assert relay.poll() is None
                time.sleep(0.02)
        relay.stdin.close()
        assert relay.wait() == 0
