"""Keys from files: examined without a passphrase, opened once."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path

import paramiko
import pytest

from provision.errors import OperatorError
from provision.remote.identities import TRIES, Keyring, ask_passphrase, examine
from tests.unit.remote.keys import ed25519, public_line


class Operator:
    """Answers questions for passphrases, and remembers them."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.questions: list[str] = []

    def __call__(self, question: str) -> str:
        self.questions.append(question)
        return self._answers.pop(0)


def rsa(path: Path, passphrase: str | None) -> paramiko.PKey:
    """An RSA key in the old PEM format."""
    key = paramiko.RSAKey.generate(2048)
    key.write_private_key_file(str(path), passphrase)
    path.with_name(f"{path.name}.pub").write_text(f"{public_line(key)} me\n")
    return key


def ecdsa(path: Path, passphrase: str | None) -> paramiko.PKey:
    """An ECDSA key in the old PEM format."""
    key = paramiko.ECDSAKey.generate()
    key.write_private_key_file(str(path), passphrase)
    path.with_name(f"{path.name}.pub").write_text(f"{public_line(key)} me\n")
    return key


@pytest.mark.parametrize("make", [ed25519, rsa, ecdsa])
@pytest.mark.parametrize("passphrase", [None, "correct horse"])
def test_key_is_seen_through_and_opened(
    tmp_path: Path, make: Callable[[Path, str | None], paramiko.PKey], passphrase: str | None
) -> None:
    path = tmp_path / "key"
    made = make(path, passphrase)
    identity = examine(path)
    assert (identity.kind, identity.public) == (made.get_name(), made.get_base64())
    assert identity.encrypted is (passphrase is not None)
    assert Keyring(Operator("correct horse")).unlock(identity) == made


def test_public_file_is_an_identity_for_the_agent(tmp_path: Path) -> None:
    key = ed25519(tmp_path / "key")
    identity = examine(tmp_path / "key.pub")
    assert (identity.private, identity.public) == (False, key.get_base64())


def test_passphrase_is_asked_for_once_and_tried_on_further_keys(tmp_path: Path) -> None:
    operator = Operator("typo", "correct horse")
    keyring = Keyring(operator)
    first, second = tmp_path / "first", tmp_path / "second"
    ed25519(first, "correct horse")
    ed25519(second, "correct horse")
    for path in (first, first, second):
        keyring.unlock(keyring.identity(path))
    assert operator.questions == [f"Passphrase of {first}"] * 2


def test_wrong_passphrase_is_refused_after_some_tries(tmp_path: Path) -> None:
    path = tmp_path / "key"
    ed25519(path, "correct horse")
    operator = Operator(*["typo"] * 9)
    with pytest.raises(OperatorError, match=f"wrong passphrase for the identity {path}"):
        Keyring(operator).unlock(examine(path))
    assert len(operator.questions) == TRIES


def test_passphrase_given_up_front_is_the_only_one(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = ed25519(path, "correct horse")
    operator = Operator()
    assert Keyring(operator).unlock(examine(path), "correct horse") == key
    with pytest.raises(OperatorError, match="wrong passphrase"):
        Keyring(operator).unlock(examine(path), "typo")
    assert operator.questions == []


def test_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = ed25519(path)
    keyring = Keyring(Operator())
    keyring.unlock(keyring.identity(path))
    path.unlink()
    assert keyring.unlock(keyring.identity(path)) == key


def test_certificate_beside_a_key_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = ed25519(path)
    kind = "ssh-ed25519-cert-v01@openssh.com"
    message = paramiko.Message()
    message.add_string(kind)
    blob = paramiko.pkey.PublicBlob(kind, message.asbytes())
    (tmp_path / "key-cert.pub").write_text(f"{kind} {_base64(blob.key_blob)} me\n")
    opened = Keyring(Operator()).unlock(examine(path))
    assert opened == key
    assert opened.public_blob is not None
    assert opened.public_blob.key_type == kind


def _base64(blob: bytes) -> str:
    return base64.b64encode(blob).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello\n",
        "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n????\n-----END OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nYWJj\n-----END OPENSSH PRIVATE KEY-----\n",
    ],
)
def test_what_is_no_key_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    with pytest.raises(OperatorError, match=str(path)):
        examine(path)


def test_damaged_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n")
    with pytest.raises(OperatorError, match=f"{path} can't be used"):
        Keyring(Operator()).unlock(examine(path))


def test_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=f"can't read the identity {tmp_path}"):
        examine(tmp_path)


def test_hardware_key_works_through_an_agent_only(tmp_path: Path) -> None:
    message = paramiko.Message()
    message.add_string("sk-ssh-ed25519@openssh.com")
    outer = paramiko.Message()
    outer.add_bytes(b"openssh-key-v1\0")
    for word in ("none", "none", ""):
        outer.add_string(word)
    outer.add_int(1)
    outer.add_string(message.asbytes())
    path = tmp_path / "key"
    path.write_text(
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{_base64(outer.asbytes())}\n-----END OPENSSH PRIVATE KEY-----\n"
    )
    with pytest.raises(OperatorError, match="through an agent"):
        Keyring(Operator()).unlock(examine(path))


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> int:
        raise OSError(6, "No such device or address")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OperatorError, match=r"Passphrase of /k: there is no terminal"):
        ask_passphrase("Passphrase of /k")


def test_no_agent_holds_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    keyring = Keyring(Operator())
    assert keyring.agent_keys() == ()
    keyring.close()
