"""What goes to workers on other machines, and what is refused before any host is touched."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fabric
import pytest

from provision import remote
from provision.asked import Asked, Wishes
from provision.errors import Failed, OperatorError, Refused
from provision.events import Observer, Status
from provision.fleet import hooks, orders
from provision.fleet.orders import Orders
from provision.fleet.travel import raise_if_unfit
from provision.fleet.turn import Host, Turn
from provision.handed import pinned_key
from provision.inventory import Origin, Ssh
from provision.spec import from_flags
from tests.unit import bundles
from tests.unit.fake import Remote

TLS = Orders(forks=None, scheduler="tls://s:8786")
PLAIN = Orders(forks=None, scheduler="tcp://s:8786")


def host(asked: Asked) -> Host:
    return Host("a", Remote(), asked, "a", "a:22")


def asked(**flags: str) -> Asked:
    return Wishes(Origin("flags", spec=from_flags(flags))).of()


def refusal(
    how: Orders, kwargs: dict[str, Any] | None = None, password: str | None = None, *of: Asked
) -> str:
    with pytest.raises(OperatorError) as error:
        raise_if_unfit(how, kwargs or {}, password, [host(each) for each in of])
    return str(error.value)


def test_hooks_are_for_this_machine() -> None:
    hook = hooks.parse("true {host}", "--after")
    assert refusal(Orders(None, "tls://s:8786", after=hook)).startswith(
        "--after is run on this machine, which isn't"
    )


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("key_filename", "-i"),
        ("password", "--prompt-for-login-password"),
        ("passphrase", "--prompt-for-passphrase"),
    ],
)
def test_keys_stay_here(name: str, flag: str) -> None:
    assert refusal(TLS, {name: "x"}) == (
        f"{flag} is for connections of this machine: workers log in by their own agent, keys and ssh_config"
    )


def test_secrets_are_not_sent_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXY", "http://user:word@proxy:3128")
    secret, plain = asked(proxy="env:PROXY"), asked(proxy="http://proxy:3128")
    assert "the proxy's password for a isn't sent without TLS" in refusal(PLAIN, {}, None, plain, secret)
    assert "a sudo password isn't sent without TLS: write tls://HOST:8786" in refusal(
        PLAIN, {}, "word", plain
    )
    raise_if_unfit(PLAIN, {}, None, [host(plain)])
    raise_if_unfit(TLS, {}, "word", [host(secret)])
    raise_if_unfit(Orders(None), {"key_filename": "x"}, "word", [host(secret)])


def test_a_bundle_stays_here(tmp_path: Path) -> None:
    folder, key = bundles.make(tmp_path / "bundle"), tmp_path / "key"
    key.write_bytes(pinned_key())
    from_bundle = asked(package_mirror=f"bundle:{folder}", base_key=str(key))
    assert refusal(TLS, {}, None, from_bundle).startswith(
        "--package-mirror: a bundle lies on this machine, which"
    )
    raise_if_unfit(Orders(None), {}, None, [host(from_bundle)])


def parsed(**flags: str) -> Orders:
    return orders.parse(lambda name: flags.get(name, ""))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"runner": "dusk"}, "--runner: 'dusk' is none of its words: say threads or dask"),
        ({"runner": "dask"}, "--runner dask and --scheduler tls://HOST:8786 go together"),
        ({"scheduler": "tls://s:8786"}, "--runner dask and --scheduler tls://HOST:8786 go together"),
        ({"runner": "dask", "scheduler": "s:8786"}, "--scheduler: 's:8786' is no address of one"),
    ],
)
def test_the_two_flags_go_together(flags: dict[str, str], said: str) -> None:
    with pytest.raises(OperatorError) as error:
        parsed(**flags)
    assert str(error.value).startswith(said)


def test_a_scheduler_is_that_of_dask() -> None:
    assert parsed(runner="dask", scheduler="tls://s:8786").scheduler == "tls://s:8786"
    assert parsed(runner="threads").scheduler is None


def test_a_session_comes_out_elsewhere_with_that_machines_own_connection() -> None:
    word = "for sudo"
    ways: Sequence[Ssh] = [Ssh("deploy@h1:2222", gateway="none")]
    (connection,) = remote.connections(fabric.Config(), ways, {"password": "of mine"})
    sent = pickle.dumps(remote.Session(connection, sudo_password=word))
    assert pickle.loads(sent).place == "h1:2222"  # noqa: S301  our own
    assert b"of mine" not in sent
    assert word.encode() in sent  # for which TLS is asked


@pytest.mark.parametrize("error", [Refused("no", log=("a", "b")), Failed("no")])
def test_errors_come_back_whole(error: Failed) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    assert (type(again), str(again), again.log) == (type(error), str(error), error.log)


def test_of_a_host_that_got_lost_nobody_knows_the_end() -> None:
    end = Turn({"a": host(asked())}, {}, TLS, Observer()).lost("a", "KilledWorker: gone")
    assert end.status is Status.FAILED
    assert str(end.error).startswith("KilledWorker: gone; what was begun on the host goes on by itself")
