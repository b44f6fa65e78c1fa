"""What is to be done: packages that come and packages that go, and yum's resolving of their dependencies.

yum's way, not a solver's: what was asked for stands; whatever it requires is added; whatever needs a package
that goes is taken along when that package is removed, and is an error when it is updated or downgraded.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .output import Output
from .packages import Dep, Package, newest

GOES_FOR_GOOD = ("erased", "obsoleted")


@dataclass(eq=False)
class Coming:
    """A package that is to be installed. `how`: installed, an update, a downgrade, reinstalled, obsoleting."""

    package: Package
    how: str
    dependency: bool = False


@dataclass(eq=False)
class Going:
    """An installed package that is to go. `how`: erased, updated, downgraded, reinstalled, obsoleted."""

    package: Package
    how: str
    dependency: bool = False
    by: Package | None = None


class Transaction:
    """Filled with what was asked for, then resolved."""

    def __init__(
        self, installed: list[Package], available: list[Package], out: Output, *, obsoletes: bool
    ) -> None:
        self.installed = installed
        self.available = available
        self.coming: dict[Package, Coming] = {}
        self.going: dict[Package, Going] = {}
        self._out = out
        self._obsoletes = obsoletes

    def __bool__(self) -> bool:
        return bool(self.coming or self.going)

    def staying(self, name: str) -> list[Package]:
        """Installed versions of a name that don't go, oldest first."""
        left = [p for p in self.installed if p.name == name and p not in self.going]
        return sorted(left, key=lambda package: package.evr)

    def come(self, package: Package, *, dependency: bool = False) -> None:
        """Install a package, in place of older versions if there are any."""
        older = [old for old in self.staying(package.name) if old.evr < package.evr]
        self.coming[package] = Coming(package, "an update" if older else "installed", dependency)
        for old in older:
            self.going[old] = Going(old, "updated", dependency, package)
        for old in self.installed:
            if package.replaces(old) and old not in self.going:
                self.going[old] = Going(old, "obsoleted", dependency, package)
                self.coming[package].how = "obsoleting"

    def replace(self, package: Package, how: str, old_how: str) -> None:
        """Install a package in place of all its other versions: a downgrade or reinstallation."""
        self.coming[package] = Coming(package, how)
        for old in self.staying(package.name):
            self.going[old] = Going(old, old_how, by=package)

    def go(self, package: Package, *, dependency: bool = False) -> None:
        """Remove an installed package."""
        self.going[package] = Going(package, "erased", dependency)

    def obsoleter(self, package: Package) -> Package | None:
        """The newest package on offer that obsoletes this one, if obsoletes count."""
        if not self._obsoletes:
            return None
        return next((other for other in newest(self.available) if other.replaces(package)), None)

    def resolve(self) -> list[str]:
        """Add what the transaction needs; the errors, in yum's words, if that can't be done."""
        errors: list[str] = []
        told: set[Package] = set()
        while new := [p for p in (*self.coming, *self.going) if p not in told]:
            self._out.say("--> Running transaction check")
            told.update(new)
            for package in sorted(new, key=lambda p: (p.name, p.evr)):
                member = self.coming.get(package) or self.going[package]
                self._out.say(f"---> Package {package.na} {package.full_evr} will be {member.how}")
                if package in self.coming:
                    errors += self._require_all(package)
                else:
                    errors += self._leave(self.going[package])
        errors += self._conflicts()
        self._out.say("--> Finished Dependency Resolution")
        return list(dict.fromkeys(errors))

    def _remaining(self) -> Iterator[Package]:
        yield from self.coming
        yield from (package for package in self.installed if package not in self.going)

    def _satisfied(self, wanted: Dep) -> bool:
        return any(package.satisfies(wanted) for package in self._remaining())

    def _require_all(self, package: Package) -> Iterator[str]:
        for wanted in package.requires:
            if wanted.name.startswith("rpmlib(") or self._satisfied(wanted):
                continue
            self._out.say(f"--> Processing Dependency: {wanted} for package: {package}")
            provider = self._provider(wanted)
            if provider:
                self.come(provider, dependency=True)
            else:
                yield self._missing(package, wanted)

    def _provider(self, wanted: Dep) -> Package | None:
        found = []
        for package in newest(p for p in self.available if p.satisfies(wanted)):
            other = self.obsoleter(package)
            if other and not other.satisfies(wanted):
                self._out.say(
                    f"Package {package.name} is obsoleted by {other.name}, "
                    "but obsoleting package does not provide for requirements",
                    level=0,
                )
            else:
                found.append(other or package)
        # One that is called what is wanted, else the shortest name: yum has more rules, this repository no need.
        return min(found, key=lambda p: (p.name != wanted.name, len(p.name), p.name), default=None)

    def _leave(self, going: Going) -> Iterator[str]:
        """Deal with the packages that need one which goes."""
        for package in self.installed:
            if package in self.going:
                continue
            lost = [w for w in package.requires if going.package.satisfies(w) and not self._satisfied(w)]
            for wanted in lost:
                self._out.say(f"--> Processing Dependency: {wanted} for package: {package}")
            if lost and going.how in GOES_FOR_GOOD:
                self.go(package, dependency=True)
            elif lost:
                yield self._missing(package, lost[0])

    def _conflicts(self) -> Iterator[str]:
        for package in list(self.coming):
            for other in list(self._remaining()):
                for one, two in ((package, other), (other, package)):
                    hit = next((c for c in one.conflicts if one is not two and two.satisfies(c)), None)
                    if hit:
                        self._out.say(f"--> Processing Conflict: {one} conflicts {hit}")
                        yield f"Error: {one.name} conflicts with {two}"

    def _missing(self, package: Package, wanted: Dep) -> str:
        lines = [f"Error: Package: {package} ({package.origin})", f"           Requires: {wanted}"]
        for old, going in self.going.items():
            if any(own.name == wanted.name for own in old.provides):
                lines += _offer("Removing", old, wanted.name)
                verb = {"updated": "Updated By", "downgraded": "Downgraded By"}.get(going.how)
                lines += _offer(verb, going.by, wanted.name) if verb and going.by else []
        for other in self.available:
            named = any(own.name == wanted.name for own in other.provides)
            if named and other not in self.coming and other.identity not in {p.identity for p in self.going}:
                lines += _offer("Available", other, wanted.name)
        return "\n".join(lines)


def _offer(how: str, package: Package, name: str) -> list[str]:
    own = next(dep for dep in package.provides if dep.name == name)
    return [f"           {how}: {package} ({package.origin})", f"               {own}"]
