"""What the files that an operator names hold, read on this machine before any host is touched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from provision import openpgp
from provision.errors import OperatorError
from provision.spec import Spec
from provision.templating import shipped

CENTOS_7 = "6341AB2753D78A78A7C27BB124C6A8A7F4A80EB5"
"""Fingerprint of the key that signs CentOS 7 (centos.org, the project's list of its keys)."""


@cache
def pinned_key() -> bytes:
    """Docker's own key, shipped with this program: nothing is fetched on trust."""
    return shipped("etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce")


@dataclass(frozen=True, slots=True)
class Handed:
    """What goes to the hosts besides what Spec itself says.

    `repo_key` is the armoured key that Docker's packages must be signed with, `base_key` the fingerprint of the one
    that CentOS's must be.
    """

    repo_key: bytes
    base_key: str


def defaults() -> Handed:
    """What goes where nothing was handed over."""
    return Handed(pinned_key(), CENTOS_7)


def read(spec: Spec) -> Handed:
    """Read all files that are named. Raises OperatorError for one that can't be read, or isn't what it should be."""
    usual = defaults()
    repo_key, base_key = usual.repo_key, usual.base_key
    if spec.repo_key is not None:
        repo_key = _key(spec.repo_key, "--repo-key")[0].encode()
    if spec.base_key is not None:
        base_key = _key(spec.base_key, "--base-key")[1]
    return Handed(repo_key, base_key)


def _key(path: str, flag: str) -> tuple[str, str]:
    """An armoured key and its fingerprint."""
    text = text_of(path, flag)
    try:
        return text, openpgp.read(text).fingerprint
    except openpgp.NotAKey as error:
        raise OperatorError(f"{flag}: {path}: {error}") from None


def text_of(path: str, flag: str) -> str:
    """A file that the operator named. Raises OperatorError where it can't be read."""
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"{flag}: can't read {path}: {error.strerror}") from None
    except RuntimeError:
        # what pathlib says to the ~ of a user who isn't there
        raise OperatorError(f"{flag}: can't read {path}: no home directory of that name") from None
    except UnicodeDecodeError:
        raise OperatorError(f"{flag}: {path} isn't text in UTF-8") from None
