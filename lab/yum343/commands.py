"""The commands."""

from collections.abc import Callable

from . import listing
from .marking import Marker
from .output import Error
from .packages import Package
from .repository import Refresh, Repository
from .session import Session


def install(session: Session, arguments: list[str]) -> int:
    """Install packages, or update to them."""
    if not arguments:
        raise Error("Error: Need to pass a list of pkgs to install")
    marker = _marker(session)
    marker.install(arguments, session.fetch)
    return session.carry_out(marker.transaction)


def update(session: Session, arguments: list[str]) -> int:
    """Update packages, or all of them."""
    marker = _marker(session)
    marker.update(arguments)
    return session.carry_out(marker.transaction, "No packages marked for update")


def update_to(session: Session, arguments: list[str]) -> int:
    """Update packages to just the versions that are named."""
    marker = _marker(session)
    marker.update(arguments, exactly=True)
    return session.carry_out(marker.transaction, "No packages marked for update")


def downgrade(session: Session, arguments: list[str]) -> int:
    """Go back to older versions."""
    marker = _marker(session)
    marker.downgrade(arguments)
    return session.carry_out(marker.transaction)


def reinstall(session: Session, arguments: list[str]) -> int:
    """Install again what is installed."""
    marker = _marker(session)
    marker.reinstall(arguments)
    return session.carry_out(marker.transaction)


def remove(session: Session, arguments: list[str]) -> int:
    """Remove packages, and what needs them; no repository is asked."""
    marker = Marker(session.transaction([]), session.config, session.out)
    marker.remove(arguments)
    marker.check_protected()
    return session.carry_out(marker.transaction, "No Packages marked for removal")


def swap(session: Session, arguments: list[str]) -> int:
    """Remove and install in one transaction."""
    marker = _marker(session)
    words = marker.swap(arguments, session.fetch)
    marker.check_protected()
    return session.carry_out(marker.transaction, words)


def check_update(session: Session, arguments: list[str]) -> int:
    """List what `update` would bring; exit code 100 if there is anything."""
    marker = _marker(session)
    marker.update(arguments)
    going = marker.transaction.going.values()
    updates = [
        (package, [old.package for old in going if old.by is package and old.how == "obsoleted"])
        for package in sorted(marker.transaction.coming, key=lambda package: package.name)
    ]
    return listing.show_updates(updates, session.out)


def list_packages(session: Session, arguments: list[str]) -> int:
    """List packages in lines."""
    listing.show_list(_chosen(session, arguments), session.out)
    return 0


def info(session: Session, arguments: list[str]) -> int:
    """List packages in paragraphs."""
    listing.show_info(_chosen(session, arguments), session.out)
    return 0


def repolist(session: Session, _: list[str]) -> int:
    """List the enabled repositories."""

    def visible(repository: Repository) -> int:
        return len(session.visible(repository, Refresh.NEVER))

    listing.show_repositories(session.repositories, visible, session.out)
    return 0


def makecache(session: Session, _: list[str]) -> int:
    """Fetch the metadata of all enabled repositories."""
    session.available(Refresh.ALWAYS)
    session.out.say("Metadata Cache Created")
    return 0


def versionlock(session: Session, arguments: list[str]) -> int:
    """The plugin's own command. Raises Error where it isn't there, or is off."""
    if session.locks is None:
        raise Error("No such command: versionlock. Please use /usr/bin/yum --help")

    def packages() -> list[Package]:
        named = [p for p in session.installed if any(p.matches(word) for word in arguments)]
        return named or session.available()

    return session.locks.command(arguments, packages, session.out)


def clean(session: Session, arguments: list[str]) -> int:
    """Empty the caches of the enabled repositories: of metadata, packages or everything; or let them expire."""
    what = arguments[0] if arguments else ""
    if what not in REMOVED:
        raise Error(f"Error: clean requires an option: {', '.join(REMOVED)}")
    if not session.repositories:
        session.available()  # says that there is none
    session.out.say(f"Cleaning repos: {' '.join(repository.id for repository in session.repositories)}")
    gone = [
        path for r in session.repositories for pattern in REMOVED[what] for path in r.folder.glob(pattern)
    ]
    for path in gone:
        path.unlink()
    if what != "all":
        session.out.say(f"{len(gone)} metadata file{'' if len(gone) == 1 else 's'} removed")
    elif session.plugins:
        session.out.say("Cleaning up list of fastest mirrors")
        session.timed_hosts.unlink(missing_ok=True)
    return 0


REMOVED = {
    "all": ("cachecookie", "*.xml*", "*.txt", "packages/*.rpm"),
    "metadata": ("cachecookie", "*.xml*", "*.txt"),
    "expire-cache": ("cachecookie",),
    "packages": ("packages/*.rpm",),
}
COMMANDS: dict[str, Callable[[Session, list[str]], int]] = {
    "install": install,
    "update": update,
    "upgrade": update,
    "update-to": update_to,
    "downgrade": downgrade,
    "reinstall": reinstall,
    "remove": remove,
    "erase": remove,
    "swap": swap,
    "check-update": check_update,
    "list": list_packages,
    "info": info,
    "repolist": repolist,
    "makecache": makecache,
    "versionlock": versionlock,
    "clean": clean,
}
CHANGING = ("install", "update", "upgrade", "update-to", "downgrade", "reinstall", "remove", "erase", "swap")


def _marker(session: Session) -> Marker:
    return Marker(session.transaction(session.available()), session.config, session.out)


def _chosen(session: Session, arguments: list[str]) -> list[tuple[str, list[Package]]]:
    offered = [] if arguments[:1] == ["installed"] else session.available(Refresh.NEVER)
    return listing.chosen(
        arguments, session.installed, offered, all_versions=bool(session.options.showduplicates)
    )
