"""One host converging: remote commands counted, stages, verdicts and broken connections, on a tiny fake host."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from provision import bundle, handed, spec, steps
from provision.converge import LOG_LINES, Goal, converge
from provision.errors import Failed, HostError, Refused, Unreachable
from provision.events import Outcome, Status
from provision.runs import hiding
from tests.unit import bundles
from tests.unit.case import WORD, Case
from tests.unit.core import framed
from tests.unit.fake import HOST, NOBODY, SOMEBODY, Applies, Heard, Reads, Remote

FRESH, HALF_WAY, CONVERGED = (Case.load(name) for name in ("fresh-mirror-users", "engine-alone", "converged"))
STEPS = CONVERGED.steps


def run(remote: Remote, goal: Goal | None = None) -> tuple[Outcome, Heard]:
    heard = Heard()
    return converge(HOST, remote, goal or Goal(STEPS), heard), heard


def resources(outcome: Outcome) -> list[str]:
    return [change.resource for change in outcome.applied]


LOOKS = ["look file /etc/yum.repos.d/docker-ce.repo", "look packages docker-ce"]
FIRST_STAGE = [
    "record",
    "file /etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce",
    "rpm-key 621e9f35",
    "file /etc/yum.repos.d/docker-ce.repo",
    "packages docker-ce",
]
SECOND_STAGE = [
    "file /etc/docker/daemon.json",
    "file /etc/systemd/system/docker.service.d/docker-provision.conf",
    "service docker.service",
    "group docker",
]


def test_a_fresh_host_takes_three_remote_commands() -> None:
    remote = Remote(Reads(FRESH.answer), Applies(HALF_WAY.answer), Applies(CONVERGED.answer))
    outcome, heard = run(remote)
    assert remote.commands == ["read", "apply", "apply"]
    assert (outcome.status, outcome.error) == (Status.CHANGED, None)
    assert resources(outcome) == [*FIRST_STAGE, *SECOND_STAGE]
    assert heard.steps == heard.changes == [*LOOKS, *FIRST_STAGE, *SECOND_STAGE]
    assert outcome.facts == CONVERGED.facts()
    assert heard.plans == [outcome.plan]


def test_what_a_change_sends_goes_with_its_run(tmp_path: Path) -> None:
    made = bundle.opened(str(bundles.make(tmp_path / "bundle")), "--package-mirror", "18.06.3")
    asked = spec.build(spec.parse(CONVERGED.spec, "site.yml"))
    chosen = steps.steps(asked, replace(handed.defaults(), bundle=made))
    none = framed({"bundle": "rpm 0 4.11.3 45.el7 x86_64"}, WORD)
    remote = Remote(Reads(FRESH.answer + none), Applies(HALF_WAY.answer + none))
    _, heard = run(remote, Goal(chosen))
    assert [sum(each.size for each in one.sends) for one in remote.runs] == [4 * 1000 + 20]
    assert heard.steps[0] == "0.0 MB go over the connection"


def test_a_run_knows_what_its_log_may_not_hold() -> None:
    remote = Remote(Reads(FRESH.answer), Applies(HALF_WAY.answer), Applies(CONVERGED.answer))
    run(remote, Goal(STEPS, secrets=("p%40ss'word", "p@ss'word")))
    assert len(remote.runs) == 2
    for each in remote.runs:
        assert hiding.told(("p%40ss'word", "p@ss'word")) in each.text
        assert "ss'word" not in str(each.about)


def test_a_host_that_is_right_takes_one() -> None:
    remote = Remote(Reads(CONVERGED.answer))
    outcome, heard = run(remote)
    assert remote.commands == ["read"]
    assert (outcome.status, outcome.applied) == (Status.UNCHANGED, [])
    assert heard.plans[0].empty


@pytest.mark.parametrize(("case", "status"), [(FRESH, Status.PENDING), (CONVERGED, Status.UNCHANGED)])
def test_a_dry_run_stops_after_the_plan(case: Case, status: Status) -> None:
    remote = Remote(Reads(case.answer))
    outcome, heard = run(remote, Goal(STEPS, dry_run=True))
    assert remote.commands == ["read"]
    assert outcome.status is status
    assert heard.plans == [outcome.plan]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_refused_host_is_left_alone_and_its_plan_is_shown(dry_run: bool) -> None:
    case = Case.load("rpmdb-unreadable")
    remote = Remote(Reads(case.answer), NOBODY)
    outcome, heard = run(remote, Goal(case.steps, dry_run=dry_run))
    assert remote.commands == ["read", "read"]
    assert outcome.status is Status.REFUSED
    assert "the rpm database can't be read" in str(outcome.error)
    assert heard.plans == [outcome.plan]


def test_a_host_that_cannot_be_served_has_facts_and_no_plan() -> None:
    case = Case.load("not-centos")
    outcome, heard = run(Remote(Reads(case.answer), NOBODY), Goal(case.steps))
    assert (outcome.status, outcome.plan, heard.plans) == (Status.REFUSED, None, [])
    assert outcome.facts is not None


def test_a_refusal_amid_another_run_is_none_and_its_end_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    amid = Case.load("rpmdb-unreadable")
    remote = Remote(Reads(amid.answer), SOMEBODY, SOMEBODY, NOBODY, Reads(CONVERGED.answer))
    outcome, heard = run(remote)
    assert (outcome.status, outcome.error, outcome.facts) == (Status.UNCHANGED, None, CONVERGED.facts())
    assert heard.plans == [outcome.plan]
    assert heard.steps == ["another run holds this host: root at a since 1 (run b)"]
    assert len(waited) == 2


def test_what_was_planned_amid_another_run_is_not_shown_behind_it() -> None:
    amid, other = Case.load("rpmdb-unreadable"), Case.load("not-centos")
    remote = Remote(Reads(amid.answer), SOMEBODY, NOBODY, Reads(other.answer), NOBODY)
    outcome, heard = run(remote, Goal(amid.steps))
    assert (outcome.status, outcome.plan, heard.plans) == (Status.REFUSED, None, [])


def test_another_run_that_goes_on_is_the_reason_then() -> None:
    remote = Remote(Reads(Case.load("rpmdb-unreadable").answer), SOMEBODY)
    outcome, _ = run(remote, Goal(STEPS, lock_timeout=0))
    assert outcome.status is Status.REFUSED
    assert str(outcome.error).startswith(
        "another run holds this host: root at a since 1 (run b), still after 0 s: "
    )


def test_where_nobody_can_say_who_is_at_work_the_refusal_counts() -> None:
    amid = Case.load("rpmdb-unreadable")
    outcome, _ = run(Remote(Reads(amid.answer), Unreachable("cut")), Goal(amid.steps))
    assert "the rpm database can't be read" in str(outcome.error)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unreachable("no route"), Status.UNREACHABLE),
        (Refused("no root"), Status.REFUSED),
        (Failed("hung"), Status.FAILED),
    ],
)
def test_a_host_that_does_not_answer_ends_by_its_error(error: HostError, status: Status) -> None:
    outcome, _ = run(Remote(error))
    assert (outcome.status, outcome.error, outcome.facts) == (status, error, None)


def test_a_cut_reading_says_what_came_on_standard_error() -> None:
    outcome, _ = run(Remote(Reads("", stderr="sh: fork:\n  no memory\n")))
    assert outcome.status is Status.FAILED
    assert str(outcome.error) == "the host's answer was cut off before host was read (sh: fork: no memory)"


def test_a_stage_is_applied_once() -> None:
    """A host that says "done" to everything and is as before."""
    remote = Remote(Reads(FRESH.answer), Applies(FRESH.answer))
    outcome, _ = run(remote)
    assert remote.commands == ["read", "apply"]
    assert outcome.status is Status.FAILED
    text = str(outcome.error)
    assert text.startswith("applied, but read again these aren't as asked for: record, file /etc/pki")
    assert text.endswith("group docker; look at them with `plan`")


def test_an_earlier_stage_that_comes_undone_is_not_begun_again() -> None:
    remote = Remote(
        Reads(FRESH.answer), Applies(HALF_WAY.answer), Applies(Case.load("exclude-removed").answer)
    )
    outcome, _ = run(remote)
    assert remote.commands == ["read", "apply", "apply"]
    assert outcome.status is Status.FAILED
    assert "aren't as asked for: file /etc/yum.repos.d/docker-ce.repo;" in str(outcome.error)


def test_what_a_look_refuses_leaves_the_host_as_it_was() -> None:
    offers = "docker-ce.x86_64   18.06.3.ce-3.el7   docker-ce-stable\n"
    stops = Applies(stops_at="look packages docker-ce", words=offers, mark="refuse missing 18.06.9.ce-3.el7")
    outcome, heard = run(Remote(Reads(FRESH.answer), stops))
    assert (outcome.status, outcome.applied) == (Status.REFUSED, [])
    assert "doesn't offer docker-ce 18.06.9.ce-3.el7: the nearest on offer is 18.06.3" in str(outcome.error)
    assert heard.steps == LOOKS


def test_a_failed_change_is_named_with_the_hosts_last_lines() -> None:
    words = "".join(f"line {number}\n" for number in range(30)) + "Error: Nothing to do\n"
    stops = Applies(stops_at="packages docker-ce", words=words, mark="fail yum 1")
    outcome, _ = run(Remote(Reads(FRESH.answer), stops))
    assert outcome.status is Status.FAILED
    assert str(outcome.error).startswith("packages docker-ce: ")
    assert resources(outcome) == FIRST_STAGE[:-1]
    assert outcome.error is not None
    assert len(outcome.error.log) == LOG_LINES
    assert outcome.error.log[-2:] == ("line 29", "Error: Nothing to do")


def test_a_host_that_was_changed_in_part_is_not_refused() -> None:
    """The second stage finds another run's lock: the first stage isn't undone by that."""
    remote = Remote(
        Reads(FRESH.answer), Applies(HALF_WAY.answer), Applies(stops_at=SECOND_STAGE[0], mark="refuse held")
    )
    outcome, _ = run(remote)
    assert (outcome.status, resources(outcome)) == (Status.FAILED, FIRST_STAGE)


def test_a_broken_connection_keeps_what_was_done() -> None:
    lost = Failed("the connection was lost")
    outcome, heard = run(Remote(Reads(FRESH.answer), Applies(stops_at="packages docker-ce", error=lost)))
    assert (outcome.status, outcome.error) == (Status.FAILED, lost)
    assert resources(outcome) == FIRST_STAGE[:-1]
    assert heard.steps[-1] == "packages docker-ce"


def test_a_script_that_was_killed_fails_at_its_step() -> None:
    outcome, _ = run(Remote(Reads(FRESH.answer), Applies(stops_at="rpm-key 621e9f35", words="Killed\n")))
    assert outcome.status is Status.FAILED
    assert (
        str(outcome.error)
        == "rpm-key 621e9f35: the host's script was cut off; run again, it goes on from what it finds"
    )
    assert outcome.error is not None
    assert outcome.error.log == ("Killed",)


def test_a_reading_that_was_cut_at_the_end_is_a_failure() -> None:
    outcome, _ = run(Remote(Reads(FRESH.answer), Applies(HALF_WAY.answer[:-200])))
    assert outcome.status is Status.FAILED
    assert resources(outcome) == FIRST_STAGE
    assert "was cut off before" in str(outcome.error)


def test_only_some_steps_are_planned() -> None:
    outcome, _ = run(Remote(Reads(FRESH.answer)), Goal(STEPS, only=frozenset({"repos"}), dry_run=True))
    assert outcome.plan is not None
    assert [change.resource for change in outcome.plan.changes] == FIRST_STAGE[:-1]


def test_the_way_back_takes_one_stage() -> None:
    remote = Remote(Reads(CONVERGED.answer), Applies(Case.load("fresh-mirror-users").answer))
    outcome, _ = run(remote, Goal(STEPS, withdraw=True))
    assert remote.commands == ["read", "apply"]
    assert (outcome.status, outcome.error) == (Status.CHANGED, None)
    assert resources(outcome)[-1] == "record"


def test_what_was_planned_before_another_run_s_changes_is_planned_anew() -> None:
    """It had to wait for the host, which by then is as asked for."""
    waited = Remote(Reads(FRESH.answer), Applies(CONVERGED.answer, stale=True))
    outcome, heard = run(waited)
    assert waited.commands == ["read", "apply"]
    assert (outcome.status, outcome.applied, outcome.runs, outcome.error) == (Status.UNCHANGED, [], [], None)
    assert [plan.empty for plan in heard.plans] == [False, True]


def test_a_stage_that_was_stale_is_applied_after_all() -> None:
    remote = Remote(
        Reads(FRESH.answer),
        Applies(FRESH.answer, stale=True),
        Applies(HALF_WAY.answer),
        Applies(CONVERGED.answer),
    )
    outcome, _ = run(remote)
    assert (outcome.status, resources(outcome)) == (Status.CHANGED, [*FIRST_STAGE, *SECOND_STAGE])
    assert outcome.runs == [each.id for each in remote.runs[1:]]
