"""One exec: what goes in and comes out, through real shells and a stand-in for sudo."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.converge import Output
from provision.errors import Failed, Refused, Unreachable
from provision.remote import exchange
from provision.remote.become import Become
from provision.remote.exchange import Content, Exchange
from tests.unit.remote.localhost import Channel, Host

UNNEEDED = "s3cret words"
HARMFUL = "echo executed; exit 9"
WRONG = "wrong"
SHELLS = [("/bin/sh",), ("/bin/bash", "--posix"), ("/bin/bash",), ("/bin/dash",)]


def run(
    channel: Channel,
    script: str,
    *,
    password: str | None = None,
    eager: bool = True,
    limit: float | None = 30,
    silence: float | None = None,
    on_piece: Callable[[str], None] = lambda _piece: None,
    content: Content | None = None,
    keeps: bool = True,
) -> Output:
    """Run a script over a channel."""
    with closing(channel):
        become = Become("deploy", password)
        exchange = Exchange(channel, become, script, eager=eager, on_piece=on_piece)  # type: ignore[arg-type]
        return exchange.run(limit, silence=silence, content=content, keeps=keeps)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("eager", [True, False])
@pytest.mark.parametrize(
    ("mode", "uid", "password"),
    [("", 0, None), ("nopasswd", 1000, None), ("password", 1000, "secret"), ("nopasswd", 1000, "unneeded")],
)
def test_every_way_to_root_runs_the_script(  # noqa: PLR0917
    tmp_path: Path, shell: tuple[str, ...], eager: bool, mode: str, uid: int, password: str | None
) -> None:
    host = Host(tmp_path, mode, "secret", uid=uid)
    output = run(host.channel(*shell), "id; echo err >&2; exit 3\n", password=password, eager=eager)
    assert output == Output("0\n", "err\n", 3)


def test_the_password_is_in_no_command_line_and_no_output(tmp_path: Path) -> None:
    host = Host(tmp_path, "nopasswd", uid=1000)
    channel = host.channel()
    output = run(channel, 'cat; echo "$line"\n', password=UNNEEDED)
    assert "s3cret" not in channel.command + host.sudo_log.read_text() + output.stdout + output.stderr


def test_root_s_shell_sees_no_password_that_sudo_did_not_take(tmp_path: Path) -> None:
    output = run(Host(tmp_path, uid=0).channel(), "echo fine\n", password=HARMFUL)
    assert output == Output("fine\n", "", 0)


@given(password=st.text(st.characters(exclude_characters="\n\0", exclude_categories=["Cs"]), min_size=1))
@settings(max_examples=25, deadline=None)
def test_any_password_reaches_sudo_as_it_is(password: str) -> None:
    home = Path(tempfile.mkdtemp())
    try:
        host = Host(home, "password", password)
        assert run(host.channel(), "id\n", password=password).stdout == "0\n"
    finally:
        shutil.rmtree(home)


def test_a_wrong_password_is_tried_once_and_no_script_is_sent(tmp_path: Path) -> None:
    host = Host(tmp_path, "password", "secret")
    channel = host.channel()
    with pytest.raises(Refused, match="did not take the password given for deploy"):
        run(channel, "echo script\n", password=WRONG)
    assert channel.sent == b"wrong\n"
    assert not Path(f"{host.sudo_log}.eof").exists(), "the end of input would count as a second attempt"


@pytest.mark.parametrize(
    ("mode", "password", "words"),
    [
        ("requiretty", None, "Defaults:deploy !requiretty"),
        ("stranger", "secret", "deploy may not become root by sudo"),
        ("password", None, "--prompt-for-sudo-password"),
        ("", None, "the host has no sudo"),
    ],
)
def test_each_refusal_of_sudo_has_its_remedy(
    tmp_path: Path, mode: str, password: str | None, words: str
) -> None:
    for shell in SHELLS:
        with pytest.raises(Refused) as refusal:
            run(Host(tmp_path, mode, "secret").channel(*shell), "echo script\n", password=password)
        assert words in str(refusal.value)
        assert "\n" not in str(refusal.value)


def test_login_shell_that_runs_nothing_is_quoted(tmp_path: Path) -> None:
    channel = Host(tmp_path).channel(noise="echo This account is not available.; exit 1; ")
    with pytest.raises(Refused, match=r"no root shell for deploy: This account is not available\."):
        run(channel, "echo script\n")


def test_a_host_that_runs_no_command(tmp_path: Path) -> None:
    channel = Host(tmp_path).channel()
    channel.refuses = True
    with pytest.raises(Unreachable, match="runs no command"):
        run(channel, "echo\n")


def test_noise_of_the_login_shell_is_no_output(tmp_path: Path) -> None:
    noise = "head -c 300000 /dev/zero; printf 'hello '; echo oops >&2; "
    output = run(Host(tmp_path, uid=0).channel(noise=noise), "echo out; echo err >&2\n")
    assert output == Output("out\n", "err\n", 0)


def test_a_script_larger_than_any_pipe_and_output_on_both_streams(tmp_path: Path) -> None:
    script = (
        "main() {\n: '"
        + "x" * 400_000
        + "'\nhead -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2\n}\nmain\n"
    )
    output = run(Host(tmp_path, uid=0).channel(), script)
    assert (len(output.stdout), len(output.stderr), output.status) == (3_000_000, 2_000_000, 0)


def test_what_is_not_kept_is_handed_over_all_the_same(tmp_path: Path) -> None:
    pieces: list[str] = []
    script = "head -c 3000000 /dev/zero\n"
    output = run(Host(tmp_path, uid=0).channel(), script, on_piece=pieces.append, keeps=False)
    assert output == Output("", "", 0)
    assert sum(map(len, pieces)) == 3_000_000


# -- what goes in behind a script

TAKES = "take() { echo 'give it'; head -c 300000 | /usr/bin/sha256sum; exit \"$1\"; }\ntake 0\n"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("mode", "uid", "password"),
    [("", 0, None), ("nopasswd", 1000, None), ("password", 1000, "secret"), ("nopasswd", 1000, "unneeded")],
)
def test_content_reaches_the_script_byte_for_byte_and_no_shell(
    tmp_path: Path, shell: tuple[str, ...], mode: str, uid: int, password: str | None
) -> None:
    content = f"{HARMFUL}\n".encode() * 20_000
    blocks = (content[at : at + exchange.BLOCK] for at in range(0, len(content), exchange.BLOCK))
    host = Host(tmp_path, mode, "secret", uid=uid)
    asking = Content("give it\n", blocks)
    output = run(host.channel(*shell), TAKES, password=password, eager=False, content=asking)
    digest = hashlib.sha256(content[:300_000]).hexdigest()
    assert output == Output(f"give it\n{digest}  -\n", "", 0)


def test_a_script_that_does_not_want_its_content_says_why(tmp_path: Path) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * exchange.BLOCK

    full = "take() { echo 'give it'; head -c 99999 >/dev/null; echo full >&2; exit 3; }\ntake\n"
    output = run(Host(tmp_path, uid=0).channel(), full, eager=False, content=Content("give it\n", endless()))
    assert (output.stderr, output.status) == ("full\n", 3)
    never = run(
        Host(tmp_path, uid=0).channel(), "exit 4\n", eager=False, content=Content("give it\n", endless())
    )
    assert never.status == 4


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    output = run(Host(tmp_path, uid=0).channel(), "printf 'a\\377b\\342\\202'\n")
    assert output.stdout == "a\ufffdb\ufffd"


def test_pieces_come_as_they_are_printed(tmp_path: Path) -> None:
    pieces: list[tuple[str, float]] = []
    script = "printf '\\342\\202'; sleep 0.2; printf '\\254 1/7'; sleep 0.4; echo ' done'\n"
    channel = Host(tmp_path, uid=0).channel()
    output = run(
        channel, script, eager=False, on_piece=lambda piece: pieces.append((piece, time.monotonic()))
    )
    assert output.stdout == "€ 1/7 done\n"
    assert [piece for piece, _ in pieces] == ["€ 1/7", " done\n"]
    assert pieces[1][1] - pieces[0][1] > 0.2


def test_time_is_up(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(Failed, match=r"did not answer within 0\.3 s"):
        run(Host(tmp_path, uid=0).channel(), "sleep 30\n", limit=0.3)
    assert time.monotonic() - begun < 5


def test_a_line_that_has_gone_dead(tmp_path: Path) -> None:
    """What says something now and then is waited for; on either stream."""
    speaks = "for i in 1 2 3 4 5; do sleep 0.2; echo . >&2; done; sleep 30\n"
    channel = Host(tmp_path, uid=0).channel()
    begun = time.monotonic()
    with pytest.raises(ConnectionError, match=r"nothing was heard for 0\.6 s"):
        run(channel, speaks, eager=False, limit=None, silence=0.6)
    assert time.monotonic() - begun >= 1.6


def test_no_root_shell_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "START_LIMIT", 0.3)
    channel = Host(tmp_path, uid=0).channel(noise="sleep 30; ")
    with pytest.raises(Refused, match=r"no root shell within 0\.3 s"):
        run(channel, "echo script\n", eager=False)
    assert channel.sent == b"", "a shell that begins after all must find nothing to run"


def test_a_daemon_that_holds_the_pipe_does_not_hold_us(tmp_path: Path) -> None:
    begun = time.monotonic()
    assert run(Host(tmp_path, uid=0).channel(), "sleep 6 & echo started\n").stdout == "started\n"
    assert time.monotonic() - begun < 5


def test_a_script_that_closes_its_output_is_waited_for(tmp_path: Path) -> None:
    assert run(Host(tmp_path, uid=0).channel(), "exec >&- 2>&-; sleep 0.5; exit 7\n").status == 7


def test_a_script_killed_by_a_signal_has_a_status_of_its_own(tmp_path: Path) -> None:
    assert run(Host(tmp_path, uid=0).channel(), "kill -9 $$\n").status == exchange.KILLED


def test_connection_lost_before_and_after_the_beginning(tmp_path: Path) -> None:
    for noise, expected in (("sleep 30; ", Unreachable), ("", ConnectionError)):
        channel = Host(tmp_path, uid=0).channel(noise=noise)
        cut = threading.Timer(0.5, channel.lose)
        cut.start()
        with pytest.raises(expected, match="connection was lost"):
            run(channel, "sleep 30\n", eager=False)
        cut.join()
