"""Debian packages as raw material: fetched by an apt of the lab's own, unpacked, never installed.

The machine's own apt keeps its sources, its lists and its state; only the address of Debian's archive and the
proxy are taken from it, so that what works for the machine works here.
"""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from lab.process import LabError

CONFIG = """
Dir::State "{folder}";
Dir::State::Lists "{folder}/lists";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
"""
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
INSTALLED = (
    "Package: {name}\nStatus: install ok installed\nVersion: 999:1\nArchitecture: all\nDescription: -\n\n"
)


class Archive:
    """One suite of Debian's archive, with lists and downloads below a folder of ours.

    `assumed` are packages that closure() leaves out, as if they were installed.
    Every method raises subprocess.CalledProcessError when apt can't, and LabError off Debian.
    """

    def __init__(self, folder: Path, suite: str, assumed: Iterable[str] = ()) -> None:
        self.folder = folder
        for name in ("lists/partial", "cache/archives/partial", "cache/none/partial"):
            (folder / name).mkdir(parents=True)
        (folder / "apt.conf").write_text(CONFIG.format(folder=folder))
        (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {archive_uri()} {suite} main\n")
        (folder / "status").write_text("".join(INSTALLED.format(name=name) for name in assumed))
        self._run("update")

    def download(self, *packages: str) -> list[Path]:
        """Just these packages' files."""
        return self._fetch(self._named("download", "--print-uris", *packages), "download", *packages)

    def closure(self, *packages: str) -> list[Path]:
        """Files of these packages and of all that they depend on."""
        plan = ("install", "--yes", *packages)
        return self._fetch(self._named(*plan, "--print-uris"), *plan, "--download-only")

    def _fetch(self, names: list[str], *command: str) -> list[Path]:
        self._run(*command)
        return [self.folder / "cache/archives" / name for name in names]

    def _named(self, *command: str) -> list[str]:
        # A line is: 'URI' FILENAME SIZE HASH. What is in the folder of archives already would have none.
        lines = self._run(*command, "-o", f"Dir::Cache::archives={self.folder}/cache/none").splitlines()
        return [line.split()[1] for line in lines if line.startswith("'")]

    def _run(self, *command: str) -> str:
        return subprocess.run(
            ["apt-get", "-qq", "-c", str(self.folder / "apt.conf"), *command],
            env={**os.environ, "LC_ALL": "C"},
            cwd=self.folder / "cache/archives",  # where `download` leaves its files
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout


def archive_uri() -> str:
    """Where this machine gets Debian from. Raises LabError if its apt has no Debian source."""
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    if not targets:
        raise LabError("apt on this machine has no Debian source: the lab takes its engines from Debian")
    return targets[0]


def unpack(packages: Iterable[Path], folder: Path) -> None:
    """Unpack packages over one another; links like bin -> usr/bin that are there already stay and are followed."""
    folder.mkdir(parents=True, exist_ok=True)
    tar = ["tar", "--extract", "--file=-", f"--directory={folder}", "--keep-directory-symlink"]
    for package in packages:
        with subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE
        ) as content:
            subprocess.run(tar, stdin=content.stdout, check=True)
        if content.returncode != 0:
            raise LabError(f"{package}: dpkg-deb can't unpack it")
