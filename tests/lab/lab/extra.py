"""A small repository of made-up packages on a host, for what docker-ce's own packages don't show or show slowly."""

import shutil
import subprocess
from pathlib import Path

from lab import keys, rpmbuild
from lab.host import LabHost
from lab.table import Package

FOLDER = "srv/extra"
REPO = f"""\
[extra]
name=Extra
baseurl=file:///{FOLDER}
gpgcheck=0
"""


def package(
    name: str, version: str, epoch: int = 0, scripts: str = "", **relations: tuple[str, ...]
) -> Package:
    return Package("extra", name, epoch, version, "1.el7", "noarch", False, scripts=scripts, **relations)


PACKAGES = (
    *(package("tool", version) for version in ("1.0", "2.0", "3.0")),
    package("tool-addon", "1.0", requires=("tool",)),
    package("tool-modern", "1.0", requires=("tool >= 3.0",)),
    package("rival", "1.0", conflicts=("tool",)),
    package("lonely", "1.0", requires=("nobody-has-this",)),
    *(package("era", version, epoch=3) for version in ("1.0", "2.0")),
    package("slow", "1.0", scripts="%post\nsleep 2; echo slow is done; touch /var/tmp/slow\n"),
    package("after-slow", "1.0", requires=("slow",)),
    package("bad-post", "1.0", scripts="%post\nexit 3\n"),
    package("bad-pre", "1.0", scripts="%pre\nexit 3\n"),
    # As docker-ce 17.03 and its policy package, which every later docker-ce obsoletes.
    package("engine", "17.03", requires=("engine-policy >= 17.03",)),
    package("engine-policy", "17.03"),
    package("engine", "18.06", obsoletes=("engine-policy",)),
)


def build(folder: Path) -> Path:
    """Make two repositories below a folder, signed with Docker's key of the lab: all, and `fewer` without tool-3.0."""
    fewer = [made for made in PACKAGES if (made.name, made.version) != ("tool", "3.0")]
    rpmbuild.repository(PACKAGES, {}, folder / "extra", keys.repo_key())
    rpmbuild.repository(fewer, {}, folder / "fewer", keys.repo_key())
    return folder


def add(built: Path, host: LabHost) -> None:
    """Put both onto a host's disk, and the first into its yum, alone."""
    shutil.copytree(built, host.root / "srv", dirs_exist_ok=True)
    (host.root / "etc/yum.repos.d/CentOS-Base.repo").unlink()
    configure(host)


def configure(host: LabHost, *lines: str, gpgcheck: bool = False) -> None:
    """Write the repository's file, with these lines behind it."""
    text = REPO.replace("gpgcheck=0", f"gpgcheck={int(gpgcheck)}") + "".join(f"{line}\n" for line in lines)
    (host.root / "etc/yum.repos.d/extra.repo").write_text(text)


def clear(host: LabHost) -> None:
    """Take away what a test has installed, cached or configured."""
    names = " ".join(sorted({made.name for made in PACKAGES}))
    host.run(
        f"for name in {names}; do rpm -e --nodeps --allmatches $name 2>/dev/null; done; "
        "rm -rf /var/tmp/slow /etc/yum.repos.d/docker-ce.repo /var/run/yum.pid /var/cache/yum /var/lib/yum"
    )
    configure(host)


def yum(host: LabHost, arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run yum on a host, whatever its exit code."""
    return host.run(f"yum {arguments}", check=False)


def installed(host: LabHost, *names: str) -> list[str]:
    """rpm's lines for these names."""
    return host.run(f"rpm -q {' '.join(names)}", check=False).stdout.splitlines()
