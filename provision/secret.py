"""Values by reference, so that no secret stands on a command line or in a file that is shared.

    env:NAME         an environment variable of this machine
    file:PATH        what a file of this machine holds
    command:WORDS    what a command prints that sh runs on this machine

Resolved here, when a run begins; a plan, a report and a journal know the reference at most.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from provision.errors import OperatorError
from provision.masking import MASK

COMMAND_LIMIT = 120.0
"""Seconds for a command; a password manager may ask its user."""


class Kind(StrEnum):
    """Where a value is kept."""

    ENV = "env"
    FILE = "file"
    COMMAND = "command"


class Hidden:
    """What shows itself to nobody by chance, and what a secret can be had of."""

    __slots__ = ()

    def __str__(self) -> str:
        return MASK

    def resolve(self, flag: str) -> Secret:
        """The value. `flag` is what asked for it. Raises OperatorError."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Secret(Hidden):
    """A value in memory."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return MASK

    def resolve(self, flag: str) -> Secret:  # noqa: ARG002  Hidden's signature
        return self


@dataclass(frozen=True, slots=True)
class Reference:
    """Where the value is, and nothing of it."""

    kind: Kind
    name: str

    @classmethod
    def parse(cls, text: str) -> Reference | None:
        """The reference that a text is; None where it isn't one. Raises ValueError for one that leads nowhere."""
        kind, colon, name = text.partition(":")
        if not colon or kind not in list(Kind):
            return None
        if kind == Kind.ENV and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(f"{text!r} names no environment variable: write it like env:PROXY_URL")
        if not name.strip():
            raise ValueError(f"{text!r} names nothing: write it like file:PATH or command:pass show proxy")
        return cls(Kind(kind), name)

    def resolve(self, flag: str) -> Secret:
        """The value, without blanks at its ends. `flag` is what asked for it. Raises OperatorError."""
        if self not in _KNOWN:
            _KNOWN[self] = self._read(flag)
        return _KNOWN[self]

    def _read(self, flag: str) -> Secret:
        read = {Kind.ENV: self._of_environment, Kind.FILE: self._of_file, Kind.COMMAND: self._of_command}
        value = read[self.kind](flag).strip()
        if not value:
            raise OperatorError(f"{flag}: {self.kind}:{self.name} holds nothing")
        if "\0" in value:
            raise OperatorError(f"{flag}: {self.kind}:{self.name} holds a NUL byte, text is expected")
        if "\n" in value:
            raise OperatorError(f"{flag}: {self.kind}:{self.name} holds several lines, one is expected")
        return Secret(value)

    def _of_environment(self, flag: str) -> str:
        try:
            return os.environ[self.name]
        except KeyError:
            raise OperatorError(
                f"{flag}: the environment variable {self.name} isn't set here: export it first"
            ) from None

    def _of_file(self, flag: str) -> str:
        try:
            return Path(self.name).expanduser().read_text(encoding="utf-8")
        except (OSError, RuntimeError) as error:
            why = getattr(error, "strerror", None) or "no home directory of that name"
            raise OperatorError(f"{flag}: can't read {self.name}: {why}") from None
        except UnicodeDecodeError:
            raise OperatorError(f"{flag}: {self.name} isn't text in UTF-8") from None

    def _of_command(self, flag: str) -> str:
        """Its standard error is the operator's: a password manager may have something to say, or to ask."""
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", self.name], stdout=subprocess.PIPE, timeout=COMMAND_LIMIT, check=False
            )
        except subprocess.TimeoutExpired:
            raise OperatorError(f"{flag}: `{self.name}` didn't end within {COMMAND_LIMIT:g} s") from None
        if done.returncode:
            raise OperatorError(
                f"{flag}: `{self.name}` ended with {done.returncode}: run it by hand to see why"
            )
        return done.stdout.decode(errors="replace")


_KNOWN: dict[Reference, Secret] = {}
"""Each is read once in a run: many hosts may refer to one place, and a command may ask its user."""


@dataclass(frozen=True, slots=True)
class Password:
    """A password as it was asked for at a place; in memory only once it is fetched."""

    kept: Reference | Hidden
    place: str

    def fetched(self) -> Password:
        """The same in memory. Raises OperatorError where it can't be had."""
        return Password(self.kept.resolve(self.place), self.place)

    @property
    def value(self) -> str:
        """The password itself. Raises OperatorError unless it was fetched."""
        return self.kept.resolve(self.place).value
