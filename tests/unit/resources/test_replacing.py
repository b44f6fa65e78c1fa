"""Other builds of Docker that make way for docker-ce on request: one transaction, under the policy, and recorded."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from provision.engines import engine
from provision.resources.base import Change, Finding, Note, Refusal, State, States
from provision.resources.daemon import SERVICE, Container, UnitState
from provision.resources.packages import Packages, PackagesState
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.restart import Policy, Restart
from provision.resources.transition import RIVALS
from provision.resources.yum import Repository
from tests.unit.core import no_unit
from tests.unit.model import INFO

OF_CENTOS = "1.13.1-209.git7d71120.el7.centos"
THERE = dict.fromkeys(("docker", "docker-common", "docker-client"), OF_CENTOS)
PACKAGES = [f"{name}-{OF_CENTOS}" for name in THERE]


def packages(restart: Restart = Restart.IF_IDLE, *, replaces: bool = True) -> Packages:
    policy = Policy(restart, replace_conflicting=replaces)
    return Packages(engine("18.06.3"), Repository(b"[docker-ce-stable]\n", b"key", ("docker-ce",)), policy)


def states(versions: dict[str, str], unit: State | None = None, **ours: object) -> States:
    record = RecordState({"packages docker-ce": {"before": None, "ours": ours}} if ours else {})
    found: dict[str, State] = {"packages docker-ce": PackagesState(versions), RECORD_ID: record}
    return {**found, SERVICE: unit} if unit else found


def running(*containers: Container, live_restore: bool = False) -> UnitState:
    info = replace(INFO, server_version="1.13.1", live_restore=live_restore)
    return replace(no_unit(), load="loaded", active="active", containers=containers, info=info)


def change(found: list[Finding]) -> Change:
    (one,) = found
    assert isinstance(one, Change)
    return one


def refusal(found: list[Finding]) -> str:
    (one,) = found
    assert isinstance(one, Refusal)
    return one.text


def test_all_of_it_goes_in_the_transaction_in_which_ours_comes() -> None:
    found = change(packages().compare(states({**THERE, "docker-logrotate": "1-1"})))
    words = shlex.split(found.script)
    goes = [*THERE, "docker-logrotate"]
    assert words[:3] == ["change_engine", "if-idle", "ended"]
    assert words[5:] == ["swap", "--", "remove", *goes, "--", "install", "docker-ce-18.06.3.ce-3.el7"]
    rivals, alone, look = found.look.split("\n")
    assert (rivals, alone) == ("look_rivals", "look_alone")
    # taken away may be these, needed by nobody, and kept for the way back
    back = " ".join([*PACKAGES, "docker-logrotate-1-1"])
    assert shlex.split(look)[6:9] == [" ".join(goes), " ".join(goes), back]
    assert found.reason.startswith(f"replacement of {', '.join(PACKAGES)} by docker-ce 18.06.3 by a swap")
    assert found.stops_daemon
    assert found.joins == "service"


def test_the_record_keeps_what_was_replaced_and_uninstalling_says_it() -> None:
    traces = {trace.key: trace.value for trace in change(packages().compare(states(THERE))).traces}
    assert traces == {"installed": ["docker-ce-18.06.3.ce-3.el7"], "replaced": sorted(PACKAGES)}
    note, gone = packages().withdraw(states({"docker-ce": "18.06.3.ce-3.el7"}, **traces))
    assert isinstance(note, Note)
    assert note.text.startswith(f"before us there was {', '.join(sorted(PACKAGES))}")
    assert isinstance(gone, Change)


@pytest.mark.parametrize("rival", RIVALS)
def test_without_the_word_none_is_replaced_and_one_never(rival: str) -> None:
    there = states({rival: "1-1"})
    assert "can't stay beside docker-ce" in refusal(packages(replaces=False).compare(there))
    if rival == "docker-ee":
        assert "--replace-conflicting" not in refusal(packages().compare(there))
    else:
        assert change(packages().compare(there)).script.startswith("change_engine")


def test_containers_that_run_there_are_the_operators_to_stop() -> None:
    unit = running(Container("web", "always"), Container("job", "no"))
    assert "stops running containers: web, job" in refusal(packages().compare(states(THERE, unit)))
    assert "--restart never was said" in refusal(packages(Restart.NEVER).compare(states(THERE, unit)))
    found = change(packages(Restart.ALWAYS).compare(states(THERE, unit)))
    assert (
        "web (restart policy always: is started again), job (no restart policy: stays stopped)"
        in found.reason
    )
    # even where live-restore would keep them over a patch release
    kept = running(Container("web", "always"), live_restore=True)
    assert "stops running containers: web" in refusal(packages().compare(states(THERE, kept)))
