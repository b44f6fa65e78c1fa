"""Bad input by fuzzing: what was kept is read again, and hypothesis goes on from there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fuzz.targets import TARGETS, seeds

KEPT = [(target, number) for target in TARGETS for number in range(len(seeds(target)))]
WORDS = [
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xc2\x85",
    b'"',
    b"{",
    b"[",
    b": ",
    b"- ",
    b"null",
    b"1e999",
    b"-1",
    b"\xe2\x80\xa8",
]


@pytest.mark.parametrize(("target", "number"), KEPT)
def test_what_was_kept_is_read_or_refused(target: str, number: int) -> None:
    TARGETS[target](seeds(target)[number])


@pytest.mark.parametrize(("target", "number"), KEPT)
def test_a_hundred_of_it_take_no_time_to_speak_of(target: str, number: int) -> None:
    """What grows with the square of its input, or worse, never ends here."""
    TARGETS[target](seeds(target)[number] * 100)


def changed(target: str) -> st.SearchStrategy[bytes]:
    """A seed with bytes put in place of others, wherever."""
    words = (
        st.sampled_from(WORDS)
        | st.binary(max_size=8)
        | st.sampled_from(seeds(target)).map(lambda seed: seed[:40])
    )

    @st.composite
    def spliced(draw: st.DrawFn) -> bytes:
        data = draw(st.sampled_from(seeds(target)))
        for _ in range(draw(st.integers(1, 4))):
            at = draw(st.integers(0, len(data)))
            data = data[:at] + draw(words) + data[at + draw(st.integers(0, 12)) :]
        return data

    return spliced()


@given(changed("probe"))
def test_an_answer_of_a_host_is_read_or_refused(data: bytes) -> None:
    TARGETS["probe"](data)


@given(changed("inventory"))
def test_an_inventory_is_read_or_refused(data: bytes) -> None:
    TARGETS["inventory"](data)


@given(changed("spec"))
def test_a_spec_is_read_or_refused(data: bytes) -> None:
    TARGETS["spec"](data)


@given(changed("daemon_json"))
def test_a_daemon_json_is_read_or_refused(data: bytes) -> None:
    TARGETS["daemon_json"](data)
