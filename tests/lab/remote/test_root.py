"""Becoming root, and keeping at it, on real hosts with a real sudo."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from lab.host import LabHost
from provision.errors import Failed, Refused, Unreachable
from provision.remote import session, transport
from provision.runs import HostRun
from tests.lab.remote.support import Desk, applied, changed, run_of, whoami
from tests.lab.sshdlog import Count, SshdLog

pytestmark = pytest.mark.lab

RIGHT = "right"
WRONG = "wrong"
HARMFUL = "touch /root/ran; exit 9"


@pytest.fixture
def users(desk: Desk, hosts: list[LabHost]) -> Desk:
    """A desk that knows host1 as each of its users."""
    for user in ("root", "deploy", "plain", "pw"):
        desk.write(
            f"Host {user}\n  HostName {hosts[0].address}\n  User {user}\n  IdentityFile {desk.lab.identity}\n"
            f"  UserKnownHostsFile {desk.lab.known_hosts}\n"
        )
    return desk


def refusal(desk: Desk, user: str, **kwargs: str) -> str:
    """Why a user is no root, in one line; no script ran."""
    with pytest.raises(Refused) as refused:
        applied(desk.session(user, **kwargs), run_of("touch /root/ran"))
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.fixture
def password(desk: Desk) -> dict[str, str]:
    """How pw logs in."""
    return {"password": desk.lab.password}


def test_sudo_without_a_password(users: Desk) -> None:
    assert whoami(users.session("deploy")) == "root@host1"


def test_sudo_with_a_password(users: Desk, hosts: list[LabHost], password: dict[str, str]) -> None:
    log = SshdLog(hosts[0])
    session = users.session("pw", sudo_password=users.lab.password, **password)
    assert whoami(session) == "root@host1"
    session.close()
    assert log.count() == Count(connections=1, commands=1)


@pytest.mark.parametrize("user", ["root", "deploy"])
def test_a_sudo_password_where_none_is_needed_reaches_no_shell(users: Desk, user: str) -> None:
    session = users.session(user, sudo_password=HARMFUL)
    assert session.read("ls /root/ran 2>/dev/null; id -un\n").stdout == "root\n"


def test_the_password_is_in_no_process_and_no_log(
    users: Desk, hosts: list[LabHost], password: dict[str, str]
) -> None:
    session = users.session("pw", sudo_password=users.lab.password, **password)
    output = session.read("set; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'\n")
    assert "sshd: pw@notty" in output.stdout
    assert users.lab.password not in output.stdout
    assert users.lab.password not in hosts[0].run("journalctl --no-pager").stdout


def test_a_wrong_sudo_password_is_one_attempt(
    users: Desk, hosts: list[LabHost], password: dict[str, str]
) -> None:
    stack = (
        "auth required pam_faillock.so preauth deny=3\\n"
        "auth sufficient pam_unix.so try_first_pass\\n"
        "auth [default=die] pam_faillock.so authfail deny=3\\n"
        "account required pam_unix.so\\n"
    )
    with changed(
        hosts[0],
        f"cp /etc/pam.d/sudo /root/sudo.pam; printf '{stack}' >/etc/pam.d/sudo",
        "mv /root/sudo.pam /etc/pam.d/sudo; faillock --user pw --reset",
    ):
        text = refusal(users, "pw", sudo_password=WRONG, **password)
        assert "sudo did not take the password given for pw" in text
        time.sleep(3)  # what a second attempt would take to be counted
        counted = hosts[0].run("faillock --user pw").stdout
    assert len(re.findall(r" SVC +sudo ", counted)) == 1
    assert not (hosts[0].root / "root/ran").exists()


def test_sudo_that_wants_a_password(users: Desk, password: dict[str, str]) -> None:
    assert "sudo wants a password for pw: use --prompt-for-sudo-password" in refusal(users, "pw", **password)


def test_no_right_to_sudo(users: Desk, hosts: list[LabHost]) -> None:
    with changed(hosts[0], f"echo plain:{RIGHT} | chpasswd", "usermod --lock plain"):
        text = refusal(users, "plain", sudo_password=RIGHT)
    assert "plain may not become root by sudo" in text
    assert "NOPASSWD" in refusal(users, "plain"), "what sudo -n says first"


def test_requiretty(users: Desk, hosts: list[LabHost]) -> None:
    with changed(hosts[0], "echo 'Defaults requiretty' >/etc/sudoers.d/tty", "rm /etc/sudoers.d/tty"):
        assert "Defaults:deploy !requiretty" in refusal(users, "deploy")


def test_no_sudo_at_all(users: Desk, hosts: list[LabHost]) -> None:
    with changed(hosts[0], "mv /usr/bin/sudo /usr/bin/sudo.away", "mv /usr/bin/sudo.away /usr/bin/sudo"):
        assert "deploy is not root and the host has no sudo" in refusal(users, "deploy")
        assert whoami(users.session("root")) == "root@host1"


def test_messages_of_sudo_in_the_host_s_language_are_understood(users: Desk, hosts: list[LabHost]) -> None:
    with changed(
        hosts[0],
        "cd /home/plain; cp -p .bashrc .kept; sed -i '1i export LANG=zh_CN.UTF-8 LANGUAGE=zh_CN' .bashrc",
        "cd /home/plain; mv .kept .bashrc",
    ):
        assert "sudo wants a password for plain" in refusal(users, "plain")


def test_large_output_noise_and_large_script(users: Desk) -> None:
    script = (
        "main() {\n: '"
        + "x" * 1_000_000
        + "'\nhead -c 8000000 /dev/urandom; head -c 5000000 /dev/zero >&2\n}\nmain\n"
    )
    output = users.session("deploy").read(script)
    assert len(output.stderr) == 5_000_000
    assert 4_000_000 < len(output.stdout) <= 8_000_000
    assert output.status == 0


def test_pieces_arrive_while_the_run_is_at_work(users: Desk) -> None:
    change = "printf '  Installing : docker-ce  1/7'; sleep 1; printf '\\n'; sleep 1; echo done"
    found = applied(users.session("root"), run_of(change))
    assert found.words == ["  Installing : docker-ce  1/7", "done"]
    assert any(piece.endswith("1/7") for piece in found.pieces), "before its line is whole"


def test_a_run_begins_by_sudo_too(users: Desk, hosts: list[LabHost], password: dict[str, str]) -> None:
    with changed(hosts[0], "mount --bind -o ro /home/deploy /home/deploy", "umount /home/deploy"):
        assert applied(users.session("deploy"), run_of("id -un")).words == ["root"]
    log = SshdLog(hosts[0])
    session = users.session("pw", sudo_password=users.lab.password, **password)
    assert applied(session, run_of("id -un")).words == ["root"]
    session.close()
    # the second by which a host that isn't ours forgets the run
    assert log.count() == Count(connections=1, commands=2)


def test_time_is_up(users: Desk) -> None:
    session = users.session("root")
    begun = time.monotonic()
    with pytest.raises(Failed, match="did not answer within 1 s"):
        session.read("sleep 60\n", timeout=1)
    assert time.monotonic() - begun < 45  # the script takes 60 s
    assert whoami(session) == "root@host1"


CUT = "sleep 0.5; kill -9 $PPID; sleep 60\n"  # of the root shell, the parent is sshd's child for this connection
SLOW = "touch /root/begun; until [ -e /root/go ]; do sleep 0.1; done; rm /root/begun /root/go; echo späß"
"""A change that is at work for as long as the test wants it to be."""
KILL = "until pkill -KILL -f '^sshd: root@notty'; do sleep 0.1; done"


@contextmanager
def meanwhile(host: LabHost, *commands: str) -> Iterator[None]:
    """These commands run on a host, one after another, once SLOW has begun there; then it may end."""

    def work() -> None:
        host.run("until [ -e /root/begun ]; do sleep 0.1; done")
        for command in commands:
            host.run(command)
        host.run("touch /root/go")

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(work)
        yield
        done.result()


def test_a_lost_connection_is_come_back_to_from_the_last_byte(users: Desk, hosts: list[LabHost]) -> None:
    session = users.session("root")
    again = f"{KILL}; until pgrep -f '^tail .*--pid'; do sleep 0.1; done; {KILL}"
    with meanwhile(hosts[0], again):
        found = applied(session, run_of(SLOW))
    assert found.words == ["späß"]
    assert found.lost
    assert all("the run goes on by itself" in why for why in found.lost)


def test_a_session_that_is_killed_alone_is_come_back_to(users: Desk, hosts: list[LabHost]) -> None:
    """The shell that follows, not the connection."""
    with meanwhile(hosts[0], "until pkill -KILL -f '^sh -s'; do sleep 0.1; done"):
        found = applied(users.session("root"), run_of(SLOW))
    assert (found.words, len(found.lost)) == (["späß"], 1)


def test_connection_that_died_while_idle_is_made_anew(users: Desk, hosts: list[LabHost]) -> None:
    session = users.session("root")
    child = session.read("echo $PPID\n").stdout.strip()
    hosts[0].run(f"kill -9 {child}")
    assert applied(session, run_of("echo done")).words == ["done"]


def test_connection_lost_while_reading(users: Desk) -> None:
    with pytest.raises(Unreachable, match=r"lost while the host was read.*nothing was changed"):
        users.session("root").read(CUT)


def test_host_that_dies_without_a_word(
    users: Desk, hosts: list[LabHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(transport._TCP_OPTIONS, "TCP_USER_TIMEOUT", 3000)
    for option in ("TCP_KEEPIDLE", "TCP_KEEPINTVL"):
        monkeypatch.setitem(transport._TCP_OPTIONS, option, 1)
    silence = "iptables -A INPUT -p tcp --dport 22 -j DROP"
    with changed(hosts[0], "true", "iptables -F INPUT"):
        with meanwhile(hosts[0], silence, "sleep 8", "iptables -F INPUT"):
            found = applied(users.session("root"), run_of(SLOW))
        assert (found.words, len(found.lost)) == (["späß"], 1)
        monkeypatch.setattr(session, "RETURN_LIMIT", 2.0)
        run = run_of(SLOW)
        with (
            meanwhile(hosts[0], silence, "sleep 12"),
            pytest.raises(
                Failed, match=f"wasn't reached again within 2 s.*goes on by itself.*--run {run.id}"
            ),
        ):
            applied(users.session("root"), run)
    # it came to its end with nobody there
    hosts[0].run(f"until [ -s /var/lib/docker-provision/runs/{run.id}/status ]; do sleep 0.1; done")
    assert applied(users.session("root"), HostRun(run.word)).words == ["späß"]
    assert hosts[0].run("ls /var/lib/docker-provision", check=False).returncode != 0
