"""A run apart from its connection: what is kept of it, what becomes of it when something dies, how it is joined."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
from pathlib import Path

import pytest

from provision.resources import record
from provision.runs import HostRun, Task
from provision.runs.shell import KEPT, LOGS_KEPT
from provision.script import Mark, quote
from tests.unit.runs.runhost import ABOUT, READ, RECORD, RunHost, around, run_of, wait_for
from tests.unit.shell import SHELLS, WORD


@pytest.fixture(params=SHELLS, ids="-".join)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> RunHost:
    return RunHost(tmp_path, request.param)


def test_the_host_keeps_who_did_what_and_no_script(host: RunHost) -> None:
    found = host.begin(RECORD, Task("a", 'ls -A "$run"'))
    assert found.said[:3] == ["about", "log", "status"], "sh has read the script whole by then"
    assert sorted(path.name for path in host.run_folder.iterdir()) == ["about", "log", "status"]
    assert json.loads((host.run_folder / "about").read_text()) == json.loads(ABOUT.text())
    log = (host.run_folder / "log").read_text()
    assert f"{WORD} done a\n" in log
    assert f"{WORD} begin it" not in log, "what a host holds is for the wire alone"
    assert (host.run_folder / "status").read_text().split()[0] == "0"
    assert [path.stat().st_mode & 0o777 for path in (host.state, host.run_folder)] == [0o700, 0o700]
    assert [path.stat().st_mode & 0o777 for path in host.run_folder.iterdir()] == [0o600] * 3
    assert host.syslog.read_text().splitlines() == [
        "run 0123456789abcdef: setup-docker by it's me at $HOME",
        "run 0123456789abcdef ended: exit status 0",
    ]


def test_on_a_host_that_has_nothing_of_ours_nothing_stays(host: RunHost) -> None:
    assert host.begin(Task("a", "true", "fail no room")).frames[-1] == (Mark.REFUSE, "no room")
    assert not host.state.exists()


def test_what_was_refused_where_we_are_is_kept(host: RunHost) -> None:
    host.state.mkdir()
    (host.state / "record.json").touch()
    host.begin(Task("a", "true", "fail no room"))
    assert (host.run_folder / "status").read_text().split("\n")[1] == "refuse no room"
    assert host.syslog.read_text().endswith("ended: refuse\n"), "the system's log is read by others than root"


def test_without_systemd_run_the_host_is_refused_with_its_words(host: RunHost) -> None:
    (host.bin / "systemd-run.broken").write_text("Failed to create bus connection: No such file\n")
    found = host.begin(RECORD)
    assert found.frames == [
        (Mark.REFUSE, "systemd-run can't begin the run: Failed to create bus connection: No such file")
    ]
    assert not host.state.exists()


def test_where_nothing_can_be_written_the_host_is_refused(host: RunHost) -> None:
    host.state.write_text("in the way")
    done = host.run(run_of(RECORD).begin.replace("mkdir -p", "2>/dev/null mkdir -p"))
    assert [mark for mark, _ in done.frames] == [Mark.REFUSE]
    assert "can't write under" in done.frames[0][1]


def test_the_run_goes_on_when_its_session_dies_and_is_joined_from_any_byte(
    host: RunHost, tmp_path: Path
) -> None:
    ready, go = tmp_path / "ready", tmp_path / "go"
    slow = f"touch {ready}; until [ -e {go} ]; do sleep 0.05; done; echo späß"
    with host.begun(RECORD, Task("a", slow)):
        wait_for(ready.exists)
    go.touch()
    whole = host.run(run_of().follow(1))
    assert whole.frames == [*around("record", "a"), *READ]
    log = (host.run_folder / "log").read_bytes()
    assert whole.text.encode().startswith(log)
    for offset in (1, 2, 40, log.index(b"\xc3") + 2, len(log), len(log) + 1, len(log) + 1000):
        text = HostRun(WORD).follow(offset)  # joined: without a reading
        done = host.run(text.replace("carry_out </dev/null", "carry_out </dev/null | base64"))
        assert base64.b64decode(done.text) == log[offset - 1 :], offset


def test_a_run_hears_of_a_new_connection_and_of_no_other(host: RunHost) -> None:
    waits = Task("a", "await_return 600 && echo heard")
    with host.begun(RECORD, waits) as session:
        wait_for((host.run_folder / "asked").exists)
        joined = host.run(run_of().follow(1))
        assert joined.said[0] == "heard"
        assert session.stdout is not None
        said = session.stdout.read()
    asking = [line for line in said.split("\n") if run_of().wants_return(line)]
    assert asking == [
        f"{WORD} confirm connecting anew: the host takes this back unless that works within 600 s"
    ]
    assert sorted(path.name for path in host.run_folder.iterdir()) == ["about", "log", "status"]


def test_where_nobody_comes_the_run_goes_on_by_itself(host: RunHost) -> None:
    found = host.begin(RECORD, Task("a", "await_return 0 || fail nobody"))
    assert found.frames[-1] == (Mark.FAIL, "nobody")


QUOTED = "proxy=http://me:p@ss/w*rd@proxy:3128 and https://a:b@c/x"
HIDDEN = "proxy=***@proxy:3128 and https://***@c/x"


def test_a_login_that_a_program_quotes_never_stands_in_the_log(host: RunHost, tmp_path: Path) -> None:
    """Nor is it heard by whoever follows."""
    ready, go = tmp_path / "ready", tmp_path / "go"
    words = f"printf 'späß %s\n' {quote(QUOTED)}; touch {ready}; until [ -e {go} ]; do sleep 0.05; done"
    with host.begun(RECORD, Task("a", f"{words}; fail {quote(QUOTED)}")) as session:
        wait_for(ready.exists)
        log = host.run_folder / "log"
        wait_for(lambda: f"späß {HIDDEN}\n" in log.read_text())
        assert "p@ss" not in log.read_text()
        go.touch()
        assert session.stdout is not None
        said = session.stdout.read()
    assert said.startswith(log.read_text())
    assert "p@ss" not in said + (host.run_folder / "status").read_text()
    assert (host.run_folder / "status").read_text().endswith(f"\nfail {HIDDEN}\n")
    assert not (host.run_folder / "pipe").exists()


def test_what_is_left_of_a_killed_run_says_no_secret_either(host: RunHost, tmp_path: Path) -> None:
    """As yum does, which goes on: its words are in the log, and nobody waits for it."""
    ready, go = tmp_path / "ready", tmp_path / "go"
    left = f"sh -c 'touch {ready}; until [ -e {go} ]; do sleep 0.05; done; echo {quote(QUOTED)}' &\nwait"
    with host.begun(RECORD, Task("a", left)) as session:
        wait_for(ready.exists)
        os.kill(host.unit(), signal.SIGKILL)
        assert session.stdout is not None
        session.stdout.read()
    log = host.run_folder / "log"
    go.touch()
    wait_for(lambda: "proxy:3128" in log.read_text())
    assert "p@ss" not in log.read_text()


def test_what_a_run_has_begun_goes_on_though_each_of_its_shells_is_killed(
    host: RunHost, tmp_path: Path
) -> None:
    """The one too that takes its words to the log: yum is ended by no pipe that nobody reads."""
    ready, go, done = tmp_path / "ready", tmp_path / "go", tmp_path / "done"
    # more than once, for what read for the relay is still there
    says = "for word in 1 2 3 4 5 6 7 8; do echo on; sleep 0.05; done"
    left = f"touch {ready}; until [ -e {go} ]; do sleep 0.05; done; {says}; touch {done}"
    with host.begun(RECORD, Task("a", f"sh -c '{left}'")) as session:
        wait_for(ready.exists)
        script = bytes(host.run_folder / "script")
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if process.read_bytes().rstrip(b"\0").endswith(script):
                    os.kill(int(process.parent.name), signal.SIGKILL)
        assert session.stdout is not None
        session.stdout.read()
    go.touch()
    wait_for(done.exists)


def test_what_a_power_cut_left_of_secrets_goes_with_the_next_run(host: RunHost) -> None:
    died = host.state / "runs/00ff00ff00ff00ff"
    died.mkdir(parents=True)
    for name in ("about", "status", "script"):
        (died / name).touch()
    host.begin(RECORD)
    assert not (died / "script").exists()


def test_a_killed_run_has_no_verdict_of_its_own_and_leaves_no_failed_unit(host: RunHost) -> None:
    """Its supervisor is left: the unit ends well."""
    found = host.begin(RECORD, Task("a", "kill -s KILL \"$(exec sh -c 'echo $PPID')\""), Task("b", "echo b"))
    assert found.frames == [*around("record"), (Mark.STEP, "a")]
    assert (host.run_folder / "status").read_text().split()[0] == "137"


def test_a_run_that_died_as_a_whole_is_told_from_one_that_ended(host: RunHost) -> None:
    with host.begun(RECORD, Task("a", "sleep 600")) as session:
        host.unit()
        wait_for(lambda: f"{WORD} step a\n" in (host.run_folder / "log").read_text())
        os.killpg(os.getpgid(host.unit()), signal.SIGKILL)
        assert session.stdout is not None
        said = session.stdout.read()
        session.wait()
    assert said.endswith(f"{WORD} step a\n")
    assert session.returncode == 1
    assert (host.run_folder / "status").read_text() == ""


def test_a_run_that_is_not_there_is_read_instead(host: RunHost) -> None:
    found = host.run(run_of(RECORD).follow(5))
    assert found.frames[0][0] is Mark.NOTE
    assert found.frames[1:] == READ


def test_the_next_run_tidies_up(host: RunHost) -> None:
    """Scripts of runs that died, logs of old ones, and more folders than are kept."""
    runs = host.state / "runs"
    for number in range(KEPT + 5):
        folder = runs / f"{number:016x}"
        folder.mkdir(parents=True)
        for name in ("about", "log", "script"):
            (folder / name).write_text("{}")
        os.utime(folder / "about", (number, number))
    host.begin(RECORD)
    left = sorted(path.name for path in runs.iterdir())
    assert len(left) == KEPT
    assert left == sorted([*(f"{number:016x}" for number in range(6, KEPT + 5)), WORD[1:]])
    assert len(list(runs.glob("*/log"))) == LOGS_KEPT
    assert list(runs.glob("*/script")) == []


def test_a_login_s_proxy_is_the_run_s_too_and_is_in_no_command_line(host: RunHost) -> None:
    proxy = 'http://me:it\'s "$(secret)"@proxy:3128'
    found = host.begin(
        RECORD, Task("a", 'echo "$https_proxy"; sh -c \'echo "$https_proxy"\''), https_proxy=proxy
    )
    assert found.said[:2] == [proxy, proxy]


def test_any_text_is_run_as_it_is(host: RunHost) -> None:
    text = "'\"$(touch /tmp/x)`id`\\ \\n %s\n\ttab -n * ? ~ # ! \N{SNOWMAN}\n\n" + "x" * 100_000
    found = host.begin(Task("a", f"printf %s {quote(text)} | base64 -w 0; echo"))
    assert base64.b64decode(found.said[0]).decode() == text


def test_taking_the_record_away_leaves_those_their_folders_who_are_followed(host: RunHost) -> None:
    """This run keeps its own until its last byte was said, and one that waits for the lock keeps its."""
    ended = host.state / "runs/00ff00ff00ff00ff"
    ended.mkdir(parents=True)
    (host.state / "originals/etc").mkdir(parents=True)
    taken = f"{record.LIBRARY}\nremove_record; ls -A $state $runs; find $run -name log"
    found = host.begin(RECORD, Task("record", taken), Task("b", "echo to its end"))
    log = str(host.run_folder / "log")
    assert found.said == [
        f"{host.state}:",
        "runs",
        f"{host.state}/runs:",
        WORD[1:],
        log,
        "to its end",
        "read",
    ]
    assert not host.state.exists()
