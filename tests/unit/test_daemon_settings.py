"""daemon.json's settings: what dockerd would refuse or pass over, said before."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from provision.daemon_settings import problems
from provision.engine_keys import KEYS, Kind
from provision.engines import engine
from tests.unit.words import recorded

OLD = engine("18.06.3")
NEW = engine("26.1.4")


def said(settings: dict[str, Any], version: str = "18.06.3") -> list[str]:
    found = [problem.text for problem in problems(settings, engine(version))]
    assert all("\n" not in text for text in found)
    return found


# ── against the recordings of the true 18.06.3 ──

FILES = re.findall(
    r"^\$ cat /etc/docker/daemon\.json\n(\{.*\})\n\$ dockerd *\n((?:.*\n)*?)\[(1|it started)",
    recorded.text("dockerd/03") + recorded.text("dockerd/04") + recorded.text("dockerd/05"),
    re.MULTILINE,
)


def parsed(end: str) -> list[dict[str, Any]]:
    found = []
    for file, _, how in FILES:
        try:
            settings = json.loads(file)
        except ValueError:
            continue
        if how == end:
            found.append(settings)
    return found


NOT_TO_BE_SEEN = (
    {"bridge": "br-nosuch"},  # exists on the host or not
    {"group": "nosuch"},
    {"userns-remap": "nosuch"},
    {"seccomp-profile": "/nosuch.json"},
    {"default-runtime": "nosuch"},  # may stand in the file already
    {"log-driver": "json-file", "log-opts": {"nosuch": "1"}},  # the options belong to the driver
    {"storage-driver": "btrfs"},  # the host's file system decides
    {"storage-driver": "overlay2", "storage-opts": ["overlay2.nosuch=1"]},
    {"storage-driver": "overlay2", "storage-opts": ["dm.fs=xfs"]},
    {"metrics-addr": "127.0.0.1:9323"},  # experimental may stand in the file already
    {"default-address-pools": [{"base": "10.10.0.0/16", "size": 8}]},
    {"tlsverify": True, "hosts": ["tcp://127.0.0.1:2376"]},
)
"""What kept 18.06.3 from starting, and can't be told from the settings alone."""


def test_the_recordings_hold_what_they_should() -> None:
    assert len(parsed("1")) > 60


@pytest.mark.parametrize(
    "settings", [each for each in parsed("1") if each not in NOT_TO_BE_SEEN], ids=json.dumps
)
def test_what_18_06_does_not_start_with_is_refused(settings: dict[str, Any]) -> None:
    assert said(settings)


TAKEN_BUT_WRONG = (
    {"log-driver": "json-file", "log-opts": {"max-size": "10x"}},  # fatal at docker run
    {"exec-opts": ["nosuch=1"]},  # passed over
    {"hosts": ["tcp://0.0.0.0:2375"]},  # root for everybody
    {"hosts": ["127.0.0.1"]},
    {"insecure-registries": ["http://10.0.0.5:5000"]},  # the scheme is thrown away
    {"labels": ["a=b", "a=b"]},
)


@pytest.mark.parametrize("settings", parsed("it started"), ids=json.dumps)
def test_what_18_06_starts_with_is_taken_unless_it_is_a_trap(settings: dict[str, Any]) -> None:
    if settings in TAKEN_BUT_WRONG[:5]:
        assert said(settings)
    else:
        assert said(settings) == []


def test_a_file_with_much_in_it_is_taken() -> None:
    text = recorded.text("dockerd/02").split("daemon.json\n")[1].split("\n\n")[0]
    assert said(json.loads(text)) == []


# ── keys ──


@pytest.mark.parametrize(
    ("settings", "version", "text"),
    [
        (
            {"registry-mirorrs": []},
            "18.06.3",
            "no setting 'registry-mirorrs': did you mean registry-mirrors?",
        ),
        ({"zzz": 1}, "18.06.3", "no setting 'zzz': leave it out"),
        ({"registry-mirror": []}, "18.06.3", "write registry-mirrors"),
        ({"label": []}, "26.1.4", "write labels"),
        ({"features": {"buildkit": True}}, "18.06.3", "only other versions have it"),
        ({"graph": "/a"}, "26.1.4", "only other versions have it"),
        ({"x": {"debug": True}}, "18.06.3", "no setting 'x'"),
        ({"http-proxy": "http://p"}, "26.1.4", "no setting 'http-proxy'"),
    ],
)
def test_keys_that_cannot_be_set(settings: dict[str, Any], version: str, text: str) -> None:
    (found,) = said(settings, version)
    assert text in found


def test_any_key_can_be_taken_out() -> None:
    assert said({"zzz": None, "registry-mirror": None, "debug": None}) == []


# ── kinds ──

RIGHT: dict[Kind, Any] = {
    Kind.BOOL: True,
    Kind.INT: 3,
    Kind.STRING: "x",
    Kind.STRINGS: ["x"],
    Kind.STRING_MAP: {"x": "y"},
    Kind.BOOL_MAP: {"x": False},
    Kind.NESTED_MAP: {"x": {"y": "z"}},
    Kind.OBJECTS: [{}],
    Kind.OBJECT_MAP: {"x": {}},
    Kind.OBJECT: {},
}
WRONG: dict[Kind, list[Any]] = {
    Kind.BOOL: [1, "true", [], {}],
    Kind.INT: [True, "3", 1.5, [], {}],
    Kind.STRING: [3, True, ["x"], {}],
    Kind.STRINGS: ["x", [1], {}, {"x": "y"}],
    Kind.STRING_MAP: ["x=y", ["x=y"], {"x": 1}],
    Kind.BOOL_MAP: [True, ["x"], {"x": "true"}],
    Kind.NESTED_MAP: [["x"], {"x": "y"}, {"x": {"y": 1}}],
    Kind.OBJECTS: [{}, ["x"]],
    Kind.OBJECT_MAP: [["x"], {"x": "y"}],
    Kind.OBJECT: [["x"], "x"],
}


@pytest.mark.parametrize(
    ("name", "version"),
    [(name, v) for v in ("18.06.3", "26.1.4") for name in sorted(engine(v).keys)],
)
def test_every_key_takes_values_of_its_kind_alone(name: str, version: str) -> None:
    kind = KEYS[name].kind
    assert not [text for text in said({name: RIGHT[kind]}, version) if re.match(rf"{name}\S* must be ", text)]
    for value in WRONG[kind]:
        assert [text for text in said({name: value}, version) if re.match(rf"{name}\S* must be ", text)], (
            value
        )


@pytest.mark.parametrize(
    ("settings", "path", "text"),
    [
        (
            {"log-opts": {"max-file": 3}},
            ("log-opts", "max-file"),
            "log-opts.max-file must be a string: put it in quotes",
        ),
        (
            {"registry-mirrors": ["https://a", 1]},
            ("registry-mirrors", 1),
            "registry-mirrors[1] must be a string",
        ),
        ({"debug": "true"}, ("debug",), "debug must be true or false"),
        ({"mtu": True}, ("mtu",), "mtu must be a whole number"),
        ({"mtu": 1.5}, ("mtu",), "mtu must be a whole number"),
        (
            {"default-ulimits": {"nofile": 9}},
            ("default-ulimits", "nofile"),
            "default-ulimits.nofile must be a mapping",
        ),
    ],
)
def test_the_place_of_a_wrong_value(settings: dict[str, Any], path: tuple[str | int, ...], text: str) -> None:
    (problem,) = problems(settings, OLD)
    assert problem.path == path
    assert text in problem.text


# ── values ──

SOCKET = "unix:///var/run/docker.sock"


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"data-root": "docker"}, "must be an absolute path"),
        ({"bip": "10.55.0.0/16"}, "172.26.0.1/16 and not 172.26.0.0/16"),
        ({"fixed-cidr": "10.55.0.0"}, "a network like"),
        ({"dns": ["8.8.8.8", "dns.example"]}, "'dns.example' must be an IP address"),
        ({"labels": ["a"]}, "must be written NAME=VALUE"),
        ({"labels": ["a=1", "a=2"]}, "given two values"),
        ({"log-level": "warning"}, "must be one of debug, info, warn"),
        ({"log-opts": {"max-size": "10x"}}, "max-size '10x' must be a number"),
        ({"log-opts": {"max-file": "0"}}, "max-file '0' must be a number from 1 up"),
        ({"default-shm-size": "x"}, "a size like 64M"),
        ({"max-concurrent-downloads": -1}, "must be 0 or more"),
        ({"insecure-registries": ["10.0.0.5:5000/v2"]}, "HOST:PORT"),
        ({"hosts": ["tcp://1.2.3.4:2375", SOCKET]}, "set tlsverify: true"),
        ({"hosts": ["tcp://1.2.3.4:2376"], "tlsverify": True}, f"{SOCKET} must stay"),
        ({"hosts": ["fd://", SOCKET]}, "must begin with unix:// or tcp://"),
        ({"runtimes": {"runc": {"path": "/x"}}}, "the name runc is reserved"),
        ({"runtimes": {"x": {"pth": "/x"}}}, "'pth' has no place here: did you mean path?"),
        ({"runtimes": {"x": {"path": "/x"}}, "default-runtime": "y"}, "no 'y' stands under runtimes"),
        ({"default-ulimits": {"nofile": {"Hard": 1, "Soft": 1}}}, "all of Name, Hard, Soft"),
        (
            {"default-ulimits": {"nofile": {"Name": "nofile", "Hard": "1", "Soft": 1}}},
            "Hard must be a whole number",
        ),
        ({"default-address-pools": [{"base": "10.0.0.0/8"}]}, "all of base, size"),
        ({"graph": "/a", "data-root": "/b"}, "can't both be set"),
        ({"bridge": "none", "bip": "10.0.0.1/24"}, "can't both be set"),
        ({"iptables": False, "icc": False}, "icc: false needs iptables"),
    ],
)
def test_values_that_dockerd_refuses_or_that_do_harm(settings: dict[str, Any], text: str) -> None:
    found = said(settings)
    assert len(found) == 1
    assert text in found[0]


@pytest.mark.parametrize(
    "settings",
    [
        {"proxies": {"http-proxy": "http://p:3128", "no-proxy": "localhost"}},
        {"builder": {"gc": {"enabled": True}}, "features": {"buildkit": False}},
        {"default-network-opts": {"bridge": {"com.docker.network.driver.mtu": "1400"}}},
        {"log-format": "json", "host-gateway-ip": "10.0.0.1", "cdi-spec-dirs": ["/etc/cdi"]},
        {
            "runtimes": {"kata": {"runtimeType": "io.containerd.kata.v2", "options": {"x": 1}}},
            "default-runtime": "kata",
        },
    ],
)
def test_settings_of_26_1(settings: dict[str, Any]) -> None:
    assert said(settings, "26.1.4") == []


def test_nested_keys_that_would_be_dropped_are_refused() -> None:
    assert "did you mean http-proxy?" in said({"proxies": {"http_proxy": "http://p"}}, "26.1.4")[0]
    assert "'cg' has no place here" in said({"builder": {"cg": {}}}, "26.1.4")[0]
