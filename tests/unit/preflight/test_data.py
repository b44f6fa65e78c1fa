"""Nothing vanishes: changes that would hide data, and those that what runs doesn't outlive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from provision.facts.host import Daemon, DataRoot
from provision.preflight import Terms
from tests.unit.core import fresh
from tests.unit.preflight import Said, holding, said, steps, with_docker

MOVE = {"data-root": "/data"}
LABEL = "x:y:container_var_lib_t:s0"
DATA = DataRoot("/data", "/data", label=LABEL)


def change(
    settings: Mapping[str, Any],
    present: Mapping[str, Any] | None = None,
    *,
    runs: bool = True,
    allowed: tuple[str, ...] = (),
    roots: tuple[DataRoot, ...] = (holding(), DATA),
    host: Mapping[str, Any] | None = None,
    **info: Any,
) -> Said:
    """What is said when these settings are asked for, where the present ones are in use."""
    asked = steps(settings)
    read = with_docker(asked, present or {}, runs=runs, **info)
    return said(read, asked, terms=Terms(data_changes=frozenset(allowed)), roots=roots, **(host or {}))


# ── data ──


def test_a_data_root_elsewhere_would_hide_what_is_there() -> None:
    (reason,) = change(MOVE, images=3, containers=1, roots=(holding(volumes=2), DATA)).refusals
    assert reason.startswith(
        "data-root changes from /var/lib/docker to /data, and 3 images and 1 container and 2 volumes would no longer "
        "be seen"
    )
    assert reason.endswith("or say --accept-data-change data-root")


@pytest.mark.parametrize("held", [{"images": 1}, {"containers": 1}])
def test_any_of_it_is_enough(held: dict[str, Any]) -> None:
    assert len(change(MOVE, **held).refusals) == 1


def test_volumes_alone_are_enough() -> None:
    assert len(change(MOVE, roots=(holding(volumes=1), DATA)).refusals) == 1


def test_where_nothing_is_nothing_is_hidden() -> None:
    assert change(MOVE).refusals == ()


def test_consent_is_by_name() -> None:
    assert change(MOVE, images=1, allowed=("data-root",)).refusals == ()
    assert change(MOVE, images=1, allowed=("graph",)).refusals == ()  # its other name
    assert len(change(MOVE, images=1, allowed=("storage-driver", "userns-remap")).refusals) == 1


def test_the_old_name_of_data_root() -> None:
    (reason,) = change({"graph": "/data"}, images=1).refusals
    assert "--accept-data-change graph" in reason
    assert (
        change({"graph": None, "data-root": "/data"}, {"graph": "/data"}, root_dir="/data", images=1).refusals
        == ()
    )


def test_taking_data_root_out_leads_back_to_the_default() -> None:
    (reason,) = change({"data-root": None}, MOVE, root_dir="/data", images=1).refusals
    assert "data-root changes from /data to /var/lib/docker" in reason


def test_a_stopped_daemon_is_judged_by_its_folder() -> None:
    full = holding(images=4, containers=2)
    (reason,) = change(MOVE, runs=False, roots=(full, DATA)).refusals
    assert "4 images and 2 containers" in reason
    assert change(MOVE, runs=False).refusals == ()


def test_data_of_an_engine_that_was_taken_away_counts() -> None:
    asked = steps(MOVE)
    (reason,) = said(fresh(asked), asked, roots=(holding(images=1), DATA)).refusals
    assert "1 image would no longer be seen" in reason


def test_a_link_to_where_the_data_is_moves_nothing() -> None:
    linked = (DataRoot("/var/lib/docker", "/data", label=LABEL),)
    assert change({}, root_dir="/data", images=1, roots=linked).refusals == ()
    assert change(MOVE, root_dir="/data", images=1, roots=(*linked, DATA)).refusals == ()


def test_a_root_that_the_units_flags_set_is_not_for_daemon_json_to_change() -> None:
    flags = (Daemon("/usr/bin/dockerd", "docker-ce", frozenset({"graph"})),)
    assert change({}, root_dir="/data", images=1, host={"daemons": flags}).refusals == ()


def test_putting_back_what_runs_is_no_change() -> None:
    """daemon.json lost its data-root while the daemon ran on."""
    assert change(MOVE, {}, root_dir="/data", images=1).refusals == ()


@pytest.mark.parametrize("runs", [True, False])
def test_another_storage_driver(runs: bool) -> None:
    roots = (holding(images=1, drivers=("overlay",)),)
    (reason,) = change(
        {"storage-driver": "overlay2"}, runs=runs, roots=roots, driver="overlay", images=1
    ).refusals
    assert "storage-driver changes from overlay to overlay2" in reason
    assert reason.endswith("--accept-data-change storage-driver")
    same = change({"storage-driver": "overlay"}, runs=runs, roots=roots, driver="overlay", images=1)
    assert same.refusals == ()


def test_a_driver_that_is_taken_out_is_found_again_by_docker() -> None:
    assert (
        change({"storage-driver": None}, {"storage-driver": "overlay"}, driver="overlay", images=1).refusals
        == ()
    )


def test_remapped_users_have_folders_of_their_own() -> None:
    (reason,) = change({"userns-remap": "default"}, images=1).refusals
    assert "userns-remap changes from off to default" in reason
    below = "/var/lib/docker/165536.165536"
    roots = (holding(), holding(below, volumes=1))
    (reason,) = change(
        {"userns-remap": None}, {"userns-remap": "default"}, root_dir=below, roots=roots
    ).refusals
    assert "userns-remap changes from default to off, and 1 volume would no longer be seen" in reason
    kept = change(
        {"userns-remap": "default"}, {"userns-remap": "default"}, root_dir=below, images=1, roots=roots
    )
    assert kept.refusals == ()


def test_every_change_wants_its_own_consent() -> None:
    both = {"data-root": "/data", "userns-remap": "default"}
    assert len(change(both, images=1).refusals) == 2
    assert len(change(both, images=1, allowed=("data-root",)).refusals) == 1
    assert change(both, images=1, allowed=("data-root", "userns-remap")).refusals == ()


def test_a_daemon_json_that_can_not_be_read_is_refused_for_that_alone() -> None:
    asked = steps(MOVE)
    read = with_docker(asked, {}, images=1)
    broken = {**read.states}
    broken["file /etc/docker/daemon.json"] = type(broken["file /etc/docker/daemon.json"])(
        b"{", "644", "root:root", 1
    )
    assert said(type(read)(read.host, broken), asked).refusals == ()


# ── control groups ──

SYSTEMD = {"exec-opts": ["native.cgroupdriver=systemd"]}


@pytest.mark.parametrize(
    ("host", "info", "there"),
    [
        ({"active": frozenset({"kubelet"})}, {}, "a kubelet"),
        ({}, {"containers": 2}, "2 containers"),
        ({"active": frozenset({"kubelet"})}, {"containers": 1}, "a kubelet and 1 container"),
    ],
)
def test_another_cgroup_driver(host: dict[str, Any], info: dict[str, Any], there: str) -> None:
    (reason,) = change(SYSTEMD, host=host, **info).refusals
    assert reason.startswith(f"the cgroup driver changes from cgroupfs to systemd, and there is {there}:")
    assert "keep native.cgroupdriver=cgroupfs" in reason


def test_where_neither_is_it_may_change() -> None:
    assert change(SYSTEMD).refusals == ()


def test_the_same_driver_is_no_change() -> None:
    there = {"active": frozenset({"kubelet"})}
    assert change(SYSTEMD, SYSTEMD, cgroup_driver="systemd", host=there).refusals == ()
    assert change({"exec-opts": None}, {"exec-opts": []}, host=there).refusals == ()


def test_a_stopped_daemons_driver_is_what_its_file_says() -> None:
    (reason,) = change({"exec-opts": None}, SYSTEMD, runs=False, roots=(holding(containers=1),)).refusals
    assert "from systemd to cgroupfs" in reason


def test_a_kubelet_that_waits_for_its_first_engine_is_no_change() -> None:
    asked = steps(SYSTEMD)
    assert said(fresh(asked), asked, active=frozenset({"kubelet"})).refusals == ()


# ── swarm ──

LIVE = {"live-restore": True}


def test_live_restore_on_a_node_of_a_swarm() -> None:
    (reason,) = change(LIVE, swarm="active").refusals
    assert "live-restore is asked for on a node of a swarm" in reason
    assert "`docker swarm leave`" in reason


def test_on_one_that_is_stopped_too() -> None:
    assert len(change(LIVE, runs=False, roots=(holding(swarm=True),)).refusals) == 1


def test_each_without_the_other_is_no_trouble() -> None:
    assert change(LIVE).refusals == ()
    assert change({}, swarm="active").refusals == ()
    assert change({"live-restore": False}, swarm="active").refusals == ()
