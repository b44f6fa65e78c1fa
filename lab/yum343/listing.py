"""Commands that only look: list, info, check-update, repolist."""

from collections.abc import Callable

from .output import Error, Output, columns, number
from .packages import Package, matching, newest
from .repository import Repository

UPDATES = 100  # exit code of check-update when there are any
NARROWED = ("installed", "available", "all")


def chosen(
    arguments: list[str], installed: list[Package], available: list[Package], *, all_versions: bool
) -> list[tuple[str, list[Package]]]:
    """What list and info show, by heading. Raises Error if nothing fits."""
    narrowed = arguments[0] if arguments and arguments[0] in NARROWED else ""
    patterns = arguments[1:] if narrowed else arguments
    present = {package.identity for package in installed}
    offered = available if all_versions else newest(available)
    if not all_versions:
        offered = [package for package in offered if _news(package, installed)]
    groups = {"Installed": installed if narrowed != "available" else []}
    groups["Available"] = offered if narrowed != "installed" else []
    if narrowed == "available":
        groups["Available"] = [package for package in offered if package.identity not in present]
    shown = [(f"{title} Packages", _ordered(group, patterns)) for title, group in groups.items()]
    if not any(group for _, group in shown):
        raise Error("Error: No matching Packages to list")
    return [(title, group) for title, group in shown if group]


def show_list(groups: list[tuple[str, list[Package]]], out: Output) -> None:
    """A line for each package: name and architecture, version, where from."""
    lines = columns([_row(package) for _, group in groups for package in group])
    for title, group in groups:
        out.say(title, level=0)
        for _ in group:
            out.say(lines.pop(0), level=0)


def show_info(groups: list[tuple[str, list[Package]]], out: Output) -> None:
    """A paragraph for each package."""
    for title, group in groups:
        out.say(title, level=0)
        for package in group:
            for key, value in _facts(package).items():
                out.say(f"{key:<11} : {value}", level=0)
            out.say(level=0)


def show_updates(updates: list[tuple[Package, list[Package]]], out: Output) -> int:
    """Updates with what they obsolete; the exit code."""
    if not updates:
        return 0
    out.say(level=0)
    for line in columns([_row(package) for package, _ in updates]):
        out.say(line, level=0)
    obsoleting = [(package, old) for package, gone in updates for old in gone]
    if obsoleting:
        out.say("Obsoleting Packages", level=0)
    for package, old in obsoleting:
        for line in columns([_row(package), (f"    {old.na}", str(old.evr), old.origin)]):
            out.say(line, level=0)
    return UPDATES


def show_repositories(
    repositories: list[Repository], visible: Callable[[Repository], int], out: Output
) -> None:
    """Each repository with the number of its packages, hidden ones apart; ! marks metadata that have expired."""
    rows = [("repo id", "repo name", "status")]
    total = 0
    for repository in repositories:
        count = visible(repository)
        total += count
        status = f"{count}+{repository.excluded}" if repository.excluded else str(count)
        mark = "!" if repository.expired else ""
        rows.append((f"{mark}{repository.section.ui_id}", repository.name, status))
    if repositories:
        for line in columns(rows, last_right=True):
            out.say(line, level=0)
    out.say(f"repolist: {total}")


def _news(package: Package, installed: list[Package]) -> bool:
    """Whether `list` without --showduplicates shows an offer beside what is installed."""
    here = [own for own in installed if own.name == package.name]
    return all(own.evr < package.evr for own in here)


def _ordered(packages: list[Package], patterns: list[str]) -> list[Package]:
    fitting = {p for pattern in patterns for p in matching(packages, pattern)} if patterns else set(packages)
    return sorted(fitting, key=lambda package: (package.name, package.evr))


def _row(package: Package) -> tuple[str, str, str]:
    return package.na, str(package.evr), package.origin


def _facts(package: Package) -> dict[str, str]:
    at_home = package.origin == "installed" or package.origin.startswith("@")
    facts = {"Name": package.name, "Arch": package.arch}
    if package.evr.epoch != "0":
        facts["Epoch"] = package.evr.epoch
    facts["Version"], facts["Release"] = package.evr.version, package.evr.release
    facts["Size"] = number(package.installed_size if at_home else package.size)
    facts["Repo"] = "installed" if at_home else package.origin
    if package.origin.startswith("@"):
        facts["From repo"] = package.origin.removeprefix("@")
    return facts | package.about
