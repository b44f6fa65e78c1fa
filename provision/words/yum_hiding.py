"""What hides packages from yum 3.4.3: patterns of `exclude`, and the locks of its plugin versionlock.

Sources: `exclude` was run; the plugin as of yum-utils 1.1.31, read from its source. It compares without architecture,
in small letters, and knows no wildcards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

LATER = "99.99.99-1.el7"
"""A version that nobody knows yet: what hides it hides whatever comes."""


def epoch(name: str, version_release: str) -> str:
    """The epoch of a package of docker-ce's, by upstream's spec files: 18.09 brought epochs, and left out "ce"."""
    if name == "docker-ce" and ".ce-" not in version_release:
        return "3"
    return "1" if name == "docker-ce-cli" else "0"


def hides(pattern: str, name: str, version_release: str) -> bool:
    """Whether a pattern of `exclude` fits a package, by one of the seven forms that yum knows it by."""
    version = version_release.partition("-")[0]
    number, arch = epoch(name, version_release), "x86_64"
    forms = (
        *(name, f"{name}.{arch}", f"{name}-{version}", f"{name}-{version_release}"),
        f"{name}-{version_release}.{arch}",
        f"{number}:{name}-{version_release}.{arch}",
        f"{name}-{number}:{version_release}.{arch}",
    )
    return any(fnmatchcase(form, pattern) for form in forms)


@dataclass(frozen=True, slots=True)
class Lock:
    """A line of a list of locks: no version of this name but those of its locks; `bars`: just this version isn't.

    `line` is its number, `text` what stands there.
    """

    name: str
    version_release: str
    line: int
    text: str
    bars: bool = False

    def hides(self, name: str, version_release: str) -> bool:
        """Whether this lock alone hides a package."""
        return name == self.name and (version_release == self.version_release) == self.bars


_LOCK = re.compile(r"(!?)(?:\d+:)?(\S+)-(?:\d+:)?([^-\s:]+-[^-\s]+?)(?:\.(?:\*|x86_64|noarch))?")


def locks(text: str) -> list[Lock]:
    """Read a list of locks; what can't be one is left out, as nothing is locked by it."""
    return [
        Lock(match[2], match[3], number, line.strip(), bars=bool(match[1]))
        for number, line in enumerate(text.splitlines(), 1)
        if not line.startswith("#") and (match := _LOCK.fullmatch(line.strip().lower()))
    ]


def hiding(found: list[Lock], name: str, version_release: str) -> Lock | None:
    """The lock that hides a package, if one does: where several lock one name, each of their versions is seen."""
    barred = next((lock for lock in found if lock.bars and lock.hides(name, version_release)), None)
    locked = [lock for lock in found if not lock.bars and lock.name == name]
    if barred or any(not lock.hides(name, version_release) for lock in locked):
        return barred
    return locked[0] if locked else None
