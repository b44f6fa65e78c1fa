"""The times of a run, from its events alone."""

from __future__ import annotations

from provision.errors import Failed
from provision.events import CHECK, Cause, End, Outcome, Status
from provision.report.recorder import HOOK, WAIT, Turn
from tests.unit.report.heard import CHANGES, PLAN, Played

ENGINE = "packages docker-ce"


def spells(turn: Turn) -> list[tuple[str, str, float, float, bool]]:
    return [(each.ident, each.kind, each.start, each.seconds, each.done) for each in turn.spells]


def at_work() -> Played:
    """A host that was read."""
    played = Played(["a"])
    played.at(0).wave(1, ["a"])
    played.at(1).started("a")
    played.at(2).planned("a", PLAN)
    return played


def test_each_change_has_its_time_and_its_step() -> None:
    played = at_work()
    for number, ident in enumerate((f"look {ENGINE}", *CHANGES[:2])):
        played.at(3 + number).step("a", ident)
        played.at(3.5 + number).changed("a", ident)
    assert spells(played.recorder.turns["a"]) == [
        ("look packages docker-ce", "engine", 3, 0.5, True),
        ("record", "record", 4, 0.5, True),
        (CHANGES[1], "repos", 5, 0.5, True),
    ]


def test_a_change_goes_on_while_somebody_is_waited_for() -> None:
    played = at_work()
    played.at(3).step("a", ENGINE)
    played.at(4).step("a", "yum's lock is held by process 7")
    played.at(6).changed("a", ENGINE)
    assert spells(played.recorder.turns["a"]) == [
        (ENGINE, "engine", 3, 3, True),
        ("yum's lock is held by process 7", WAIT, 4, 2, False),
    ]


def test_hooks_end_with_what_comes_behind_them() -> None:
    played = at_work()
    played.at(3).step("a", "--before")
    played.at(4).step("a", ENGINE)
    played.at(5).changed("a", ENGINE)
    played.at(5).step("a", "--after")
    played.at(7)
    played.finish(Outcome("a", Status.CHANGED))
    assert spells(played.recorder.turns["a"]) == [
        ("--before", HOOK, 3, 1, True),
        (ENGINE, "engine", 4, 1, True),
        ("--after", HOOK, 5, 2, True),
    ]
    assert played.recorder.turns["a"].seconds == 6


def test_where_a_host_fails_its_step_is_not_done() -> None:
    played = at_work()
    played.at(3).step("a", "--before")
    played.at(4)
    played.finish(Outcome("a", Status.FAILED, error=Failed("--before: drain.sh ended with 1")))
    assert spells(played.recorder.turns["a"]) == [("--before", HOOK, 3, 1, False)]


def test_checks_after_a_wave_lie_behind_the_hosts_end() -> None:
    played = at_work()
    played.at(3)
    played.finish(Outcome("a", Status.UNCHANGED))
    played.at(5).step("a", "checks")
    played.at(6).changed("a", "checks")
    assert spells(played.recorder.turns["a"]) == [("checks", CHECK, 5, 1, True)]
    played.at(9).unhealthy(Outcome("a", Status.FAILED))
    assert spells(played.recorder.turns["a"]) == [("checks", CHECK, 5, 1, False)]
    assert played.recorder.turns["a"].seconds == 2


def test_who_was_let_go_is_no_longer_heard() -> None:
    played = at_work()
    played.at(3).step("a", ENGINE)
    played.at(10).ended(End(Cause.LET_GO, (), in_flight=("a",), seconds=10))
    before = spells(played.recorder.turns["a"])
    assert before == [(ENGINE, "engine", 3, 7, False)]
    assert played.recorder.turns["a"].seconds == 9
    played.at(11).changed("a", ENGINE)
    played.at(12).step("a", "file x")
    played.at(13).planned("b", PLAN)
    played.at(14).started("b")
    played.recorder.finished(Outcome("a", Status.CHANGED))
    assert spells(played.recorder.turns["a"]) == before
    assert list(played.recorder.turns) == ["a"]


def test_a_step_is_one_line_without_secrets() -> None:
    played = at_work()
    played.at(3).step("a", "waits\n\x1b[31mfor http://user:geheim@proxy")
    assert played.recorder.turns["a"].spells[0].ident == "waits for http://***@proxy"
