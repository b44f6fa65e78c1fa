"""The question for a vault's password: asked once for all of Ansible's programs, on a terminal, and shown nowhere."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from provision.errors import OperatorError
from provision.inventory import vault
from tests.readme import CHECKOUT

FOLDER = Path(__file__).parent / "samples"
PASSWORD = (FOLDER / "vault-password").read_text().strip()
QUESTION = b"Vault password: "
READS = """\
import sys
from provision import inventory
from provision.errors import OperatorError
try:
    for host in inventory.load(sys.argv[1]).hosts:
        way = host.ssh.fetched()
        print(host.name, way.sudo_password is not None and way.sudo_password.value == "sealed-word")
except OperatorError as error:
    print("error:", error)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inventory of which a file is vaulted, and in another one a value."""
    path = tmp_path_factory.mktemp("vaulted") / "folder"
    shutil.copytree(FOLDER / "ansible/folder", path)
    words = ["ansible-vault", "encrypt_string", "sealed-word", "--name", "ansible_become_password"]
    sealed = subprocess.run(
        [Path(sys.executable).parent / words[0], *words[1:]],
        env={**os.environ, "ANSIBLE_VAULT_PASSWORD_FILE": str(FOLDER / "vault-password")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (path / "host_vars").mkdir(exist_ok=True)
    (path / "host_vars/web1.yml").write_text(sealed)
    return path


def typing(folder: Path, typed: bytes) -> str:
    """What a terminal shows where the inventory is read, and this is typed at each question."""
    ours, theirs = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    with subprocess.Popen(
        [sys.executable, "-c", READS, str(folder)],
        cwd=CHECKOUT,
        env={**environ, vault.ASK: "True"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        # a terminal of its own, as that which getpass opens
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # noqa: PLW1509  no threads here
    ):
        os.close(theirs)
        shown, answered = b"", 0
        with suppress(OSError):  # a terminal without another end
            while piece := os.read(ours, 65536):
                shown += piece
                while answered < shown.count(QUESTION):
                    os.write(ours, typed)
                    answered += 1
    os.close(ours)
    return shown.decode()


def test_it_is_asked_once_for_all_that_is_sealed(folder: Path) -> None:
    shown = typing(folder, f"{PASSWORD}\n".encode())
    assert shown.count("assword") == 1
    assert PASSWORD not in shown
    assert shown.split() == ["Vault", "password:", "web1", "True", "web2", "False", "db1", "False"]


def test_a_wrong_one_is_told_in_one_line(folder: Path) -> None:
    shown = typing(folder, b"wrong\n")
    assert shown.count("assword") == 1
    assert "error:" in shown.splitlines()[1]
    assert "ansible-inventory can't read it: Decryption failed" in shown
    assert len(shown.splitlines()) == 2


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The questions; `word of X` is what is typed at question X."""
    questions: list[str] = []

    def answer(question: str) -> str:
        questions.append(question)
        return f"word of {question}"

    for name in (vault.ASK, vault.IDENTITIES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", answer)
    vault._typed.cache_clear()
    yield questions
    vault._typed.cache_clear()


def test_each_identity_is_asked_for_and_others_are_left_alone(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(vault.ASK, "yes")
    monkeypatch.setenv(vault.IDENTITIES, "dev@prompt, /a/file,old@b@prompt")
    for _ in range(2):
        with vault.opening() as (environ, read):
            named = dict(each.rpartition("@")[::2] for each in environ[vault.IDENTITIES].split(","))
            assert vault.ASK not in environ
            assert list(named) == ["dev", "", "old@b", "default"]
            assert named[""] == "/a/file"
            typed = [os.read(each, 99).decode() for each in read]
            assert [f"/dev/fd/{each}" for each in read] == [
                named[name] for name in ("dev", "old@b", "default")
            ]
    assert asked == ["Vault password (dev): ", "Vault password (old@b): ", "Vault password: "]
    assert typed == [f"word of {question}" for question in asked]


@pytest.mark.parametrize("environ", [{}, {vault.ASK: "no"}, {vault.IDENTITIES: "dev@/a/file"}])
def test_nobody_is_asked_where_nothing_says_so(
    asked: list[str], environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with vault.opening() as (given, read):
        assert (given, read) == (dict(os.environ), ())
    assert asked == []


def test_without_a_terminal_it_is_told(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(vault.ASK, "1")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with (
        pytest.raises(OperatorError, match=r"no terminal to ask on; ANSIBLE_VAULT_PASSWORD_FILE"),
        vault.opening(),
    ):
        pass
    assert asked == []


@pytest.mark.parametrize("end", ["", EOFError])
def test_where_nothing_is_typed_it_is_told(
    asked: list[str], end: str | type[EOFError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_question: str) -> str:
        if isinstance(end, str):
            return end
        raise end

    monkeypatch.setenv(vault.ASK, "1")
    monkeypatch.setattr("getpass.getpass", answer)
    with pytest.raises(OperatorError, match="nothing was typed"), vault.opening():
        pass
