"""The machine's own packages: what the lab needs is installed by the lab itself."""

import os
import platform
import subprocess

from lab.cache import locked, root
from lab.process import run

INSTALL = (
    "apt-get",
    "install",
    "-y",
    "-q",
    "--no-install-recommends",
    "-o",
    "DPkg::Lock::Timeout=600",  # another apt may be at work: wait for it, seconds
)


def missing(packages: tuple[str, ...]) -> list[str]:
    """Those of the packages that dpkg does not know as installed."""
    known = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n", *packages],
        capture_output=True,
        text=True,
        check=False,  # 1 when one of them is unknown: the answer, not a failure
    ).stdout
    installed = {line.split()[0] for line in known.splitlines() if line.split()[1:] == ["ii"]}
    return [package for package in packages if package not in installed]


def ensure(*packages: str) -> None:
    """Install what is missing of these packages, with fresh lists if the present ones don't do.

    Raises subprocess.CalledProcessError if apt-get can't. Its words go to stderr: stdout is our caller's.
    """
    if not missing(packages):
        return
    with locked(root() / "locks" / "apt"):
        absent = missing(packages)
        if absent and not _install(absent):
            _apt("apt-get", "update", "-q")
            if not _install(absent):
                raise subprocess.CalledProcessError(100, [*INSTALL, *absent])


def _install(packages: list[str]) -> bool:
    return _apt(*INSTALL, *packages)


def _apt(*command: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    # 2>&1 onto our stderr: progress is for people, the lab's stdout is for programs.
    return (
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=2, check=False).returncode
        == 0
    )


def sources() -> list[str]:
    """The machine's own distribution as one-line entries of sources.list, as apt itself resolved them.

    Third parties are left out: the hosts' userland is to depend on the distribution alone.
    """
    distribution = platform.freedesktop_os_release()["NAME"].split()[
        0
    ]  # "Debian" or "Ubuntu", as in Release files
    entry = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = [
        "apt-get",
        "indextargets",
        "--format",
        entry,
        "Identifier: Packages",
        f"Origin: {distribution}",
    ]
    entries = list(dict.fromkeys(run(*command).splitlines()))
    if not entries:
        _apt("apt-get", "update", "-q")
        entries = list(dict.fromkeys(run(*command).splitlines()))
    return entries
