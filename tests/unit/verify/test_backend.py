"""Commands reach the host as testinfra means them: run here by a real shell."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.converge import Output
from provision.errors import Failed, HostError, Refused, Unreachable
from provision.verify import backend
from tests.unit.verify.fakehost import FakeHost, LostHost, ReadOnly


@dataclass
class LocalHost(ReadOnly):
    """A root shell of this machine, as a Remote has it: the script comes over stdin."""

    environment: dict[str, str] = field(default_factory=dict)
    timeouts: list[float | None] = field(default_factory=list)

    def read(self, script: str, *, timeout: float | None = None) -> Output:
        self.timeouts.append(timeout)
        done = subprocess.run(
            ["sh", "-s"],
            input=script,
            capture_output=True,
            text=True,
            env={**os.environ, **self.environment},
            timeout=30,
            check=False,
        )
        return Output(done.stdout, done.stderr, done.returncode)


# every character but what no argument of a program can hold, or no UTF-8
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"))


@given(TEXT)
def test_any_string_survives_the_quoting(text: str) -> None:
    host = backend.host("host1", LocalHost())
    assert host.run("printf %%s %s", text).stdout == text


def test_streams_and_status_stay_apart() -> None:
    answer = backend.host("host1", LocalHost()).run("echo out; echo err >&2; exit 7")
    assert (answer.stdout, answer.stderr, answer.rc) == ("out\n", "err\n", 7)


def test_a_percent_sign_is_plain_without_arguments() -> None:
    assert backend.host("host1", LocalHost()).run("date +%Y").rc == 0


def test_a_command_that_reads_its_input_finds_none() -> None:
    assert backend.host("host1", LocalHost()).check_output("cat; echo end") == "end"


def test_the_environment_is_clean() -> None:
    local = LocalHost({"DOCKER_HOST": "tcp://10.0.0.9:2375", "LANGUAGE": "zh_CN", "LC_ALL": "zh_CN.UTF-8"})
    words = backend.host("host1", local).check_output("env").split()
    assert {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"} <= set(words)
    assert not [word for word in words if word.startswith(("DOCKER_", "LANGUAGE"))]


def test_a_command_is_bounded_on_the_host_before_the_connection_gives_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backend, "SCRIPT", backend.SCRIPT.replace(f" {backend.LIMIT} ", " 0.2 "))
    local = LocalHost()
    assert backend.host("host1", local).run("sleep 30").rc == 124
    assert local.timeouts == [backend.LIMIT + backend.GRACE]
    assert backend.GRACE > 5  # what `timeout -k` gives a command that doesn't listen


def test_python_is_not_run_on_the_host() -> None:
    fake = FakeHost()
    fake.users = {"alice": "alice Größe"}
    assert backend.host("host1", fake).user("alice").groups == ["alice", "Größe"]
    assert not [command for command in fake.commands if "python" in command]


@pytest.mark.parametrize("error", [Unreachable("no route"), Refused("no sudo"), Failed("did not answer")])
def test_a_lost_host_is_not_asked_again(error: HostError) -> None:
    lost = LostHost(error)
    host = backend.host("host1", lost)
    for _ in range(3):
        with pytest.raises(HostError) as caught:
            host.run("true")
        assert caught.value is error
    assert lost.asked == 1
