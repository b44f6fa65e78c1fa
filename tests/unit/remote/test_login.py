"""What is tried to log in, in which order, and what is said when nothing is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import paramiko
import pytest

from provision.errors import OperatorError, Unreachable
from provision.remote.identities import Keyring
from provision.remote.login import Login, plan_login
from tests.unit.remote.keys import ed25519

RIGHT = "secret"
WRONG = "wrong"


class Agent(Keyring):
    """A keyring whose agent holds the keys given, and whose operator knows one passphrase."""

    def __init__(self, *held: paramiko.PKey) -> None:
        super().__init__(self._answer)
        self._held = held
        self.questions: list[str] = []

    def _answer(self, question: str) -> str:
        self.questions.append(question)
        return "correct horse"

    def agent_keys(self) -> tuple[paramiko.AgentKey, ...]:
        """The keys as an agent's."""
        agent = paramiko.agent.AgentSSH()
        return tuple(paramiko.AgentKey(agent, key.asbytes(), "in the agent") for key in self._held)


class Host:
    """A server's side of logging in: takes what `takes` says, and remembers what was tried."""

    def __init__(self, takes: Callable[[str], list[str]]) -> None:
        self._takes = takes
        self.tried: list[str] = []
        self.alive = True

    def auth_publickey(self, _user: str, key: paramiko.PKey) -> list[str]:
        """One key."""
        self.tried.append(key.get_base64()[-8:])
        return self._takes(self.tried[-1])

    def auth_password(self, _user: str, password: str) -> list[str]:
        """One password."""
        self.tried.append(password)
        return self._takes(password)

    def is_active(self) -> bool:
        """Whether the connection lives."""
        return self.alive


def refuse(_what: str) -> list[str]:
    raise paramiko.AuthenticationException("Authentication failed.")


def log_in(login: Login, host: Host) -> None:
    login.authenticate(host)  # type: ignore[arg-type]


def tail(key: paramiko.PKey) -> str:
    return key.get_base64()[-8:]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, with an empty ~/.ssh."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    return tmp_path


def plan(keyring: Keyring, *configured: str, only: bool = False, **kwargs: object) -> Login:
    return plan_login("deploy", kwargs, configured, identities_only=only, keyring=keyring)


def test_named_keys_come_before_the_agent_s_and_the_password_last(home: Path) -> None:
    flag, config, held = ed25519(home / "flag"), ed25519(home / "config"), ed25519(home / "held")
    ed25519(home / ".ssh" / "id_ed25519")
    login = plan(Agent(held), str(home / "config"), key_filename=str(home / "flag"), password=RIGHT)
    host = Host(lambda what: [] if what == RIGHT else refuse(what))
    log_in(login, host)
    assert host.tried == [tail(flag), tail(config), tail(held), RIGHT]


def test_default_keys_come_behind_the_agent_s_where_none_is_named(home: Path) -> None:
    default, held = ed25519(home / ".ssh" / "id_ed25519"), ed25519(home / "held")
    host = Host(lambda what: [] if what == tail(default) else refuse(what))
    log_in(plan(Agent(held)), host)
    assert host.tried == [tail(held), tail(default)]


def test_a_locked_key_that_the_agent_holds_is_not_asked_for(home: Path) -> None:
    locked = ed25519(home / "locked", "correct horse")
    keyring = Agent(locked)
    host = Host(lambda _what: [])
    log_in(plan(keyring, str(home / "locked")), host)
    assert (host.tried, keyring.questions) == ([tail(locked)], [])


def test_a_named_locked_key_is_asked_for_before_any_connection(home: Path) -> None:
    ed25519(home / "locked", "correct horse")
    keyring = Agent()
    plan(keyring, str(home / "locked"), password=RIGHT)
    assert len(keyring.questions) == 1


def test_a_locked_default_key_is_asked_for_only_where_there_is_nothing_else(home: Path) -> None:
    locked = ed25519(home / ".ssh" / "id_ed25519", "correct horse")
    keyring = Agent()
    with pytest.raises(Unreachable, match=r"not tried: .*id_ed25519 \(encrypted\)"):
        log_in(plan(keyring, password=WRONG), Host(refuse))
    assert keyring.questions == []
    host = Host(lambda _what: [])
    log_in(plan(keyring), host)
    assert (host.tried, len(keyring.questions)) == ([tail(locked)], 1)


def test_identities_only_leaves_the_agent_s_other_keys_alone(home: Path) -> None:
    wanted, held = ed25519(home / "wanted"), ed25519(home / "held")
    host = Host(refuse)
    with pytest.raises(Unreachable):
        log_in(plan(Agent(held, wanted), str(home / "wanted.pub"), only=True), host)
    assert host.tried == [tail(wanted)]


def test_agent_and_default_keys_can_be_switched_off(home: Path) -> None:
    ed25519(home / ".ssh" / "id_ed25519")
    login = plan(Agent(ed25519(home / "held")), allow_agent=False, look_for_keys=False)
    with pytest.raises(Unreachable, match="no identity to log in as deploy"):
        log_in(login, Host(refuse))


def test_key_given_as_an_object(home: Path) -> None:
    key = ed25519(home / "key")
    host = Host(lambda _what: [])
    log_in(plan(Agent(), pkey=key), host)
    assert host.tried == [tail(key)]


def test_missing_identity_is_a_mistake_on_the_command_line_only(home: Path) -> None:
    with pytest.raises(OperatorError, match=r"can't read the identity .*gone: no such file"):
        plan(Agent(), key_filename=[str(home / "gone")])
    with pytest.raises(Unreachable, match=r"no identity .*gone \(no such file\)"):
        log_in(plan(Agent(), str(home / "gone"), "none"), Host(refuse))


def test_public_key_that_no_agent_holds_is_named(home: Path) -> None:
    ed25519(home / "wanted")
    with pytest.raises(Unreachable, match=r"wanted\.pub \(a public key"):
        log_in(plan(Agent(), str(home / "wanted.pub")), Host(refuse))


def test_refusal_names_what_was_tried_and_what_the_host_takes(home: Path) -> None:
    key = home / "key"
    ed25519(key)

    def only_passwords(_what: str) -> list[str]:
        raise paramiko.BadAuthenticationType("no", ["password"])

    host = Host(only_passwords)
    with pytest.raises(Unreachable) as refusal:
        log_in(plan(Agent(ed25519(home / "held")), str(key)), host)
    text = str(refusal.value)
    assert text.startswith(f"login as deploy failed; tried: {key}; the host takes: password")
    assert "--prompt-for-login-password" in text
    assert len(host.tried) == 1, "keys are not offered to a host that takes none"


def test_a_host_may_ask_for_a_key_and_a_password(home: Path) -> None:
    key = ed25519(home / "key")
    ed25519(home / "key2")
    host = Host(lambda what: ["password"] if what == tail(key) else [])
    log_in(plan(Agent(), str(home / "key"), str(home / "key2"), password=RIGHT), host)
    assert host.tried == [tail(key), RIGHT]


def test_password_is_tried_where_the_host_calls_it_keyboard_interactive(home: Path) -> None:
    ed25519(home / "key")

    def takes(what: str) -> list[str]:
        if what == RIGHT:
            return []
        raise paramiko.BadAuthenticationType("no", ["keyboard-interactive"])

    log_in(plan(Agent(), str(home / "key"), password=RIGHT), Host(takes))


def test_host_that_hangs_up_ends_the_trying(home: Path) -> None:
    def hang_up(_what: str) -> list[str]:
        host.alive = False
        raise paramiko.SSHException("too many")

    host = Host(hang_up)
    held = [ed25519(home / f"held{i}") for i in range(3)]
    with pytest.raises(Unreachable, match=r"the connection ended \(too many\).*MaxAuthTries"):
        log_in(plan(Agent(*held)), host)
    assert len(host.tried) == 1


def test_broken_default_key_is_passed_over(home: Path) -> None:
    (home / ".ssh" / "id_rsa").write_text("rubbish")
    good = ed25519(home / ".ssh" / "id_ed25519")
    host = Host(lambda _what: [])
    log_in(plan(Agent()), host)
    assert host.tried == [tail(good)]
