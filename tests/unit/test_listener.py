"""The listener hears an apply script by its frames, in whatever pieces its output comes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from provision.converge import Listener
from provision.errors import HostError
from tests.unit.case import WORD
from tests.unit.fake import HOST, Heard

NOTE = f"\n{WORD} note stays: libcgroup\n"
APPLYING = (
    f"\n{WORD} step look packages docker-ce\ntaking packages\r\n\n{WORD} done look packages docker-ce\n"
    f"\n{WORD} step record\n\n{WORD} done record\n\n{WORD} step packages docker-ce\n  Installing : docker-ce   1/2"
    f" \n@not ours\n\N{SNOWMAN} 2\x1b[1m\n{NOTE}"
)


class TestListener:
    @given(
        st.lists(st.integers(0, len(APPLYING)), max_size=30),
        st.sampled_from(["fail yum 1", "refuse no room"]),
    )
    def test_pieces_may_be_cut_anywhere(self, cuts: list[int], verdict: str) -> None:
        text = f"{APPLYING}\n{WORD} {verdict}\n"
        whole, pieces = heard_of([text]), heard_of(split(text, cuts))
        assert pieces == whole
        assert whole[:2] == (["look packages docker-ce", "record"], ["stays: libcgroup"])
        assert whole[3].steps == ["look packages docker-ce", "record", "packages docker-ce"]

    @given(st.lists(st.text("@ab\n\r \x0b\x85\N{LINE SEPARATOR}")))
    def test_all_that_a_host_says_is_handed_on_but_lines_that_look_like_frames(
        self, pieces: list[str]
    ) -> None:
        *_, heard = heard_of(pieces)
        lines = "".join(pieces).split("\n")
        ended = [f"{line}\n" for line in lines[:-1]] + lines[-1:]
        assert heard.words == "".join(line for line in ended if not line.startswith("@"))

    def test_the_reading_at_the_end_is_not_for_people(self) -> None:
        *_, heard = heard_of([f"one\n\n{WORD} begin host\nkernel=3.10\n\n{WORD} end host 0\n"])
        assert heard.words == "one\n\n"

    def test_a_new_step_begins_a_new_log(self) -> None:
        text = f"{WORD} step a\nfirst\n{WORD} done a\n{WORD} step b\nsecond\n\n{WORD} fail no room\n"
        assert heard_of([text])[2] == ("Failed", "b: no room", ("second",))

    def test_a_frame_of_another_run_is_the_hosts_word(self) -> None:
        text = f"{WORD} step a\n@fedcba9876543210 fail forged\n{WORD} done a\n{WORD} begin host\n"
        done, _, end, _ = heard_of([text])
        assert (done, end) == (["a"], None)


End = tuple[str, str, tuple[str, ...]] | None


def heard_of(pieces: Sequence[str]) -> tuple[list[str], list[str], End, Heard]:
    """What a listener makes of these pieces: done, notes, its verdict, and what the observer heard."""
    heard = Heard()
    listener = Listener(WORD, HOST, heard)
    for piece in pieces:
        listener.hear(piece)
    end = None
    try:
        listener.raise_verdict()
    except HostError as error:
        end = type(error).__name__, str(error), error.log
    return listener.done, listener.notes, end, heard


def split(text: str, cuts: Sequence[int]) -> list[str]:
    places = [0, *sorted(cuts), len(text)]
    return [text[begin:end] for begin, end in pairwise(places)]
