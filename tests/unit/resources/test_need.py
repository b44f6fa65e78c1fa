"""What a daemon needs to run with what is asked for: observed, never remembered, and the mildest that does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.engines import engine
from provision.resources.daemon import Container, UnitState
from provision.resources.need import Act, Need, need, shown_mirrors, why_first
from provision.resources.restart import unprotected
from tests.unit.core import no_unit
from tests.unit.model import INFO

ENGINE = engine("18.06.3")
NOW = 1_000_000
RUNNING = replace(
    no_unit(), load="loaded", active="active", enabled="enabled", now=NOW, elapsed=1000, started={}, info=INFO
)


def needed(
    wanted: Mapping[str, Any], present: tuple[Mapping[str, Any], int] | None = None, **state: Any
) -> Need:
    return need(replace(RUNNING, **state), wanted, present, ENGINE)


@pytest.mark.parametrize("active", ["inactive", "failed", "activating", "deactivating"])
def test_what_does_not_run_is_started(active: str) -> None:
    assert needed({"mtu": 1400}, active=active, info=None, started=None) == Need(
        Act.START, (f"it is {active}",)
    )


def test_another_version_runs_than_is_installed() -> None:
    found = needed({}, info=replace(INFO, server_version="18.06.2-ce"))
    assert found == Need(Act.RESTART, ("version 18.06.2-ce runs, 18.06.3-ce is installed",))


def test_a_label_behind_the_version_is_no_other_version() -> None:
    assert needed({}, info=replace(INFO, server_version="18.06.3-ce+lab")).act is Act.NOTHING


@pytest.mark.parametrize(
    ("started", "wanted", "act", "reasons"),
    [
        ({}, {}, Act.NOTHING, ()),
        ({"mtu": 1400, "debug": True}, {"debug": True, "mtu": 1400}, Act.NOTHING, ()),
        ({}, {"debug": True}, Act.RELOAD, ("debug differs from what it took up",)),
        ({"debug": True}, {"debug": False}, Act.RELOAD, ("debug differs from what it took up",)),
        ({"debug": False}, {}, Act.NOTHING, ()),
        (
            {"default-ipc-mode": "private"},
            {},
            Act.RESTART,
            ("default-ipc-mode is taken out, and a reload leaves it as it was",),
        ),
        (
            {"max-concurrent-downloads": 5},
            {},
            Act.RELOAD,
            ("max-concurrent-downloads differs from what it took up",),
        ),
        ({}, {"mtu": 1400}, Act.RESTART, ("mtu takes effect only at a start",)),
        ({"mtu": 1400}, {}, Act.RESTART, ("mtu takes effect only at a start",)),
        ({"mtu": 1}, {"mtu": True}, Act.RESTART, ("mtu takes effect only at a start",)),
        ({}, {"debug": True, "mtu": 1400}, Act.RESTART, ("mtu takes effect only at a start",)),
        (
            {"icc": False},
            {"mtu": 1400},
            Act.RESTART,
            ("mtu takes effect only at a start", "icc takes effect only at a start"),
        ),
    ],
)
def test_reload_where_a_reload_does_it(
    started: dict[str, Any], wanted: dict[str, Any], act: Act, reasons: tuple[str, ...]
) -> None:
    info = replace(INFO, debug=started.get("debug", False))
    assert needed(wanted, started=started, info=info) == Need(act, reasons)


def test_a_confirmed_reload_counts_for_what_a_reload_takes_up() -> None:
    """What our reload wrote down is in effect, but for keys that only a start takes up."""
    reloaded = {"debug": True, "mtu": 1400}
    info = replace(INFO, debug=True)
    assert needed({"debug": True}, reloaded=reloaded, info=info).act is Act.NOTHING
    assert needed({"debug": True, "mtu": 1400}, reloaded=reloaded, info=info).act is Act.RESTART


def test_what_a_reload_took_out_stays_out() -> None:
    assert needed({"debug": True}, started={"debug": True}, reloaded={}).act is Act.RELOAD


class TestFirst:
    """What a reload has to take up before daemon.json is written as it is asked for."""

    WEB = (Container("web"),)
    LIVE = replace(INFO, live_restore=True)

    def test_what_is_taken_out_is_set_back(self) -> None:
        found = needed({}, started={"debug": True, "labels": ["a=b"]}, info=replace(INFO, debug=True))
        assert found == Need(Act.NOTHING, (), first={"debug": False, "labels": []})

    def test_beside_it_the_rest_is_reloaded(self) -> None:
        found = needed({"labels": ["a=c"]}, started={"debug": True, "labels": ["a=b"]})
        assert found == Need(Act.RELOAD, ("labels differs from what it took up",), first={"debug": False})

    def test_what_was_set_back_needs_nothing_more(self) -> None:
        reloaded = {"debug": False, "labels": []}
        assert needed({}, started={"debug": True, "labels": ["a=b"]}, reloaded=reloaded) == Need(Act.NOTHING)

    def test_a_restart_sets_it_back_itself(self) -> None:
        found = needed({"mtu": 1400}, started={"debug": True})
        assert found == Need(Act.RESTART, ("mtu takes effect only at a start",))

    def test_live_restore_never_leaves_the_file_before_the_daemon(self) -> None:
        started = {"live-restore": True}
        found = needed({}, started=started, info=self.LIVE, containers=self.WEB)
        assert found == Need(Act.NOTHING, (), first={"live-restore": False})
        found = needed({"mtu": 1400}, started=started, info=self.LIVE, containers=self.WEB)
        assert (found.act, found.first) == (Act.RESTART, {"live-restore": False})

    @pytest.mark.parametrize(
        ("swarm", "containers", "first"),
        [("inactive", WEB, {"live-restore": True}), ("inactive", (), {}), ("active", WEB, {})],
    )
    def test_live_restore_is_on_before_a_restart_that_needs_it(
        self, swarm: str, containers: tuple[Container, ...], first: dict[str, bool]
    ) -> None:
        info = replace(INFO, swarm=swarm)
        found = needed({"mtu": 1400, "live-restore": True}, info=info, containers=containers)
        assert (found.act, found.first) == (Act.RESTART, first)

    @pytest.mark.parametrize(
        ("settings", "why"),
        [
            ({"live-restore": True}, "without it the restart would stop containers"),
            ({"labels": []}, "a reload leaves what is only taken out as it was: labels"),
            (
                {"labels": [], "live-restore": False},
                (
                    "a reload leaves what is only taken out as it was: labels; "
                    "live-restore is still on, and the next start without it would end the containers"
                ),
            ),
        ],
    )
    def test_each_says_why(self, settings: dict[str, Any], why: str) -> None:
        assert why_first(settings) == why


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"debug": True}, "debug is false in the daemon"),
        ({"labels": ["a=b"]}, "labels is [] in the daemon"),
        ({"live-restore": True}, "live-restore is false in the daemon"),
        ({"default-runtime": "other"}, 'default-runtime is "runc" in the daemon'),
        ({"max-concurrent-downloads": 7}, "max-concurrent-downloads is 3 in the daemon"),
        ({"insecure-registries": ["a:5000"]}, "insecure-registries is [] in the daemon"),
    ],
)
def test_the_daemons_own_word_counts_more_than_a_record(wanted: dict[str, Any], reason: str) -> None:
    event = {"max-concurrent-downloads": 3, "insecure-registries": [], "name": "host1"}
    assert needed(wanted, started=wanted, event=event) == Need(Act.RELOAD, (reason,))


class TestAdopted:
    """A daemon that started before our drop-in was there."""

    def test_an_older_file_is_taken_as_loaded(self) -> None:
        older = NOW - RUNNING.elapsed - 1
        assert needed({"mtu": 1400}, ({"mtu": 1400}, older), started=None).act is Act.NOTHING
        assert needed({"mtu": 1400}, ({}, older), started=None).act is Act.RESTART

    def test_no_file_is_no_settings(self) -> None:
        assert needed({}, None, started=None).act is Act.NOTHING
        assert needed({"mtu": 1400}, None, started=None).act is Act.RESTART

    @pytest.mark.parametrize("age", [0, 1])
    def test_a_younger_file_is_doubt_and_never_a_restart(self, age: int) -> None:
        found = needed({"mtu": 1400}, ({"mtu": 1}, NOW - RUNNING.elapsed + age), started=None)
        assert found.act is Act.NOTHING
        assert "it can't be told whether all of it is in effect" in found.doubt

    def test_what_docker_info_shows_settles_it_for_mirrors(self) -> None:
        found = needed({"registry-mirrors": ["https://a"]}, ({}, NOW), started=None)
        assert found.act is Act.RELOAD
        assert found.doubt


class TestEffective:
    """What docker info shows must be what is asked for, whatever the records say."""

    def mirrors(self, asked: Any, *shown: str) -> Need:
        wanted = {"registry-mirrors": asked}
        return needed(wanted, started=wanted, info=replace(INFO, mirrors=shown))

    @pytest.mark.parametrize(
        ("asked", "shown"),
        [
            ([], ()),
            (None, ()),
            (["https://a"], ("https://a/",)),
            (["https://a/", "https://b", "https://a"], ("https://a/", "https://b/")),
        ],
    )
    def test_as_it_shows_them(self, asked: Any, shown: tuple[str, ...]) -> None:
        assert self.mirrors(asked, *shown).act is Act.NOTHING

    @pytest.mark.parametrize(
        ("asked", "shown", "reason"),
        [
            (["https://a"], (), "its mirrors are none"),
            ([], ("https://a/",), "its mirrors are https://a/"),
            (
                ["https://b", "https://a"],
                ("https://a/", "https://b/"),
                "its mirrors are https://a/, https://b/",
            ),
        ],
    )
    def test_a_reload_by_hand_with_others_is_seen(
        self, asked: Any, shown: tuple[str, ...], reason: str
    ) -> None:
        assert self.mirrors(asked, *shown) == Need(Act.RELOAD, (reason,))

    @pytest.mark.parametrize("asked", ["https://a", [1], {}])
    def test_what_dockerd_refuses_is_left_to_it(self, asked: Any) -> None:
        assert self.mirrors(asked, "https://b/").act in (Act.NOTHING, Act.RELOAD)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [([], []), (["https://a", "https://a/", "http://b:5000"], ["https://a/", "http://b:5000/"])],
)
def test_mirrors_as_docker_info_shows_them(asked: list[str], shown: list[str]) -> None:
    assert shown_mirrors(asked) == shown


@pytest.mark.parametrize(
    ("now", "wanted", "stopped"),
    [
        (False, {}, ["web"]),
        (False, {"live-restore": True}, []),
        (True, {"live-restore": True}, []),
        (True, {"live-restore": False}, ["web"]),
        (True, {}, ["web"]),
    ],
)
def test_containers_outlive_a_restart_into_live_restore(
    now: bool, wanted: dict[str, Any], stopped: list[str]
) -> None:
    state = replace(RUNNING, info=replace(INFO, live_restore=now), containers=(Container("web"),))
    assert [each.name for each in unprotected(state, wanted)] == stopped


SETTINGS = st.dictionaries(
    st.sampled_from(sorted(ENGINE.keys)),
    st.none()
    | st.booleans()
    | st.integers(0, 9)
    | st.text(max_size=3)
    | st.lists(st.text(max_size=3), max_size=2),
    max_size=5,
)
STATES = st.builds(
    replace,
    st.just(RUNNING),
    started=st.none() | SETTINGS,
    reloaded=st.none() | SETTINGS,
    active=st.sampled_from(["active", "inactive"]),
)


@given(STATES, SETTINGS, st.none() | st.tuples(SETTINGS, st.integers(NOW - 2000, NOW)))
def test_a_daemon_that_started_with_what_is_asked_for_needs_no_start(
    state: UnitState, wanted: dict[str, Any], present: tuple[dict[str, Any], int] | None
) -> None:
    """Whatever came before, and whatever the values are: what a start takes up is then in effect."""
    assert need(state, wanted, present, ENGINE).act in Act
    started = replace(state, active="active", started=wanted, reloaded=None)
    assert need(started, wanted, present, ENGINE).act in (Act.NOTHING, Act.RELOAD)


def test_labels_are_shown_in_any_order() -> None:
    wanted = {"labels": ["b=1", "a=2", "b=1"]}
    for shown in (("a=2", "b=1"), ("b=1", "a=2")):
        assert needed(wanted, started=wanted, info=replace(INFO, labels=shown)).act is Act.NOTHING
    assert needed(wanted, started=wanted, info=replace(INFO, labels=("a=2",))).act is Act.RELOAD
