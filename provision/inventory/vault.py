"""Ansible's vaults: their passwords, and values that are sealed one by one (`!vault`), opened when a run needs them.

A vault's password is found as everywhere with Ansible: ANSIBLE_VAULT_PASSWORD_FILE, ANSIBLE_VAULT_IDENTITY_LIST, or
ansible.cfg. Where the environment says that the operator is asked, he is asked here, once for all of Ansible's programs
that a run needs: two that ask at once would take each other's answers, and one would be shown (ansible-core 2.19, run).
What is typed, and what a vault holds, is in memory alone.
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from provision.errors import OperatorError
from provision.secret import Hidden, Secret

PROGRAM = "ansible-vault"
ASK = "ANSIBLE_ASK_VAULT_PASS"
IDENTITIES = "ANSIBLE_VAULT_IDENTITY_LIST"

_TRUE = ("1", "true", "yes", "y", "on", "t")
"""What Ansible takes for true, in small letters."""
_PROMPTS = ("prompt", "prompt_ask_vault_pass")
"""Where an identity's password comes from, behind its @, if the operator is asked for it."""
_SAID = re.compile(r"^(?:\[ERROR\]|ERROR!)[: ]*(.*)$", re.MULTILINE)


@contextmanager
def opening() -> Iterator[tuple[dict[str, str], tuple[int, ...]]]:
    """The environment for one of Ansible's programs, and the descriptors from which it reads what was typed.

    Raises OperatorError where the operator would have to be asked and can't be.
    """
    environ, read = dict(os.environ), []
    try:
        identities = []
        for identity in _identities(os.environ):
            name, at, source = identity.rpartition("@")
            if source in _PROMPTS:
                read.append(_pipe(_typed(name)))
                source = f"/dev/fd/{read[-1]}"
            identities.append(f"{name}{at}{source}")
        if read:
            environ[IDENTITIES] = ",".join(identities)
            environ.pop(ASK, None)
        yield environ, tuple(read)
    finally:
        for each in read:
            os.close(each)


def _identities(environ: Mapping[str, str]) -> list[str]:
    """Whose passwords are looked for, each as Ansible has it: a file, or NAME@ and a file or `prompt`."""
    found = [each.strip() for each in environ.get(IDENTITIES, "").split(",") if each.strip()]
    asked = environ.get(ASK, "").strip().lower() in _TRUE
    return [*found, f"default@{_PROMPTS[0]}"] if asked else found


@cache
def _typed(name: str) -> str:
    """What the operator types for an identity. Raises OperatorError."""
    what = "the vault's password" if name == "default" else f"the password of the vault {name}"
    remedy = "ANSIBLE_VAULT_PASSWORD_FILE names a file with it"
    if not sys.stdin.isatty():
        raise OperatorError(f"{what} is to be asked for, and there is no terminal to ask on; {remedy}")
    try:
        typed = getpass.getpass("Vault password: " if name == "default" else f"Vault password ({name}): ")
    except EOFError:
        typed = ""
    if not typed:
        raise OperatorError(f"{what} was asked for, and nothing was typed: run again, or {remedy}")
    return typed


def _pipe(text: str) -> int:
    """A descriptor that it can be read from, once; a pipe takes more than anybody types."""
    read, write = os.pipe()
    with os.fdopen(write, "w") as file:
        file.write(text)
    return read


@dataclass(frozen=True, slots=True)
class Vaulted(Hidden):
    """A sealed value."""

    sealed: str = field(repr=False)

    def __str__(self) -> str:
        return super(Vaulted, self).__str__()

    def resolve(self, flag: str) -> Secret:
        try:
            return _opened(self.sealed)
        except _Shut as error:
            raise OperatorError(
                f"{flag}: it is vaulted, and {PROGRAM} can't open it: {error}; ANSIBLE_VAULT_PASSWORD_FILE names the"
                " file with the vault's password"
            ) from None


class _Shut(Exception):
    """It can't be opened; why."""


@cache
def _opened(sealed: str) -> Secret:
    """Once in a run: many hosts may share one, and each costs a second."""
    beside = Path(sys.executable).parent / PROGRAM
    program = str(beside) if beside.exists() else shutil.which(PROGRAM)
    if program is None:
        raise _Shut("that isn't here: install docker-provision[ansible]")
    with opening() as (environ, read):
        done = subprocess.run(
            [program, "decrypt", "--output", "-"],
            env=environ,
            pass_fds=read,
            input=sealed,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        said = _SAID.findall(done.stderr)
        raise _Shut(
            said[0] if said else " ".join(done.stderr.split())[-200:] or f"it ended with {done.returncode}"
        )
    return Secret(done.stdout.rstrip("\n"))
