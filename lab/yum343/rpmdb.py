"""The rpm database, and yum's own notes on where an installed package came from."""

import hashlib
from pathlib import Path
from typing import Any

import rpm  # type: ignore[import-not-found] # it is the hosts', not the developer's

from .output import Error
from .packages import Dep, Evr, Package

BITS = ((rpm.RPMSENSE_LESS, "<"), (rpm.RPMSENSE_GREATER, ">"), (rpm.RPMSENSE_EQUAL, "="))


def installed(persistdir: Path) -> list[Package]:
    """All installed packages but the keys. Raises Error if the database can't be read."""
    transaction = rpm.TransactionSet()
    try:
        headers = list(transaction.dbMatch())
    except rpm.error:
        raise Error("Error: rpmdb open failed") from None
    return [_package(header, persistdir) for header in headers if header["name"] != "gpg-pubkey"]


def from_file(path: Path) -> Package:
    """The package in an RPM file. Raises Error if it is none."""
    transaction = rpm.TransactionSet()
    transaction.setVSFlags(rpm._RPMVSF_NOSIGNATURES)
    try:
        with path.open("rb") as file:
            header = transaction.hdrFromFdno(file.fileno())
    except (rpm.error, OSError):
        raise Error(f"Cannot open: {path}. Skipping.") from None
    return _from_header(header, f"/{path.stem}", location=str(path), size=path.stat().st_size)


def note(package: Package, persistdir: Path, reason: str) -> None:
    """Remember where a package that was just installed came from, and whether for its own sake."""
    folder = _notes(package, persistdir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "from_repo").write_text(package.origin)
    (folder / "reason").write_text(reason)


def forget(package: Package, persistdir: Path) -> None:
    """Drop what was noted about a package that is gone."""
    folder = _notes(package, persistdir)
    if folder.is_dir():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def _notes(package: Package, persistdir: Path) -> Path:
    # yum has the header's checksum there
    word = hashlib.sha1(f"{package.evr.epoch}:{package.nvra}".encode(), usedforsecurity=False).hexdigest()
    return (
        persistdir
        / "yumdb"
        / package.name[0]
        / f"{word}-{package.nvra.removesuffix(f'.{package.arch}')}-{package.arch}"
    )


def _package(header: Any, persistdir: Path) -> Package:
    package = _from_header(header, "installed")
    origin = _notes(package, persistdir) / "from_repo"
    return _from_header(header, f"@{origin.read_text()}") if origin.is_file() else package


def _from_header(header: Any, origin: str, location: str = "", size: int = 0) -> Package:
    return Package(
        name=header["name"],
        arch=header["arch"],
        evr=Evr(str(header["epochnum"]), header["version"], header["release"]),
        provides=_deps(header, "provide"),
        requires=_deps(header, "require"),
        obsoletes=_deps(header, "obsolete"),
        conflicts=_deps(header, "conflict"),
        files=frozenset(header["filenames"]),
        about={key: str(header[key.lower()] or "") for key in ("Summary", "URL", "License", "Description")},
        installed_size=header["size"],
        origin=origin,
        size=size,
        location=location,
    )


def _deps(header: Any, kind: str) -> tuple[Dep, ...]:
    entries = zip(header[f"{kind}name"], header[f"{kind}flags"], header[f"{kind}version"], strict=True)
    return tuple(
        Dep(name, "".join(letter for bit, letter in BITS if flags & bit), Evr.parse(version))
        for name, flags, version in entries
    )
