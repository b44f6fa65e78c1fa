"""A transaction as yum shows it: the table before, the question, the lists after."""

import os
import sys
import tempfile
import time
from collections.abc import Iterable

from .output import WIDTH, Error, Output, columns, number
from .packages import Package
from .transaction import Coming, Going, Transaction

RULE = "=" * WIDTH
Member = Coming | Going

# Titles with what they list: what happens to a package, and whether only for another one's sake.
TABLE = (
    ("Installing", "installed", False),
    ("Updating", "an update", False),
    ("Reinstalling", "reinstalled", False),
    ("Downgrading", "a downgrade", False),
    ("Removing", "erased", False),
    ("Installing for dependencies", "installed", True),
    ("Updating for dependencies", "an update", True),
    ("Removing for dependencies", "erased", True),
)
RESULTS = (
    ("Removed", "erased", False),
    ("Dependency Removed", "erased", True),
    ("Installed", "installed", False),
    ("Dependency Installed", "installed", True),
    ("Updated", "an update", False),
    ("Dependency Updated", "an update", True),
    ("Replaced", "obsoleted", False),
    ("Replaced", "obsoleted", True),
)
COUNTED = (
    ("Install", "installed"),
    ("Upgrade", "an update"),
    ("Remove", "erased"),
    ("Reinstall", "reinstalled"),
    ("Downgrade", "a downgrade"),
)
# Both lists say that a package which obsoletes another is installed; only the second says what a downgrade took.
IN_TABLE = {"obsoleting": "installed"}
IN_RESULTS = {
    "obsoleting": "installed",
    "a downgrade": "installed",
    "downgraded": "erased",
    "reinstalled": "installed",
}


def table(transaction: Transaction, out: Output) -> None:
    """What would be done, how many packages that is and how much there is to download."""
    # What goes because something newer comes has no line of its own.
    erased = [going for going in transaction.going.values() if going.how == "erased"]
    members: list[Member] = [*transaction.coming.values(), *erased]
    groups = list(_grouped(TABLE, members, IN_TABLE))
    rows = [_row(member.package) for _, group in groups for member in group]
    header, *lines = columns(
        [("Package", "Arch", "Version", "Repository", "Size"), *rows], " ", last_right=True
    )
    out.say(f"\n{RULE}\n{header}\n{RULE}", level=1)
    for title, group in groups:
        out.say(f"{title}:", level=1)
        for member in group:
            out.say(lines.pop(0), level=1)
            for old in transaction.going.values():
                if old.how == "obsoleted" and old.by is member.package:
                    out.say(f"     replacing  {old.package.na} {old.package.evr}", level=1)
    out.say(f"\nTransaction Summary\n{RULE}", level=1)
    for line in _counts(members):
        out.say(line, level=1)
    out.say(level=1)
    if transaction.coming:
        out.say(f"Total download size: {number(sum(p.size for p in transaction.coming))}", level=1)
    if not (transaction.coming and transaction.going):
        size = sum(p.installed_size for p in transaction.coming or transaction.going)
        out.say(f"Installed size: {number(size)}", level=1)


def confirm(transaction: Transaction, out: Output, *, yes: bool, no: bool) -> None:
    """Ask, unless -y or --assumeno answers. Raises Error if the answer isn't yes."""
    if yes and not no:
        return
    if not no:
        out.say("Is this ok [y/d/N]: ", level=0, end="")
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            return
    now = time.strftime("%Y-%m-%d.%H-%M")
    handle, path = tempfile.mkstemp(prefix=f"yum_save_tx.{now}.", suffix=".yumtx")
    os.write(
        handle, "\n".join(str(package) for package in (*transaction.coming, *transaction.going)).encode()
    )
    os.close(handle)
    out.say("Exiting on user command", level=0)
    out.say(f"Your transaction was saved, rerun it with:\n yum load-transaction {path}", level=0)
    raise Error("")


def results(transaction: Transaction, failed: set[Package], out: Output) -> None:
    """What was done, and what wasn't although it should have been."""
    members: list[Member] = [*transaction.coming.values(), *transaction.going.values()]
    done = [member for member in members if member.package not in failed]
    for title, group in _grouped(RESULTS, done, IN_RESULTS):
        _result(title, (member.package for member in group), out)
    if failed:
        _result("Failed", failed, out)
    out.say("\nComplete!")


def _result(title: str, packages: Iterable[Package], out: Output) -> None:
    out.say(f"\n{title}:", level=1)
    for package in sorted(packages, key=lambda package: package.name):
        out.say(f"  {package.na} {package.full_evr}".ljust(WIDTH), level=1)


def _grouped(
    titles: Iterable[tuple[str, str, bool]], members: list[Member], alias: dict[str, str]
) -> Iterable[tuple[str, list[Member]]]:
    for title, how, dependency in titles:
        group = [m for m in members if alias.get(m.how, m.how) == how and m.dependency is dependency]
        if group:
            yield title, sorted(group, key=lambda member: member.package.name)


def _row(package: Package) -> tuple[str, str, str, str, str]:
    size = package.size or package.installed_size
    return package.name, package.arch, str(package.evr), package.origin, number(size)


def _counts(members: list[Member]) -> list[str]:
    counts = []
    for verb, how in COUNTED:
        own, needed = (
            sum(1 for m in members if IN_TABLE.get(m.how, m.how) == how and m.dependency is dependency)
            for dependency in (False, True)
        )
        if own or needed:
            counts.append((verb, own, needed))
    width = max(len(verb) for verb, _, _ in counts)
    return [_count(verb.ljust(width), own, needed) for verb, own, needed in counts]


def _count(verb: str, own: int, needed: int) -> str:
    asked = f"{own} Package{'s' if own > 1 else ''}" if own else ""
    extra = f" ({'+' if own else ' '}{needed} Dependent package{'s' if needed > 1 else ''})" if needed else ""
    return f"{verb}  {asked or ' ' * 11}{extra}"
