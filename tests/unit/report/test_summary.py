"""The end of a run: whatever is alike is one entry, and the gravest stands last."""

from __future__ import annotations

from dataclasses import replace

from provision.events import Cause, End, Outcome, Status
from provision.report import summary
from provision.report.summary import Shown, clock
from provision.report.texts import Words
from provision.resources.base import Pending
from tests.unit.report.watched import CHANGE, away, changed, end_of, failed, plan_of


def told(end: End, shown: Shown = Shown(), *, kept: bool = False) -> list[str]:  # noqa: B008  a frozen value
    return [line.plain for line in summary.lines(end, shown, kept=kept)]


FORTY = [changed(f"web{number:02d}", seconds=number) for number in range(1, 41)]
MIXED = end_of(
    *FORTY,
    *(Outcome(f"db{number}", Status.UNCHANGED, seconds=0.5) for number in (1, 2, 3)),
    *(away(f"old{number}") for number in (1, 2)),
    failed("full1"),
    replace(failed("full2"), applied=[CHANGE]),
)


def test_a_fleet_is_told_in_few_lines() -> None:
    assert told(MIXED, kept=True) == [
        "nothing to do on db[1-3]",
        "changed on full2,web[01-40]: file /etc/x",
        "slowest: web40 40.0 s, web39 39.0 s, web38 38.0 s",
        "failed on full[1-2] (2 hosts): the disk is full",
        "  full1 | df: 100%",
        "unreachable on old[1-2] (2 hosts): no answer from HOST port 22",
        "`fab resume --failed` takes those that failed again.",
        "47 hosts in 1:02: 3 unchanged, 40 changed, 2 failed, 2 unreachable",
    ]


def test_in_chinese() -> None:
    said = told(MIXED, Shown(Words("zh")))
    assert said[0] == "无需操作 db[1-3]"
    assert said[-1] == "47 台主机，用时 1:02：无需更改 3, 已更改 40, 失败 2, 无法连接 2"


def test_quiet_tells_what_is_wrong_and_the_counts() -> None:
    assert told(MIXED, Shown(quiet=True)) == [
        "failed on full[1-2] (2 hosts): the disk is full",
        "  full1 | df: 100%",
        "unreachable on old[1-2] (2 hosts): no answer from HOST port 22",
        "47 hosts in 1:02: 3 unchanged, 40 changed, 2 failed, 2 unreachable",
    ]
    assert told(end_of(changed("a")), Shown(quiet=True)) == ["1 host in 1:02: 1 changed"]


def test_the_most_frequent_cause_stands_last() -> None:
    said = told(end_of(failed("a"), *(away(f"b{number}") for number in range(3))))
    assert [line.split()[0] for line in said if " on " in line] == ["failed", "unreachable"]


def test_one_host_is_told_as_ever() -> None:
    assert told(end_of(failed("a"))) == ["a: failed (2.0 s): the disk is full", "  | df: 100%"]


def test_what_would_change_is_told_for_those_alike() -> None:
    found = plan_of(CHANGE, Pending("service docker", "running", "engine"))
    ends = [Outcome(host, Status.PENDING, found) for host in ("a1", "a2")]
    assert told(end_of(*ends))[:1] == ["would change on a[1-2]: file /etc/x, service docker"]


def test_what_should_be_known_is_told_once() -> None:
    ends = [replace(changed(host), notes=["stays: libcgroup"]) for host in ("a1", "a2")]
    assert "  a[1-2]: stays: libcgroup" in told(end_of(*ends))


def test_what_is_left_is_told() -> None:
    end = replace(end_of(changed("a1"), cause=Cause.LET_GO, untouched=["a3", "a4"]), in_flight=("a2",))
    assert told(end)[-5:] == [
        "The run ended early: let go.",
        "  in flight, going on alone: a2",
        "  had no turn: a[3-4]",
        "  `fab resume` goes on with what is left.",
        "4 hosts in 1:02: 1 changed, 1 in flight, 2 waiting",
    ]


def test_a_thousand_hosts_of_few_kinds_are_few_lines() -> None:
    ends = [changed(f"web{number:04d}") if number % 7 else away(f"web{number:04d}") for number in range(1000)]
    assert len(told(end_of(*ends), kept=True)) == 5


def test_times_are_as_clocks_have_them() -> None:
    assert [clock(seconds) for seconds in (0.4, 59.9, 61, 3723)] == ["0:00", "0:59", "1:01", "1:02:03"]
