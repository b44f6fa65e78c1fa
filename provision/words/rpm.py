"""What rpm says: installed packages, and how versions are ordered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cmp_to_key, lru_cache

from rpm_vercmp import vercmp


@dataclass(frozen=True, slots=True)
class Installed:
    """One installed package."""

    name: str
    epoch: int
    version: str
    release: str
    arch: str

    @property
    def version_release(self) -> str:
        """18.06.3.ce-3.el7"""
        return f"{self.version}-{self.release}"

    @property
    def evr(self) -> str:
        """With the epoch, which orders before anything else: 3:26.1.4-1.el7."""
        return f"{self.epoch}:{self.version_release}"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The database could not be read, so that nothing is known; never the same as not installed."""

    why: str


_PACKAGE = re.compile(
    r"^(?P<name>[A-Za-z0-9_][A-Za-z0-9._+-]*) (?P<epoch>[0-9]+) (?P<version>\S+) (?P<release>\S+) (?P<arch>\S+)$",
    re.M,
)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
_VERSION = re.compile(r"[A-Za-z0-9._+~^%{}-]+")
"""What rpmbuild lets pass (its source). Commands on the host get these as words: no option, pattern or blank can be
one."""
_DAMAGE = re.compile(
    r"^error: (?P<why>(?:rpmdb: |db5 error|cannot open |error\(\d+\) getting ).*)$", re.MULTILINE
)


def query(text: str) -> Mapping[str, tuple[Installed, ...]] | Unreadable:
    """Read `rpm -q --qf '%{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE} %{ARCH}\\n' rpm NAME...`.

    Gives what is installed, by name. rpm itself must be among those asked for: with an unreadable database it
    says "package X is not installed" for everything, sometimes without a word on stderr (rpm 4.11.3, run), and
    only its own absence gives that away. A name with two packages is what a yum killed in an upgrade leaves.
    "not installed" in any language and the BDB2053 lines after a kill, which come on stdout, are passed over.
    """
    if damage := _DAMAGE.search(text):
        return Unreadable(f"the rpm database can't be read: {damage['why']}")
    found: dict[str, tuple[Installed, ...]] = {}
    for match in _PACKAGE.finditer(text):
        name = match["name"]
        if not is_version(match["version"] + match["release"] + match["arch"]):
            return Unreadable(f"the rpm database has {match[0]!r}, of which no package can be")
        package = Installed(name, int(match["epoch"]), match["version"], match["release"], match["arch"])
        found[name] = (*found.get(name, ()), package)
    if "rpm" not in found:
        return Unreadable("the rpm database can't be read: rpm finds not even itself in it")
    return found


def is_name(text: str) -> bool:
    """Whether a package can be called so."""
    return _NAME.fullmatch(text) is not None


def is_version(text: str) -> bool:
    """Whether this can be the version, release or architecture of a package, or VERSION-RELEASE."""
    return _VERSION.fullmatch(text) is not None


@lru_cache(4096)  # many hosts have the same packages
def compare(one: str, other: str) -> int:
    """Order of two [EPOCH:]VERSION-RELEASE as rpm orders them: -1, 0 or 1. No epoch is epoch 0."""
    orders = (int(vercmp(left, right)) for left, right in zip(_parts(one), _parts(other), strict=True))
    return next((order for order in orders if order), 0)


def newest_first(evrs: Iterable[str]) -> list[str]:
    """Sorted as rpm orders them, the newest first."""
    return sorted(evrs, key=cmp_to_key(compare), reverse=True)


def _parts(evr: str) -> tuple[str, str, str]:
    epoch, colon, rest = evr.rpartition(":")
    version, _, release = rest.partition("-")
    return (epoch if colon else "0", version, release)
