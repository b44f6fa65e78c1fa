"""Host keys and unreachable hosts, against real sshds."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import paramiko
import pytest

from lab.host import LabHost
from provision.errors import Unreachable
from tests.lab.remote.support import Desk, changed, whoami

pytestmark = pytest.mark.lab


def own_keys(host: LabHost) -> dict[str, str]:
    """The host's public keys by type."""
    lines = [path.read_text().split() for path in (host.root / "etc/ssh").glob("ssh_host_*_key.pub")]
    return {kind: f"{kind} {blob}" for kind, blob, *_ in lines}


def test_unknown_host_key(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}", known_hosts=desk.folder / "nothing_known")
    with pytest.raises(Unreachable, match=f"host key of {hosts[0].address} is unknown") as refusal:
        desk.session("host1").read(":\n")
    text = str(refusal.value)
    own = hosts[0].run("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").stdout.split()[1]
    assert own in text
    assert f"ssh-keyscan -p 22 {hosts[0].address} >> {desk.folder}/nothing_known" in text
    assert "\n" not in text


def test_changed_host_key(desk: Desk, hosts: list[LabHost]) -> None:
    known = desk.folder / "known"
    known.write_text(f"# an older host1\n{hosts[0].address} {own_keys(hosts[1])['ssh-ed25519']}\n")
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}", "StrictHostKeyChecking no", known_hosts=known)
    with pytest.raises(Unreachable, match=f"host key of {hosts[0].address} changed: {known}:2 ") as refusal:
        desk.session("host1").read(":\n")
    for host in hosts[:2]:
        own = host.run("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").stdout.split()[1]
        assert own in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("kind", ["ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"])
def test_host_of_which_one_key_type_is_known(desk: Desk, hosts: list[LabHost], kind: str) -> None:
    known = desk.folder / "known"
    known.write_text(f"{hosts[0].address} {own_keys(hosts[0])[kind]}\n")
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}", known_hosts=known)
    assert whoami(desk.session("host1")) == "root@host1"


def test_hashed_known_hosts(desk: Desk, hosts: list[LabHost]) -> None:
    known = desk.folder / "known"
    key = own_keys(hosts[0])["ssh-ed25519"]
    known.write_text("".join(f"{paramiko.HostKeys.hash_host(h.address)} {key}\n" for h in hosts))
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}", known_hosts=known)
    desk.block(hosts[1], f"IdentityFile {desk.lab.identity}", known_hosts=known)
    assert whoami(desk.session("host1")) == "root@host1"
    with pytest.raises(Unreachable, match=f"changed: {known}:2 "):
        desk.session("host2").read(":\n")


def test_host_key_alias(desk: Desk, hosts: list[LabHost]) -> None:
    known = desk.folder / "known"
    known.write_text(f"the-box {own_keys(hosts[0])['ssh-ed25519']}\n")
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}", "HostKeyAlias the-box", known_hosts=known)
    assert whoami(desk.session("host1")) == "root@host1"


def test_accept_new_keeps_the_key_and_holds_the_host_to_it(desk: Desk, hosts: list[LabHost]) -> None:
    known = desk.folder / "known"
    desk.block(
        hosts[0], f"IdentityFile {desk.lab.identity}", "StrictHostKeyChecking accept-new", known_hosts=known
    )
    assert whoami(desk.session("host1")) == "root@host1"
    assert known.read_text() == f"{hosts[0].address} {own_keys(hosts[0])['ssh-ed25519']}\n"
    assert whoami(desk.session("host1")) == "root@host1"


def test_name_that_can_not_be_resolved(desk: Desk) -> None:
    desk.write("Host nowhere\n  HostName no-such-host.invalid\n")
    with pytest.raises(Unreachable, match=r"the name no-such-host\.invalid can't be resolved"):
        desk.session("nowhere").read(":\n")


def test_port_that_refuses(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0], "Port 1")
    with pytest.raises(Unreachable, match=f"{hosts[0].address} port 1 refuses connections"):
        desk.session("host1").read(":\n")


def test_firewall_that_drops(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0], "Port 2", "ConnectTimeout 1")
    with (
        changed(hosts[0], "iptables -A INPUT -p tcp --dport 2 -j DROP", "iptables -F INPUT"),
        pytest.raises(Unreachable, match=f"no answer from {hosts[0].address} port 2 within 1 s"),
    ):
        desk.session("host1").read(":\n")


def test_address_without_a_host(desk: Desk, hosts: list[LabHost]) -> None:
    address = hosts[0].address.rsplit(".", 1)[0] + ".250"
    desk.write(f"Host nobody\n  HostName {address}\n  ConnectTimeout 2\n")
    with pytest.raises(Unreachable, match=f"{address} port 22"):
        desk.session("nobody").read(":\n")


@contextmanager
def server(greeting: bytes) -> Iterator[int]:
    """Something that greets whoever comes, and says no more; gives its port."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.sendall(greeting)
                over.wait()

        thread = threading.Thread(target=greet)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            thread.join()


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-silent\r\n", b"220 mail.example.org ESMTP\r\n"])
def test_server_that_falls_silent_is_left_in_time(desk: Desk, greeting: bytes) -> None:
    with server(greeting) as port:
        desk.write(f"Host silent\n  HostName 127.0.0.1\n  Port {port}\n  ConnectTimeout 1\n")
        session = desk.session("silent")
        with pytest.raises(Unreachable, match=f"127.0.0.1 port {port} took the connection but"):
            session.read(":\n")
