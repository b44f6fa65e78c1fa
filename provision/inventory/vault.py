"""Values of an Ansible inventory that are vaulted one by one (`!vault`), opened by ansible-vault when a run needs them.

It finds the vault's password as everywhere with Ansible: ANSIBLE_VAULT_PASSWORD_FILE, ANSIBLE_VAULT_IDENTITY_LIST, or
ansible.cfg; what it opens is in memory alone.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from provision.errors import OperatorError
from provision.secret import Hidden, Secret

PROGRAM = "ansible-vault"

_SAID = re.compile(r"^(?:\[ERROR\]|ERROR!)[: ]*(.*)$", re.MULTILINE)


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
    done = subprocess.run(
        [program, "decrypt", "--output", "-"], input=sealed, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = _SAID.findall(done.stderr)
        raise _Shut(
            said[0] if said else " ".join(done.stderr.split())[-200:] or f"it ended with {done.returncode}"
        )
    return Secret(done.stdout.rstrip("\n"))
