"""A package-signing key in the host's rpm database, known by its fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provision import openpgp
from provision.resources.base import (
    ABSENT,
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
  timed 20 rpm -q --qf 'key %{VERSION}-%{RELEASE}\n%{DESCRIPTION}\n' "gpg-pubkey-$1"
  # 1 is "not installed", over 100 are time's up and crashes
  if [ $? -gt 100 ]; then exit 1; fi
}
# VERSION FILE
import_key() {
  rpm --import "$2" || fail "rpm can't import $2"
  rpm -q "gpg-pubkey-$1" >/dev/null || fail "rpm imported $2, but has no gpg-pubkey-$1"
}
# VERSION: a key that may be gone already
remove_key() {
  for name in $(rpm -q "gpg-pubkey-$1" | grep '^gpg-pubkey-'); do
    rpm -e "$name" || fail "rpm can't remove $name"
  done
}
"""


KIND = "rpm-key "
"""How the ids of keys begin; the rest is VERSION."""


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
        return f"{KIND}{self.key.rpm_version}"

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
        if not isinstance(record, RecordState):
            return []
        # an earlier run may have been asked for another key
        brought = [
            ident for ident in record.entries if ident.startswith(KIND) and record.touched(ident) is not None
        ]
        return [
            Change(
                ident, "imported", "absent", "we brought it", f"remove_key {quote(ident.removeprefix(KIND))}"
            )
            for ident in brought
            if ident != self.id or isinstance(state, KeyState)
        ]
