"""docker's and dockerd's words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.words import docker
from tests.unit.words import recorded

JSON = "info --format '{{json .}}'"


def shown(name: str, mark: str = "") -> str:
    """The first `docker info` in JSON of a recording that holds `mark`."""
    return next(run.output for run in recorded.runs(name) if JSON in run.command and mark in run.output)


# ── docker info ──


@pytest.mark.parametrize(
    ("name", "version"),
    [("dockerd/01", "18.06.3-ce"), ("dockerd/20", "20.10.24+dfsg1"), ("dockerd/26", "26.1.5+dfsg1")],
)
def test_info_of_a_daemon_with_nothing_set(name: str, version: str) -> None:
    info = docker.info(shown(name))
    assert info.server_version == version
    assert info.mirrors == ()
    assert info.insecure_registries == ("127.0.0.0/8",)
    assert (info.live_restore, info.debug, info.swarm) == (False, False, "inactive")
    assert (info.driver, info.root_dir, info.cgroup_driver) == ("overlay2", "/var/lib/docker", "cgroupfs")
    assert (info.running, info.containers, info.images) == (0, 0, 0)
    assert "runc" in info.runtimes


def test_info_with_settings() -> None:
    info = docker.info(shown("dockerd/02"))
    assert info.mirrors == ("https://abc123.mirror.aliyuncs.com/", "https://registry.docker-cn.com/")
    assert info.insecure_registries == ("10.0.0.5:5000", "192.168.0.0/16", "127.0.0.0/8")
    assert info.labels == ("zone=a", "rack=7")
    assert (info.live_restore, info.debug, info.experimental) == (True, True, True)
    assert info.root_dir == "/data/docker"


def test_a_proxys_password_is_never_kept() -> None:
    said = shown("dockerd/02")
    assert "s3cret" in said
    info = docker.info(said)
    assert info.proxies["https"] == "http://***@proxy.example.com:3128"
    assert info.proxies["http"] == "http://proxy.example.com:3128"
    assert "s3cret" not in repr(info)


def test_json_of_a_daemon_that_does_not_answer_is_no_info() -> None:
    """From 20.10 on docker info exits 0 with an object all the same."""
    answers = list(recorded.runs("dockerd/21"))
    assert [run.status for run in answers] == [0, 0]
    for run in answers:
        with pytest.raises(ValueError, match="Cannot connect to the Docker daemon"):
            docker.info(run.output.splitlines()[0])


@pytest.mark.parametrize(
    "text", ["", "json", "null", "[]", "3", "{}", '{"ServerVersion": 3}', '{"RegistryConfig": null}']
)
def test_what_is_no_info_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- json's own message or ours
        docker.info(text)


WHOLE = json.loads(shown("dockerd/26"))


@given(
    st.sampled_from(sorted(WHOLE)),
    st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()),
)
def test_info_is_whole_or_refused(key: str, value: object) -> None:
    try:
        found = docker.info(json.dumps({**WHOLE, key: value}))
    except ValueError:
        return
    assert isinstance(found.mirrors, tuple)


# ── a daemon that doesn't start ──


def failed_starts() -> Iterator[recorded.Run]:
    for number in ("03", "04", "05", "06", "20", "26"):
        for run in recorded.runs(f"dockerd/{number}"):
            if run.status == 1 and re.search(r"\bdockerd\b", run.command):
                yield run


STARTS = list(failed_starts())


def test_the_recordings_hold_what_they_should() -> None:
    assert len(STARTS) > 110


@pytest.mark.parametrize("run", STARTS, ids=lambda run: f"{run.recording}: {run.output.strip()[-60:]}")
def test_every_recorded_failure_has_a_cause(run: recorded.Run) -> None:
    reason = docker.daemon_failure(run.output.splitlines())
    assert "last words" not in reason.what
    assert reason.remedy
    assert "\n" not in reason.what + reason.remedy


CASES = [
    (
        "options: foo".replace("options", "option"),
        "unknown key in /etc/docker/daemon.json: foo, baz",
        "take out",
    ),
    (
        "from flag: [fd://]",
        "given in /etc/docker/daemon.json and by the unit too: hosts",
        "systemctl cat docker",
    ),
    ("daemon.json: EOF", "/etc/docker/daemon.json is empty", "{}"),
    ("unexpected EOF", "/etc/docker/daemon.json ends too early", "close"),
    ("unexpected end of JSON input", "/etc/docker/daemon.json ends too early", "close"),
    ("'ï'", "begins with a byte order mark", "without BOM"),
    ("'}' looking for beginning of object key", "is not valid JSON", "json.tool"),
    ("cannot unmarshal array into Go value", "holds a JSON array and no object", "{ }"),
    ("field Config.debug of type bool", "debug is given as JSON string", "mend"),
    ("CommonConfig.ServiceOptions.registry-mirrors", "registry-mirrors is given as JSON string", "mend"),
    ("invalid mirror: path", "invalid mirror: path, query, or fragment", "https://HOST"),
    (
        "failed to start daemon: invalid mirror: unsupported",
        "invalid mirror: unsupported scheme",
        "https://HOST",
    ),
    ("insecure registry 10.0.0.5:5000/v2 is not valid", "insecure registry 10.0.0.5:5000/v2", "HOST:PORT"),
    ("conflict labels", "conflict labels for a=2 and a=1", "keep one"),
    ("unknown log opt", "unknown log opt 'nosuch'", "log-opts"),
    (
        "graphdriver: driver not supported",
        "the storage driver is refused: driver not supported",
        "storage-driver",
    ),
    ("invalid CIDR address: 10.55.0.1\n", "no network: invalid CIDR address: 10.55.0.1", "bip"),
    ("group nosuch not found", "the group nosuch isn't there", "create"),
    ("X509 key pair", "the API can't listen", "tlscert"),
    ("is not supported for running docker", "kernel 2.6.78 is too old", "3.10"),
    ("pid file found", "/var/run/docker.pid names a living process", "pgrep"),
    ("no space left on device", "the disk is full: /srv/full/docker", "make room"),
    ("incompatible with swarm mode", "live-restore doesn't go with swarm mode", "swarm"),
    ("is a directory", "/etc/docker/daemon.json is a directory", "remove"),
    ("unknown flag: --nosuch", "the unit starts it wrongly", "systemctl cat docker"),
]


@pytest.mark.parametrize(("mark", "what", "remedy"), CASES)
def test_cause_and_remedy(mark: str, what: str, remedy: str) -> None:
    run = next(run for run in STARTS if mark in run.output)
    reason = docker.daemon_failure(run.output.splitlines())
    assert what in reason.what
    assert remedy in reason.remedy


def test_the_last_cause_counts_in_the_journal_of_several_starts() -> None:
    journal = """\
Nov 24 08:44:56 el7 dockerd[812]: unable to configure the Docker daemon with file /etc/docker/daemon.json: EOF
Nov 24 08:44:56 el7 systemd[1]: docker.service: main process exited, code=exited, status=1/FAILURE
Nov 24 08:46:02 el7 dockerd[901]: time="2026-11-24T08:46:02Z" level=warning msg="no space left on device"
Nov 24 08:46:03 el7 dockerd[901]: time="2026-11-24T08:46:03Z" level=fatal msg="plugin \\"authz\\" not found"
Nov 24 08:46:03 el7 systemd[1]: Failed to start Docker Application Container Engine.
"""
    assert docker.daemon_failure(journal.splitlines()).what == "the authorization plugin authz isn't there"


def test_unknown_words_are_passed_on() -> None:
    assert docker.daemon_failure(["", "something new", " "]).what == "its last words are: something new"
    assert docker.daemon_failure([]).what == "it said nothing"


@given(st.lists(st.text()))
def test_no_lines_break_it(lines: list[str]) -> None:
    assert docker.daemon_failure(lines).remedy


# ── a reload ──


def reloads(name: str) -> list[tuple[str, list[str]]]:
    """Each SIGHUP of a recording: the daemon.json before it, and the log lines after it."""
    blocks = recorded.text(name).split("$ kill -HUP")
    files = [block.rpartition("daemon.json\n")[2] for block in blocks]
    logs = [
        [line for line in block.split("\n$ ")[0].splitlines() if line.startswith("time=")] for block in blocks
    ]
    return [(before, log) for before, log in zip(files, logs[1:], strict=False) if log]


@pytest.mark.parametrize("name", ["dockerd/07", "dockerd/20", "dockerd/26"])
def test_every_recorded_reload_is_taken_up_or_has_a_cause(name: str) -> None:
    found = reloads(name)
    assert len(found) > 5
    for _, log in found:
        reason = docker.reload_failure(log)
        if any("level=error" in line for line in log):
            assert reason is not None
            assert "last words" not in reason.what
        else:
            assert reason is None


def test_a_bad_mirror_on_reload() -> None:
    (log,) = [log for before, log in reloads("dockerd/26") if "f.example.com" in before]
    reason = docker.reload_failure(log)
    assert reason is not None
    assert reason.what == 'invalid mirror: unsupported scheme "" in "f.example.com"'


def test_only_the_last_reload_counts() -> None:
    (bad,) = [log for before, log in reloads("dockerd/26") if "f.example.com" in before]
    good = reloads("dockerd/26")[0][1]
    assert docker.reload_failure([*bad, *good]) is None
    assert docker.reload_failure([*good, *bad]) is not None


def test_a_reload_that_nobody_noticed() -> None:
    reason = docker.reload_failure(["some other line"])
    assert reason is not None
    assert "didn't notice" in reason.what


def test_the_values_of_the_last_reload() -> None:
    events = recorded.text("dockerd/07").split("$ docker events")[1]
    attributes = re.sub(r"^TIME reload ", "", events, flags=re.MULTILINE)
    found = docker.reloaded(attributes)
    assert found["registry-mirrors"] == ["https://i.example.com"]
    assert found["shutdown-timeout"] == 33
    assert found["debug"] is True
    assert found["default-ipc-mode"] == "private"
    assert docker.reloaded("") == {}
