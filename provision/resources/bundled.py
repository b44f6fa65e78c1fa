"""What of a bundle's packages a host has already, so that only the others are sent to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from provision import bundle
from provision.bundle import Bundle, Content, Package
from provision.engines import Engine
from provision.resources.base import Finding, State, States, Unknown, quote
from provision.runs.sending import Sent
from provision.script import Section
from provision.words import rpm

BUNDLED_ID = "bundle"

LIBRARY = r"""
# NAME...: each of a bundle's packages that is installed, in a line. rpm itself is asked for too, as ever.
probe_bundled() {
  timed 20 rpm -q --qf '%{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE} %{ARCH}\n' rpm "$@" 2>&1
  # 1 is "not installed" and more, over 100 are time's up and crashes
  if [ $? -gt 100 ]; then exit 1; fi
}
"""


@dataclass(frozen=True, slots=True)
class BundledState:
    """The installed packages of those in the bundle, by name: EPOCH:VERSION-RELEASE, the newest of each."""

    versions: Mapping[str, str]

    def __str__(self) -> str:
        return f"{len(self.versions)} of the bundle's packages are there in some version"


@dataclass(frozen=True, slots=True)
class Bundled:
    """The packages that come from a bundle instead of a mirror. Changes nothing by itself."""

    bundle: Bundle

    @property
    def id(self) -> str:
        return BUNDLED_ID

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        names = sorted({package.name for package, _ in self.bundle.packages} - {"rpm"})
        return " ".join(["probe_bundled", *map(quote, names)])

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0:
            return Unknown("rpm doesn't answer; look at `rpm -q rpm` on the host")
        found = rpm.query(section.text)
        if isinstance(found, rpm.Unreadable):
            return Unknown(found.why)
        return BundledState({name: rpm.newest_first(each.evr for each in found[name])[0] for name in found})

    def remember(self, state: State) -> Any:  # noqa: ARG002  the protocol's signature
        """Nothing: `Packages` tells what was there."""
        return None

    def compare(self, states: States) -> list[Finding]:  # noqa: ARG002  likewise
        return []

    def withdraw(self, states: States) -> list[Finding]:  # noqa: ARG002  likewise
        return []

    def sends(self, states: States, engine: Engine, needed: Collection[str]) -> tuple[Sent, ...]:
        """What goes to the host for a change to this engine: metadata, of Docker's own packages those that are `needed`
        (name-version-release), of all others those that it lacks or has older."""
        state = states[self.id]
        there = state.versions if isinstance(state, BundledState) else {}

        def goes(package: Package) -> bool:
            if package.repository == bundle.DOCKER and package.name not in engine.unpinned:
                return package.nvr in needed
            return package.name not in there or rpm.compare(there[package.name], package.evr) < 0

        lacking = [content for package, content in self.bundle.packages if goes(package)]
        return tuple(map(_sent, (*self.bundle.metadata, *lacking)))

    def told(self, sent: Collection[Sent]) -> str:
        """How much that is, in words."""
        packages = sum(each.name.endswith(".rpm") for each in sent)
        size = sum(each.size for each in sent)
        return (
            f"{packages} of the {len(self.bundle.packages)} packages in {self.bundle.folder} go over the connection, "
            f"{size / 1e6:.1f} MB"
        )


def _sent(content: Content) -> Sent:
    return Sent(content.path, content.target, content.size, content.sha256)
