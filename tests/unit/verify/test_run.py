"""One pytest run over all hosts: its words, its exit code, its report, and nobody else's say in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from provision import verify
from provision.converge import Output, Remote
from provision.errors import INTERRUPTED, Failed, OperatorError, ProvisionError, Unreachable
from provision.events import Observer
from provision.handed import defaults
from provision.verify.checks import checks
from tests.unit import junitschema
from tests.unit.verify.fakehost import ASKED, FakeHost, LostHost, ReadOnly

NAMES = [check.__name__ for check in checks(defaults())]
CHECKOUT = Path(__file__).parents[3]


def run(hosts: Mapping[str, Remote], junit: Path | str = "") -> int:
    subjects = {name: verify.Subject(remote, ASKED, defaults()) for name, remote in hosts.items()}
    return verify.run(subjects, Observer(), junit=str(junit))


def drifted() -> FakeHost:
    fake = FakeHost()
    fake.unit["UnitFileState"] = "disabled"
    return fake


def unreachable() -> LostHost:
    return LostHost(Unreachable("10.0.0.9:22: connection refused; is sshd running?"))


def test_all_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert run({"host1": FakeHost(), "root@10.0.0.2:2222": FakeHost()}) == 0
    out = capsys.readouterr().out
    for name in NAMES:
        assert f"\nhost1::{name} PASSED" in out
        assert f"\nroot@10.0.0.2:2222::{name} PASSED" in out
    assert f"= {2 * len(NAMES)} passed in " in out


def test_a_failure_names_host_and_check_and_says_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run({"host1": FakeHost(), "host2": drifted()}) == 1
    out = capsys.readouterr().out
    assert "host2::service FAILED" in out
    _, failures = out.split(" FAILURES ")
    headline, text, end = failures.splitlines()[1:]
    assert headline.strip("_ ") == "host2: service"
    assert text.startswith("docker.service is disabled and active, not enabled and active; run setup-docker")
    assert f"1 failed, {2 * len(NAMES) - 1} passed in " in end


def test_an_unreachable_host_fails_by_one_line_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lost = unreachable()
    assert run({"host1": FakeHost(), "host2": lost, "host3": FakeHost()}) == 1
    out = capsys.readouterr().out
    assert out.count("connection refused; is sshd running?") == 1
    assert out.count("host2::") == 1
    assert "Traceback" not in out
    assert f"1 failed, {2 * len(NAMES)} passed in " in out
    assert lost.asked == 1


def test_a_host_that_is_lost_on_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    class Dying(FakeHost):
        def read(self, script: str, *, timeout: float | None = None) -> Output:
            if len(self.commands) == 9:
                raise Failed("the host did not answer within 75 s")
            return super().read(script, timeout=timeout)

    assert run({"host1": Dying(), "host2": FakeHost()}) == 1
    out = capsys.readouterr().out
    assert "host1::repository PASSED" in out
    assert "host1::signing_key FAILED" in out
    assert "host1::packages" not in out
    assert "within 75 s; the checks behind this one were left out" in out


def test_a_defect_shows_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    class Odd(ReadOnly):
        def read(self, script: str, *, timeout: float | None = None) -> Output:  # noqa: ARG002  Remote's signature
            raise ZeroDivisionError

    assert run({"host1": Odd()}) == 1
    out = capsys.readouterr().out
    assert "ZeroDivisionError" in out
    assert "test_run.py" in out
    assert "pluggy" not in out


def test_an_interrupt_is_no_verdict() -> None:
    class Impatient(ReadOnly):
        def read(self, script: str, *, timeout: float | None = None) -> Output:  # noqa: ARG002  Remote's signature
            raise KeyboardInterrupt

    assert run({"host1": Impatient()}) == INTERRUPTED


def test_the_report_has_a_class_for_each_host(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    assert run({"host1": FakeHost(), "web-2.example.com": drifted()}, report) == 1
    assert junitschema.faults(report.read_bytes()) == []
    (suite,) = ET.parse(report).getroot()  # noqa: S314  of our own making
    cases = [(case.get("classname"), case.get("name")) for case in suite]
    assert cases == [(host, name) for host in ("host1", "web-2.example.com") for name in NAMES]
    failures = suite.findall("testcase/failure")
    assert [failure.get("message", "")[:26] for failure in failures] == ["docker.service is disabled"]


def test_a_report_in_a_home_that_is_not_there_is_told() -> None:
    with pytest.raises(OperatorError, match=r"^--junit: can't find ~nobody-of-that-name/x: no home"):
        run({"host1": FakeHost()}, "~nobody-of-that-name/x")


@pytest.mark.parametrize("name", ["no-such-folder/report.xml", "."])
def test_a_report_that_cannot_be_written_is_said_before_any_host_is_asked(tmp_path: Path, name: str) -> None:
    fake = FakeHost()
    with pytest.raises(OperatorError, match=r"^--junit: can't write /.*: (No such file|Is a directory)"):
        run({"host1": fake}, tmp_path / name)
    assert fake.commands == []


def test_a_report_that_can_not_be_written_in_the_end_is_told() -> None:
    with pytest.raises(ProvisionError, match=r"^--junit: can't write /dev/full: No space left on device$"):
        run({"host1": FakeHost()}, "/dev/full")


def test_a_report_under_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run({"host1": FakeHost()}, Path("~/report.xml")) == 0
    assert (tmp_path / "report.xml").stat().st_size > 0


HOSTILE = {
    "pytest.ini": "[pytest]\naddopts = --exitfirst --no-such-option -k nothing\n",
    "conftest.py": "raise SystemExit('the conftest of the caller was read')\n",
    "test_of_the_caller.py": "def test() -> None: raise SystemExit('a test of the caller was run')\n",
    "callers_plugin.py": "raise SystemExit('the plugin of the caller was loaded')\n",
}


def test_the_callers_pytest_has_no_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in HOSTILE.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "callers_plugin")
    assert run({"host1": FakeHost()}) == 0
    assert "host1::packages PASSED" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(HOSTILE)
    assert os.environ["PYTEST_ADDOPTS"] == "--no-such-option"
    assert os.environ["PYTEST_PLUGINS"] == "callers_plugin"
    assert "PYTEST_DISABLE_PLUGIN_AUTOLOAD" not in os.environ


def test_installed_plugins_have_no_say(tmp_path: Path) -> None:
    """A distribution with a pytest plugin, as pip would have put it there."""
    info = tmp_path / "callers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: callers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pytest11]\ncallers = callers_plugin\n")
    (tmp_path / "callers_plugin.py").write_text(HOSTILE["callers_plugin.py"])
    program = (
        "from tests.unit.verify.test_run import run, FakeHost\nraise SystemExit(run({'host1': FakeHost()}))"
    )
    done = in_python(program, PYTHONPATH=f"{CHECKOUT}:{tmp_path}")
    assert done.returncode == 0, done.stdout + done.stderr
    bare = in_python("import pytest; pytest.main(['--co', 'fabfile.py'])", PYTHONPATH=str(tmp_path))
    assert "the plugin of the caller was loaded" in bare.stdout + bare.stderr  # it would have been


def test_pytest_is_imported_only_when_checks_are_made() -> None:
    program = "import sys; from provision import verify; print(*{'pytest', 'testinfra'} & {*sys.modules})"
    assert in_python(program).stdout.split() == []


def test_checks_share_nothing_with_what_they_check() -> None:
    program = "import sys; from provision.verify import checks; print(*sys.modules)"
    modules = set(in_python(program).stdout.split())
    assert "provision.verify.look" in modules
    for name in ("resources", "steps", "facts", "plan", "converge"):
        assert not [module for module in modules if f"{module}.".startswith(f"provision.{name}.")]


def in_python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
