"""Packages, what they need of each other, and the names by which yum knows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property, total_ordering

import rpm  # type: ignore[import-not-found] # it is the hosts', not the developer's


@total_ordering
@dataclass(frozen=True)
class Evr:
    """Epoch, version, release, ordered as rpm orders them."""

    epoch: str
    version: str
    release: str

    @classmethod
    def parse(cls, text: str) -> "Evr":
        """From `[epoch:]version[-release]`."""
        epoch, _, rest = text.rpartition(":")
        version, _, release = rest.partition("-")
        return cls(epoch or "0", version, release)

    def __lt__(self, other: "Evr") -> bool:
        return self.compare(other) < 0

    def compare(self, other: "Evr") -> int:
        """-1, 0 or 1; the releases count only if both have one."""
        both = self.release and other.release
        left, right = ((e.epoch, e.version, e.release if both else "") for e in (self, other))
        return int(rpm.labelCompare(left, right))

    def __str__(self) -> str:
        epoch = "" if self.epoch == "0" else f"{self.epoch}:"
        return f"{epoch}{self.version}" + (f"-{self.release}" if self.release else "")


@dataclass(frozen=True)
class Dep:
    """What a package requires, provides, obsoletes or conflicts with; `sense` is of the letters `<`, `>`, `=`."""

    name: str
    sense: str = ""
    evr: Evr = Evr("0", "", "")

    def meets(self, wanted: "Dep") -> bool:
        """Whether something of the same name in this range is in that range too."""
        if not (self.sense and wanted.sense):
            return True
        order = self.evr.compare(wanted.evr)
        if order == 0:
            return bool(set(self.sense) & set(wanted.sense))
        below, above = (self, wanted) if order < 0 else (wanted, self)
        return ">" in below.sense or "<" in above.sense

    def __str__(self) -> str:
        return f"{self.name} {self.sense} {self.evr}" if self.sense else self.name


@dataclass(frozen=True, eq=False)
class Package:
    """A package in a repository, in the rpm database or in a file; told apart by identity."""

    name: str
    arch: str
    evr: Evr
    provides: tuple[Dep, ...]
    requires: tuple[Dep, ...]
    obsoletes: tuple[Dep, ...]
    conflicts: tuple[Dep, ...]
    files: frozenset[str]
    about: dict[str, str]  # Summary, URL, License, Description
    installed_size: int
    origin: str  # repository id; of an installed package with @ in front, or `installed`
    size: int = 0
    location: str = ""  # below the repository's URL, or a file's path
    checksum: tuple[str, str] = ("", "")  # kind, hex digits

    def __str__(self) -> str:
        epoch = "" if self.evr.epoch == "0" else f"{self.evr.epoch}:"
        return f"{epoch}{self.nvra}"

    @property
    def nvra(self) -> str:
        return f"{self.name}-{self.evr.version}-{self.evr.release}.{self.arch}"

    @property
    def na(self) -> str:
        return f"{self.name}.{self.arch}"

    @property
    def full_evr(self) -> str:
        return f"{self.evr.epoch}:{self.evr.version}-{self.evr.release}"

    @property
    def identity(self) -> tuple[str, Evr, str]:
        """Equal for the same package in several places."""
        return self.name, self.evr, self.arch

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The seven forms that an argument or an exclude may match. `name-epoch:ver-rel` alone is not one."""
        n, v, r, a, e = self.name, self.evr.version, self.evr.release, self.arch, self.evr.epoch
        return (
            *(n, f"{n}.{a}", f"{n}-{v}", f"{n}-{v}-{r}", f"{n}-{v}-{r}.{a}"),
            *(f"{e}:{n}-{v}-{r}.{a}", f"{n}-{e}:{v}-{r}.{a}"),
        )

    def matches(self, pattern: str) -> bool:
        """Whether a pattern fits one of the names."""
        return any(fnmatchcase(name, pattern) for name in self.names)

    def satisfies(self, wanted: Dep) -> bool:
        """Whether this package alone fulfils a requirement."""
        if wanted.name in self.files:
            return True
        return any(own.name == wanted.name and own.meets(wanted) for own in self.provides)

    def replaces(self, other: "Package") -> bool:
        """Whether it obsoletes another package: by that one's name, not by what it provides."""
        itself = Dep(other.name, "=", other.evr)
        return other.name != self.name and any(
            dep.name == other.name and itself.meets(dep) for dep in self.obsoletes
        )


def matching(packages: Iterable[Package], pattern: str) -> list[Package]:
    """The packages that a pattern names."""
    return [package for package in packages if package.matches(pattern)]


def newest(packages: Iterable[Package]) -> list[Package]:
    """The newest of each name, by name."""
    best: dict[str, Package] = {}
    for package in packages:
        if package.name not in best or best[package.name].evr < package.evr:
            best[package.name] = package
    return [best[name] for name in sorted(best)]
