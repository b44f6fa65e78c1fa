"""The certificates by which registries are known: /etc/docker/certs.d/REGISTRY/ca.crt, of which dockerd needs no word.

It reads them anew at every pull (18.06.3, run).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provision.resources.base import (
    ABSENT,
    Change,
    Finding,
    Note,
    Refusal,
    State,
    States,
    Trace,
    Unknown,
    digest,
    quote,
)
from provision.resources.file import FileState, read_files
from provision.resources.record import RECORD_ID, RecordState
from provision.script import Section

FOLDER = "/etc/docker/certs.d"

LIBRARY = r"""
# with what `File` has: whole files, whichever registries there are
probe_registry_cas() {
  echo certificates
  for file in /etc/docker/certs.d/*/ca.crt; do
    if [ -f "$file" ]; then printf 'path=%s\n' "$file" && probe_file "$file" || exit 1; fi
  done
}
"""


@dataclass(frozen=True, slots=True)
class CertificatesState:
    """The certificate files that are there, by path."""

    files: Mapping[str, FileState]

    def __str__(self) -> str:
        return ", ".join(path.split("/")[-2] for path in self.files)


@dataclass(frozen=True, slots=True)
class RegistryCertificates:
    """The authorities of these registries, in PEM, by the registry's name. Those of others stay as they are."""

    authorities: Mapping[str, bytes]

    @property
    def id(self) -> str:
        return "registry certificates"

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        return "probe_registry_cas"

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0 or not section.text.startswith("certificates"):
            return Unknown(f"can't read {FOLDER}: {section.text.strip() or 'no answer'}")
        _, files = read_files(section.text)
        if isinstance(files, Unknown):
            return files
        return CertificatesState(files) if files else ABSENT

    def remember(self, state: State) -> Any:
        """For the record: which were there before us, and what they held."""
        return {path: file.sha256 for path, file in _files(state).items()} or None

    def compare(self, states: States) -> list[Finding]:
        state = states[self.id]
        if not self.authorities:
            return []
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        present = _files(state)
        asked = {f"{FOLDER}/{name}/ca.crt": content for name, content in self.authorities.items()}
        changed = {
            path: content
            for path, content in asked.items()
            if path not in present or present[path].content != content
        }
        if not changed:
            return []
        ours = {**_ours(self.id, states), **{path: digest(content) for path, content in changed.items()}}
        return [
            Change(
                self.id,
                ", ".join(path for path in changed if path in present) or "absent",
                ", ".join(f"{path} ({digest(content)[:12]})" for path, content in changed.items()),
                "registries are known by them; no reload is needed",
                "\n".join(_put(path, content, present.get(path)) for path, content in changed.items()),
                traces=(Trace(self.id, "files", ours),),
            )
        ]

    def withdraw(self, states: States) -> list[Finding]:
        state, ours = states[self.id], _ours(self.id, states)
        if not ours:
            return []
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        there = {path: file.sha256 for path, file in _files(state).items() if path in ours}
        found: list[Finding] = [
            Note(self.id, f"{path}: it was changed since, so it stays; remove it by hand if it isn't wanted")
            for path, found_sum in there.items()
            if found_sum != ours[path]
        ]
        gone = [path for path, found_sum in there.items() if found_sum == ours[path]]
        if gone:
            script = "\n".join(f"bring_back {quote(path)} {ours[path]}" for path in gone)
            found.append(Change(self.id, ", ".join(gone), "as before", "we brought it", script))
        return found


def _files(state: State) -> Mapping[str, FileState]:
    return state.files if isinstance(state, CertificatesState) else {}


def _ours(ident: str, states: States) -> dict[str, str]:
    """The files that we brought and their checksums, by the host's record."""
    record = states[RECORD_ID]
    touched = record.touched(ident) if isinstance(record, RecordState) else None
    return dict((touched or {}).get("files", {}))


def _put(path: str, content: bytes, present: FileState | None) -> str:
    seen = present.sha256 if present else "absent"
    mode = "-" if present else "644"
    return f"put_file {quote(path)} {mode} {seen} {digest(content)} {base64.b64encode(content).decode()}"
