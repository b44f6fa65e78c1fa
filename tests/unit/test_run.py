"""One run of a command: what is asked for is checked before any host is touched, and all hosts have one verdict."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from invoke import Config

from provision import errors
from provision.errors import OperatorError, Refused, Unreachable
from provision.events import Observer
from provision.fleet import guarded
from provision.inventory import Ssh
from provision.run import Run
from provision.verify import Subject
from tests.unit.case import WORD, Case
from tests.unit.core import framed
from tests.unit.fake import Applies, Reads, Remote
from tests.unit.words import recorded

SPEC = "registry_mirrors: [http://registry.example:5000]\nusers: [alice]\n"
CONVERGED, FRESH = Case.load("converged").answer, Case.load("fresh-mirror-users").answer
ALONG = framed(
    {
        "packages that came along": "came libcgroup",
        "data": "",
        "file /etc/modules-load.d/docker-provision.conf": "absent",
        "file /etc/sysctl.d/docker-provision.conf": "absent",
        "sysctl net.bridge.bridge-nf-call": "0 0",
    },
    WORD,
)
"""What is asked besides where Docker is to be taken away."""
REFUSED = Case.load("docker-silent").answer


@dataclass
class Asked:
    """What the command line gives to a run."""

    hosts: tuple[str, ...] = ()
    dry: bool = False

    def __post_init__(self) -> None:
        self.config = Config(overrides={"connect_kwargs": {}})


class Hosts(dict[str, Remote]):
    """The hosts that there are, by name."""

    def run(self, command: Callable[[Run], int], **flags: str | bool) -> int:
        return command(Run.asked_for(Asked(tuple(self)), {"spec": "", **flags}))

    def of(self, command: Callable[[Run], int], path: str, **flags: str | bool) -> int:
        """The same for those that an inventory names."""
        return command(Run.asked_for(Asked(), {"spec": "", "inventory": path, **flags}))


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Hosts:
    """No connection is made: a host's name leads to its stand-in."""
    found = Hosts()

    def connections(config: Config, ways: Sequence[Ssh], kwargs: Mapping[str, Any]) -> list[str]:
        assert (config.connect_kwargs, kwargs) == ({}, {})
        return [way.address for way in ways]

    def session(name: str, *, sudo_password: str | None) -> Remote:
        assert sudo_password is None
        return found[name]

    monkeypatch.setattr("provision.remote.connections", connections)
    monkeypatch.setattr("provision.remote.Session", session)
    return found


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "site.yml"
    path.write_text(SPEC)
    return str(path)


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
            ("~nobody-of-that-name/file", "no home directory of that name"),
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
                "--only: there is no step 'everything': they are base, repos, engine, kernel, daemon, service, access",
            ),
            (
                "repos,",
                "--only: there is no step '': they are base, repos, engine, kernel, daemon, service, access",
            ),
        ],
    )
    def test_an_unknown_step(self, hosts: Hosts, only: str, text: str) -> None:
        assert self.mistake(hosts, only=only) == text

    def test_a_wrong_value(self, hosts: Hosts, tmp_path: Path) -> None:
        (tmp_path / "site.yml").write_text("docker_version: 18.10\n")
        assert f"{tmp_path}/site.yml:1" in self.mistake(hosts, spec=f"{tmp_path}/site.yml")
        assert self.mistake(hosts, docker_version="18.6.3").startswith("--docker-version: ")


@pytest.mark.parametrize("command", [Run.prove, Run.mirrors])
def test_a_pace_that_is_none_is_told_before_any_host_is_asked(
    hosts: Hosts, command: Callable[[Run], int]
) -> None:
    hosts["a"] = Remote()
    with pytest.raises(OperatorError, match=r"^--timeout: 'soon' is no number"):
        hosts.run(command, timeout="soon", urls="https://mirror.example")
    assert hosts["a"].commands == []


def test_proofs_have_the_manners_of_every_run(
    hosts: Hosts, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "FIRST", 0.0)
    monkeypatch.setattr(guarded, "JITTER", 0.0)
    hosts["a"] = Remote(Unreachable("no answer", passing=True), Refused("no docker there"))
    assert hosts.run(Run.prove, retry="1") == 1
    assert hosts["a"].commands == ["read", "read"]
    said = capsys.readouterr().out
    assert "attempt 1 of 2: no answer" in said
    assert "no docker there" in said


def test_no_host_is_a_mistake() -> None:
    with pytest.raises(OperatorError, match=r"^no host: say which by -H HOST\[,HOST\], .*--inventory"):
        Hosts().run(Run.plan)


@pytest.fixture
def inventory(tmp_path: Path) -> str:
    """Of two hosts web1 has what the host's stand-in says, and db1 another mirror."""
    path = tmp_path / "inventory.yaml"
    path.write_text(
        f"spec: {json.dumps(yaml.safe_load(SPEC))}\n"
        "groups:\n  web: {hosts: [web1]}\n  db:\n    hosts: [db1]\n"
        "    spec: {registry_mirrors: [https://mirror.example]}\n"
    )
    return str(path)


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
        ({"shard": "3/3"}, "it holds no host for this part"),
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


def test_what_is_known_against_a_version_is_said_once_for_each(
    hosts: Hosts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text(
        "hosts: {a: , b: , c: {spec: {docker_version: 26.1.4}}, d: {spec: {docker_version: 20.10.24, ack_eol: true}}}"
    )
    hosts.update({name: ENDS["unreachable"]() for name in "abcd"})
    hosts.of(Run.plan, str(path))
    said = capsys.readouterr().out
    assert [said.count(f"Docker {version} on CentOS 7") for version in ("18.06.3", "26.1.4", "20.10.24")] == [
        1,
        1,
        0,
    ]


def test_hosts_are_listed_with_who_said_what(
    hosts: Hosts, inventory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hosts.of(Run.hosts, inventory, users="bob") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "web1 (web)"
    assert f'  spec.registry_mirrors = ["https://mirror.example"]  # group db, {inventory}:6' in said
    assert said.count('  spec.users = ["bob"]  # flags, --users') == 2
    assert "  spec.docker_version = 18.06.3  # default" in said
    hosts.of(Run.hosts, inventory, json=True, limit="db1")
    (host,) = json.loads(capsys.readouterr().out)["hosts"]
    assert (host["name"], host["groups"]) == ("db1", ["db"])
    assert host["spec"]["registry_mirrors"] == {
        "value": ["https://mirror.example"],
        "from": "group db",
        "place": f"{inventory}:6",
    }
    assert host["spec"]["repo_key"] == {"value": None, "from": "default", "place": ""}
    assert host["ssh"]["address"]["value"] == "db1"


def test_hosts_of_which_the_same_is_said_are_one_entry(
    hosts: Hosts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text("hosts: ['web[01:40]', db]\n")
    hosts.of(Run.hosts, str(path))
    assert capsys.readouterr().out.startswith("db,web[01-40]\n")


ENDS: dict[str, Callable[[], Remote]] = {
    "right": lambda: Remote(Reads(CONVERGED)),
    "pending": lambda: Remote(Reads(Case.load("service-stopped").answer)),
    "refused": lambda: Remote(Reads(REFUSED)),
    "unreachable": lambda: Remote(errors.Unreachable("no route to host")),
    "failed": lambda: Remote(Reads("")),
}


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        (["right"], 0),
        (["pending"], 3),
        (["refused"], 1),
        (["unreachable"], 1),
        (["failed"], 1),
        (["right", "right"], 0),
        (["right", "pending"], 3),
        (["pending", "unreachable", "right"], 1),
        (["right", "refused"], 1),
    ],
)
def test_of_several_exit_codes_the_gravest_counts(
    hosts: Hosts, spec: str, ends: list[str], code: int
) -> None:
    hosts.update({f"host{number}": ENDS[end]() for number, end in enumerate(ends)})
    assert hosts.run(Run.plan, spec=spec) == code


def test_every_host_is_told_and_in_the_document_in_the_order_in_which_they_were_given(
    hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts.update({"z": ENDS["unreachable"](), "a": ENDS["right"](), "m": ENDS["refused"]()})
    hosts.run(Run.setup, spec=spec, json=True)
    document, said = capsys.readouterr()
    assert [each["host"] for each in json.loads(document)["hosts"]] == ["z", "a", "m"]
    lines = said.splitlines()
    ends = sorted(line.split()[:2] for line in lines if " s): " in line)
    assert ends == [["a:", "unchanged"], ["m:", "refused"], ["z:", "unreachable"]]
    assert lines[-1].endswith(": 1 unchanged, 1 refused, 1 unreachable")


def test_people_are_spoken_to_in_the_language_of_the_flag_or_the_locale_and_machines_are_not(
    hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(**flags: str | bool) -> tuple[str, str]:
        hosts["a"] = ENDS["right"]()
        assert hosts.run(Run.setup, spec=spec, **flags) == 0
        return capsys.readouterr()

    assert "无需操作" in run(lang="zh")[0]
    document, said = run(lang="zh", json=True)
    assert "无需操作" in said
    assert json.loads(document)["hosts"][0]["status"] == "unchanged"
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "无需操作" in run()[0]
    assert "nothing to do" in run(lang="en")[0]
    assert run(quiet=True, lang="en")[0].endswith(": 1 unchanged\n")


def test_every_connection_is_ended(hosts: Hosts, spec: str) -> None:
    hosts.update({name: end() for name, end in ENDS.items()})
    for command in (Run.plan, Run.facts):
        hosts.run(command, spec=spec)
        assert [host.closed for host in hosts.values()] == [1] * len(ENDS)
        hosts.update({name: end() for name, end in ENDS.items()})


@pytest.mark.parametrize(
    ("command", "dry", "flags"),
    [
        (Run.plan, False, {}),
        (Run.setup, True, {}),
        (Run.setup, False, {"dry_run": True}),
        (Run.uninstall, True, {}),
    ],
)
def test_a_dry_run_only_reads(
    hosts: Hosts,
    capsys: pytest.CaptureFixture[str],
    command: Callable[[Run], int],
    dry: bool,
    flags: dict[str, bool],
) -> None:
    answer = CONVERGED + ALONG if command is Run.uninstall else FRESH
    hosts["a"] = Remote(Reads(answer))
    run = Run.asked_for(Asked(("a",), dry), {"spec": "", **flags})
    assert command(run) == 3
    assert hosts["a"].commands == ["read"]
    assert capsys.readouterr().out.endswith("Nothing was changed.\n")


def test_setup_applies(hosts: Hosts, spec: str) -> None:
    hosts["a"] = Remote(Reads(FRESH), Applies(CONVERGED))
    assert hosts.run(Run.setup, spec=spec) == 0
    assert hosts["a"].commands == ["read", "apply"]


def test_uninstall_takes_away(hosts: Hosts, spec: str) -> None:
    hosts["a"] = Remote(Reads(CONVERGED + ALONG), Applies(FRESH + ALONG))
    assert hosts.run(Run.uninstall, spec=spec) == 0
    assert hosts["a"].commands == ["read", "apply"]


def test_flags_win_over_the_file(hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    hosts["a"] = Remote(Reads(CONVERGED))
    assert hosts.run(Run.plan, spec=spec, registry_mirrors="https://mirror.example") == 3
    assert '+    "https://mirror.example"' in capsys.readouterr().out


def test_only_asks_for_some_steps(hosts: Hosts) -> None:
    hosts["a"] = Remote(Reads(FRESH), Applies(CONVERGED))
    assert hosts.run(Run.setup, only="repos, engine") == 0


@pytest.mark.parametrize("command", [Run.plan, Run.facts, Run.versions])
def test_json_stands_alone_on_standard_output(
    hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str], command: Callable[[Run], int]
) -> None:
    answer = versions_answer() if command is Run.versions else CONVERGED
    hosts.update({"a": Remote(Reads(answer)), "b": ENDS["unreachable"]()})
    assert hosts.run(command, spec=spec, json=True) == 1
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert "a" in ([each["host"] for each in document["hosts"]] if command is Run.plan else document)
    assert "b: " in said.err


def versions_answer() -> str:
    listed = recorded.text("yum/03").split("$ yum -q list docker-ce --showduplicates")[1].split("\n$ ")[0]
    return framed({"offers": listed, "installed": "18.06.3.ce-3.el7"}, WORD)


@pytest.mark.parametrize(
    ("command", "shown"), [(Run.facts, "CentOS Linux 7 (Core)"), (Run.versions, "3:26.1.4-1.el7")]
)
def test_what_was_read_is_shown_and_who_did_not_answer(
    hosts: Hosts, spec: str, capsys: pytest.CaptureFixture[str], command: Callable[[Run], int], shown: str
) -> None:
    answer = versions_answer() if command is Run.versions else CONVERGED
    hosts.update({"b": ENDS["unreachable"](), "a": Remote(Reads(answer))})
    assert hosts.run(command, spec=spec) == 1
    said = capsys.readouterr()
    assert shown in said.out
    assert said.err == "b: no route to host\n"


def test_all_that_answered_is_success(hosts: Hosts, spec: str) -> None:
    hosts["a"] = Remote(Reads(CONVERGED))
    assert hosts.run(Run.facts, spec=spec) == 0


def test_what_a_host_says_instead_of_an_answer_cannot_move_the_cursor(
    hosts: Hosts, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts["a"] = Remote(Reads("\x1b[2J\x1b]0;owned\x07 no shell"))
    assert hosts.run(Run.facts) == 1
    assert (
        capsys.readouterr().err
        == "a: the host's answer was cut off before host was read; it said: no shell\n"
    )


@pytest.mark.parametrize("code", [0, 1])
def test_verify_gives_pytests_verdict(
    hosts: Hosts, spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    asked: list[tuple[list[str], Path | None]] = []

    def verify(subjects: Mapping[str, Subject], observer: Observer, *, junit: Path | None) -> int:
        assert all(each.handed.repo_key.startswith(b"-----BEGIN PGP") for each in subjects.values())
        asked.append((list(subjects), junit))
        return code

    monkeypatch.setattr("provision.verify.run", verify)
    hosts.update({"a": Remote(), "b": Remote()})
    assert hosts.run(Run.verify, spec=spec, junit=f"{tmp_path}/it.xml") == code
    assert asked == [(["a", "b"], tmp_path / "it.xml")]
    assert [host.closed for host in hosts.values()] == [1, 1]


def test_steps_are_listed_without_a_host(capsys: pytest.CaptureFixture[str]) -> None:
    assert Hosts().run(Run.steps) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "base",
        "repos",
        "engine",
        "kernel",
        "daemon",
        "service",
        "access",
    ]
    assert all(len(line.split()) > 3 for line in lines)
