"""A file on the host: its whole content, or our keys in a content that others share."""

from __future__ import annotations

import base64
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from provision.masking import masked
from provision.resources.base import (
    ABSENT,
    Absent,
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
from provision.resources.file_shell import LIBRARY
from provision.resources.record import RECORD_ID, RecordState
from provision.script import Section


class Unsuitable(ValueError):
    """The present content can't be built upon; the message says why, and what to do."""


def mode_for(content: bytes) -> str:
    """A file with a secret in it is for root alone, any other for all to read."""
    text = content.decode(errors="replace")
    return "644" if masked(text) == text else "600"


class Content(Protocol):
    """What a file should hold, given what it holds."""

    def wanted(self, present: bytes | None) -> bytes | None:
        """The content asked for; None where no file is asked for. Raises Unsuitable."""

    def withdrawn(self, present: bytes, ours: Mapping[str, Any]) -> bytes | None:
        """What stays when our part is taken out of a file that others changed since. None: the file goes.
        Raises Unsuitable where our part can't be told from theirs."""

    def part(self) -> Mapping[str, Any]:
        """What of the content is ours, for the host's record; empty where all of it is."""


@dataclass(frozen=True, slots=True)
class Exactly:
    """A file that is ours whole."""

    content: bytes

    def wanted(self, present: bytes | None) -> bytes | None:  # noqa: ARG002  the protocol's signature
        return self.content

    def withdrawn(self, present: bytes, ours: Mapping[str, Any]) -> bytes | None:  # noqa: ARG002  likewise
        raise Unsuitable("it was changed since, so it stays; remove it by hand if it isn't wanted")

    def part(self) -> Mapping[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class Left(Exactly):
    """A file that isn't asked for, as it is: only what an earlier run brought of it is taken away."""

    content: bytes = b""

    def wanted(self, present: bytes | None) -> bytes | None:
        return present


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was read. `changed` is its ctime in seconds since 1970: unlike mtime it can't be set back."""

    content: bytes
    mode: str
    owner: str
    changed: int

    def __str__(self) -> str:
        return f"mode {self.mode}, {self.owner}, {len(self.content)} bytes, sha256 {self.sha256[:12]}"

    @property
    def sha256(self) -> str:
        return digest(self.content)


def read_file(path: str, text: str) -> FileState | Absent | Unknown:
    """What `probe_file` printed of a file."""
    head, _, body = text.partition("\n")
    match head.split(" "):
        case ["absent"]:
            return ABSENT
        case ["file", mode, owner, changed]:
            try:
                content = base64.b64decode(body.replace("\n", ""), validate=True)
                return FileState(content, mode, owner, int(changed))
            except ValueError:
                return Unknown(f"can't read {path}: the host's answer is spoilt, run again")
        case _:
            return Unknown(f"{path} is {head.removeprefix('other ')}")


def read_files(text: str) -> tuple[str, dict[str, FileState] | Unknown]:
    """What a probe printed before the first line `path=PATH`, and the files by path that `probe_file` printed behind
    such lines."""
    head, *told = re.split(r"^path=", text, flags=re.MULTILINE)
    files: dict[str, FileState] = {}
    for each in told:
        path, _, body = each.partition("\n")
        state = read_file(path, body.rstrip("\n"))
        if isinstance(state, Absent):
            state = Unknown(f"{path} went while it was read, run again")
        if isinstance(state, Unknown):
            return head, state
        files[path] = state
    return head, files


def put(path: str, content: bytes, present: bytes | None, mode: str = "") -> str:
    """Shell text that writes a file of which `present` was seen (None: that it isn't there).

    Without a `mode` its own stays, and is 0644 for a new one.
    """
    seen, usual = ("absent", "644") if present is None else (digest(present), "-")
    return f"put_file {quote(path)} {mode or usual} {seen} {digest(content)} {base64.b64encode(content).decode()}"


@dataclass(frozen=True, slots=True)
class File:
    """A file with a content. `mode` None keeps what is there, and means 0644 for a new one.

    `look` is shell text that must succeed before anything on the host is changed. `before` and `then` are shell text
    around the write: what the write needs kept, and what follows from it; `removed` is what follows from taking the
    file away. `readable` says that a difference is worth showing to people.
    """

    path: str
    content: Content
    mode: str | None = "644"
    look: str = ""
    before: str = ""
    then: str = ""
    removed: str = ""
    readable: bool = True

    @property
    def id(self) -> str:
        return f"file {self.path}"

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        return f"probe_file {quote(self.path)}"

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0:
            return Unknown(f"can't read {self.path}: {section.text.strip() or 'no answer'}")
        return read_file(self.path, section.text)

    def wanted(self, states: States) -> bytes | None:
        """The content asked for, given what was read. Raises Unsuitable."""
        state = states[self.id]
        return self.content_for(states).wanted(state.content if isinstance(state, FileState) else None)

    def content_for(self, states: States) -> Content:  # noqa: ARG002  kinds of files look at the host
        """What the file should hold on a host like this. Raises Unsuitable."""
        return self.content

    def compare(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        try:
            wanted = self.wanted(states)
        except Unsuitable as error:
            return [Refusal(self.id, f"{self.path}: {error}")]
        if wanted is None or self._satisfied(state, wanted):
            return []
        return [self.write(states, wanted)]

    def _earlier(self, states: States) -> Mapping[str, Any]:
        """Our part of the file by earlier runs: what was asked for once is still ours to take away."""
        record = states[RECORD_ID]
        ours = record.touched(self.id) if isinstance(record, RecordState) else None
        return dict((ours or {}).get("part", {}))

    def _satisfied(self, state: FileState | Absent, wanted: bytes) -> bool:
        if isinstance(state, Absent):
            return False
        return state.content == wanted and self.mode in (None, state.mode)

    def write(self, states: States, wanted: bytes, reason: str = "", *, forget: bool = False) -> Change:
        """The change that makes `wanted` of what was read. `forget` that earlier runs put anything of ours into it."""
        state: FileState | Absent = states[self.id]
        present = None if isinstance(state, Absent) else state
        earlier = {} if forget else self._earlier(states)
        seen = present.sha256 if present else "absent"
        encoded = base64.b64encode(wanted).decode()
        put = f"put_file {quote(self.path)} {self.mode or '-'} {seen} {digest(wanted)} {encoded}"
        return Change(
            resource=self.id,
            actual="absent" if present is None else f"mode {present.mode}, {len(present.content)} bytes",
            desired=f"mode {self.mode or (present.mode if present else '644')}, {len(wanted)} bytes",
            reason=reason or self._reason(present, wanted),
            script="\n".join(part for part in (self.before, put, self.then) if part),
            diff=self._diff(present.content if present else None, wanted),
            look=self.look,
            traces=(
                Trace(self.id, "sha256", digest(wanted)),
                Trace(self.id, "part", {**earlier, **self.content_for(states).part()}),
            ),
        )

    def _reason(self, present: FileState | None, wanted: bytes) -> str:
        if present is None:
            return "it isn't there"
        if present.content != wanted:
            return "its content differs"
        return f"its mode is {present.mode}, not {self.mode}"

    def remember(self, state: State) -> Any:
        """For the record: None where it wasn't there."""
        return {"sha256": state.sha256} if isinstance(state, FileState) else None

    def withdraw(self, states: States) -> list[Finding]:
        state, record = states[self.id], states[RECORD_ID]
        ours = record.touched(self.id) if isinstance(record, RecordState) else None
        if ours is None or isinstance(state, Absent):
            return []
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        if state.sha256 == ours.get("sha256"):
            existed = record.before(self.id) is not None
            return [self._remove(state, "bring_back", "as it was before" if existed else "absent")]
        try:
            rest = self.content.withdrawn(state.content, ours.get("part", {}))
        except Unsuitable as error:
            return [Note(self.id, f"{self.path}: {error}")]
        if rest is None:
            return [self._remove(state, "take_away", "absent")]
        if rest == state.content:
            return []
        return [self.write(states, rest, "our keys are taken out; what others set stays", forget=True)]

    def _remove(self, state: FileState, function: str, desired: str) -> Change:
        remove = f"{function} {quote(self.path)} {state.sha256}"
        return Change(
            resource=self.id,
            actual=f"mode {state.mode}, {len(state.content)} bytes",
            desired=desired,
            reason="we brought it",
            script="\n".join(part for part in (remove, self.removed) if part),
            diff=self._diff(state.content, None) if desired == "absent" else "",
        )

    def _diff(self, present: bytes | None, wanted: bytes | None) -> str:
        return difference(self.path, present, wanted) if self.readable else ""


def difference(path: str, present: bytes | None, wanted: bytes | None, *, context: int = 3) -> str:
    """A unified diff with so many lines around, as `diff -u` shows it; an absent side is /dev/null."""

    def lines(content: bytes | None) -> list[str]:
        return (content or b"").decode(errors="replace").splitlines()

    return "\n".join(
        difflib.unified_diff(
            lines(present),
            lines(wanted),
            path if present is not None else "/dev/null",
            path if wanted is not None else "/dev/null",
            lineterm="",
            n=context,
        )
    )
