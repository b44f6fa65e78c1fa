"""Plans of another version: one stage for all that stops the engine and starts it again, with every consent by name."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from provision.engines import ENGINES, engine
from provision.errors import Refused
from provision.plan import Plan, plan
from provision.preflight import Terms
from provision.resources.base import Change, Refusal
from provision.resources.daemon import Container
from provision.resources.packages import PackagesState
from provision.resources.restart import DEFAULT, Policy, Restart
from tests.unit.core import MIRROR, fresh, steps_for
from tests.unit.model import UNIT, Host

PACKAGES = "packages docker-ce"
CONSENTS = Policy(Restart.ALWAYS, allow_downgrade=True, cross_line=True)
WEB, JOB = Container("web", "unless-stopped"), Container("job")


def running(version: str, *containers: Container, live_restore: bool = False) -> Host:
    """A host that was set up with this version, and these containers on it."""
    asked = steps_for(docker_version=version, registry_mirrors=MIRROR, daemon={"live-restore": live_restore})
    host = Host(fresh(asked))
    assert host.converge(asked).empty
    unit = host.states[UNIT]
    info = replace(unit.info, containers=len(containers), running=len(containers))
    host.states[UNIT] = replace(unit, containers=containers, info=info)
    return host


def planned(host: Host, version: str, policy: Policy = DEFAULT, *only: str, consented: bool = True) -> Plan:
    asked = steps_for(*only, policy=policy, docker_version=version, registry_mirrors=MIRROR)
    terms = Terms(data_changes=frozenset({"downgrade"} if consented else ()))
    return plan(host.facts, asked, only, terms)


def changes(found: Plan) -> list[list[str]]:
    return [[change.resource for change in stage.changes] for stage in found.stages]


def reason(found: Plan, resource: str = PACKAGES) -> str:
    (change,) = (change for change in found.changes if change.resource == resource)
    return change.reason


def refused(found: Plan) -> str:
    with pytest.raises(Refused) as caught:
        found.raise_if_unsafe()
    return str(caught.value)


@pytest.mark.parametrize(("one", "other"), [*permutations(ENGINES, 2)])
def test_any_version_is_reached_from_any_other_and_then_nothing_is_to_do(one: str, other: str) -> None:
    host = running(one)
    asked = steps_for(policy=CONSENTS, docker_version=other, registry_mirrors=MIRROR)
    assert host.converge(asked).empty
    assert host.states[PACKAGES].versions["docker-ce"] == engine(other).package.removeprefix("docker-ce-")
    assert host.states[UNIT].info.server_version == engine(other).daemon_version


def test_what_stops_the_engine_and_what_starts_it_again_is_one_stage() -> None:
    host = running("18.06.3", WEB)
    asked = steps_for(policy=CONSENTS, docker_version="18.09.9", registry_mirrors="https://other.example")
    found = plan(host.facts, asked)
    assert changes(found) == [[], ["record", PACKAGES, "file /etc/docker/daemon.json", UNIT]]
    assert "\nstart_changed_unit docker.service " in found.changes[-1].script
    assert [change.stops_daemon for change in found.changes] == [False, True, False, False]


def test_the_packages_alone_would_leave_it_stopped() -> None:
    found = planned(running("18.06.3"), "18.09.9", CONSENTS, "engine")
    assert refused(found).startswith("stops what the step service starts again: add it to --only")
    assert not planned(running("18.06.3"), "18.09.9", CONSENTS, "engine", "service").refusals


class TestConsent:
    def test_crossing_lists_what_becomes_of_each_container(self) -> None:
        assert refused(planned(running("18.06.3", WEB, JOB), "18.09.9")) == (
            "the upgrade from 18.06.3 to 18.09.9 crosses a release line, over which no container goes on, live-restore "
            "or not: say --cross-line, then they are stopped in order before, and those with a restart policy are "
            "started again (web (restart policy unless-stopped: is started again), job (no restart policy: stays "
            "stopped))"
        )
        found = planned(running("18.06.3", WEB, JOB), "18.09.9", Policy(cross_line=True))
        assert reason(found).startswith(
            "upgrade from 18.06.3 to 18.09.9; stops web (restart policy unless-stopped"
        )
        assert "change_engine always ended " in next(
            c.script for c in found.changes if c.resource == PACKAGES
        )

    def test_an_idle_host_is_asked_for_it_too(self) -> None:
        assert "(none runs now)" in refused(planned(running("18.06.3"), "26.1.4"))

    def test_but_never_is_never(self) -> None:
        policy = Policy(Restart.NEVER, cross_line=True)
        assert refused(planned(running("18.06.3"), "18.09.9", policy)) == (
            "the upgrade from 18.06.3 to 18.09.9 stops docker.service, and --restart never was said: leave it out at a "
            "good time"
        )

    def test_down_is_never_by_chance(self) -> None:
        assert "say --allow-downgrade if that is meant" in refused(planned(running("18.09.9"), "18.09.0"))
        assert not planned(running("18.09.9"), "18.09.0", Policy(allow_downgrade=True)).refusals

    def test_nor_over_data_without_consent_by_name(self) -> None:
        host, policy = running("18.09.9", JOB), Policy(Restart.ALWAYS, allow_downgrade=True)
        said = refused(planned(host, "18.09.0", policy, consented=False))
        assert said.startswith("the downgrade from 18.09.9 to 18.09.0 goes over 1 container")
        assert said.endswith("then say --accept-data-change downgrade")
        assert not planned(host, "18.09.0", policy).refusals
        assert not planned(running("18.09.9"), "18.09.0", policy, consented=False).refusals


class TestContainers:
    def test_within_a_line_live_restore_keeps_them(self) -> None:
        found = planned(running("18.09.0", WEB, live_restore=True), "18.09.9")
        assert reason(found) == "upgrade from 18.09.0 to 18.09.9; live-restore keeps web"
        assert "look_alone" not in found.changes[1].look

    def test_without_it_they_are_a_reason_to_refuse(self) -> None:
        assert refused(planned(running("18.09.0", WEB), "18.09.9")) == (
            "the upgrade from 18.09.0 to 18.09.9 stops running containers: web; stop them first, keep them over it by "
            "--enable-live-restore, or consent by --restart always"
        )

    def test_it_is_set_before_where_that_is_asked_for(self) -> None:
        host = running("18.09.0", WEB)
        found = planned(host, "18.09.9", Policy(enable_live_restore=True))
        assert changes(found)[0] == ["record", UNIT]
        assert found.changes[1].desired == "running with live-restore: true, reload"
        assert reason(found) == "upgrade from 18.09.0 to 18.09.9; live-restore keeps web"
        asked = steps_for(
            policy=Policy(enable_live_restore=True), docker_version="18.09.9", registry_mirrors=MIRROR
        )
        assert host.converge(asked).empty
        assert host.states[UNIT].containers == (WEB,)

    def test_to_another_line_it_is_not_counted_on(self) -> None:
        host = running("18.09.9", WEB, live_restore=True)
        assert refused(planned(host, "26.1.4", Policy(enable_live_restore=True))) == (
            "the upgrade from 18.09.9 to 26.1.4 stops running containers: web; stop them first, or consent by "
            "--restart always"
        )
        assert "; stops web (" in reason(planned(host, "26.1.4", Policy(Restart.ALWAYS)))

    def test_on_a_node_of_a_swarm_neither(self) -> None:
        host = running("18.09.0", WEB)
        unit = host.states[UNIT]
        host.states[UNIT] = replace(unit, info=replace(unit.info, swarm="active"))
        said = refused(planned(host, "18.09.9", Policy(enable_live_restore=True)))
        assert said.endswith("stop them first, or consent by --restart always")

    def test_what_a_cut_change_has_stopped_is_started(self) -> None:
        host = running("18.06.3")
        host.states[UNIT] = replace(host.states[UNIT], owed=("web", "store"))
        found = planned(host, "18.06.3")
        assert reason(found, UNIT) == "a change of version was cut off and left stopped: web, store"
        assert found.changes[-1].script.endswith("\nstart_owed")


def test_a_key_that_the_new_engine_does_not_know_keeps_it_away() -> None:
    host = running("18.06.3")
    asked = steps_for(policy=CONSENTS, docker_version="26.1.4", daemon={"log-level": "info"})
    old = steps_for(docker_version="18.06.3", daemon={"disable-legacy-registry": True})
    assert host.converge(old).empty
    assert "Docker 26.1.4 doesn't know the key 'disable-legacy-registry'" in refused(plan(host.facts, asked))


def test_17_is_led_up() -> None:
    host = running("18.06.3")
    host.states[PACKAGES] = PackagesState({"docker-ce": "17.12.1.ce-1.el7.centos"})
    found = planned(host, "18.06.3")
    assert reason(found) == "upgrade from 17.12.1 to 18.06.3"
    assert not any(isinstance(item.finding, Refusal) for stage in found.stages for item in stage.items)
    assert all(isinstance(change, Change) for change in found.changes)
