"""The live view as a value: what it shows of a run, and that it fits."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from provision.events import Status
from provision.report.board import Board, Flight, Size, frame
from provision.report.texts import ENGLISH as WORDS
from tests.unit.report.watched import (
    console,
    written,
)


def board(hosts: int, flying: int) -> Board:
    found = Board("setup-docker", total=hosts, waves=3, wave=2, begun=flying)
    for number in range(flying):
        found.flying[f"web{number:04d}.example.com"] = Flight(float(number), "packages docker-ce")
    return found


def drawn(found: Board, size: Size, now: float = 100.0) -> list[str]:
    out = console(width=size.width, height=size.height)
    out.print(frame(found, WORDS, now, size))
    return written(out).splitlines()


def test_those_longest_in_flight_are_shown_and_the_others_are_a_number() -> None:
    found = board(1000, 47)
    found.ends = dict.fromkeys((f"old{number}" for number in range(412)), Status.CHANGED)
    said = drawn(found, Size(100, 40))
    assert len(said) == 13
    assert "wave 2 of 3" in said[0]
    assert "412/1000" in said[0]
    assert said[1].split() == ["412", "changed", "47", "in", "flight", "953", "waiting"]
    assert said[2].split() == ["1:40", "web0000.example.com", "packages", "docker-ce"]
    assert said[-1].strip() == "and 37 more"


@given(
    st.integers(1, 300), st.integers(0, 300), st.integers(20, 250), st.integers(6, 60), st.text(max_size=50)
)
@settings(max_examples=60, deadline=None)
def test_a_frame_fits_the_terminal(hosts: int, flying: int, width: int, height: int, said: str) -> None:
    found = board(hosts, min(hosts, flying))
    for host in list(found.flying)[:1]:
        found.doing(host, said * 100)
    shown = drawn(found, Size(width, height))
    assert len(shown) <= min(height, 14)
    assert all(Console().measure(line).maximum <= width for line in shown)


def test_one_host_is_one_line() -> None:
    found = Board(total=1, flying={"a": Flight(0.0, "packages docker-ce")})
    assert [line.split() for line in drawn(found, Size(60, 20), 61.0)] == [
        ["1:01", "a", "packages", "docker-ce"]
    ]


def test_before_a_run_begins_nothing_is_drawn() -> None:
    assert "".join(drawn(Board(), Size(60, 20))).strip() == ""
