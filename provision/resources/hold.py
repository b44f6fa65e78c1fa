"""The hold on the pinned packages: what else could move them, and what of the operator's hides them from us.

`exclude` in our own section hides them in our repository alone: a second one that offers them defeats it (yum 3.4.3,
run). Which do is told from files: where sections lead, and what yum has cached of them. Nothing is ever lifted but our
own exclude: what the operator hid is respected, and named where it stands in the way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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
)
from provision.resources.baserepos import BaseRepositories
from provision.resources.file import FileState, difference, put, read_files
from provision.resources.hold_shell import LIBRARY
from provision.resources.packages import Packages
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.yum_settings import OURS, Place, Repository, Settings
from provision.script import Section
from provision.words import rpm
from provision.words.yum_hiding import LATER, epoch

OUR_FILE = "/etc/yum.repos.d/docker-ce.repo"
NEEDED = "container-selinux"
"""What every docker-ce requires of CentOS's own packages (upstream's spec files)."""


@dataclass(frozen=True, slots=True)
class Cached:
    """What yum has cached of a repository: when, in seconds since 1970, and VERSION-RELEASE of each docker-ce in it."""

    at: int
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HoldState:
    """yum's settings but for the repository files, which `BaseRepositories` reads; its plugins; its cache by id."""

    files: Mapping[str, FileState]
    plugins: frozenset[str]
    cached: Mapping[str, Cached]

    def __str__(self) -> str:
        offering = [
            f"{ident} ({', '.join(each.versions)})" for ident, each in self.cached.items() if each.versions
        ]
        return f"yum's plugins: {', '.join(sorted(self.plugins)) or 'none'}; " + (
            f"docker-ce is also offered by {', '.join(offering)}"
            if offering
            else "no other docker-ce in its cache"
        )


@dataclass(frozen=True, slots=True)
class Loose:
    """A repository of others from which a plain `yum update` may take other versions; `how` that is known."""

    repository: Repository
    how: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing moves `packages` but us. `everywhere` is the consent to exclude them in others' sections too."""

    packages: Packages
    base: BaseRepositories
    everywhere: bool = False

    @property
    def id(self) -> str:
        return "hold docker-ce"

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        return "probe_hold"

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0 or section.text.partition("\n")[0] != "yum":
            return Unknown(f"can't read yum's settings: {section.text.strip() or 'no answer'}")
        head, files = read_files(section.text)
        if isinstance(files, Unknown):
            return files
        lines = [line.split() for line in head.splitlines()]
        cached = {}
        for line in lines:
            if line[:1] == ["cached"] and len(line) > 2 and line[2].isdecimal():
                cached[line[1]] = Cached(int(line[2]), tuple(line[3:]))
        plugins = frozenset(line[1] for line in lines if line[:1] == ["plugin"] and len(line) == 2)
        return HoldState(files, plugins, cached)

    def remember(self, state: State) -> Any:  # noqa: ARG002  the protocol's signature
        """Nothing: the files say themselves what stood there."""
        return None

    def compare(self, states: States) -> list[Finding]:
        state, base = states[self.id], states[self.base.id]
        coming = self._coming(states)
        for each in (state, base):
            if isinstance(each, Unknown):
                why = f"it can't be told what holds the pin: {each.why}"
                return [Refusal(self.id, each.why) if coming else Note(self.id, why)]
        files = {**state.files, **base.files}
        ours = self.packages.repository.text
        texts = {path: _text(file) for path, file in files.items()}
        settings = Settings({**texts, OUR_FILE: ours.decode()}, state.plugins)
        found: list[Finding] = [Refusal(self.id, text) for text in _obstacles(settings, coming)]
        if coming and (place := settings.hiding(NEEDED, LATER)):
            text = f"{place} hides {NEEDED} from yum, without which Docker can't be installed; let it through there"
            found.append(Note(self.id, text))
        loose = list(self._loose(settings, files, state.cached))
        if not self.everywhere or not loose:
            return [*found, *map(self._told, loose)]
        if busy := self._busy(states) & {each.repository.path for each in loose}:
            later = f"{', '.join(sorted(busy))} is mended in this run; the next one holds Docker there"
            return [*found, Note(self.id, later)]
        return [*found, self._tighten(loose, files, states)]

    def _coming(self, states: States) -> dict[str, str]:
        """VERSION-RELEASE of what this run would install, by name."""
        move = self.packages.transition(states)
        if move is None or not any(isinstance(each, Change) for each in self.packages.compare(states)):
            return {}
        return {name: move.wanted[name] for name in (*move.new, *move.up, *move.down)}

    def _busy(self, states: States) -> set[str]:
        """Files that are changed otherwise in this run."""
        changes = [each for each in self.base.compare(states) if isinstance(each, Change)]
        return {path for change in changes for trace in change.traces for path in trace.value}

    @property
    def _pinned(self) -> dict[str, str]:
        engine = self.packages.engine
        pairs = zip(engine.names, engine.packages, strict=True)
        return {name: package.removeprefix(f"{name}-") for name, package in pairs}

    # -- what may move them

    def _loose(
        self, settings: Settings, files: Mapping[str, FileState], cached: Mapping[str, Cached]
    ) -> Iterator[Loose]:
        """Those of others that are on, offer docker-ce, and in which not all that is pinned is hidden."""
        for repository in settings.repositories():
            if repository.path == OUR_FILE:
                continue
            # what was cached before the file changed may be of another place
            seen = cached.get(repository.id)
            known = seen.versions if seen and seen.at >= files[repository.path].changed else None
            if known == () or (known is None and not repository.leads_to_docker):
                continue
            newer = rpm.newest_first(evr for evr in map(_evr, known or ()) if self._is_newer(evr))
            versions = {"docker-ce": [evr.partition(":")[2] for evr in newer]}
            if all(
                settings.holds(repository, name, [LATER, *versions.get(name, ())]) for name in self._pinned
            ):
                continue
            offers = "offers docker-ce" if known else "leads to where docker-ce is"
            yield Loose(repository, f"offers docker-ce {versions['docker-ce'][0]}" if newer else offers)

    def _is_newer(self, evr: str) -> bool:
        return rpm.compare(evr, _evr(self._pinned["docker-ce"])) > 0

    def _told(self, loose: Loose) -> Note:
        words = (*loose.repository.section.words("exclude"), *self.packages.repository.hold)
        return Note(
            self.id,
            f"the pin isn't held against {loose.repository.place}, which {loose.how} too, so that a plain `yum update` "
            f"may move Docker: write exclude={' '.join(dict.fromkeys(words))} into that section, or say "
            "--hold-everywhere",
        )

    def _tighten(self, loose: list[Loose], files: Mapping[str, FileState], states: States) -> Change:
        idents = defaultdict(list)
        for each in loose:
            idents[each.repository.path].append(each.repository.id)
        names = self.packages.repository.hold
        wanted = {path: _bytes(repofiles.held(_text(files[path]), idents[path], names)) for path in idents}
        return Change(
            self.id,
            ", ".join(f"not held against {each.repository.place}, which {each.how} too" for each in loose),
            "excluded there too",
            "a plain `yum update` may move Docker",
            _put(wanted, files),
            diff=_differences(wanted, files),
            traces=(Trace(self.id, "files", sorted({*wanted, *self._ours(states)})),),
        )

    # -- the way back

    def _ours(self, states: States) -> list[str]:
        """The files in which we hold, by the host's record."""
        record = states[RECORD_ID]
        ours = record.touched(self.id) if isinstance(record, RecordState) else None
        return list((ours or {}).get("files", ()))

    def withdraw(self, states: States) -> list[Finding]:
        ours = self._ours(states)
        state, base = states[self.id], states[self.base.id]
        if not ours:
            return []
        for each in (state, base):
            if isinstance(each, Unknown):
                return [Refusal(self.id, each.why)]
        files = {path: file for path, file in {**state.files, **base.files}.items() if path in ours}
        wanted = {path: _bytes(repofiles.released(_text(file))) for path, file in files.items()}
        wanted = {path: content for path, content in wanted.items() if content != files[path].content}
        if not wanted:
            return []
        return [
            Change(
                self.id,
                f"excluded in {', '.join(wanted)}",
                "as it was before",
                "we brought it",
                _put(wanted, files),
                diff=_differences(wanted, files),
            )
        ]


def _obstacles(settings: Settings, coming: Mapping[str, str]) -> Iterator[str]:
    """What of the operator's keeps yum from finding what is to be installed."""
    if not coming:
        return
    folder = OUR_FILE.rpartition("/")[0]
    if place := settings.unread(folder):
        yield f"{place} keeps yum from reading {folder}, where our repository is: add that folder there"
    first = settings.every_repository()[OURS]
    if first.path != OUR_FILE:
        yield (
            f"{first.place} has the id of our repository, and yum takes that one, which it reads first: "
            "give it another id, or move the file away"
        )
    hidden: dict[Place, list[str]] = defaultdict(list)
    for name, version in coming.items():
        if place := settings.hiding(name, version):
            hidden[place].append(f"{name}-{version}")
    for place, packages in hidden.items():
        remedy = f"`yum versionlock delete` it, or {_FREE}" if "/pluginconf.d/" in place.path else _FREE
        yield f"{place} hides {', '.join(packages)} from yum, and what you hid is respected: {remedy}"


_FREE = "let them through there for this run"


def _evr(version_release: str) -> str:
    return f"{epoch('docker-ce', version_release)}:{version_release}"


def _text(file: FileState) -> str:
    return file.content.decode(errors="surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _put(wanted: Mapping[str, bytes], files: Mapping[str, FileState]) -> str:
    return "\n".join(put(path, content, files[path].content) for path, content in wanted.items())


def _differences(wanted: Mapping[str, bytes], files: Mapping[str, FileState]) -> str:
    """Without what stands around: there may be passwords of others among it."""
    return "\n".join(
        difference(path, files[path].content, content, context=0) for path, content in wanted.items()
    )
