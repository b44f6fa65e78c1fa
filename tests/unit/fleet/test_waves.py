"""Waves: every host is in one, none is empty, each goes as far as was said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import OperatorError
from provision.fleet.orders import NONE_MAY_FAIL, Orders, forks
from provision.fleet.orders import parse as parse_orders
from provision.fleet.waves import Share, cut, parse, share


@pytest.mark.parametrize(
    ("text", "count", "sizes"),
    [
        ("1,10%,50%,100%", 100, [1, 9, 40, 50]),
        ("1,10%,50%,100%", 10, [1, 4, 5]),
        ("1,10%,50%,100%", 1, [1]),
        ("1", 5, [1, 4]),
        ("10%", 5, [1, 4]),
        ("3,100%", 2, [2]),
        (" 1, 2 ", 5, [1, 1, 3]),
        ("", 0, []),
    ],
)
def test_a_wave_goes_as_far_as_was_said(text: str, count: int, sizes: list[int]) -> None:
    shares = parse(text) if text else ()
    assert [len(wave) for wave in cut(range(count), shares)] == sizes


shares = st.lists(st.builds(Share, st.integers(0, 120), st.booleans()), max_size=5)


@given(st.lists(st.integers(), max_size=200), shares)
def test_every_host_is_in_one_wave_in_order(hosts: list[int], said: list[Share]) -> None:
    waves = cut(hosts, said)
    assert [host for wave in waves for host in wave] == hosts
    assert all(waves)


@pytest.mark.parametrize("text", ["", "0", "0%", "10%,1%", "5,5", "110%", "a", "1,,2", "-1", "1.5%", "10%%"])
def test_waves_that_are_none(text: str) -> None:
    with pytest.raises(OperatorError, match=r"^--waves: .*write it like 1,10%,50%,100%$"):
        parse(text)


@given(st.integers(0, 5000), st.integers(0, 100))
def test_what_is_allowed_is_not_exceeded(total: int, percent: int) -> None:
    allowed = share(f"{percent}%", "--max-failures", "5%").down(total)
    assert allowed * 100 <= total * percent < (allowed + 1) * 100


def orders(**flags: str) -> Orders:
    return parse_orders(lambda name: flags.get(name, ""))


def test_what_nobody_says() -> None:
    assert orders() == Orders(None)
    assert 10 <= forks() <= 100


def test_who_goes_in_waves_goes_on_only_if_none_failed() -> None:
    assert orders(waves="1,100%").allowed == NONE_MAY_FAIL
    assert orders(waves="1,100%", max_failures="5%").allowed == Share(5, percent=True)
    assert orders(max_failures="3").allowed == Share(3)


def test_all_that_can_be_said() -> None:
    said = orders(forks="7", pause="60", timeout="900", retry="3")
    assert (said.forks, said.pause, said.limit, said.retries) == (7, 60.0, 900.0, 3)


@pytest.mark.parametrize(
    ("flag", "text"),
    [("forks", "0"), ("forks", "x"), ("timeout", "0"), ("timeout", "15m"), ("pause", "-1"), ("retry", "1.5")],
)
def test_a_number_that_is_none_is_told(flag: str, text: str) -> None:
    with pytest.raises(OperatorError, match=rf"^--{flag}: '{text}' is no number from [01] up: write it like"):
        orders(**{flag: text})
