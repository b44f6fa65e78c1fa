"""The host's clock against the package mirror's, by the shell text itself, in both kinds of sh."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from provision.resources.yum import LIBRARY
from provision.script import Mark
from provision.verdicts import explain
from tests.unit.shell import SHELLS, call

REPO = "[docker-ce-stable]\nbaseurl=https://mirror.example/docker-ce/linux/centos/7/$basearch/stable\n"


def look(shell: tuple[str, ...], folder: Path, curl: str, more: str = "") -> tuple[str, list[str]]:
    """What curl was called with, and the verdicts; `curl` is the shell text that stands for it."""
    (folder / "repos").mkdir()
    (folder / "repos/docker-ce.repo").write_text(REPO + more)
    text = f'look={folder}\ncurl() {{ echo "$@" >"$look/called"; {curl}; }}\nlook_clock'
    printed, frames = call(shell, folder, LIBRARY, text)
    assert printed == ""
    assert all(frame.mark is Mark.FAIL for frame in frames)
    return (folder / "called").read_text().rstrip(), [frame.rest for frame in frames]


def answers(ahead: timedelta) -> str:
    """A mirror whose clock shows the time at which a host that is `ahead` would be right."""
    date = format_datetime(datetime.now(UTC) - ahead, usegmt=True)
    return f"printf 'HTTP/1.1 404 Not Found\\r\\nServer: Tengine\\r\\nDate: {date}\\r\\n\\r\\n'"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
class TestClock:
    @pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=8), timedelta(hours=-23)], ids=str)
    def test_a_clock_that_is_right_within_a_day(
        self, shell: tuple[str, ...], tmp_path: Path, ahead: timedelta
    ) -> None:
        called, verdicts = look(shell, tmp_path, answers(ahead))
        assert verdicts == []
        assert called.endswith(f" -K {tmp_path}/clock/1")
        assert (tmp_path / "clock/1").read_text() == 'url = "https://mirror.example/"\n'
        assert "--max-time 10" in called

    def test_it_is_asked_through_the_proxy_of_the_section(
        self, shell: tuple[str, ...], tmp_path: Path
    ) -> None:
        through = "proxy=http://alice:p%40ss@proxy.example:3128\n"
        called, _ = look(shell, tmp_path, answers(timedelta(0)), through)
        assert "alice" not in called, "a command line is for all to see"
        asked = tmp_path / "clock/1"
        assert asked.read_text().endswith('proxy = "http://alice:p%40ss@proxy.example:3128"\n')
        assert (asked.stat().st_mode & 0o777, asked.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    @pytest.mark.parametrize(
        ("ahead", "says"),
        [
            (timedelta(days=-400, hours=-1), "the host's clock is 400 days behind the package mirror's"),
            (timedelta(days=1, minutes=1), "the host's clock is 1 day ahead of the package mirror's"),
        ],
        ids=str,
    )
    def test_one_that_is_off(
        self, shell: tuple[str, ...], tmp_path: Path, ahead: timedelta, says: str
    ) -> None:
        _, (verdict,) = look(shell, tmp_path, answers(ahead))
        text = explain(verdict, [])
        assert text.startswith(says)
        assert "`date -s`" in text

    @pytest.mark.parametrize(
        "curl", ["return 7", "printf 'HTTP/1.1 200 OK\\r\\n\\r\\n'", "sleep 0; return 28"]
    )
    def test_a_mirror_that_does_not_say_the_time(
        self, shell: tuple[str, ...], tmp_path: Path, curl: str
    ) -> None:
        _, verdicts = look(shell, tmp_path, curl)
        assert verdicts == []
