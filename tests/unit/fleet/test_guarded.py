"""The manners of a run around a connection: it is tried again, it has its time, a hook goes before its first change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import stamina

from provision.converge import Output
from provision.errors import Failed, HostError, Refused, Unreachable
from provision.fleet.guarded import Guarded
from provision.runs import About, HostRun

DONE = Output("", "", 0)
RUN = HostRun("@0123456789abcdef", "true", About("setup-docker", "me", "0", [], []))


@pytest.fixture(autouse=True)
def _at_once() -> Iterator[None]:
    """No test waits between attempts."""
    stamina.set_testing(testing=True, attempts=100, cap=True)
    yield
    stamina.set_testing(testing=False)


class Remote:
    """Gives these answers, one after another."""

    def __init__(self, *answers: Output | HostError) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.closed = threading.Event()

    def _next(self) -> Output:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, HostError):
            raise answer
        return answer

    def read(self, _script: str, *, timeout: float | None = None) -> Output:
        assert timeout is None
        return self._next()

    def watch(self, _script: str, _on_piece: Callable[[str], None]) -> Output:
        return self._next()

    def apply(self, _run: HostRun, hear: Callable[[str], None], lost: Callable[[str], None]) -> Output:
        self.hear, self.lost = hear, lost
        return self._next()

    def close(self) -> None:
        self.closed.set()


AWAY = Unreachable("no answer", passing=True)


def test_a_connection_that_does_not_come_about_is_tried_again() -> None:
    remote, told = Remote(AWAY, AWAY, DONE), list[str]()
    assert Guarded(remote, retries=2, tell=told.append).read("") == DONE
    assert told == ["attempt 1 of 3: no answer", "attempt 2 of 3: no answer"]


def test_it_is_tried_as_often_as_was_said() -> None:
    remote = Remote(AWAY, AWAY, AWAY)
    with pytest.raises(Unreachable):
        Guarded(remote, retries=1).read("")
    assert remote.asked == 2


@pytest.mark.parametrize(
    "error", [Unreachable("wrong key"), Refused("no root"), Failed("lost in the middle")]
)
def test_what_does_not_pass_is_not_tried_again(error: HostError) -> None:
    remote = Remote(error, DONE)
    with pytest.raises(type(error)):
        Guarded(remote, retries=5).apply(RUN, print, print)
    assert remote.asked == 1


def test_a_hook_goes_once_before_the_first_change() -> None:
    calls: list[str] = []
    guarded = Guarded(Remote(DONE, DONE, DONE), before=lambda: calls.append("before"))
    guarded.read("")
    assert calls == []
    guarded.apply(RUN, print, print)
    guarded.apply(RUN, print, print)
    assert calls == ["before"]


def test_a_hook_that_fails_keeps_the_host_from_its_change() -> None:
    def before() -> None:
        raise Refused("not drained")

    remote = Remote(DONE)
    with pytest.raises(Refused, match="not drained"):
        Guarded(remote, before=before).apply(RUN, print, print)
    assert remote.asked == 0


class Hanging(Remote):
    """Hangs until its connection is ended."""

    def _next(self) -> Output:
        self.asked += 1
        self.closed.wait()
        raise Unreachable("the connection was lost", passing=True)


def test_a_host_has_its_time_in_all() -> None:
    remote = Hanging()
    guarded = Guarded(remote, retries=5, limit=0.05)
    with pytest.raises(Failed, match=r"^no end within 0\.05 s \(--timeout\)"):
        guarded.read("")
    with pytest.raises(Failed, match=r"^no end within 0\.05 s"):
        guarded.apply(RUN, print, print)
    assert remote.asked == 1


def test_a_run_that_goes_on_alone_is_not_come_back_to_once_the_time_is_up() -> None:
    remote = Hanging()
    guarded = Guarded(remote, limit=0.05)
    with pytest.raises(Failed, match=r"^no end within 0\.05 s"):
        guarded.apply(RUN, print, print)
    for told in (remote.lost, remote.hear):
        with pytest.raises(Failed):
            told("the connection was lost")


def test_who_is_done_in_time_is_left_alone() -> None:
    remote = Remote(DONE)
    guarded = Guarded(remote, limit=3600)
    assert guarded.read("") == DONE
    guarded.close()
    assert remote.closed.is_set()
