"""How connections are put together. None is opened to anything but a local pipe."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import fabric
import paramiko
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.errors import OperatorError, Unreachable
from provision.inventory import Ssh
from provision.remote import Session, connection, connections
from provision.remote.connection import HostConnection
from provision.remote.hostkeys import HostKeyPolicy
from provision.remote.identities import Keyring
from tests.unit.remote.keys import ed25519
from tests.unit.remote.server import serve


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, without an agent."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setattr(connection, "KEYRING", Keyring())
    (tmp_path / ".ssh").mkdir()
    return tmp_path


def built(
    home: Path, text: str, *hosts: str | Ssh, overrides: dict[str, Any] | None = None, **kwargs: Any
) -> Any:
    """Connections under an ssh_config."""
    path = home / "ssh_config"
    path.write_text(text)
    config = fabric.Config(overrides=overrides or {}, runtime_ssh_path=str(path))
    ways = [Ssh(host) if isinstance(host, str) else host for host in hosts]
    return connections(config, ways, kwargs)


def test_address_parts_and_ssh_config(home: Path) -> None:
    text = "Host web\n HostName 10.0.0.1\n User deploy\n Port 2222\n ConnectTimeout 7\n"
    plain, written = built(home, text, "web", "me@web:22")
    assert (plain.host, plain.user, plain.port, plain.connect_timeout) == ("10.0.0.1", "deploy", 2222, 7)
    assert (written.host, written.user, written.port) == ("10.0.0.1", "me", 22)
    assert plain.original_host == "web"


def test_each_connection_has_arguments_of_its_own(home: Path) -> None:
    first, second = built(home, "Host a\n IdentityFile x\n", "a", "b", compress=True)
    assert first.connect_kwargs is not second.connect_kwargs
    assert first.connect_kwargs["compress"] is True
    assert "key_filename" not in first.connect_kwargs
    assert first.connect_kwargs["auth_strategy"].skipped == ["x (no such file)"]
    assert second.connect_kwargs["auth_strategy"].skipped == []


def test_identities_of_the_command_line_and_of_the_caller(home: Path) -> None:
    ed25519(home / "flag")
    (one,) = built(home, "", "a", overrides={"connect_kwargs": {"key_filename": [str(home / "flag")]}})
    labels = [candidate.label for candidate in one.connect_kwargs["auth_strategy"].candidates]
    assert labels == [str(home / "flag")]


def test_what_an_inventory_says_of_a_host_outranks_ssh_config(home: Path) -> None:
    ed25519(home / "own")
    text = "Host web\n HostName 10.0.0.1\n User deploy\n Port 2222\n ProxyJump gate\n"
    ways = [
        Ssh("web", user="me", port=22, identity=str(home / "own"), gateway="one,two"),
        Ssh("web", gateway="none"),
    ]
    own, direct = built(home, text, *ways)
    assert (own.host, own.user, own.port) == ("10.0.0.1", "me", 22)
    assert [own.gateway.host, own.gateway.gateway.host] == ["two", "one"]
    login, other = (each.connect_kwargs["auth_strategy"] for each in (own, direct))
    assert [candidate.label for candidate in login.candidates] == [str(home / "own")]
    assert other.candidates == []
    assert direct.gateway is None
    with pytest.raises(OperatorError, match="can't read the identity"):
        built(home, text, Ssh("web", identity=str(home / "missing")))


def test_where_a_host_is_does_not_depend_on_its_name(home: Path) -> None:
    text = "Host web www\n HostName 10.0.0.1\nHost far\n HostName 10.0.0.1\n ProxyJump gate\n"
    places = [Session(one).place for one in built(home, text, "web", "me@www:22", "web:2222", "far")]
    assert places == ["10.0.0.1:22", "10.0.0.1:22", "10.0.0.1:2222", "10.0.0.1:22 via gate:22"]


def test_a_thousand_hosts_share_one_way_to_log_in(home: Path) -> None:
    many = built(home, "", *[f"h{i}" for i in range(1000)])
    assert len({id(one.connect_kwargs["auth_strategy"]) for one in many}) == 1


def test_time_of_the_command_line_outranks_ssh_config(home: Path) -> None:
    (one,) = built(home, "ConnectTimeout 7\n", "a", overrides={"connect_kwargs": {"timeout": 3}})
    assert one.connect_timeout == 3
    assert "timeout" not in one.connect_kwargs


def test_every_hop_judges_its_host_s_keys(home: Path) -> None:
    (one,) = built(home, "Host a\n ProxyJump b,c\n", "a")
    hops = [one, one.gateway, one.gateway.gateway]
    assert [hop.host for hop in hops] == ["a", "c", "b"], "visited in the order written"
    for hop in hops:
        assert isinstance(vars(hop.client)["_policy"], HostKeyPolicy)
        assert len(hop.client.get_host_keys()) == 0, "else paramiko would judge by itself"


def test_one_connection_per_bastion(home: Path) -> None:
    text = "Host a? b?\n ProxyJump gate\nHost c\n ProxyJump other,gate\nHost gate\n User jump\n Port 2200\n"
    a1, a2, b1, c = built(home, text, "a1", "a2", "b1", "c")
    assert a1.gateway is a2.gateway is b1.gateway
    assert (a1.gateway.user, a1.gateway.port) == ("jump", 2200)
    assert c.gateway is not a1.gateway
    assert c.gateway.gateway.host == "other"


def test_a_bastion_does_not_jump_through_itself(home: Path) -> None:
    gate, one, direct = built(home, "Host d\n ProxyJump none\nHost *\n ProxyJump gate\n", "gate", "a", "d")
    assert gate.gateway is None
    assert one.gateway.host == "gate"
    assert one.gateway.gateway is None
    assert direct.gateway is None


def test_bastion_is_closed_by_the_last_host_behind_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = built(home, "Host a b\n ProxyJump gate\n", "a", "b")
    closed: list[str] = []
    original = HostConnection.close

    def close(self: HostConnection) -> None:
        closed.append(self.original_host)
        original(self)

    monkeypatch.setattr(HostConnection, "close", close)
    first.close()
    first.close()
    assert closed == ["a", "a"]
    second.close()
    assert closed == ["a", "a", "b", "gate"]


def test_failure_of_a_bastion_is_shared_by_those_who_waited(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = built(home, "Host h*\n ProxyJump gate\n", *[f"h{i}" for i in range(5)])
    attempts: list[str] = []

    def connect(self: HostConnection) -> None:
        if self.gateway:
            self.open_gateway()
        attempts.append(self.original_host)
        time.sleep(0.3)
        raise Unreachable("no answer")

    monkeypatch.setattr(HostConnection, "_connect", connect)
    failures: list[str] = []

    def open_one(one: HostConnection) -> None:
        with pytest.raises(Unreachable) as failure:
            one.open()
        failures.append(str(failure.value))

    threads = [threading.Thread(target=open_one, args=(one,)) for one in many]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == ["jump host gate: no answer"] * 5
    assert attempts == ["gate"]
    open_one(many[0])
    assert attempts == ["gate", "gate"], "who comes later tries anew"


def test_proxy_command_runs_in_a_shell_and_ends_with_the_connection(home: Path) -> None:
    text = "Host a\n User u\n Port 2200\n ProxyCommand sh -c 'echo %r@%h:%p 50%%; exec cat'\n"
    (one,) = built(home, text, "a")
    with one.open_gateway() as pipe:
        assert pipe.recv(100) == b"u@a:2200 50%\n"
        pipe.sendall(b"through\n")
        assert pipe.recv(100) == b"through\n"
    process = one._proxy
    one.close()
    assert process.returncode is not None


def test_proxy_command_that_fails_is_an_unreachable_host(home: Path) -> None:
    (one,) = built(home, "Host a\n ProxyCommand exit 1\n", "a")
    with pytest.raises(Unreachable, match="a ProxyCommand that failed"):
        one.open()
    assert one._proxy is None


def test_a_server_that_wants_to_be_waited_for_is_come_back_to(home: Path) -> None:
    own, key = ed25519(home / "own"), ed25519(home / "key")
    served: list[paramiko.Transport] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            for _ in range(2):
                served.append(serve(listening.accept()[0], own, key, strict=True))

        answering = threading.Thread(target=answer)
        answering.start()
        text = (
            f"Host a\n HostName 127.0.0.1\n User u\n Port {listening.getsockname()[1]}\n IdentityFile {home}/key\n"
            " StrictHostKeyChecking accept-new\n"
        )
        (one,) = built(home, text, "a")
        one.open()
        answering.join()
        assert one.is_connected
        one.close()
    assert len(served) == 2
    for each in served:
        each.close()


PIECES = (
    "$(pwned)",
    "`pwned`",
    ";pwned;",
    "|pwned",
    "&pwned&",
    "'",
    '"',
    "\\",
    "\n",
    " ",
    "-",
    "<",
    "(",
    "{",
    "a",
    "x" * 99,
)


@pytest.mark.parametrize("where", ["host", "user@", "user", "gateway"])
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_item_7_no_name_is_run_by_the_shell_of_a_proxy_command(
    home: Path, monkeypatch: pytest.MonkeyPatch, where: str, pieces: list[str]
) -> None:
    name = "".join(pieces)
    ways = {
        "host": Ssh(name),
        "user@": Ssh(f"{name}@h"),
        "user": Ssh("h", user=name),
        "gateway": Ssh("h", gateway=name),
    }
    program = home / "pwned"
    program.write_text(f"#!/bin/sh\ntouch {home}/was-run\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}:{os.environ['PATH']}")
    try:
        (one,) = built(home, "Host *\n ProxyCommand echo %h %r %n\n", ways[where])
    except OperatorError:
        return  # before anything is run
    asked = one.gateway if where == "gateway" else one
    with suppress(Unreachable), asked.open_gateway() as pipe:
        pipe.recv(100)
    asked.close()
    assert not (home / "was-run").exists()


@pytest.mark.parametrize("ssh", [Ssh("$(pwned)"), Ssh("h", user="`pwned`"), Ssh("h", gateway="a,b$(pwned)")])
def test_item_7_hostile_names_are_refused_in_one_line(home: Path, ssh: Ssh) -> None:
    with pytest.raises(OperatorError, match="holds signs of a shell"):
        built(home, "", ssh)


@pytest.mark.parametrize("ssh", [Ssh(""), Ssh("u@"), Ssh("h", gateway="a,,b"), Ssh("h", gateway="a,")])
def test_a_name_that_is_none(home: Path, ssh: Ssh) -> None:
    with pytest.raises(OperatorError, match="names no host"):
        built(home, "", ssh)


def test_names_as_directories_have_them_are_fine(home: Path) -> None:
    one, other = built(home, "", Ssh("h", user="EXAMPLE\\deploy"), Ssh("first.last@2001:db8::1"))
    assert (one.user, other.user) == ("EXAMPLE\\deploy", "first.last")


@pytest.mark.parametrize("address", ["web:ssh", "web:22x"])
def test_bad_port_is_the_operator_s_mistake(home: Path, address: str) -> None:
    with pytest.raises(OperatorError, match=f"'{address}'"):
        built(home, "", address)


def test_bad_port_in_ssh_config_too(home: Path) -> None:
    with pytest.raises(OperatorError, match="'web'"):
        built(home, "Host web\n Port ssh\n", "web")


def test_relaxed_checking_is_said_once(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="provision.remote"):
        built(home, "Host a b\n StrictHostKeyChecking no\nHost d\n ProxyJump b\n", "c", "a", "d")
    (record,) = caplog.records
    assert "unknown host keys of a and 1 more are taken" in record.getMessage()
    assert "StrictHostKeyChecking no" in record.getMessage()


def test_strict_checking_goes_without_saying(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="provision.remote"):
        built(home, "", "c")
    assert caplog.records == []
