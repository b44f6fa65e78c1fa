"""`--report DIR`: looked at before any host is, written whole, whatever becomes of the hosts."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

from provision.errors import LetGo, OperatorError, ProvisionError, Unreachable
from provision.report.files import Files
from provision.run import Run
from tests.unit import junitschema
from tests.unit.fake import Applies, Reads, Remote
from tests.unit.fleet.test_campaign import Interrupting, away, fresh, right
from tests.unit.report.test_document import SCHEMA
from tests.unit.running import ALONG, CONVERGED, FRESH, SPEC, Hosts, hosts
from tests.unit.verify.fakehost import FakeHost, LostHost

__all__ = ["hosts"]

NAMES = ["index.html", "junit.xml", "run.json"]


@pytest.fixture(autouse=True)
def _a_new_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(sys, "argv", ["/opt/fab"])


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "site.yml"
    path.write_text(SPEC)
    return str(path)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A folder that isn't there yet."""
    return tmp_path / "reports" / "today"


class SetUp(FakeHost):
    """A host that was set up, somewhere."""

    place = "10.0.0.1:22"

    def drift(self) -> SetUp:
        self.unit["UnitFileState"] = "disabled"
        return self


def written(report: Path) -> Any:
    """run.json, once it is known that all is there, whole and of one mind."""
    assert sorted(path.name for path in report.iterdir()) == NAMES
    found = json.loads((report / "run.json").read_text())
    SCHEMA.validate(found)
    assert f"<title>{found['command']} {found['run']}</title>" in (report / "index.html").read_text()
    assert junitschema.faults((report / "junit.xml").read_bytes()) == []
    assert len(JUnitXml.fromfile(str(report / "junit.xml"))) == len(found["hosts"])
    return found


def ends(found: Any) -> dict[str, str]:
    return {each["host"]: each["status"] for each in found["hosts"]}


@pytest.mark.parametrize(
    ("command", "answers", "end"),
    [
        (Run.plan, (Reads(FRESH),), ("plan", "pending", 3)),
        (Run.setup, (Reads(FRESH), Applies(CONVERGED)), ("setup-docker", "changed", 0)),
        (
            Run.uninstall,
            (Reads(CONVERGED + ALONG), Applies(FRESH + ALONG)),
            ("uninstall-docker", "changed", 0),
        ),
    ],
)
def test_each_command_writes_it(  # noqa: PLR0917  fixtures
    hosts: Hosts,
    spec: str,
    report: Path,
    command: Callable[[Run], int],
    answers: tuple[Reads | Applies, ...],
    end: tuple[str, str, int],
) -> None:
    name, status, code = end
    hosts.update({"a": Remote(*answers), "b": away()})
    assert hosts.run(command, spec=spec, report=str(report)) == 1
    found = written(report)
    assert (found["command"], found["exit_code"], found["cause"]) == (name, 1, "done")
    assert ends(found) == {"a": status, "b": "unreachable"}
    hosts["a"] = Remote(*answers)
    del hosts["b"]
    assert hosts.run(command, spec=spec, report=str(report)) == code
    assert (written(report)["exit_code"], ends(written(report))) == (code, {"a": status})


def test_an_inventory_does_the_same(hosts: Hosts, spec: str, tmp_path: Path, report: Path) -> None:
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text("hosts: [a, b]\n")
    hosts.update({"a": right(), "b": fresh()})
    assert (
        hosts.of(Run.setup, str(inventory), spec=spec, report=str(report), waves="1,100%", only="repos") == 0
    )
    assert [each["hosts"] for each in written(report)["waves"]] == [["a"], ["b"]]


def test_whoever_reads_along_may_go(
    hosts: Hosts, spec: str, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("provision.changing.summary.lines", gone)
    hosts["a"] = right()
    with pytest.raises(BrokenPipeError):
        hosts.run(Run.setup, spec=spec, report=str(report))
    assert ends(written(report)) == {"a": "unchanged"}


def test_verify_writes_it_too(hosts: Hosts, report: Path) -> None:
    class Away(LostHost):
        place = "10.0.0.2:22"

    other = SetUp().drift()
    other.packages = ["rpm 4.11.3-48.el7_9", "docker 1.13.1-210.git7d71120.el7.centos"]
    hosts.update({"a": SetUp(), "b": SetUp().drift(), "c": Away(Unreachable("no route")), "d": other})  # type: ignore[dict-item]  # all are Remotes
    assert hosts.run(Run.verify, report=str(report), users="alice") == 1
    found = written(report)
    assert (found["command"], found["dry_run"]) == ("verify", True)
    assert ends(found) == {"a": "unchanged", "b": "failed", "c": "unreachable", "d": "failed"}
    hosts_ = {each["host"]: each for each in found["hosts"]}
    assert [each["step"] for each in hosts_["a"]["steps"]].count("check") > 10
    assert all(each["done"] for each in hosts_["a"]["steps"])
    assert [each["ident"] for each in hosts_["b"]["steps"] if not each["done"]] == ["check service"]
    assert hosts_["b"]["error"]["text"].startswith("check service: docker.service is disabled and active")
    assert len(hosts_["c"]["steps"]) == 1
    assert [each["engine"] for each in found["hosts"]] == ["18.06.3", "18.06.3", None, "1.13.1"]


def test_interrupted_it_is_written(hosts: Hosts, spec: str, report: Path) -> None:
    hosts.update({"a": Interrupting(Reads(FRESH), Applies(CONVERGED)), "b": right()})
    assert hosts.run(Run.setup, spec=spec, forks="1", report=str(report)) == 130
    found = written(report)
    assert (found["cause"], found["exit_code"]) == ("interrupted", 130)
    assert ends(found) == {"a": "changed", "b": "untouched"}


def test_let_go_it_is_written(hosts: Hosts, spec: str, report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def let_go(*_: object) -> None:
        raise LetGo

    monkeypatch.setattr("provision.fleet.runners.wait", let_go)
    hosts["a"] = right()
    with pytest.raises(LetGo):
        hosts.run(Run.setup, spec=spec, report=str(report))
    assert written(report)["cause"] == "let go"


@pytest.fixture
def _heard() -> Iterator[None]:
    """Ctrl-C means what it means by default: whoever runs the tests in a shell's background has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heard")
def test_an_interrupted_verify_writes_it(hosts: Hosts, report: Path) -> None:
    class Impatient(SetUp):
        def read(self, script: str, *, timeout: float | None = None) -> Any:
            os.kill(os.getpid(), signal.SIGINT)
            return super().read(script, timeout=timeout)

    hosts.update({"a": Impatient(), "b": SetUp()})  # type: ignore[dict-item]  # both are Remotes
    assert hosts.run(Run.verify, report=str(report)) == 130
    found = written(report)
    assert (found["cause"], ends(found)) == ("interrupted", {"a": "in flight", "b": "untouched"})


def test_a_folder_that_can_not_be_written_is_told_before_any_host_is_asked(
    hosts: Hosts, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    hosts["a"] = Remote()
    for command in (Run.plan, Run.setup, Run.uninstall, Run.verify):
        with pytest.raises(
            OperatorError, match=r"^--report: can't write into /.*: (Not a dir|File exists)"
        ) as error:
            hosts.run(command, report=f"{tmp_path}/file")
        assert len(str(error.value).splitlines()) == 1
        with pytest.raises(OperatorError):
            hosts.run(command, report="/proc/nothing/here")
    assert hosts["a"].commands == []


def test_what_can_not_be_written_in_the_end_leaves_what_was_there(
    hosts: Hosts, spec: str, report: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts["a"] = right()
    hosts.run(Run.plan, spec=spec, report=str(report))
    before = (report / "run.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    hosts["a"] = right()
    with pytest.raises(
        ProvisionError, match=r"^--report: can't write /.*/run.json: No space left on device$"
    ):
        hosts.run(Run.plan, spec=spec, report=str(report))
    assert "a: unchanged" in capsys.readouterr().out
    assert (report / "run.json").read_bytes() == before
    written(report)


def test_figures_are_written_in_one_go_by_every_command(hosts: Hosts, spec: str, tmp_path: Path) -> None:
    path = tmp_path / "docker.prom"
    for command, code in ((Run.plan, 3), (Run.setup, 0)):
        hosts["a"] = fresh()
        assert hosts.run(command, spec=spec, metrics=str(path)) == code
        assert (
            f'last_run_exit_code{{command="{"plan" if code else "setup-docker"}",file="docker.prom"}} {code}.0'
            in path.read_text()
        )
    hosts["a"] = SetUp()  # type: ignore[assignment]  # a Remote
    assert hosts.run(Run.verify, metrics=str(path), users="alice") == 0
    assert 'hosts{command="verify",file="docker.prom",outcome="unchanged"} 1.0' in path.read_text()
    assert 'engine_hosts{command="verify",file="docker.prom",version="18.06.3"} 1.0' in path.read_text()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["docker.prom", "site.yml", "state"]


@pytest.mark.parametrize("name", [".", "no-such-folder/docker.prom", "file/docker.prom"])
def test_a_file_for_figures_that_can_not_be_written_is_told_before_any_host_is_asked(
    hosts: Hosts, tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").touch()
    hosts["a"] = Remote()
    with pytest.raises(OperatorError, match=r"^--metrics: can't write /.*: (Is a|No such|Not a)") as error:
        hosts.run(Run.plan, metrics=str(tmp_path / name))
    assert len(str(error.value).splitlines()) == 1
    assert hosts["a"].commands == []


def test_nothing_but_a_file_is_replaced_by_figures(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/null")
    for name in ("pipe", "link"):
        with pytest.raises(
            OperatorError, match=rf"^--metrics: /.*/{name} is no file that can be replaced: name"
        ):
            Files(metrics=str(tmp_path / name))


def test_who_may_read_it_is_as_the_operators_umask_has_it(report: Path) -> None:
    before = os.umask(0o027)
    try:
        Files(str(report))
        assert stat.S_IMODE(report.stat().st_mode) == 0o750
    finally:
        os.umask(before)


def test_nothing_is_written_where_nobody_asks(hosts: Hosts, spec: str, tmp_path: Path) -> None:
    hosts["a"] = right()
    hosts.run(Run.plan, spec=spec)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site.yml"]
