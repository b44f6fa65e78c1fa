"""The file system that all hosts share: Debian's userland, dressed as CentOS 7.9.

Hosts are overlays on it, so it is never changed once it is made. `lab/el7/` is laid out as on the host: a file
there takes the place of Debian's; where that is a program, the program moves to /usr/libexec/el7 and the file is
a wrapper that refuses what EL7's program doesn't know. There is no SELinux and no tool that reports one.
"""

import shutil
from pathlib import Path

from lab import rpms
from lab.cache import cached
from lab.debian import debian
from lab.process import run

FACE = Path(__file__).parent / "el7"
ORIGINALS = Path("usr/libexec/el7")
# deploy has sudo without a password, plain has none, pw has it with the password.
USERS = {"deploy": 1001, "plain": 1002, "pw": 1003}
PASSWORD = "it's $ecret"  # noqa: S105 - of pw, on hosts that only this machine reaches; quoting gets its exercise
# What Debian starts at boot or by the clock, and EL7 doesn't have.
FOREIGN_UNITS = (
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer"),
    *("e2scrub_reap.service", "fstrim.timer", "getty@tty1.service", "systemd-pstore.service"),
    "user@.service",
)
# What util-linux 2.23 doesn't have; wget, jq, lsof and others aren't in a minimal system anyway.
UNKNOWN_PROGRAMS = ("lsns",)
OF_ONE_HOST = ("etc/machine-id", "etc/hostname", "etc/resolv.conf", "etc/ssh/ssh_host_*")


def rootfs() -> Path:
    """The dressed root file system, built if need be (some seconds once Debian's part is there)."""
    base = debian()

    def build(folder: Path) -> None:
        run("cp", "-a", "--reflink=auto", str(base), str(folder / "root"))
        dress(folder / "root")

    return cached("rootfs", inputs(), build) / "root"


def inputs() -> str:
    """All that the dressed tree depends on, as text."""
    face = [f"{path}\n{path.read_text()}" for path in sorted(FACE.rglob("*")) if path.is_file()]
    return "\n".join([debian().parent.name, Path(__file__).read_text(), *face, rpms.inputs()])


def dress(root: Path) -> None:
    """Make CentOS 7.9 of Debian's tree, in place."""
    for pattern in OF_ONE_HOST:
        for path in root.glob(pattern):
            path.unlink()
    (root / "etc/debian_version").unlink()
    (root / "var/log/journal").rmdir()  # EL7's journal is gone with the boot
    for target in ("etc/machine-id", "etc/resolv.conf"):  # empty: no identity yet, and no name server at all
        (root / target).touch()
    for program in UNKNOWN_PROGRAMS:
        (root / "usr/bin" / program).unlink()
    for family in ("iptables", "ip6tables"):  # EL7's speaks to the kernel's old tables, Debian's to nft
        run("chroot", str(root), "update-alternatives", "--set", family, f"/usr/sbin/{family}-legacy")
    _units(root)
    _users(root)
    rpms.dress(root)
    _face(root)


def _units(root: Path) -> None:
    run("systemctl", f"--root={root}", "--quiet", "mask", *FOREIGN_UNITS)
    run("systemctl", f"--root={root}", "--quiet", "enable", "systemd-networkd.service", "ssh.service")
    wants = root / "etc/systemd/system/sysinit.target.wants"
    (wants / "cgroups-writable.service").symlink_to("../cgroups-writable.service")


def _users(root: Path) -> None:
    run("chroot", str(root), "groupadd", "--system", "wheel")
    for name, uid in USERS.items():
        run("chroot", str(root), "useradd", "--create-home", "--uid", str(uid), "--shell", "/bin/bash", name)
    run("chroot", str(root), "usermod", "--append", "--groups", "wheel", "pw")
    run("chroot", str(root), "chpasswd", stdin=f"pw:{PASSWORD}\n")


def _face(root: Path) -> None:
    for source in sorted(path for path in FACE.rglob("*") if path.is_file()):
        relative = source.relative_to(FACE)
        target = root / relative
        if relative.parent.name == "bin":
            (root / ORIGINALS).mkdir(parents=True, exist_ok=True)
            target.rename(root / ORIGINALS / relative.name)
            _keep_other_names(root, relative)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copyfile(source, target)
        target.chmod(_mode(relative))
    for link in ("etc/redhat-release", "etc/system-release"):
        (root / link).symlink_to("centos-release")


def _keep_other_names(root: Path, program: Path) -> None:
    """Point other names of the program at its new place: halt and reboot are systemctl by other names."""
    for link in (root / "usr/sbin").iterdir():
        if link.is_symlink() and link.readlink() in {Path("/") / program, Path("/bin") / program.name}:
            link.unlink()
            link.symlink_to(Path("/") / ORIGINALS / program.name)


def _mode(relative: Path) -> int:
    if relative.parent.name == "bin":
        return 0o755
    return 0o440 if "sudoers" in relative.parts[1] else 0o644
