"""Every way to log in, against real sshds."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab import apt
from lab.host import LabHost
from provision.errors import OperatorError, Refused, Unreachable
from provision.remote import connection
from provision.remote.identities import Keyring
from tests.lab.remote.support import Desk, applied, changed, run_of, whoami
from tests.lab.sshdlog import Count, SshdLog
from tests.lab.support import BIN, CHECKOUT

pytestmark = pytest.mark.lab


@contextmanager
def agent(folder: Path, *keys: Path) -> Iterator[Path]:
    """An agent of the test's own that holds keys; gives its socket."""
    socket = folder / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            time.sleep(0.01)
        for key in keys:
            subprocess.run(
                ["ssh-add", "-q", str(key)],
                env={"SSH_AUTH_SOCK": str(socket), "PATH": "/usr/bin"},
                check=True,
            )
        yield socket
    finally:
        process.terminate()
        process.wait()


def new_key(path: Path, passphrase: str = "") -> str:
    """Make a key; gives its line for authorized_keys."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", path.name, "-f", str(path)]
    subprocess.run(command, check=True)
    return path.with_name(f"{path.name}.pub").read_text()


@contextmanager
def let_in(host: LabHost, line: str) -> Iterator[None]:
    """A host that lets root in with one more key."""
    file = "/root/.ssh/authorized_keys"
    with changed(host, f"cp {file} {file}.kept; echo '{line.strip()}' >>{file}", f"mv {file}.kept {file}"):
        yield


def test_one_connection_and_one_exec_for_each_read_and_apply(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}")
    log = SshdLog(hosts[0])
    session = desk.session("host1")
    assert session.read("echo out; echo err >&2; exit 3\n").status == 3
    session.close()
    assert log.count() == Count(connections=1, commands=1)
    log = SshdLog(hosts[0])
    session.read(":\n")  # a closed session opens again
    applied(session, run_of(":"))
    session.close()
    # the third by which a host that isn't ours forgets the run
    assert log.count() == Count(connections=1, commands=3)
    assert any(line.startswith("Connection closed by ") for line in log.lines()), "no error in the host's log"


def test_identity_named_on_the_command_line(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0])
    assert whoami(desk.session("host1", key_filename=[str(desk.lab.identity)])) == "root@host1"


def test_agent(desk: Desk, hosts: list[LabHost], monkeypatch: pytest.MonkeyPatch) -> None:
    for host in hosts:
        desk.block(host)
    with agent(desk.folder, desk.lab.identity) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        sessions = desk.sessions("host1", "host2", "host3")
        with ThreadPoolExecutor(3) as pool:  # they share one connection to the agent
            assert list(pool.map(whoami, sessions)) == ["root@host1", "root@host2", "root@host3"]
        connection.KEYRING.close()


def test_locked_key_in_the_agent_is_found_by_its_public_half(
    desk: Desk, hosts: list[LabHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [desk.folder / f"other{number}" for number in range(6)]
    for other in others:
        new_key(other)
    key = desk.folder / "key"
    shutil.copy(desk.lab.identity, key)
    with agent(desk.folder, *others, key) as socket:
        subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", str(key)], check=True)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        desk.block(hosts[0], f"IdentityFile {key}")
        assert whoami(desk.session("host1")) == "root@host1", "before six others, and unasked"
        connection.KEYRING.close()


def test_encrypted_key_is_asked_for_once(
    desk: Desk, hosts: list[LabHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = desk.folder / "key"
    line = new_key(key, "correct horse")
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "correct horse"

    monkeypatch.setattr(connection, "KEYRING", Keyring(ask))
    for host in hosts[:2]:
        desk.block(host, f"IdentityFile {key}")
    with let_in(hosts[0], line), let_in(hosts[1], line):
        for _ in range(2):
            sessions = desk.sessions("host1", "host2")
            with ThreadPoolExecutor(2) as pool:
                assert list(pool.map(whoami, sessions)) == ["root@host1", "root@host2"]
    assert asked == [f"Passphrase of {key}"]


def test_passphrase_is_asked_for_at_the_terminal(desk: Desk, hosts: list[LabHost]) -> None:
    key = desk.folder / "key"
    line = new_key(key, "correct horse")
    for host in hosts[:2]:
        desk.block(host, f"IdentityFile {key}")
    command = f"{BIN}/fab --ssh-config {desk.folder}/ssh_config -H host1,host2 facts"
    with (
        let_in(hosts[0], line),
        let_in(hosts[1], line),
        subprocess.Popen(  # script gives it a terminal of its own
            ["script", "--quiet", "--return", "--command", command, "/dev/null"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        said = b""
        while b"Passphrase of " not in said:
            piece = os.read(process.stdout.fileno(), 4096)
            assert piece, said.decode()
            said += piece
        process.stdin.write(b"correct horse\n")
        said += process.stdout.read()
    assert process.returncode == 0, said.decode()
    assert said.count(b"Passphrase of ") == 1


def test_passphrase_given_up_front(desk: Desk, hosts: list[LabHost], monkeypatch: pytest.MonkeyPatch) -> None:
    key = desk.folder / "key"
    line = new_key(key, "correct horse")
    desk.block(hosts[0], f"IdentityFile {key}")
    with let_in(hosts[0], line):
        assert whoami(desk.session("host1", passphrase="correct horse")) == "root@host1"  # noqa: S106
    monkeypatch.setattr(connection, "KEYRING", Keyring())
    with pytest.raises(OperatorError, match="wrong passphrase"):
        desk.session("host1", passphrase="typo")  # noqa: S106


def test_password_login(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0], user="pw")
    session = desk.session("host1", password=desk.lab.password, sudo_password=desk.lab.password)
    assert whoami(session) == "root@host1"


def test_wrong_password_is_tried_once(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0], user="pw")
    log = SshdLog(hosts[0])
    with pytest.raises(Unreachable, match="login as pw failed; tried: the password") as refusal:
        desk.session("host1", password="wrong").read(":\n")  # noqa: S106
    assert "\n" not in str(refusal.value)
    lines = log.lines()
    assert sum(line.startswith("Failed password for pw") for line in lines) == 1
    assert log.count() == Count(connections=1, commands=0)


def test_nothing_to_log_in_with(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0], f"IdentityFile {desk.folder}/gone")
    with pytest.raises(Unreachable, match=r"no identity to log in as root with.*gone \(no such file\)"):
        desk.session("host1").read(":\n")


def test_jump_host_takes_one_connection_for_all_behind_it(desk: Desk, hosts: list[LabHost]) -> None:
    gate, *behind = hosts
    desk.block(gate, f"IdentityFile {desk.lab.identity}")
    for host in behind:
        desk.block(host, f"IdentityFile {desk.lab.identity}", "ProxyJump host1")
    logs = [SshdLog(host) for host in hosts]
    sessions = desk.sessions("host2", "host3")
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(whoami, sessions)) == ["root@host2", "root@host3"]
    desk.close()
    assert [log.count() for log in logs] == [Count(1, 0), Count(1, 1), Count(1, 1)]
    for log in logs[1:]:
        assert any(line.startswith(f"Connection from {gate.address} ") for line in log.lines())


def test_two_jump_hosts_are_passed_in_the_order_written(desk: Desk, hosts: list[LabHost]) -> None:
    for host in hosts[:2]:
        desk.block(host, f"IdentityFile {desk.lab.identity}")
    desk.block(hosts[2], f"IdentityFile {desk.lab.identity}", "ProxyJump host1,host2")
    logs = [SshdLog(host) for host in hosts]
    assert whoami(desk.session("host3")) == "root@host3"
    desk.close()
    sources = [log.lines()[0].split()[2] for log in logs]
    assert sources[1:] == [hosts[0].address, hosts[1].address]


def test_host_keys_are_judged_on_the_jump_host_too(desk: Desk, hosts: list[LabHost]) -> None:
    nothing = desk.folder / "nothing_known"
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}", known_hosts=nothing)
    desk.block(hosts[1], f"IdentityFile {desk.lab.identity}", "ProxyJump host1")
    with pytest.raises(Unreachable, match=f"jump host host1: host key of {hosts[0].address} is unknown"):
        desk.session("host2").read(":\n")


def test_jump_host_that_can_not_reach_the_host(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}")
    desk.write("Host nowhere\n  HostName 127.0.0.1\n  Port 1\n  User root\n  ProxyJump host1\n")
    with pytest.raises(Unreachable, match=r"the jump host can't reach 127\.0\.0\.1 port 1"):
        desk.session("nowhere", key_filename=str(desk.lab.identity)).read(":\n")


def test_proxy_command(desk: Desk, hosts: list[LabHost]) -> None:
    jump = f"ssh -q -F {desk.lab.ssh_config} -W %h:%p host1 2>/dev/null"
    desk.block(hosts[1], f"IdentityFile {desk.lab.identity}", f"ProxyCommand {jump}")
    log = SshdLog(hosts[1])
    assert whoami(desk.session("host2")) == "root@host2"
    desk.close()
    assert log.lines()[0].startswith(f"Connection from {hosts[0].address} ")


def test_vagrant_ssh_config(desk: Desk, hosts: list[LabHost], caplog: pytest.LogCaptureFixture) -> None:
    folder = desk.folder / "my boxes"
    folder.mkdir()
    shutil.copy(desk.lab.identity, folder / "private_key")
    desk.write(
        f"Host default\n  HostName {hosts[0].address}\n  User root\n  Port 22\n"
        "  UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no\n  PasswordAuthentication no\n"
        f'  IdentityFile "{folder}/private_key"\n  IdentitiesOnly yes\n  LogLevel FATAL\n'
    )
    assert whoami(desk.session("default")) == "root@host1"
    assert [r.getMessage() for r in caplog.records if r.name == "provision.remote"] == [
        "unknown host keys of default are taken as they come: ssh_config says StrictHostKeyChecking no"
    ]


def test_included_files_and_several_threads(desk: Desk, hosts: list[LabHost]) -> None:
    desk.write(f"Include {desk.lab.ssh_config}\n")
    sessions = desk.sessions(*[f"host{number % 3 + 1}" for number in range(12)])
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(whoami, sessions))
    assert found == [f"root@host{number % 3 + 1}" for number in range(12)]


OF_EL7 = (  # what CentOS 7's OpenSSH 7.4 offers by default and Debian's still can
    "KexAlgorithms=curve25519-sha256,curve25519-sha256@libssh.org,diffie-hellman-group14-sha1",
    "Ciphers=chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com",
    "MACs=umac-64-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-256,hmac-sha1",
    "HostKeyAlgorithms=ssh-rsa,rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519",
)


@contextmanager
def second_sshd(host: LabHost, port: int, *options: str) -> Iterator[None]:
    """One more sshd on a host, with settings of its own."""
    pid = f"/run/sshd-{port}.pid"
    flags = " ".join(f"-o '{option}'" for option in (f"PidFile={pid}", *options))
    start = f"/usr/sbin/sshd -p {port} {flags}; until [ -e {pid} ]; do sleep 0.1; done"  # it listens by then
    with changed(host, start, f"kill $(cat {pid}); while [ -e {pid} ]; do sleep 0.1; done"):
        yield


@pytest.mark.parametrize("options", [OF_EL7, ("Ciphers=aes256-ctr",), ("KexAlgorithms=ecdh-sha2-nistp384",)])
def test_old_and_narrow_servers(desk: Desk, hosts: list[LabHost], options: tuple[str, ...]) -> None:
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}", "Port 2222")
    with second_sshd(hosts[0], 2222, *options):
        assert whoami(desk.session("host1")) == "root@host1"


def test_server_that_shares_no_algorithm(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}", "Port 2222")
    with (
        second_sshd(hosts[0], 2222, "Ciphers=chacha20-poly1305@openssh.com"),
        pytest.raises(Unreachable, match="share no algorithm"),
    ):
        desk.session("host1").read(":\n")


@contextmanager
def login_shell(host: LabHost, user: str, shell: str) -> Iterator[None]:
    """A user with another login shell."""
    with changed(host, f"usermod --shell {shell} {user}", f"usermod --shell /bin/bash {user}"):
        yield


@pytest.mark.parametrize("user", ["root", "deploy", "pw"])
def test_csh_as_login_shell(desk: Desk, hosts: list[LabHost], user: str) -> None:
    apt.ensure("tcsh")
    shutil.copy("/usr/bin/tcsh", hosts[0].root / "usr/bin/csh")
    desk.block(hosts[0], user=user)
    passwords = {"password": desk.lab.password, "sudo_password": desk.lab.password} if user == "pw" else {}
    with login_shell(hosts[0], user, "/usr/bin/csh"):
        session = desk.session("host1", key_filename=str(desk.lab.identity), **passwords)
        assert whoami(session) == "root@host1"


def test_noisy_login_shell(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}", user="deploy")
    rc = "/home/deploy/.bashrc"
    noise = f"cp -p {rc} {rc}.kept; sed -i '1i echo welcome; printf no-newline; echo oops >&2' {rc}"
    with changed(hosts[0], noise, f"mv {rc}.kept {rc}"):
        output = desk.session("host1").read("echo out; echo err >&2\n")
    assert (output.stdout, output.stderr) == ("out\n", "err\n")


def test_login_shell_that_lets_nobody_in(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}", user="plain")
    with (
        login_shell(hosts[0], "plain", "/usr/sbin/nologin"),
        pytest.raises(Refused, match=r"no root shell for plain: This account is currently not available\."),
    ):
        desk.session("host1").read(":\n")


def test_home_that_can_not_be_written(desk: Desk, hosts: list[LabHost]) -> None:
    desk.block(hosts[0], f"IdentityFile {desk.lab.identity}", user="deploy")
    with changed(hosts[0], "mount --bind -o ro /home/deploy /home/deploy", "umount /home/deploy"):
        assert whoami(desk.session("host1")) == "root@host1"
