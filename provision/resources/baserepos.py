"""CentOS's own repositories: known to be dead from files alone, and led to an archive where that is asked for.

CentOS 7 ended on 2024-06-30. mirrorlist.centos.org has no address any more, and what was under mirror.centos.org is in
the archive; Docker still needs container-selinux from extras, and that needs base.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from provision import openpgp
from provision.resources import repofiles
from provision.resources.base import (
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
from provision.resources.file import FileState, difference, mode_for, put, read_files
from provision.resources.packages import Packages
from provision.resources.record import RECORD_ID, RecordState
from provision.script import Section

DEAD_HOSTS = frozenset({"mirrorlist.centos.org", "mirror.centos.org"})
"""Servers that no longer serve CentOS 7, by name: neither DNS nor yum is asked."""

KEY_PATH = "/etc/pki/rpm-gpg/RPM-GPG-KEY-CentOS-7"
"""CentOS's key, which every CentOS 7 has from its package centos-release."""

FOLDER = "/etc/yum.repos.d"
ARCHIVE_PATH = f"{FOLDER}/centos-vault.repo"
ARCHIVED = ("os", "updates", "extras")
"""The folders of the archive that become repositories, centos-vault-NAME."""
NEEDED = frozenset({"os", "extras"})
"""Those without which Docker can't be installed."""

LIBRARY = r"""
# with what `File` and `Packages` have
# KEY: which CentOS it is, and whole files: the key and all repository files
probe_base() {
  printf 'release=%s\n' "$(cat /etc/centos-release 2>/dev/null)"
  for file in "$1" /etc/yum.repos.d/*.repo; do
    if [ "$file" = /etc/yum.repos.d/docker-ce.repo ] || [ ! -f "$file" ]; then continue; fi # ours is read by itself
    printf 'path=%s\n' "$file" && probe_file "$file" || exit 1
  done
}
# KEY SUM, then NAME BASE64 of each file: the files stand for the host's own in every look that follows, if the archive
# that they lead to answers
look_base() {
  unchanged "$1" "$2"; shift 2
  open_look
  while [ $# -gt 0 ]; do
    lay "$look/repos/$1" "$2"
    shift 2
  done
  for folder in os updates extras; do
    yum_aside --disablerepo='*' --enablerepo="centos-vault-$folder" \
      --setopt="centos-vault-$folder.skip_if_unavailable=0" makecache || fail "yum $?"
  done
}
"""


@dataclass(frozen=True, slots=True)
class BaseState:
    """All repository files by path, the content of CentOS's key file (None: there is none), and /etc/centos-release."""

    release: str
    key: bytes | None
    files: Mapping[str, FileState]

    def __str__(self) -> str:
        found = survey(self)
        dead = [ident for idents in found.dead.values() for ident in idents]
        return f"on: {', '.join(found.alive) or 'none'}; on, but dead: {', '.join(dead) or 'none'}"

    @property
    def is_centos_7(self) -> bool:
        return bool(re.match(r"CentOS Linux release 7\.", self.release))


@dataclass(frozen=True, slots=True)
class Survey:
    """The enabled repositories: the dead ones by file, the others, and which folders of CentOS each kind serves."""

    dead: Mapping[str, tuple[str, ...]]
    alive: tuple[str, ...]
    lost: frozenset[str]
    served: frozenset[str]

    @property
    def lacking(self) -> frozenset[str]:
        """What Docker needs and nobody serves any more."""
        return (NEEDED & self.lost) - self.served


def survey(state: BaseState) -> Survey:
    """Tell the dead from the living by the names of their servers; a repository is dead if all its servers are."""
    dead: dict[str, tuple[str, ...]] = {}
    alive: list[str] = []
    lost: set[str] = set()
    served: set[str] = set()
    for path, file in state.files.items():
        for section in repofiles.sections(file.content.decode(errors="replace")):
            if not section.enabled or not section.urls:
                continue
            kinds = {kind for kind in map(_folder, section.urls) if kind}
            if all(_server(url) in DEAD_HOSTS for url in section.urls):
                dead[path] = (*dead.get(path, ()), section.id)
                lost |= kinds
            else:
                alive.append(section.id)
                served |= kinds
    return Survey(dead, tuple(alive), frozenset(lost), frozenset(served))


def _server(url: str) -> str:
    match = re.match(r"\w+://(?:[^/@]*@)?([^/:]+)", url)
    return match[1].lower() if match else ""


def _folder(url: str) -> str:
    """The folder of CentOS that a URL leads to, by the layout that all its mirrors have; empty for another."""
    match = re.search(
        r"/(os|updates|extras)/(?:\$\{?basearch\}?|x86_64)/?$|[?&]repo=(os|updates|extras)\b", url
    )
    return (match[1] or match[2]) if match else ""


@dataclass(frozen=True, slots=True)
class BaseRepositories:
    """They must be alive where something is to be installed.

    `key` is the fingerprint of the key that signs them, `archive` the content of a repository file that leads to an
    archive: with it the dead ones are switched off. None leaves all as it is.
    """

    packages: Packages
    key: str
    archive: bytes | None

    @property
    def id(self) -> str:
        return "base repositories"

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        return f"probe_base {KEY_PATH}"

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0 or not section.text.startswith("release="):
            return Unknown(f"can't read {FOLDER}: {section.text.strip() or 'no answer'}")
        head, files = read_files(section.text)
        if isinstance(files, Unknown):
            return files
        key = files.pop(KEY_PATH, None)
        return BaseState(head.strip().removeprefix("release="), key.content if key else None, files)

    def remember(self, state: State) -> Any:  # noqa: ARG002  the protocol's signature
        """Nothing: they stay as mended. The files themselves say in comments what stood there."""
        return None

    def compare(self, states: States) -> list[Finding]:
        state = states[self.id]
        # what comes from a bundle needs none of them
        installs = not self.packages.bundled and any(
            isinstance(finding, Change) for finding in self.packages.compare(states)
        )
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)] if installs or self.archive else []
        if not state.is_centos_7:
            return []
        found = survey(state)
        if self.archive is None:
            return [Refusal(self.id, _refusal(found))] if installs and found.lacking else []
        return self._mend(state, found, states, self.archive)

    def _mend(self, state: BaseState, found: Survey, states: States, archive: bytes) -> list[Finding]:
        if not found.dead and found.served >= NEEDED and self._mended(states) is None:
            return []
        wanted = {path: _off(state.files[path].content, idents) for path, idents in found.dead.items()}
        wanted[ARCHIVE_PATH] = archive
        present = {path: state.files[path].content if path in state.files else None for path in wanted}
        archived = state.files.get(ARCHIVE_PATH)
        changed = {path: content for path, content in wanted.items() if content != present[path]}
        if archived is not None and archived.mode != mode_for(archive) == "600":
            changed[ARCHIVE_PATH] = archive
        if not changed:
            return []
        if trouble := self._key_trouble(state.key):
            return [Refusal(self.id, trouble)]
        dead = [ident for idents in found.dead.values() for ident in idents]
        return [
            Change(
                self.id,
                f"{', '.join(dead) or 'none'} dead, {', '.join(found.alive) or 'none'} alive",
                f"an archive in {ARCHIVE_PATH}" + (", the dead ones switched off" if dead else ""),
                "CentOS 7 is served by archives only since 2024-06-30",
                "\n".join(_put(path, content, present[path]) for path, content in changed.items()),
                diff="\n".join(difference(path, present[path], content) for path, content in changed.items()),
                look=self._look(state, wanted),
                traces=(Trace(self.id, "files", sorted({*(self._mended(states) or ()), *changed})),),
            )
        ]

    def _key_trouble(self, key: bytes | None) -> str:
        if key is None:
            return f"{KEY_PATH} is missing, by which the archive is checked: `yum reinstall centos-release`"
        try:
            found = openpgp.read(key.decode(errors="replace")).fingerprint
        except openpgp.NotAKey as error:
            found = str(error)
        if found == self.key:
            return ""
        return (
            f"{KEY_PATH} isn't the key {self.key} that signs CentOS 7 ({found}): put that back, or hand over the one "
            "that your packages are signed by with --base-key FILE"
        )

    def _look(self, state: BaseState, wanted: Mapping[str, bytes]) -> str:
        words = [KEY_PATH, digest(state.key or b"")]
        for path, content in wanted.items():
            words += [PurePosixPath(path).name, base64.b64encode(content).decode()]
        return " ".join(["look_base", *map(quote, words)])

    def _mended(self, states: States) -> list[str] | None:
        """The files that we mended or brought, by the host's record; None where we never did."""
        record = states[RECORD_ID]
        ours = record.touched(self.id) if isinstance(record, RecordState) else None
        return None if ours is None else list(ours.get("files", ()))

    def withdraw(self, states: States) -> list[Finding]:
        files = self._mended(states)
        if not files:
            return []
        stays = f"{', '.join(files)} stay as mended, else yum would have no base repositories"
        notes = [Note(self.id, f"{stays}; comments there say what stood before")]
        state = states[self.id]
        archive = state.files.get(ARCHIVE_PATH) if isinstance(state, BaseState) else None
        if archive is not None and mode_for(archive.content) == "600":
            stays = f"{ARCHIVE_PATH} holds the proxy with its password"
            notes.append(Note(self.id, f"{stays}: take its lines proxy= out if it is to be forgotten"))
        return [*notes]


def _refusal(found: Survey) -> str:
    idents = ", ".join(ident for idents in found.dead.values() for ident in idents)
    return (
        f"CentOS's own repositories lead to servers that are gone since its end of life ({idents} in "
        f"{', '.join(found.dead)}), and Docker needs packages of them: say --fix-base-repos aliyun, official or tuna; "
        "or put enabled=0 there, if another repository of this host stands in for them"
    )


def _off(content: bytes, idents: tuple[str, ...]) -> bytes:
    text = content.decode(errors="surrogateescape")
    why = "switched off by docker-provision: its servers are gone since CentOS 7's end of life"
    return repofiles.switched_off(text, idents, why).encode(errors="surrogateescape")


def _put(path: str, content: bytes, present: bytes | None) -> str:
    """The archive's file may hold the proxy's password; others keep their mode."""
    return put(path, content, present, mode_for(content) if path == ARCHIVE_PATH else "")
