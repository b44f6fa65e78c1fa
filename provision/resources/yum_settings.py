"""yum's settings as yum itself puts them together out of its files, and what they hide and offer.

Facts relied on (yum 3.4.3): /etc/yum/yum.conf is taken where there is one, else /etc/yum.conf; repositories come from
it, then from /etc/yum/repos.d and /etc/yum.repos.d in the order of names; of two with one id the first counts (its
source). `exclude` of [main] holds over all of them, that of a section in that section alone (run).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from provision.resources.repofiles import Option, Section, sections
from provision.words import yum_hiding
from provision.words.yum_hiding import hides

CONFS = ("/etc/yum/yum.conf", "/etc/yum.conf")
FOLDERS = ("/etc/yum/repos.d", "/etc/yum.repos.d")
PLUGIN_CONF = "/etc/yum/pluginconf.d/versionlock.conf"
OURS = "docker-ce-stable"

_TREE = re.compile(
    r"docker-ce|//download\.docker\.com/|/linux/(?:centos|rhel|fedora)/\S+/(?:stable|edge|test|nightly)\b"
)
_NO_BINARIES = re.compile(r"/source/|/debug-")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, for people: file, line, and what it says there."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}, line {self.line} ({self.text})"


@dataclass(frozen=True, slots=True)
class Repository:
    """A section as yum takes it, and the file that it is from."""

    path: str
    section: Section

    @property
    def id(self) -> str:
        return self.section.id

    @property
    def place(self) -> Place:
        return Place(self.path, self.section.line, f"[{self.id}]")

    @property
    def leads_to_docker(self) -> bool:
        """By the folders that it leads to, as every mirror has them."""
        return any(_TREE.search(url) and not _NO_BINARIES.search(url) for url in self.section.urls)

    def hides(self, name: str, version_release: str) -> bool:
        """Whether its own options hide a package."""
        excludes, includes = self.section.words("exclude"), self.section.words("includepkgs")
        if any(hides(pattern, name, version_release) for pattern in excludes):
            return True
        return bool(includes) and not any(hides(pattern, name, version_release) for pattern in includes)


@dataclass(frozen=True, slots=True)
class Settings:
    """`files` are all of yum's, by path; `plugins` the names of those that are there."""

    files: Mapping[str, str]
    plugins: frozenset[str] = frozenset()

    @property
    def _conf(self) -> str:
        return next((path for path in CONFS if path in self.files), CONFS[-1])

    @property
    def _main(self) -> Mapping[str, Option]:
        found = sections(self.files.get(self._conf, ""))
        return next((section.options for section in found if section.id == "main"), {})

    def every_repository(self) -> Mapping[str, Repository]:
        """By id, in the order in which yum reads them."""
        found: dict[str, Repository] = {}
        for path in (self._conf, *self._repository_files()):
            for section in sections(self.files.get(path, "")):
                if section.id != "main":
                    found.setdefault(section.id, Repository(path, section))
        return found

    def repositories(self) -> list[Repository]:
        """Those that are on."""
        return [each for each in self.every_repository().values() if each.section.enabled]

    def _repository_files(self) -> Iterator[str]:
        for folder in FOLDERS:
            yield from sorted(
                path for path in self.files if path.endswith(".repo") and path.rpartition("/")[0] == folder
            )

    def unread(self, folder: str) -> Place | None:
        """Why yum doesn't read the files of this folder, if it doesn't."""
        option = self._main.get("reposdir")
        if option is None or folder in (word.rstrip("/") for word in option.words):
            return None
        return self._place(self._conf, option)

    def _place(self, path: str, option: Option) -> Place:
        return Place(path, option.line, self.files[path].splitlines()[option.line - 1].strip())

    def hiding(self, name: str, version_release: str) -> Place | None:
        """What hides a package whatever repository offers it: [main]'s exclude, or a lock."""
        option = self._main.get("exclude")
        if option is not None and any(hides(pattern, name, version_release) for pattern in option.words):
            return self._place(self._conf, option)
        path, found = self._locks()
        lock = yum_hiding.hiding(found, name, version_release)
        return Place(path, lock.line, lock.text) if lock else None

    def _locks(self) -> tuple[str, list[yum_hiding.Lock]]:
        """The list of locks and its path; none where the plugin isn't there, or is off."""
        if "versionlock" not in self.plugins or "plugins" not in self._main or not self._main["plugins"].on:
            return "", []
        found = sections(self.files.get(PLUGIN_CONF, ""))
        options = next((section.options for section in found if section.id == "main"), {})
        if "enabled" not in options or not options["enabled"].on or "locklist" not in options:
            return "", []
        path = re.sub(r"^file:(//)?", "", options["locklist"].value)
        return path, yum_hiding.locks(self.files.get(path, ""))

    def holds(self, repository: Repository, name: str, versions: Sequence[str]) -> bool:
        """Whether none of these versions of a package, VERSION-RELEASE, can come from this repository."""
        return all(repository.hides(name, each) or self.hiding(name, each) is not None for each in versions)
