"""A package-signing key in the host's rpm database, known by its fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provision import openpgp
from provision.resources.base import (
    ABSENT,
    Absent,
    Change,
    Finding,
    Refusal,
    State,
    States,
    Trace,
    Unknown,
    quote,
)
from provision.resources.record import RECORD_ID, RecordState
from provision.script import Section

LIBRARY = r"""
# VERSION of a gpg-pubkey. rpm itself is asked for too: an unreadable database says "not installed" as well.
probe_key() {
  timed 20 rpm -q --qf 'rpm\n' rpm || exit 1
  timed 20 rpm -q --qf 'key %{VERSION}-%{RELEASE}\n%{DESCRIPTION}\n' "gpg-pubkey-$1" || true
}
# VERSION FILE
import_key() {
  rpm --import "$2" || fail "rpm can't import $2"
  rpm -q "gpg-pubkey-$1" >/dev/null || fail "rpm imported $2, but has no gpg-pubkey-$1"
}
"""


@dataclass(frozen=True, slots=True)
class KeyState:
    """The key by its full name in the rpm database: VERSION-RELEASE."""

    name: str

    def __str__(self) -> str:
        return f"imported as gpg-pubkey-{self.name}"


@dataclass(frozen=True, slots=True)
class RpmKey:
    """The key must be in the rpm database, so that yum imports nothing that a mirror serves.

    `path` is the armoured key's file on the host, put there by a File before it.
    """

    key: openpgp.Key
    path: str

    @property
    def id(self) -> str:
        return f"rpm-key {self.key.rpm_version}"

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        return f"probe_key {quote(self.key.rpm_version)}"

    def parse(self, section: Section) -> State:
        lines = section.text.split("\n")
        if not section.complete or section.status != 0 or "rpm" not in lines:
            return Unknown("the rpm database can't be read; look at `rpm -q rpm` on the host")
        for index, line in enumerate(lines):
            if line.startswith("key "):
                return self._read(line.removeprefix("key "), "\n".join(lines[index + 1 :]))
        return ABSENT

    def _read(self, name: str, armored: str) -> State:
        try:
            found = openpgp.read(armored).fingerprint
        except openpgp.NotAKey as error:
            return Unknown(f"rpm's gpg-pubkey-{name} can't be read: {error}")
        if found != self.key.fingerprint:
            return Unknown(
                f"rpm's gpg-pubkey-{name} is another key ({found}) than the one asked for "
                f"({self.key.fingerprint}); take it out by `rpm -e gpg-pubkey-{name}`"
            )
        return KeyState(name)

    def remember(self, state: State) -> Any:
        """For the record: whether the key was there."""
        return state.name if isinstance(state, KeyState) else None

    def compare(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        if isinstance(state, KeyState):
            return []
        return [
            Change(
                self.id,
                "not imported",
                f"imported ({self.key.fingerprint})",
                "packages are checked against it",
                f"import_key {quote(self.key.rpm_version)} {quote(self.path)}",
                traces=(Trace(self.id, "fingerprint", self.key.fingerprint),),
            )
        ]

    def withdraw(self, states: States) -> list[Finding]:
        state, record = states[self.id], states[RECORD_ID]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        if (
            isinstance(state, Absent)
            or not isinstance(record, RecordState)
            or record.touched(self.id) is None
        ):
            return []
        return [
            Change(
                self.id,
                "imported",
                "absent",
                "we brought it",
                f"rpm -e {quote(f'gpg-pubkey-{state.name}')} || fail 'rpm can not remove the key'",
            )
        ]
