"""Hosts that can't be served: each reason with its remedy, in one line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision import preflight
from provision.facts import HostFacts
from provision.facts.host import Daemon
from provision.preflight import Terms
from provision.resources.packages import PackagesState
from tests.unit.core import HOST, fresh
from tests.unit.preflight import new, said, steps


def reasons(*, any_el7: bool = False, **differing: Any) -> list[str]:
    return list(preflight.unfit(replace(HOST, **differing), Terms(any_el7=any_el7)))


@pytest.mark.parametrize("version", ["7", "7.9"])
@pytest.mark.parametrize(
    "kernel", ["3.10.0-123.el7.x86_64", "3.10", "4.4.247-1.el7.elrepo.x86_64", "5.10.0", "10.0"]
)
@pytest.mark.parametrize("selinux", ["Enforcing", "Permissive", "Disabled", "absent"])
def test_centos_7_is_served(version: str, kernel: str, selinux: str) -> None:
    assert reasons(os_version=version, kernel=kernel, selinux=selinux) == []


@pytest.mark.parametrize(
    ("differing", "reason"),
    [
        (
            {"os_version": "8", "os_name": "CentOS Linux 8"},
            "this is CentOS Linux 8, not CentOS 7: use its own packages",
        ),
        ({"os_version": "79"}, "this is CentOS Linux 7 (Core), not CentOS 7: use its own packages"),
        (
            {"os_id": "rhel", "os_name": "Red Hat 7.9"},
            "this is Red Hat 7.9, not CentOS 7 but a relative of it: if it is to be served as one, say --any-el7",
        ),
        ({"os_id": "alpine", "os_name": ""}, "this is alpine, not CentOS 7: use its own packages"),
        ({"os_id": "", "os_name": ""}, "this is an unknown system, not CentOS 7: use its own packages"),
        (
            {"machine": "aarch64"},
            "this is aarch64, not x86_64: Docker built no packages for it on CentOS 7",
        ),
        (
            {"machine": ""},
            "this is an unknown machine, not x86_64: Docker built no packages for it on CentOS 7",
        ),
        (
            {"systemd": False},
            "systemd doesn't run here (a container?): Docker's unit needs it, use a real or virtual machine",
        ),
    ],
)
def test_others_are_refused_with_a_remedy(differing: dict[str, Any], reason: str) -> None:
    assert reasons(**differing) == [reason]


@pytest.mark.parametrize("kernel", ["2.6.32-754.el6.x86_64", "3.9.11", "3.2", "0.1", "", "unknown"])
def test_an_old_kernel_is_refused(kernel: str) -> None:
    (reason,) = reasons(kernel=kernel)
    assert reason.startswith(f"kernel {kernel or 'unknown'} is older than 3.10")
    assert "`yum install kernel`, then reboot" in reason


def test_all_reasons_are_told_at_once() -> None:
    assert len(reasons(os_id="debian", machine="i686", kernel="2.6.32", systemd=False)) == 4


WORDS = st.text(st.characters(exclude_characters="\n"))


@given(st.builds(HostFacts, *[WORDS] * 6, st.booleans(), WORDS))
def test_whatever_a_host_says_of_itself_it_is_judged(host: HostFacts) -> None:
    found = list(preflight.unfit(host, Terms()))
    assert found or (host.os_id, host.machine) == ("centos", "x86_64")


RELATIVES = {
    # ID, ID_LIKE, VERSION_ID and PRETTY_NAME of os-release, as these systems have them
    "rhel": ("rhel", ("fedora",), "7.9", "Red Hat Enterprise Linux Server 7.9 (Maipo)"),
    "oracle": ("ol", ("fedora",), "7.9", "Oracle Linux Server 7.9"),
    "scientific": ("scientific", ("rhel", "centos", "fedora"), "7.9", "Scientific Linux 7.9 (Nitrogen)"),
}


@pytest.mark.parametrize("name", RELATIVES)
def test_relatives_are_served_if_that_is_meant(name: str) -> None:
    os_id, os_like, os_version, os_name = RELATIVES[name]
    differing: dict[str, Any] = {
        "os_id": os_id,
        "os_like": os_like,
        "os_version": os_version,
        "os_name": os_name,
    }
    (reason,) = reasons(**differing)
    assert (
        reason
        == f"this is {os_name}, not CentOS 7 but a relative of it: if it is to be served as one, say --any-el7"
    )
    assert reasons(**differing, any_el7=True) == []


@pytest.mark.parametrize(
    ("os_id", "os_like", "os_version"),
    [
        ("rhel", ("fedora",), "8.10"),
        ("amzn", ("centos", "rhel", "fedora"), "2"),
        ("fedora", (), "7"),
        ("debian", (), "7"),
        ("centos", ("rhel", "fedora"), "6"),
    ],
)
def test_any_el7_is_no_word_for_anything(os_id: str, os_like: tuple[str, ...], os_version: str) -> None:
    (reason,) = reasons(os_id=os_id, os_like=os_like, os_version=os_version, any_el7=True)
    assert reason.endswith("not CentOS 7: use its own packages")


# ── engines of other makers ──


def test_a_docker_of_snap_is_refused() -> None:
    (reason,) = new(daemons=(Daemon("/snap/docker/2915/bin/dockerd", ""),)).refusals
    assert "/snap/docker/2915/bin/dockerd" in reason
    assert "`snap remove docker`" in reason


@pytest.mark.parametrize("program", ["/usr/local/bin/dockerd", "/usr/bin/dockerd"])
def test_a_dockerd_out_of_an_archive_is_refused(program: str) -> None:
    package = "docker-ce" if program == "/usr/bin/dockerd" else ""
    (reason,) = new(daemons=(Daemon(program, package),)).refusals
    assert f"of no rpm package ({program})" in reason
    assert "move its programs away" in reason


def test_where_no_engine_is_installed_such_a_dockerd_is_served() -> None:
    asked = steps()
    daemons = (Daemon("/usr/local/bin/dockerd", ""),)
    assert said(fresh(asked), asked, only=frozenset({"daemon"}), daemons=daemons).refusals == ()


def test_a_dockerd_of_a_package_is_none_of_these() -> None:
    asked = steps()
    read = fresh(asked)
    states = {**read.states, "packages docker-ce": PackagesState({"docker-ce": "18.06.3.ce-3.el7"})}
    ours = (Daemon("/usr/bin/dockerd", "docker-ce"),)
    assert said(replace(read, states=states), asked, daemons=ours).refusals == ()
    # the distribution's is told by its package's name, see Packages
    theirs = (Daemon("/usr/bin/dockerd-current", "docker-common"),)
    assert new(daemons=theirs).refusals == ()
