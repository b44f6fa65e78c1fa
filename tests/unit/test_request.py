"""What a command line asks for: mistakes in it, and which hosts of an inventory are meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fabric import Config
from invoke import Collection

from provision import tasks
from provision.cli import Executor, Program
from provision.errors import OperatorError
from provision.run import Run
from tests.unit.fake import Applies, Reads, Remote
from tests.unit.running import CONVERGED, FRESH, Asked, Hosts, hosts, inventory, spec

__all__ = ["hosts", "inventory", "spec"]


class TestMistakes:
    """Each is an OperatorError (exit 2) of one line, and no host is asked anything."""

    @pytest.fixture(autouse=True)
    def _untouched(self, hosts: Hosts) -> None:
        hosts["a"] = Remote()  # which fails at the first command

    def mistake(self, hosts: Hosts, **flags: str) -> str:
        with pytest.raises(OperatorError) as error:
            hosts.run(Run.setup, **flags)
        assert error.value.exit_code == 2
        assert len(str(error.value).splitlines()) == 1
        assert hosts["a"].commands == []
        return str(error.value)

    @pytest.mark.parametrize("flag", ["spec", "repo_key"])
    @pytest.mark.parametrize(
        ("path", "reason"),
        [
            ("{}/none", "No such file or directory"),
            ("{}", "Is a directory"),
            ("{}/file/deeper", "Not a directory"),
        ],
    )
    def test_a_file_that_cannot_be_read(
        self, hosts: Hosts, tmp_path: Path, flag: str, path: str, reason: str
    ) -> None:
        (tmp_path / "file").touch()
        named = path.format(tmp_path)
        option = "--" + flag.replace("_", "-")
        assert self.mistake(hosts, **{flag: named}) == f"{option}: can't read {named}: {reason}"

    @pytest.mark.parametrize("flag", ["spec", "repo_key"])
    def test_a_file_that_is_no_text(self, hosts: Hosts, tmp_path: Path, flag: str) -> None:
        (tmp_path / "file").write_bytes(b"\xff\xfe\x00")
        text = self.mistake(hosts, **{flag: f"{tmp_path}/file"})
        assert text.endswith(f"{tmp_path}/file isn't text in UTF-8")

    def test_a_key_that_is_none(self, hosts: Hosts, tmp_path: Path) -> None:
        (tmp_path / "key").write_text("<html>404</html>")
        text = self.mistake(hosts, repo_key=f"{tmp_path}/key")
        assert text == f"--repo-key: {tmp_path}/key: it holds no armoured OpenPGP public key"

    def test_a_key_that_is_none_named_in_a_file(self, hosts: Hosts, tmp_path: Path) -> None:
        (tmp_path / "site.yml").write_text(f"repo_key: {tmp_path}/none\n")
        assert "can't read" in self.mistake(hosts, spec=f"{tmp_path}/site.yml")

    @pytest.mark.parametrize(
        ("only", "text"),
        [
            ("deamon", "--only: there is no step 'deamon': did you mean daemon?"),
            ("repos, servis", "--only: there is no step 'servis': did you mean service?"),
            (
                "everything",
                (
                    "--only: there is no step 'everything': they are base, repos, engine, kernel, daemon, service,"
                    " access, images"
                ),
            ),
            (
                "repos,",
                "--only: there is no step '': they are base, repos, engine, kernel, daemon, service, access, images",
            ),
        ],
    )
    def test_an_unknown_step(self, hosts: Hosts, only: str, text: str) -> None:
        assert self.mistake(hosts, only=only) == text

    @pytest.mark.parametrize("flag", ["spec", "repo_key", "report", "metrics"])
    def test_a_home_that_is_not_there(self, hosts: Hosts, flag: str) -> None:
        said = self.mistake(hosts, **{flag: "~nobody-of-that-name/x"})
        assert (
            said
            == f"--{flag.replace('_', '-')}: can't find ~nobody-of-that-name/x: no home directory of that name"
        )

    def test_a_part_of_few_hosts_that_is_empty(self, hosts: Hosts) -> None:
        assert self.mistake(hosts, shard="2/2") == "-H: it holds no host for this part"

    def test_a_wrong_value(self, hosts: Hosts, tmp_path: Path) -> None:
        (tmp_path / "site.yml").write_text("docker_version: 18.10\n")
        assert f"{tmp_path}/site.yml:1" in self.mistake(hosts, spec=f"{tmp_path}/site.yml")
        assert self.mistake(hosts, docker_version="18.6.3").startswith("--docker-version: ")


@pytest.mark.parametrize("flag", ["--limit", "--inventory", "--spec", "--users"])
def test_a_flag_with_nothing_behind_it_is_not_one_that_is_left_out(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    program = Program(namespace=Collection.from_module(tasks), executor_class=Executor, config_class=Config)
    with pytest.raises(SystemExit) as end:
        program.run(["fab", "-H", "a", "plan", flag, ""])
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {flag}: nothing stands behind it: say ")
    assert len(said.splitlines()) == 1


def test_an_argument_that_is_empty_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    program = Program(namespace=Collection.from_module(tasks), executor_class=Executor, config_class=Config)
    with pytest.raises(SystemExit) as end:
        program.run(["fab", "-H", "a", "unlock", ""])
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("error: nothing stands where ID is wanted: the run that holds")


@pytest.mark.parametrize("command", [Run.prove, Run.mirrors])
def test_a_pace_that_is_none_is_told_before_any_host_is_asked(
    hosts: Hosts, command: Callable[[Run], int]
) -> None:
    hosts["a"] = Remote()
    with pytest.raises(OperatorError, match=r"^--timeout: 'soon' is no number"):
        hosts.run(command, timeout="soon", urls="https://mirror.example")
    assert hosts["a"].commands == []


def test_no_host_is_a_mistake() -> None:
    with pytest.raises(OperatorError, match=r"^no host: say which by -H HOST\[,HOST\], .*--inventory"):
        Hosts().run(Run.plan)


def test_each_host_of_an_inventory_has_an_asking_of_its_own(
    hosts: Hosts, inventory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts.update({"web1": Remote(Reads(CONVERGED)), "db1": Remote(Reads(CONVERGED))})
    assert hosts.of(Run.plan, inventory, json=True) == 3
    ends = {each["host"]: each["status"] for each in json.loads(capsys.readouterr().out)["hosts"]}
    assert ends == {"web1": "unchanged", "db1": "pending"}


def test_flags_win_over_the_inventory(hosts: Hosts, inventory: str) -> None:
    hosts.update({"web1": Remote(Reads(CONVERGED)), "db1": Remote(Reads(CONVERGED))})
    assert hosts.of(Run.plan, inventory, registry_mirrors="http://registry.example:5000") == 0


@pytest.mark.parametrize(
    ("flags", "asked"),
    [
        ({"limit": "web"}, {"web1"}),
        ({"limit": "all:!web1"}, {"db1"}),
        ({"shard": "1/2"}, {"web1"}),
        ({"shard": "2/2"}, {"db1"}),
    ],
)
def test_only_the_hosts_that_are_meant_are_asked(
    hosts: Hosts, inventory: str, flags: dict[str, str], asked: set[str]
) -> None:
    hosts.update({"web1": Remote(Reads(CONVERGED)), "db1": Remote(Reads(CONVERGED))})
    hosts.of(Run.plan, inventory, **flags)
    assert {name for name, host in hosts.items() if host.commands} == asked


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"limit": "wbe"}, "--limit: no host or group is called 'wbe': did you mean web?"),
        ({"shard": "3/3"}, "inventory.yaml: it holds no host for this part"),
        ({"inventory": "~nobody-of-that-name/x"}, "--inventory: can't find ~nobody-of-that-name/x: no home"),
        ({"users": "a b"}, "--users: 'a b' can't be a user's name"),
        ({"inventory": "/none.yaml"}, "--inventory: can't read /none.yaml"),
    ],
)
def test_mistakes_with_an_inventory(hosts: Hosts, inventory: str, flags: dict[str, str], says: str) -> None:
    hosts.update({"web1": Remote(), "db1": Remote()})
    with pytest.raises(OperatorError) as error:
        hosts.of(Run.plan, **{"path": inventory, **flags})
    assert says in str(error.value)
    assert all(not host.commands for host in hosts.values())


def test_hosts_are_named_in_one_way(hosts: Hosts, inventory: str) -> None:
    with pytest.raises(OperatorError, match="keep one"):
        Run.asked_for(Asked(("a",)), {"spec": "", "inventory": inventory}).plan()


def test_flags_win_over_the_file(hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    hosts["a"] = Remote(Reads(CONVERGED))
    assert hosts.run(Run.plan, spec=spec, registry_mirrors="https://mirror.example") == 3
    assert '+    "https://mirror.example"' in capsys.readouterr().out


def test_only_asks_for_some_steps(hosts: Hosts) -> None:
    hosts["a"] = Remote(Reads(FRESH), Applies(CONVERGED))
    assert hosts.run(Run.setup, only="repos, engine") == 0
