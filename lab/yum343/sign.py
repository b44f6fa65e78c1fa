"""Signatures: which package is signed by whom, and taking in the keys that a repository names."""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .fetch import FetchError, fetch
from .output import Error, Output
from .packages import Package
from .repository import Repository

ARMOUR = re.compile(r"-----BEGIN PGP PUBLIC KEY BLOCK-----.*?-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL)
SIGNATURE = re.compile(r"Header (V\d \S+) Signature, key ID (\w+): (\w+)")


@dataclass(frozen=True)
class Key:
    """A public key in a file."""

    armour: str
    id: str  # eight hex digits, as rpm names it
    fingerprint: str
    user: str


class Signatures:
    """Checks packages of one transaction, importing keys where -y allows it."""

    def __init__(self, out: Output, *, assume_yes: bool) -> None:
        self._out = out
        self._assume_yes = assume_yes

    def check(self, package: Package, file: Path, repository: Repository) -> None:
        """Raise Error unless the file is signed by a key that the host has, or has taken in now."""
        state, kind, key = _state(file)
        if state == "OK":
            return
        if not key:
            raise Error(f"\n\nPackage {file.name} is not signed")
        self._out.warn(f"warning: {file}: Header {kind} Signature, key ID {key}: NOKEY")
        known = set(_known())
        urls = repository.section.words("gpgkey")
        if not urls:
            self._out.say(f"Public key for {file.name} is not installed", level=0)
            raise Error(f"\n\nPublic key for {file.name} is not installed")
        keys = [(url, found) for url in urls for found in self._retrieve(url, repository)]
        fresh = [(url, found) for url, found in keys if found.id not in known]
        if fresh:
            self._out.say(f"Public key for {file.name} is not installed", level=0)
        for url, found in fresh:
            self._import(url, found)
        if _state(file)[0] != "OK":
            raise Error(_refusal(package, file, repository, imported=bool(fresh)))

    def _retrieve(self, url: str, repository: Repository) -> list[Key]:
        self._out.say(f"Retrieving key from {url}")
        with tempfile.TemporaryDirectory(prefix="yum-key-") as folder:
            target = Path(folder) / "key"
            try:
                fetch(url, target, repository.section)
            except FetchError as error:
                raise Error(f"\n\nGPG key retrieval failed: {error}") from None
            keys = [_inspect(armour) for armour in ARMOUR.findall(target.read_text(errors="replace"))]
        if not keys:
            raise Error(f"\n\nInvalid GPG Key from {url}: No key found in given key data")
        return keys

    def _import(self, url: str, key: Key) -> None:
        spaced = " ".join(key.fingerprint[n : n + 4] for n in range(0, len(key.fingerprint), 4))
        self._out.warn(
            f"Importing GPG key 0x{key.id.upper()}:\n"
            f' Userid     : "{key.user}"\n'
            f" Fingerprint: {spaced}\n"
            f" From       : {url.removeprefix('file://')}"
        )
        if not self._assume_yes:
            raise Error(
                '\n\nRefusing to automatically import keys when running unattended.\nUse "-y" to override.'
            )
        with tempfile.NamedTemporaryFile("w", prefix="yum-key-") as file:
            file.write(key.armour)
            file.flush()
            subprocess.run(["rpm", "--import", file.name], check=True)


def _refusal(package: Package, file: Path, repository: Repository, *, imported: bool) -> str:
    if imported:
        words = f"Public key for {file.name} is not installed"
    else:
        words = (
            f'The GPG keys listed for the "{repository.name}" repository are already installed '
            "but they are not correct for this package.\n"
            "Check that the correct key URLs are configured for this repository."
        )
    urls = ", ".join(repository.section.words("gpgkey"))
    return f"\n\n{words}\n\n\n Failing package is: {package}\n GPG Keys are configured as: {urls}\n"


def _state(file: Path) -> tuple[str, str, str]:
    """What rpm says of a file's header signature (OK, NOKEY, BAD), its kind and its key; empty if there is none."""
    said = subprocess.run(
        ["rpmkeys", "--checksig", "--verbose", str(file)], capture_output=True, text=True, check=False
    ).stdout
    found = SIGNATURE.search(said)
    return (found[3], found[1], found[2]) if found else ("", "", "")


def _known() -> list[str]:
    said = subprocess.run(
        ["rpm", "-q", "gpg-pubkey", "--qf", "%{VERSION}\n"], capture_output=True, text=True, check=False
    ).stdout
    return said.split()


def _inspect(armour: str) -> Key:
    with tempfile.TemporaryDirectory(prefix="yum-gpg-") as home:
        (Path(home) / "key").write_text(armour)
        said = subprocess.run(
            # Without a command gpg lists what is in the file; gpg 2.0 has no --show-keys.
            ["gpg", "--homedir", home, "--batch", "--with-colons", "--with-fingerprint", f"{home}/key"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    records = [line.split(":") for line in said.splitlines()]
    fingerprint = next(record[9] for record in records if record[0] == "fpr")
    user = next(record[9] for record in records if record[0] == "uid")
    return Key(armour, fingerprint[-8:].lower(), fingerprint.lower(), user)
