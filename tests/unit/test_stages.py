"""The stages of `make test`: what failed side by side is asked once more, and nothing else is forgiven."""

from __future__ import annotations

import pytest

from tests.stages import Stage, run


def shell(text: str) -> tuple[str, ...]:
    return ("sh", "-c", text)


@pytest.mark.parametrize(
    ("first", "again", "passed"),
    [
        ("exit 0", "exit 1", True),
        ("exit 1", "exit 0", True),
        ("exit 1", "exit 1", False),
        ("exit 2", "exit 0", False),  # interrupted, or an error of pytest itself
        ("exit 5", "exit 0", False),  # no test was run
        ("sleep 60", "exit 0", False),
    ],
)
def test_failures_are_asked_again(first: str, again: str, passed: bool) -> None:
    assert run(Stage("it", shell(first), 2, again=shell(again))) is passed


def test_without_another_way_a_failure_is_one() -> None:
    assert run(Stage("it", shell("exit 1"), 60)) is False
