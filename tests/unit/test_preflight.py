"""Hosts that can't be served: each reason with its remedy, in one line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision import preflight
from provision.facts import HostFacts
from tests.unit.core import HOST


def reasons(**differing: str | bool) -> list[str]:
    return list(preflight.refusals(replace(HOST, **differing)))  # type: ignore[arg-type] # the fields are its own


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
            "this is Red Hat 7.9, not CentOS 7: use its own packages",
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
def test_others_are_refused_with_a_remedy(differing: dict[str, str | bool], reason: str) -> None:
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
    found = list(preflight.refusals(host))
    assert found or (host.os_id, host.machine) == ("centos", "x86_64")
