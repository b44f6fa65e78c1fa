"""install, update, downgrade, reinstall, remove and swap: from arguments to a transaction, as yum takes them."""

from collections.abc import Callable
from pathlib import Path

from . import rpmdb
from .config import Configuration
from .output import Error, Output
from .packages import Evr, Package, matching, newest
from .transaction import Transaction

PROTECTED = Path("/etc/yum/protected.d")
NOTHING = "Error: Nothing to do"


class Marker:
    """Marks in a transaction what the arguments of a command ask for."""

    def __init__(self, transaction: Transaction, config: Configuration, out: Output) -> None:
        self.transaction = transaction
        self._config = config
        self._out = out

    def install(self, patterns: list[str], fetch: Callable[[str], Path]) -> None:
        """Install or update to what is named; `fetch` brings the file behind a URL. Raises Error if none is known."""
        found = False
        for pattern in patterns:
            if pattern.endswith(".rpm"):
                found |= self._install_file(pattern, fetch)
            else:
                found |= self._install_name(pattern)
        if not found:
            raise Error(NOTHING)

    def update(self, patterns: list[str], *, exactly: bool = False) -> None:
        """Update what is named, or everything; with `exactly` (update-to) an installed version stays."""
        names = {package.name for package in self.transaction.installed}
        for pattern in patterns:
            if matched := newest(matching(self.transaction.installed, pattern)):
                if not exactly:
                    self._update_names({package.name for package in matched})
                continue
            offered = newest(matching(self.transaction.available, pattern))
            if not offered:
                self._out.warn(f"No Match for argument: {pattern}")
                self._missing(pattern, "update")
            for package in offered:
                if package.name not in names:
                    self._out.say(f"Package(s) {pattern} available, but not installed.")
                elif package.evr < self._newest_installed(package.name):
                    self._missing(pattern, "update")
                else:
                    self.transaction.come(package)
        if not patterns:
            self._update_names(names)

    def downgrade(self, patterns: list[str]) -> None:
        """Go back to what is named, or by one version. Raises Error if nothing on offer is named."""
        found = False
        for pattern in patterns:
            offered = matching(self.transaction.available, pattern)
            found |= bool(offered)
            if not offered:
                self._missing(pattern, "downgrade")
            for name in {package.name for package in offered}:
                self._downgrade_name(name, [package for package in offered if package.name == name])
        if not found:
            raise Error(NOTHING)

    def reinstall(self, patterns: list[str]) -> None:
        """Install again what is installed. Raises Error if nothing is that can be."""
        for pattern in patterns:
            matched = matching(self.transaction.installed, pattern)
            if not matched:
                self._out.warn(f"No Match for argument: {pattern}")
            for old in matched:
                same = [p for p in self.transaction.available if p.identity == old.identity]
                if same:
                    self.transaction.replace(same[0], "reinstalled", "reinstalled")
                else:
                    origin = old.origin.removeprefix("@")
                    self._out.say(f"Installed package {old} (from {origin}) not available.")
        if not self.transaction:
            raise Error(NOTHING)

    def remove(self, patterns: list[str]) -> None:
        """Remove what is named."""
        for pattern in patterns:
            matched = matching(self.transaction.installed, pattern)
            if not matched:
                self._out.warn(f"No Match for argument: {pattern}")
            for package in matched:
                self.transaction.go(package)

    def swap(self, arguments: list[str], fetch: Callable[[str], Path]) -> str:
        """`remove A… -- install B…`, or `A B`; returns what to say if there is nothing to do: B is installed.

        Raises Error if B is not known.
        """
        if "--" in arguments:
            cut = arguments.index("--")
            removed, wanted = arguments[1:cut], arguments[cut + 2 :]
        else:
            removed, wanted = arguments[:1], arguments[1:]
        self.remove(removed)
        words = f"swap install {' '.join(wanted)}"
        try:
            self.install(wanted, fetch)
        except Error:
            raise Error(f"Error: {words}") from None
        present = {package.identity for package in self.transaction.installed}
        if all(package.identity in present for package in self.transaction.coming):
            self.transaction.coming.clear()
            self.transaction.going.clear()
        return words

    def check_protected(self) -> None:
        """Raise Error if a package that a file in /etc/yum/protected.d names would go for good."""
        names = {
            line.strip()
            for file in sorted(PROTECTED.glob("*.conf"))
            for line in file.read_text().splitlines()
        }
        for package, going in self.transaction.going.items():
            if going.how == "erased" and package.name in names:
                raise Error(f'Error: Trying to remove "{package.name}", which is protected')

    def _install_name(self, pattern: str) -> bool:
        offered = newest(matching(self.transaction.available, pattern))
        for package in offered:
            self._install(package)
        if offered or matching(self.transaction.installed, pattern):
            return True
        self._missing(pattern, "install")
        return False

    def _install(self, package: Package) -> None:
        here = self.transaction.staying(package.name)
        if any(old.evr < package.evr for old in here):
            self.transaction.come(package)
        elif any(old.evr == package.evr for old in here):
            self._out.say(f"Package {package} already installed and latest version", level=0)
        elif here:
            self._out.say(f"Package matching {package} already installed. Checking for update.", level=0)
        else:
            self._install_fresh(package)

    def _install_fresh(self, package: Package) -> None:
        other = self.transaction.obsoleter(package)
        if other is None:
            self.transaction.come(package)
        elif any(old.evr >= other.evr for old in self.transaction.staying(other.name)):
            self._out.say(f"Package {package} is obsoleted by {other} which is already installed")
        else:
            self._out.say(
                f"Package {package.name} is obsoleted by {other.name}, trying to install {other} instead"
            )
            self.transaction.come(other)

    def _install_file(self, place: str, fetch: Callable[[str], Path]) -> bool:
        try:
            path = fetch(place) if "://" in place else Path(place)
            if not path.exists():
                self._missing(place, "install")
                return False
            package = rpmdb.from_file(path)
        except Error:
            self._out.warn(f"Cannot open: {place}. Skipping.")
            return False
        self._out.say(f"Examining {path}: {package}")
        if any(old.evr >= package.evr for old in self.transaction.staying(package.name)):
            self._out.say(f"{path}: does not update installed package.")
            return False
        self.transaction.come(package)
        return True

    def _update_names(self, names: set[str]) -> None:
        for package in newest(self.transaction.available):
            here = self.transaction.staying(package.name)
            obsoletes = self._config.true("obsoletes") and any(
                package.replaces(old) for old in self.transaction.installed if old.name in names
            )
            if (here and package.name in names and here[-1].evr < package.evr) or (obsoletes and not here):
                self.transaction.come(package)
            elif len(here) > 1 and package.name in names and here[-1].evr == package.evr:
                self.transaction.come(package)  # what a killed update left: yum tries again, and rpm refuses

    def _downgrade_name(self, name: str, offered: list[Package]) -> None:
        here = self.transaction.staying(name)
        lower = [package for package in offered if here and package.evr < here[-1].evr]
        if not here:
            self._out.say(f"No Match for available package: {newest(offered)[0]}")
        elif lower:
            self.transaction.replace(newest(lower)[0], "a downgrade", "downgraded")
        elif newest(offered)[0].evr > here[-1].evr:
            self._out.say(f"Only Upgrade available on package: {newest(offered)[0]}")

    def _newest_installed(self, name: str) -> Evr:
        return max(package.evr for package in self.transaction.installed if package.name == name)

    def _missing(self, pattern: str, command: str) -> None:
        self._out.say(f"No package {pattern} available.")
        tolerated = f"skip_missing_names_on_{command}"
        if tolerated in self._config.main and not self._config.true(tolerated):
            raise Error(f"Error: Not tolerating missing names on {command}, stopping.")
