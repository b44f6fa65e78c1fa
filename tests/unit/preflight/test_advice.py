"""What works, but should be known: a leaking kernel, logs without end, docker info's warnings."""

from __future__ import annotations

from typing import Any

import pytest

from provision.words import docker
from provision.words.docker_warnings import warnings
from tests.unit.core import fresh, steps_for
from tests.unit.preflight import new, said, steps, with_docker


@pytest.mark.parametrize(
    "kernel", ["3.10.0-123.el7.x86_64", "3.10.0-957.27.2.el7.x86_64", "3.10.0-1062.1.2.el7.x86_64"]
)
def test_a_kernel_that_leaks(kernel: str) -> None:
    (note,) = new(kernel=kernel).notes
    assert note.startswith(f"kernel {kernel} leaks memory")
    assert "3.10.0-1062.4.1" in note
    assert "cgroup.memory=nokmem" in note
    assert new(kernel=kernel, nokmem=True).notes == ()


@pytest.mark.parametrize(
    "kernel",
    [
        "3.10.0-1062.4.1.el7.x86_64",
        "3.10.0-1160.119.1.el7.x86_64",
        "4.4.247-1.el7.elrepo.x86_64",
        "5.4.1",
        "3.10.0",
    ],
)
def test_a_kernel_that_does_not(kernel: str) -> None:
    assert new(kernel=kernel).notes == ()


@pytest.mark.parametrize(
    "settings",
    [
        None,
        {"log-driver": "json-file"},
        {"log-opts": {"max-file": "3"}},
        {"log-opts": {"max-size": "-1"}},
    ],
)
def test_logs_without_end(settings: dict[str, Any] | None) -> None:
    asked = steps_for(daemon=settings)
    (note,) = said(fresh(asked), asked).notes
    assert "aren't rotated" in note
    assert "--log-max-size and --log-max-file" in note


@pytest.mark.parametrize("settings", [{"log-opts": {"max-size": "10m"}}, {"log-driver": "journald"}])
def test_logs_with_an_end(settings: dict[str, Any]) -> None:
    asked = steps_for(daemon=settings)
    assert said(fresh(asked), asked).notes == ()


# ── docker info ──


def test_warnings_of_the_daemon_are_explained_in_the_plan() -> None:
    asked = steps()
    (note,) = said(with_docker(asked, {}, warnings=("IPv4 forwarding is disabled",)), asked).notes
    assert note.startswith("docker info warns: IPv4 forwarding is disabled (containers reach nothing outside")
    assert "`sysctl -w net.ipv4.ip_forward=1`" in note


KNOWN = [
    *(
        f"No {what} support"
        for what in (
            *(
                "memory limit",
                "swap limit",
                "kernel memory limit",
                "kernel memory TCP limit",
                "oom kill disable",
            ),
            *("cpu cfs quota", "cpu cfs period", "cpu shares", "cpuset", "blkio weight", "pids limit"),
        )
    ),
    "IPv4 forwarding is disabled",
    "bridge-nf-call-iptables is disabled",
    "bridge-nf-call-ip6tables is disabled",
    "devicemapper: usage of loopback devices is strongly discouraged for production use.",
    "overlay: the backing xfs filesystem is formatted without d_type support, which leads to incorrect behavior.",
    "API is accessible on http://0.0.0.0:2375 without encryption.\n         Access to the remote API is equivalent",
    "the devicemapper storage-driver is deprecated, and will be removed in a future release.",
]


@pytest.mark.parametrize("warning", KNOWN)
def test_each_known_warning_has_its_meaning_and_remedy(warning: str) -> None:
    text = docker.explained(warning)
    assert "\n" not in text
    assert " ".join(warning.split()) in text
    assert "; " in text.partition("(")[2]
    assert "{" not in text


def test_an_unknown_one_is_passed_on() -> None:
    assert docker.explained("something new") == "docker info warns: something new"


def test_18_06_leaves_it_to_its_client_to_warn() -> None:
    """The fields of docker info in its JSON; no key Warnings there."""
    found = {
        "Driver": "devicemapper",
        "DriverStatus": [["Data loop file", "/var/lib/docker/devicemapper/devicemapper/data"]],
        "MemoryLimit": True,
        "SwapLimit": False,
        "IPv4Forwarding": False,
        "BridgeNfIptables": True,
    }
    assert list(warnings(found)) == [
        "No swap limit support",
        "IPv4 forwarding is disabled",
        "devicemapper: usage of loopback devices is strongly discouraged for production use.",
    ]
    old = {"Driver": "overlay", "DriverStatus": [["Backing Filesystem", "xfs"], ["Supports d_type", "false"]]}
    assert list(warnings(old)) == ["overlay: the backing filesystem is formatted without d_type support"]


def test_later_versions_warn_themselves() -> None:
    assert list(warnings({"Warnings": ["WARNING: No swap limit support"], "SwapLimit": True})) == [
        "No swap limit support"
    ]
    assert list(warnings({"Warnings": None, "SwapLimit": False})) == []
