"""Plans of real hosts' answers (see `case`), and what a plan is as a value."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from provision.errors import Refused
from provision.facts import Facts
from provision.plan import Item, Plan, Stage, absent, plan
from provision.resources.base import Change, Note, Pending, Refusal, Step
from provision.resources.membership import GroupState
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.restart import Policy
from tests.unit.case import NAMES, Case
from tests.unit.core import MIRROR, fresh, steps_for
from tests.unit.model import Host

WITH_WAY_BACK = [name for name in NAMES if Case.load(name).uninstall is not None]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_host_answered_comes_to_this_plan(name: str) -> None:
    case = Case.load(name)
    assert case.planned() == case.plan


@pytest.mark.parametrize("name", WITH_WAY_BACK)
def test_and_to_this_way_back(name: str) -> None:
    case = Case.load(name)
    assert case.planned_back() == case.uninstall


ASKED = steps_for(registry_mirrors=MIRROR, users="alice")
PREFLIGHT = "this is Debian, not CentOS 7: use its own packages; this is i686, not x86_64"


def names(found: Plan) -> list[list[str]]:
    """The steps of each stage's changes, in order."""
    return [[item.step for item in stage.items if isinstance(item.finding, Change)] for stage in found.stages]


def test_the_record_is_written_ahead_of_the_first_change() -> None:
    found = plan(fresh(ASKED), ASKED)
    _, first, second = found.stages
    assert found.next_stage() == 1
    assert first.changes[0].resource == "record"
    assert names(found) == [[], ["record", "repos", "repos", "repos", "engine"], ["daemon", "daemon"]]
    assert [pending.resource for pending in found.pending] == ["service docker.service", "group docker"]
    assert not any(change.resource == "record" for change in second.changes)


def test_of_stages_the_first_that_changes_something_is_next() -> None:
    host = Host(fresh(ASKED))
    host.converge(ASKED)
    asked = steps_for(registry_mirrors=f"{MIRROR},https://second.example", users="alice")
    found = plan(host.facts, asked)
    assert names(found) == [[], [], ["record", "daemon", "service"]]
    assert found.next_stage() == 2


def test_the_record_of_what_the_host_takes_back_by_itself_is_at_hand() -> None:
    host = Host(fresh(ASKED))
    host.converge(ASKED)
    earlier = host.states[RECORD_ID]
    policy = Policy(cross_line=True)
    newer = steps_for(registry_mirrors="https://second.example", docker_version="18.09.9", policy=policy)
    found = plan(host.facts, newer)
    words = found.stages[found.next_stage()].changes[0].script.split()
    wanted, remaining = (
        RecordState(json.loads(base64.b64decode(words[place]))["resources"]) for place in (2, 4)
    )
    assert remaining == earlier
    differing = {name for name in wanted.entries if wanted.entries[name] != remaining.entries[name]}
    assert differing == {"packages docker-ce", "file /etc/docker/daemon.json"}


def test_a_change_that_leaves_no_new_trace_writes_no_record() -> None:
    host = Host(fresh(ASKED))
    host.converge(ASKED)
    host.states["group docker"] = GroupState(frozenset(), frozenset({"alice"}))
    assert names(plan(host.facts, ASKED)) == [[], [], ["access"]]


def test_the_way_back_goes_in_reverse_and_ends_with_the_record() -> None:
    host = Host(fresh(ASKED))
    host.converge(ASKED)
    found = absent(host.facts, ASKED)
    assert names(found) == [["access", "service", *["daemon"] * 2, "engine", *["repos"] * 3, "record"]]


def test_only_looks_at_the_steps_that_are_named() -> None:
    host = Host(fresh(ASKED))
    assert names(plan(host.facts, ASKED, {"repos"})) == [[], ["record", "repos", "repos", "repos"]]


def test_only_the_daemon_brings_the_service_that_takes_it_up() -> None:
    host = Host(fresh(ASKED))
    host.converge(ASKED)
    asked = steps_for("daemon", registry_mirrors="https://second.example")
    assert names(plan(host.facts, asked, {"daemon"})) == [[], [], ["record", "daemon", "service"]]


@pytest.mark.parametrize("only", ["service", "access"])
def test_what_waits_for_a_step_that_is_not_asked_for_is_refused(only: str) -> None:
    found = plan(fresh(ASKED), steps_for(only, users="alice"), {only})
    with pytest.raises(Refused, match="needs the step engine first: add it to --only, or leave --only out"):
        found.raise_if_unsafe()


def test_one_reason_is_said_once() -> None:
    found = Plan((Stage(tuple(Item("daemon", Refusal(each, "no room")) for each in ("file", "service"))),))
    with pytest.raises(Refused) as refused:
        found.raise_if_unsafe()
    assert str(refused.value) == "no room"


def test_every_reason_is_said() -> None:
    found = Plan((Stage((Item("a", Refusal("a", "no room")), Item("b", Refusal("b", "no key")))),))
    with pytest.raises(Refused, match=r"^no room; no key$"):
        found.raise_if_unsafe()


@pytest.mark.parametrize("make", [plan, absent])
def test_a_host_that_cannot_be_served_has_no_plan(make: Callable[[Facts, Sequence[Step]], Plan]) -> None:
    read = fresh(ASKED)
    other = replace(read, host=replace(read.host, os_id="debian", os_name="Debian", machine="i686"))
    with pytest.raises(Refused, match=f"^{PREFLIGHT}"):
        make(other, ASKED)


def test_notes_alone_leave_nothing_to_do() -> None:
    note, pending = Note("a", "known"), Pending("a", "more", "b")
    assert Plan((Stage((Item("a", note),)),)).empty
    assert not Plan((Stage((Item("a", pending),)),)).empty
