"""Options for single settings: they join what stands under `daemon`, and never quietly contradict it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from provision.errors import OperatorError
from provision.shorthands import SHORTHANDS
from provision.spec import Spec, build, from_flags, parse


def asked(daemon: Mapping[str, Any] | None = None, text: str = "", /, **flags: str) -> Spec:
    given = f"{text}\ndaemon: {json.dumps(daemon)}\n" if daemon is not None else text
    return build(parse(given, "site.yml"), from_flags(flags))


def refused(daemon: Mapping[str, Any] | None = None, text: str = "", /, **flags: str) -> str:
    with pytest.raises(OperatorError) as caught:
        asked(daemon, text, **flags)
    assert "\n" not in str(caught.value)
    return str(caught.value)


EACH: dict[str, tuple[str, dict[str, Any]]] = {
    "registry_mirrors": ("https://a", {"registry-mirrors": ["https://a"]}),
    "log_max_size": ("50m", {"log-opts": {"max-size": "50m"}}),
    "log_max_file": ("3", {"log-opts": {"max-file": "3"}}),
    "data_root": ("/data/docker", {"data-root": "/data/docker"}),
    "cgroup_driver": ("systemd", {"exec-opts": ["native.cgroupdriver=systemd"]}),
    "live_restore": ("yes", {"live-restore": True}),
}


def test_each_has_its_case() -> None:
    assert EACH.keys() == {each.option for each in SHORTHANDS}


@pytest.mark.parametrize("option", EACH)
def test_each_is_a_setting(option: str) -> None:
    value, settings = EACH[option]
    assert asked(**{option: value}).settings() == settings
    # said twice alike is no mistake
    assert asked(settings, **{option: value}).settings() == settings
    assert asked({"mtu": 1400}, **{option: value}).settings() == {"mtu": 1400, **settings}


def test_a_file_says_it_in_its_own_way() -> None:
    spec = asked(None, "live_restore: false\nlog_max_file: 3\nlog_max_size: 10m\nbridge_nf: true")
    assert spec.settings() == {"live-restore": False, "log-opts": {"max-size": "10m", "max-file": "3"}}
    assert spec.bridge_nf is True
    assert build(from_flags({"bridge_nf": "no"})).bridge_nf is False
    assert asked().bridge_nf is None


def test_they_join_what_stands_beside_them() -> None:
    spec = asked({"log-opts": {"labels": "a"}}, log_max_size="50m")
    assert spec.settings() == {"log-opts": {"labels": "a", "max-size": "50m"}}
    # what the file names whole is whole on the host too; what only the option names isn't
    assert "log-opts" not in spec.widened
    assert "log-opts" in asked(log_max_size="50m").widened


@pytest.mark.parametrize(
    ("daemon", "flags", "says"),
    [
        (
            {"log-opts": {"max-size": "10m"}},
            {"log_max_size": "50m"},
            'log-opts.max-size is "10m" here, and "50m" by log_max_size (--log-max-size): keep one of the two',
        ),
        ({"log-opts": None}, {"log_max_size": "50m"}, "log-opts is null here, and "),
        (
            {"data-root": "/a"},
            {"data_root": "/b"},
            'data-root is "/a" here, and "/b" by data_root (--data-root)',
        ),
        ({"data-root": None}, {"data_root": "/b"}, "data-root is null here"),
        (
            {"live-restore": True},
            {"live_restore": "no"},
            "live-restore is true here, and false by live_restore",
        ),
        (
            {"exec-opts": ["native.cgroupdriver=cgroupfs"]},
            {"cgroup_driver": "systemd"},
            'exec-opts is "native.cgroupdriver=cgroupfs" here, and "systemd" by cgroup_driver (--cgroup-driver)',
        ),
        (
            {"registry-mirrors": ["https://a"]},
            {"registry_mirrors": "https://b"},
            'registry-mirrors is ["https://a"] here, and ["https://b"] by registry_mirrors',
        ),
    ],
)
def test_what_is_said_twice_differently_names_both_places(
    daemon: dict[str, Any], flags: dict[str, str], says: str
) -> None:
    message = refused(daemon, "users: [a]", **flags)
    assert message.startswith(f"site.yml:2: {says}")


def test_both_places_may_be_in_the_file() -> None:
    text = "live_restore: false\ndaemon:\n  live-restore: true\n"
    with pytest.raises(OperatorError, match=r"^site.yml:3: .* by live_restore \(site.yml:1\): keep one"):
        build(parse(text, "site.yml"))


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"log_max_size": "10x"}, "--log-max-size: log-opts: max-size '10x' must be a number with k, m or g"),
        ({"log_max_file": "0"}, "--log-max-file: log-opts: max-file '0' must be a number from 1 up"),
        ({"data_root": "data"}, "--data-root: data-root: 'data' must be an absolute path"),
        (
            {"cgroup_driver": "system"},
            "--cgroup-driver: exec-opts: 'native.cgroupdriver=system' must be one of",
        ),
        ({"live_restore": "true"}, "--live-restore: 'true' is neither yes nor no: say one of the two"),
        ({"bridge_nf": ""}, "--bridge-nf: '' is neither yes nor no"),
    ],
)
def test_wrong_values_name_the_option(flags: dict[str, str], says: str) -> None:
    assert refused(**flags).startswith(says)


def test_settings_that_do_not_go_together() -> None:
    assert refused({"log-driver": "journald"}, log_max_size="10m") == (
        "--log-max-size: log-opts: journald has no max-size, and dockerd doesn't start with it: "
        "leave it out, or the driver"
    )
    assert refused({"graph": "/a"}, data_root="/a").endswith(
        "graph and data-root can't both be set: leave one out"
    )
