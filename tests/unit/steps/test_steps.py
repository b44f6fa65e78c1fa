"""The table of contents: which steps there are, in which order, made of what."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from provision import handed, spec, steps
from provision.engines import ENGINES, hold_names
from provision.handed import pinned_key
from provision.resources.base import Step
from provision.resources.daemonjson import MergedJson, Untouched
from provision.resources.file import Exactly, File
from provision.resources.membership import Membership
from provision.resources.packages import Packages
from provision.resources.rpmkey import RpmKey
from provision.resources.unit import Unit
from provision.resources.withdrawal import Withdrawal
from provision.steps.daemon import DROP_IN
from provision.steps.repos import KEY_PATH
from provision.templating import shipped
from tests.unit.core import MIRROR, steps_for
from tests.unit.shell import SHELLS, run


def named(name: str, chosen: tuple[Step, ...]) -> Step:
    return next(step for step in chosen if step.name == name)


def service_of(*only: str) -> Unit:
    (unit,) = named("service", steps_for(*only, registry_mirrors=MIRROR)).resources
    assert isinstance(unit, Unit)
    return unit


STEPS = steps_for(registry_mirrors=MIRROR, users="alice,bob")


def test_the_steps_in_order() -> None:
    assert [step.name for step in STEPS] == [
        "base",
        "repos",
        "engine",
        "kernel",
        "daemon",
        "service",
        "access",
        "images",
    ]


def test_the_kernel_is_looked_at_where_that_is_asked_for_and_on_the_way_back() -> None:
    def resources(withdrawal: Withdrawal | None = None, **flags: str) -> list[str]:
        asked = spec.build(spec.from_flags(flags))
        chosen = steps.steps(asked, handed.defaults(), withdrawal=withdrawal)
        return [resource.id for resource in named("kernel", chosen).resources]

    assert resources() == []
    assert len(resources(bridge_nf="no")) == 3
    assert resources(Withdrawal()) == resources(bridge_nf="yes")


def test_every_step_has_a_line_for_people() -> None:
    for step in STEPS:
        assert len(step.title.splitlines()) == 1
        assert step.title != step.name


def test_ids_are_unique() -> None:
    idents = [resource.id for step in STEPS for resource in step.resources]
    assert len(set(idents)) == len(idents)


@pytest.mark.parametrize("only", ["base", "repos", "engine", "kernel", "daemon", "service", "access"])
def test_what_is_not_asked_for_is_read_all_the_same(only: str) -> None:
    idents = [[resource.id for resource in step.resources] for step in STEPS]
    chosen = steps_for(only, registry_mirrors=MIRROR, users="alice,bob")
    assert [[resource.id for resource in step.resources] for step in chosen] == idents


def test_only_the_configuration_is_told_in_full_after_the_engine() -> None:
    assert [step.name for step in STEPS if step.opens_stage] == ["daemon"]
    assert {step.name: step.followed_by for step in STEPS if step.followed_by} == {"daemon": "service"}


class TestRepos:
    def test_key_file_comes_before_its_import_and_both_before_the_repository(self) -> None:
        key_file, key, _, repository = named("repos", STEPS).resources
        assert isinstance(key_file, File)
        assert key_file.content == Exactly(pinned_key())
        assert isinstance(key, RpmKey)
        assert key.path == key_file.path == KEY_PATH
        assert isinstance(repository, File)

    @pytest.mark.parametrize(
        ("mirror", "root"),
        [
            ("aliyun", "https://mirrors.aliyun.com/docker-ce"),
            ("tuna", "https://mirrors.tuna.tsinghua.edu.cn/docker-ce"),
            ("ustc", "https://mirrors.ustc.edu.cn/docker-ce"),
            ("official", "https://download.docker.com"),
            ("https://mirror.example/docker/", "https://mirror.example/docker"),
        ],
    )
    def test_the_repository_is_the_mirrors_stable_one(self, mirror: str, root: str) -> None:
        repository = named("repos", steps_for(package_mirror=mirror)).resources[-1]
        assert isinstance(repository, File)
        assert isinstance(repository.content, Exactly)
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(repository.content.content.decode())
        assert parser.sections() == ["docker-ce-stable"]
        section = parser["docker-ce-stable"]
        assert section["baseurl"] == f"{root}/linux/centos/7/$basearch/stable"
        assert section["gpgkey"] == f"file://{KEY_PATH}"
        assert (section["enabled"], section["gpgcheck"]) == ("1", "1")
        assert tuple(section["exclude"].split()) == hold_names()

    def test_every_pinned_package_is_held(self) -> None:
        assert {name for engine in ENGINES.values() for name in engine.names} <= set(hold_names())


class TestEngine:
    @pytest.mark.parametrize("version", ENGINES)
    def test_the_packages_of_the_version_that_is_asked_for(self, version: str) -> None:
        _, packages, _ = named("engine", steps_for(docker_version=version)).resources
        assert isinstance(packages, Packages)
        assert packages.engine == ENGINES[version]


class TestDaemon:
    def test_the_old_file_is_kept_until_the_daemon_runs_with_the_new_one(self) -> None:
        daemon_json, drop_in, *_ = named("daemon", STEPS).resources
        assert isinstance(daemon_json, File)
        assert daemon_json.before == 'keep /etc/docker/daemon.json "$state/pending"'
        assert daemon_json.mode is None
        assert isinstance(daemon_json.content, MergedJson)
        assert daemon_json.content.settings == {"registry-mirrors": [MIRROR]}
        assert isinstance(drop_in, File)
        assert (drop_in.path, drop_in.content) == (f"/{DROP_IN}", Exactly(shipped(DROP_IN)))

    def test_systemd_is_told_of_the_drop_in_either_way(self) -> None:
        drop_in = named("daemon", STEPS).resources[1]
        assert isinstance(drop_in, File)
        assert drop_in.then.startswith("systemctl daemon-reload ||")
        assert drop_in.removed == drop_in.then


class TestService:
    @pytest.mark.parametrize("only", [(), ("daemon",), ("daemon", "service")])
    def test_it_runs_with_the_file_that_will_be_there(self, only: tuple[str, ...]) -> None:
        assert isinstance(service_of(*only).configuration.content, MergedJson)

    @pytest.mark.parametrize("only", ["service", "access"])
    def test_alone_it_runs_with_the_file_that_is_there(self, only: str) -> None:
        assert isinstance(service_of(only).configuration.content, Untouched)

    @pytest.mark.parametrize("consent", [True, False])
    def test_consent_to_stop_containers_is_handed_on(self, consent: bool) -> None:
        (unit,) = named("service", steps_for(withdrawal=Withdrawal(stop_containers=consent))).resources
        assert isinstance(unit, Unit)
        assert unit.stop_containers is consent


def test_access_is_for_those_who_are_asked_for() -> None:
    (access,) = named("access", STEPS).resources
    assert isinstance(access, Membership)
    assert (access.group, access.users) == ("docker", ("alice", "bob"))
    assert access.brings in named("engine", STEPS).resources


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
class TestDropIn:
    """Its shell text, really run: what a start took up is recorded, for root alone."""

    def start(self, shell: tuple[str, ...], root: Path) -> Path:
        (line,) = [
            each for each in shipped(DROP_IN).decode().splitlines() if each.startswith("ExecStartPre=")
        ]
        before, text, after = line.split("'")
        # the minus: a failure never keeps Docker down
        assert (before, after) == ("ExecStartPre=-/bin/sh -c ", "")
        for folder in ("/run/docker-provision", "/etc/docker"):
            text = text.replace(folder, f"{root}{folder}")
        done = run(shell, text)
        assert done.returncode == 0
        return root / "run/docker-provision"

    def test_the_configuration_is_recorded(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        (tmp_path / "run").mkdir()
        (tmp_path / "etc/docker").mkdir(parents=True)
        (tmp_path / "etc/docker/daemon.json").write_text('{"debug": true}')
        started = self.start(shell, tmp_path) / "started.json"
        assert (started.read_text(), started.stat().st_mode & 0o777) == ('{"debug": true}', 0o600)

    def test_no_file_is_recorded_as_no_settings(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        (tmp_path / "run").mkdir()
        assert (self.start(shell, tmp_path) / "started.json").read_text() == "{}\n"

    def test_what_a_reload_recorded_before_is_over(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        folder = tmp_path / "run/docker-provision"
        folder.mkdir(parents=True)
        for name in ("started.json", "reloaded.json"):
            (folder / name).write_text('{"mtu": 1400}')
        self.start(shell, tmp_path)
        assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("started.json", "{}\n")]
