"""Room, xfs without d_type, and SELinux' label of a data-root elsewhere."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from provision import bundle, handed, spec
from provision.facts import Facts
from provision.facts.host import DataRoot, Space
from provision.resources.base import Step, Unknown
from provision.resources.images import ImagesState
from provision.steps import steps as assembled
from tests.unit import bundles
from tests.unit.core import MIRROR, fresh
from tests.unit.preflight import Said, holding, new, said, steps, with_docker

LABEL = "system_u:object_r:container_var_lib_t:s0"


# ── room ──


def room(**free: int) -> Said:
    """A new host with so many MB on these file systems."""
    mounts = {"usr": "/usr", "tmp": "/var/tmp"}  # noqa: S108  a path's name
    return new(spaces={mounts[name]: Space("ext4", mb * 1024, mounts[name]) for name, mb in free.items()})


def test_enough_room_is_no_subject() -> None:
    assert room(usr=200, tmp=400).refusals == ()


def test_too_little_to_download_to() -> None:
    (reason,) = room(usr=200, tmp=100).refusals
    assert reason.startswith(
        "too little space on /var/tmp: 100 MB are free, 350 MB for /var/tmp are needed; make room"
    )


def test_too_little_to_unpack_to() -> None:
    (reason,) = room(usr=100, tmp=400).refusals
    assert "too little space on /usr: 100 MB are free, 180 MB for /usr are needed" in reason


def test_what_one_file_system_has_to_hold_adds_up() -> None:
    one = Space("xfs", 400 * 1024, "/")
    (reason,) = new(spaces={"/usr": one, "/var/tmp": one}).refusals  # noqa: S108
    assert reason.startswith(
        "too little space on /: 400 MB are free, 350 MB for /var/tmp and 180 MB for /usr"
    )


@pytest.fixture
def pictured(tmp_path: Path) -> tuple[Step, ...]:
    """The steps for a bundle with images: of 60 MB and of 30 MB once unpacked, the smaller one under two names."""
    images = [
        bundles.image(*each) for each in (("a:1", 1, 60 << 20), ("b:1", 2, 30 << 20), ("b:2", 2, 30 << 20))
    ]
    folder = bundles.make(tmp_path / "bundle", images=images)
    made = bundle.opened(str(folder), "--package-mirror", "18.06.3")
    asked = spec.build(spec.from_flags({"package_mirror": f"bundle:{folder}"}))
    return assembled(asked, dataclasses.replace(handed.defaults(), bundle=made))


@pytest.mark.parametrize(
    ("free", "state", "short"),
    [
        (149, ImagesState({}), "149 MB are free, 150 MB for /var/lib/docker are needed"),
        (149, ImagesState({}, down=True), "149 MB are free, 150 MB for /var/lib/docker are needed"),
        (150, ImagesState({}), ""),
        (89, ImagesState({f"sha256:{'1' * 64}": "", "a:1": ""}), ""),
        (59, ImagesState({f"sha256:{'1' * 64}": "", "a:1": ""}), "60 MB for /var/lib/docker"),
        (0, ImagesState({f"sha256:{digit * 64}": "" for digit in "12"}), ""),
        (0, Unknown("docker hangs"), ""),
    ],
)
def test_images_are_laid_out_once_more_while_docker_takes_them_up(
    pictured: tuple[Step, ...], free: int, state: object, short: str
) -> None:
    read = with_docker(pictured, {})
    read = Facts(read.host, {**read.states, "images": state})
    root = {"/var/lib/docker": Space("xfs", free * 1024, "/var/lib/docker")}
    reasons = [each for each in said(read, pictured, spaces=root).refusals if "too little space" in each]
    assert len(reasons) == bool(short)
    assert all(short in each for each in reasons)


def test_images_need_room_where_they_arrive_too(pictured: tuple[Step, ...]) -> None:
    read = with_docker(pictured, {})
    read = Facts(read.host, {**read.states, "images": ImagesState({})})
    one = Space("xfs", 150 * 1024, "/")
    (reason,) = said(read, pictured, spaces={"/var/lib/docker": one, "/var/tmp": one}).refusals  # noqa: S108
    assert "150 MB are free, 1 MB for /var/tmp and 150 MB for /var/lib/docker are needed" in reason


def test_engines_of_several_packages_need_more() -> None:
    asked = steps(docker_version="26.1.4")
    usr = Space("ext4", 300 * 1024, "/usr")
    assert "450 MB for /usr" in said(fresh(asked), asked, spaces={"/usr": usr}).refusals[0]


def test_a_change_of_version_needs_room_for_the_way_back_too() -> None:
    asked = steps(docker_version="18.06.2")
    read = with_docker(asked, {})
    read.states["packages docker-ce"].versions["docker-ce"] = "18.06.1.ce-3.el7"
    spaces = {"/var/tmp": Space("ext4", 380 * 1024, "/var/tmp")}  # noqa: S108
    assert "400 MB for /var/tmp are needed" in said(read, asked, spaces=spaces).refusals[0]


def test_what_is_installed_needs_no_room() -> None:
    asked = steps()
    full = Space("ext4", 0, "/")
    read = with_docker(asked, {})
    assert said(read, asked, spaces={"/usr": full, "/var/tmp": full}).refusals == ()  # noqa: S108


# ── xfs ──

OLD: dict[str, Any] = {"spaces": {"/var/lib/docker": Space("xfs", 10**8, "/")}, "ftypes": {"/": "0"}}


def test_xfs_without_d_type_is_refused() -> None:
    (reason,) = new(**OLD).refusals
    assert (
        "/var/lib/docker lies on an xfs made without d_type (ftype=0 on /), which overlay2 refuses" in reason
    )
    assert "`mkfs.xfs -n ftype=1`" in reason


@pytest.mark.parametrize("ftype", ["1", ""])
def test_xfs_with_d_type_or_one_that_does_not_say_is_not(ftype: str) -> None:
    assert new(**{**OLD, "ftypes": {"/": ftype}}).refusals == ()


def test_another_data_root_or_driver_is_the_way_around() -> None:
    spaces = {**OLD["spaces"], "/data": Space("ext4", 10**8, "/data")}
    roots = (DataRoot("/data", "/data", label=LABEL),)
    assert new({"data-root": "/data"}, **{**OLD, "spaces": spaces, "roots": roots}).refusals == ()
    assert new({"storage-driver": "devicemapper"}, **OLD).refusals == ()


def test_a_data_root_on_another_xfs_is_looked_at_there() -> None:
    spaces = {"/data": Space("xfs", 10**8, "/data")}
    roots = (DataRoot("/data", "/data", label=LABEL),)
    (reason,) = new({"data-root": "/data"}, spaces=spaces, ftypes={"/data": "0"}, roots=roots).refusals
    assert "/data lies on an xfs" in reason


def test_a_daemon_that_runs_there_already_found_its_way() -> None:
    asked = steps()
    assert said(with_docker(asked, {}, driver="devicemapper"), asked, **OLD).refusals == ()


# ── SELinux ──


@pytest.mark.parametrize(
    "label", ["", "unconfined_u:object_r:default_t:s0", "system_u:object_r:var_lib_t:s0"]
)
def test_a_data_root_without_its_label_is_refused(label: str) -> None:
    (reason,) = new({"data-root": "/data"}, roots=(DataRoot("/data", "/data", label=label),)).refusals
    assert reason.startswith("data-root /data hasn't Docker's SELinux label while SELinux is enforcing")
    assert "`semanage fcontext -a -e /var/lib/docker /data`" in reason
    assert "`restorecon -R /data`" in reason


@pytest.mark.parametrize(
    "label", [LABEL, "system_u:object_r:docker_var_lib_t:s0", "u:object_r:container_var_lib_t"]
)
def test_one_with_its_label_is_not(label: str) -> None:
    assert new({"data-root": "/data"}, roots=(DataRoot("/data", "/data", label=label),)).refusals == ()


@pytest.mark.parametrize("selinux", ["Permissive", "Disabled", "absent"])
def test_without_enforcing_no_label_is_needed(selinux: str) -> None:
    assert new({"data-root": "/data"}, selinux=selinux).refusals == ()


def test_the_policy_sees_to_the_default() -> None:
    assert (
        new(roots=(DataRoot("/var/lib/docker", "/var/lib/docker", label="x:y:var_lib_t:s0"),)).refusals == ()
    )


def test_a_link_to_another_folder_is_that_folder() -> None:
    (reason,) = new(roots=(DataRoot("/var/lib/docker", "/data", label="x:y:default_t:s0"),)).refusals
    assert "-e /var/lib/docker /data" in reason


def test_where_a_daemon_lives_unlabelled_it_is_told() -> None:
    asked = steps({"data-root": "/data"})
    read = with_docker(asked, {"data-root": "/data"}, root_dir="/data")
    found = said(read, asked, roots=(holding("/data", label="x:y:default_t:s0"),))
    assert found.refusals == ()
    assert any("hasn't Docker's SELinux label" in note for note in found.notes)


def test_mirrors_alone_ask_for_no_file_system() -> None:
    """What is there isn't changed by it."""
    asked = steps({"data-root": "/data"}, registry_mirrors=MIRROR)
    read = with_docker(asked, {"data-root": "/data"}, root_dir="/data")
    assert said(read, asked, only=frozenset({"repos"}), selinux="Enforcing").refusals == ()
