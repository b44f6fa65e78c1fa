"""Engines: packages, keys and flags by version, and what is said of versions that can't be had."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision import engine_keys, engines
from provision.engine_keys import FLAG_KEYS, KEYS
from provision.engines import ENGINES, engine
from provision.errors import OperatorError
from tests.unit.words import recorded


def test_the_default_is_one_package() -> None:
    default = engine("18.06.3")
    assert default.package == "docker-ce-18.06.3.ce-3.el7"
    assert default.packages == (default.package,)
    assert default.names == ("docker-ce",)
    assert default.daemon_version == "18.06.3-ce"
    assert default.unit_flags == ()


def test_the_last_release_brings_its_companions() -> None:
    last = engine("26.1.4")
    assert last.packages == (
        "docker-ce-26.1.4-1.el7",
        "docker-ce-cli-26.1.4-1.el7",
        "docker-ce-rootless-extras-26.1.4-1.el7",
        "containerd.io-1.6.33-3.1.el7",
        "docker-buildx-plugin-0.14.1-1.el7",
        "docker-compose-plugin-2.27.1-1.el7",
    )
    assert last.names[3] == "containerd.io"
    assert last.daemon_version == "26.1.4"
    assert engine_keys.set_by_flags(last.unit_flags) == {"hosts": "-H", "containerd": "--containerd"}


def test_the_table_holds_what_engine_gives() -> None:
    assert all(engine(version) == known for version, known in ENGINES.items())
    assert engines.DEFAULT in ENGINES


@pytest.mark.parametrize("spelt", ["18.06.3", "18.06.3.ce", "18.06.3-ce"])
def test_spellings_of_one_version(spelt: str) -> None:
    assert engine(spelt) == engine("18.06.3")


OFFERED = re.findall(
    r"^docker-ce\.x86_64 +(?:\d:)?(\S+)", recorded.text("yum/53").split("\n$ ")[2], re.MULTILINE
)


@pytest.mark.parametrize("version_release", [evr for evr in OFFERED if not evr.startswith("17.")])
def test_packages_are_named_as_the_repository_names_them(version_release: str) -> None:
    plain = version_release.rpartition("-")[0].removesuffix(".ce")
    assert engine(plain).package == f"docker-ce-{version_release}"


@pytest.mark.parametrize(
    ("version", "package", "daemon"),
    [
        ("18.03.1", "docker-ce-18.03.1.ce-1.el7.centos", "18.03.1-ce"),
        ("18.06.9", "docker-ce-18.06.9.ce-3.el7", "18.06.9-ce"),
        ("19.03.9", "docker-ce-19.03.9-3.el7", "19.03.9"),
        ("20.10.23", "docker-ce-20.10.23-3.el7", "20.10.23"),
        ("23.0.6", "docker-ce-23.0.6-1.el7", "23.0.6"),
    ],
)
def test_a_version_without_an_entry_follows_its_line(version: str, package: str, daemon: str) -> None:
    made = engine(version)
    assert (made.package, made.daemon_version) == (package, daemon)
    assert all(version in each for each in made.packages)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("latest", "try 18.06.3 or 26.1.4"),
        ("", "try 18.06.3 or 26.1.4"),
        ("18.06", "did you mean 18.06.3?"),
        ("18.06.3.ce-3.el7", "did you mean 18.06.3?"),
        ("18.06.3\n", "did you mean 18.06.3?"),
        ("١٨.06.3", "is not a Docker version"),
        ("18.6.3", "write 18.06.3"),
        ("26.01.4", "write 26.1.4"),
        ("26.1.4-ce", "write 26.1.4"),
        ("17.03.3", "17.x is known but not installed"),
        ("27.0.1", "26.1.4 is the last version that was built for CentOS 7"),
        ("21.0.0", "the release lines for CentOS 7 are 18.03, 18.06"),
    ],
)
def test_versions_that_cannot_be(version: str, said: str) -> None:
    with pytest.raises(OperatorError) as caught:
        engine(version)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text() | st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}([.-]ce)?", fullmatch=True))
def test_any_version_is_an_engine_or_one_line(version: str) -> None:
    try:
        made = engine(version)
    except OperatorError as error:
        said = str(error)
    else:
        said = ""
        assert engine(made.version) == made
        assert engine(made.daemon_version) == made
    assert "\n" not in said


def test_every_pinned_name_is_held() -> None:
    held = engines.hold_names()
    assert {name for each in ENGINES.values() for name in each.names} <= set(held)
    assert "docker-ce-selinux" in held
    assert len(held) == len(set(held))


# ── engines as they are found ──


@pytest.mark.parametrize("version", ["18.06.3-ce", "18.06.3.ce-3.el7", "18.06.3-ce+lab", "18.06.3"])
def test_a_version_that_is_installed_here_is_found_as_such(version: str) -> None:
    assert engines.found(version) == engine("18.06.3")


@pytest.mark.parametrize(
    ("version", "says", "reloads"),
    [
        ("1.13.1", "1.13.1", False),
        ("17.03.3-ce", "17.03.3-ce", False),
        ("17.04.0.ce-1.el7.centos", "17.04.0-ce", True),
        ("17.12.1.ce-1.el7.centos", "17.12.1-ce", True),
        ("28.0.1", "28.0.1", True),
        ("dev", "dev", False),
    ],
)
def test_of_any_other_the_mirrors_are_known(version: str, says: str, reloads: bool) -> None:
    found = engines.found(version)
    assert (found.daemon_version, set(found.keys), found.listed) == (says, {"registry-mirrors"}, False)
    assert ("registry-mirrors" in found.reloadable) is reloads


# ── keys of daemon.json ──


def test_keys_of_18_06_are_those_that_it_was_asked_for() -> None:
    said = recorded.text("dockerd/14").split("### ")
    known = re.sub(r"-\n", "-", said[1].split("take effect\n")[1]).split()
    assert len(known) == 75
    assert engine("18.06.3").keys == set(known)


def test_keys_of_no_effect_and_unknown_keys_are_none_of_them() -> None:
    _, _, silent, unknown = recorded.text("dockerd/14").split("### ")[:4]
    for part in (silent, unknown):
        names = re.sub(r"-\n", "-", part.partition("\n")[2].partition("\n(")[0].partition("\n$")[0]).split()
        assert len(names) > 15
        assert not engine("18.06.3").keys & set(names)


@pytest.mark.parametrize(
    ("version", "known", "unknown"),
    [
        (
            "18.06.3",
            "graph disable-legacy-registry oom-score-adjust cluster-store",
            "builder features ip6tables proxies",
        ),
        (
            "20.10.24",
            "graph cluster-store builder features ip6tables",
            "disable-legacy-registry proxies log-format",
        ),
        (
            "26.1.4",
            "proxies log-format cdi-spec-dirs builder",
            "graph cluster-store oom-score-adjust http-proxy bip6",
        ),
    ],
)
def test_keys_come_and_go_with_the_lines(version: str, known: str, unknown: str) -> None:
    keys = engine(version).keys
    assert keys >= set(known.split())
    assert not keys & set(unknown.split())


def test_what_a_reload_takes_up() -> None:
    reloadable = engine("18.06.3").reloadable
    assert {"registry-mirrors", "insecure-registries", "debug", "live-restore", "labels"} <= reloadable
    assert not reloadable & {
        "log-driver",
        "log-opts",
        "data-root",
        "bip",
        "exec-opts",
        "dns",
        "log-level",
        "mtu",
    }
    for each in ENGINES.values():
        assert each.reloadable < each.keys


def test_the_reload_event_of_18_06_tells_of_reloadable_keys_alone() -> None:
    shown = re.findall(r'"([a-z-]+)":"', recorded.text("dockerd/07").split("$ docker events")[1])
    assert set(shown) - {"name"} <= engine("18.06.3").reloadable


def test_flag_names_are_no_keys_but_stand_for_one() -> None:
    assert not FLAG_KEYS.keys() & KEYS.keys()
    assert set(FLAG_KEYS.values()) <= KEYS.keys()


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        ("dockerd", {}),
        (
            "dockerd -H fd:// --containerd=/run/containerd/containerd.sock",
            {"hosts": "-H", "containerd": "--containerd"},
        ),
        (
            "dockerd -l info --registry-mirror https://b",
            {"log-level": "-l", "registry-mirrors": "--registry-mirror"},
        ),
        ("dockerd --live-restore -D --nosuch -x", {"live-restore": "--live-restore", "debug": "-D"}),
        ("dockerd --log-opt=max-size=1m --log-opt max-file=3", {"log-opts": "--log-opt"}),
    ],
)
def test_keys_that_a_command_line_sets(command: str, keys: dict[str, str]) -> None:
    assert engine_keys.set_by_flags(command.split()) == keys
