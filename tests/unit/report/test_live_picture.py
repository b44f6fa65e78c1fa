"""README's picture of the live view is what the view makes of the run that was recorded."""

from __future__ import annotations

from docs import live


def test_the_picture_is_what_the_view_shows() -> None:
    assert live.draw() == live.PICTURE.read_text(), "python -m docs.live draws it anew"


def test_what_is_recorded_is_a_run_without_what_the_view_has_no_use_for() -> None:
    text = live.RECORDED.read_text()
    assert live.reduced(text) == text
