"""A Vagrant box of the lab's host: the same tree with a kernel of its own, as a disk that boots, for libvirt.

Neither a loop device nor a mount is needed for it: mkfs.ext4 fills the file system from a folder, and the boot loader
is written behind the table of partitions. A machine without KVM can run it: the box asks for software emulation.

Sources: Vagrant's box format (metadata.json, Vagrantfile, box.img); `qemu-img` and `grub-mkimage` of Debian 12.
"""

import json
import shutil
import tarfile
from io import BytesIO
from pathlib import Path

from lab import apt, rootfs
from lab.cache import cached
from lab.debian import debian
from lab.debs import Archive
from lab.process import run, tied

NAME = "docker-provision/centos7"
VERSION = "7.9.0"
NEEDS = ("qemu-utils", "fdisk", "e2fsprogs", "grub-common", "grub-pc-bin", "libarchive-tools")
KERNEL = ("linux-image-cloud-amd64", "initramfs-tools", "udev", "qemu-guest-agent")
INITRD = ("virtio_pci", "virtio_blk", "ext4", "crc32c_generic")
SIZE = 6 << 30  # bytes; the image holds only what is written
START = 1 << 20  # bytes before the one partition: the boot loader's
USER = "vagrant"
# Everybody's key to a new box; Vagrant puts another in its place at the first `up`, if it is told to.
KEY = (
    "ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oX"
    "evct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0"
    "zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FI"
    "PKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ== vagrant insecure public key"
)
NETWORK = "[Match]\nName=eth0\n[Network]\nDHCP=ipv4\n[DHCPv4]\nClientIdentifier=mac\n"
# As on EL7: the kernel's names of interfaces, the first control groups, no AppArmor. And none of a kernel's guards
# against its processor's leaks: emulated, they only take time.
CMDLINE = (
    "root=/dev/vda1 rw net.ifnames=0 systemd.unified_cgroup_hierarchy=0 apparmor=0 mitigations=off"
    " console=ttyS0 quiet"
)
GRUB = f"""\
set root=(hd0,msdos1)
linux /vmlinuz {CMDLINE}
initrd /initrd.img
boot
"""
GRUB_MODULES = ("biosdisk", "part_msdos", "ext2", "linux", "normal", "configfile")
VAGRANTFILE = """\
Vagrant.configure("2") do |config|
  config.vm.boot_timeout = 900
  config.ssh.connect_timeout = 60
  config.ssh.insert_key = false
  config.vm.provider :libvirt do |provider|
    provider.driver = "qemu"
    provider.cpu_mode = "maximum"
    provider.graphics_type = "none"
    provider.disk_bus = "virtio"
    # the guest's agent: a way in beside ssh
    provider.channel type: "unix", target_name: "org.qemu.guest_agent.0", target_type: "virtio"
  end
end
"""


def box() -> Path:
    """The box as a file, built if need be: a minute on two cores once the hosts' root file system is there."""
    apt.ensure(*NEEDS)
    inputs = f"{Path(__file__).read_text()}\n{rootfs.inputs()}"
    return cached("box", inputs, _build) / "centos7.box"


def _build(folder: Path) -> None:
    root = folder / "root"
    run("cp", "-a", "--reflink=auto", str(debian()), str(root))
    _install_kernel(root, folder / "archive")
    rootfs.dress(root)
    _vagrant(root)
    disk = _disk(root, folder)
    shutil.rmtree(root)
    image = folder / "box.img"
    run("qemu-img", "convert", "-c", "-O", "qcow2", str(disk), str(image), timeout=600)
    disk.unlink()
    _pack(image, folder / "centos7.box")
    image.unlink()


def _install_kernel(root: Path, archive: Path) -> None:
    """What a host in a container has no need of, installed before the tree is dressed: EL7's face would refuse."""
    debs = Archive(archive, "bookworm")
    status = (root / "var/lib/dpkg/status").read_text()
    (archive / "status").write_text(status)
    modules = root / "etc/initramfs-tools/modules"
    modules.parent.mkdir()
    modules.write_text("".join(f"{name}\n" for name in INITRD))
    (modules.parent / "conf.d").mkdir()
    (modules.parent / "conf.d/box").write_text("MODULES=list\nCOMPRESS=gzip\nRESUME=none\n")
    inside = root / "packages"
    inside.mkdir()
    names = [Path(shutil.copy(file, inside)).name for file in debs.closure(*KERNEL)]
    install = ("dpkg", "--install", "--force-confold", *(f"/packages/{name}" for name in names))
    run(*tied("chroot", str(root), "env", "DEBIAN_FRONTEND=noninteractive", *install), timeout=600)
    shutil.rmtree(inside)
    shutil.rmtree(archive)


def _vagrant(root: Path) -> None:
    """What Vagrant expects of a box, and a kernel's own way to the network."""
    run("chroot", str(root), "useradd", "--create-home", "--shell", "/bin/bash", USER)
    keys = root / f"home/{USER}/.ssh/authorized_keys"
    keys.parent.mkdir(mode=0o700)
    keys.write_text(f"{KEY}\n")
    run("chroot", str(root), "chown", "-R", f"{USER}:{USER}", f"/home/{USER}/.ssh")
    sudo = root / "etc/sudoers.d/vagrant"
    sudo.write_text(f"{USER} ALL=(ALL) NOPASSWD: ALL\n")
    sudo.chmod(0o440)
    (root / "etc/systemd/network/10-eth0.network").write_text(NETWORK)
    (root / "etc/hostname").write_text("host1\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost host1\n")
    (root / "etc/fstab").write_text("/dev/vda1 / ext4 defaults 0 1\n")
    run("ssh-keygen", "-A", "-f", str(root))


def _disk(root: Path, folder: Path) -> Path:
    """A raw disk with one partition and a boot loader."""
    disk = folder / "disk.raw"
    with disk.open("wb") as file:
        file.truncate(SIZE)
    run("sfdisk", "--quiet", str(disk), stdin=f"label: dos\nstart={START // 512}, type=83, bootable\n")
    size = f"{(SIZE - START) // 1024}k"
    run("mkfs.ext4", "-q", "-E", f"offset={START}", "-d", str(root), str(disk), size, timeout=600)
    config = folder / "grub.cfg"
    config.write_text(GRUB)
    core = folder / "core.img"
    grub = (
        "grub-mkimage",
        "--format=i386-pc",
        f"--output={core}",
        f"--config={config}",
        "--prefix=(hd0,msdos1)/grub",
    )
    run(*grub, *GRUB_MODULES)
    boot = Path("/usr/lib/grub/i386-pc/boot.img").read_bytes()
    with disk.open("r+b") as file:
        file.write(boot[:440])  # behind it comes the table of partitions
        file.seek(512)
        file.write(core.read_bytes())
    config.unlink()
    core.unlink()
    return disk


def _pack(image: Path, target: Path) -> None:
    metadata = {"provider": "libvirt", "format": "qcow2", "virtual_size": SIZE >> 30}
    with tarfile.open(target, "w") as tar:
        for name, text in (("metadata.json", json.dumps(metadata)), ("Vagrantfile", VAGRANTFILE)):
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            tar.addfile(entry, BytesIO(text.encode()))
        tar.add(image, "box.img")
