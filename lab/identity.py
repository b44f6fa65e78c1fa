"""What makes a host itself: its name, machine id, SSH host keys, address, and who may log in.

It is a layer of the host's disk below all snapshots, so it stays the same whatever is restored.
"""

import os
import shutil
import uuid
from pathlib import Path

from lab.host import LabHost
from lab.process import run
from lab.rootfs import USERS

NETWORK = """\
[Match]
Name=host0
[Network]
Address={address}/24
Gateway={gateway}
LinkLocalAddressing=no
IPv6AcceptRA=no
"""
HOST_KEYS = {"rsa": "2048", "ecdsa": "256", "ed25519": "256"}  # and bits: what a first boot of CentOS 7 makes


def write(layer: Path, host: LabHost, gateway: str, key: str, names: dict[str, str]) -> None:
    """Fill the layer for a host; `key` lets root, deploy and plain in, `names` go to /etc/hosts."""
    files = {
        "etc/hostname": f"{host.name}\n",
        "etc/machine-id": f"{uuid.uuid4().hex}\n",
        "etc/hosts": _hosts({"localhost": "127.0.0.1", host.name: host.address, **names}),
        "etc/systemd/network/10-host0.network": NETWORK.format(address=host.address, gateway=gateway),
    }
    for relative, text in files.items():
        path = layer / relative
        _folder(path.parent, layer, host.disk.rootfs)
        path.write_text(text)
    for home, uid in {"root": 0, **{f"home/{user}": USERS[user] for user in ("deploy", "plain")}}.items():
        path = layer / home / ".ssh/authorized_keys"
        _folder(path.parent, layer, host.disk.rootfs)
        path.write_text(key)
        for mine, mode in ((path.parent, 0o700), (path, 0o600)):
            os.chown(mine, uid, uid)
            mine.chmod(mode)
    _folder(layer / "etc/ssh", layer, host.disk.rootfs)
    for kind, bits in HOST_KEYS.items():
        file = str(layer / f"etc/ssh/ssh_host_{kind}_key")
        run("ssh-keygen", "-q", "-t", kind, "-b", bits, "-N", "", "-C", "", "-f", file)


def host_keys(layer: Path, address: str) -> list[str]:
    """The host's lines for a known_hosts file."""
    keys = sorted((layer / "etc/ssh").glob("ssh_host_*.pub"))
    return [f"{address} {' '.join(key.read_text().split()[:2])}" for key in keys]


def _hosts(names: dict[str, str]) -> str:
    return "".join(f"{address} {name}\n" for name, address in names.items())


def _folder(folder: Path, layer: Path, root: Path) -> None:
    """Make a folder of the layer, and those above it, like those below: the upper one's mode counts."""
    for path in reversed([folder, *folder.parents]):
        if path.is_relative_to(layer) and not path.exists():
            path.mkdir()
            below = root / path.relative_to(layer)
            if below.is_dir():
                shutil.copystat(below, path)
                os.chown(path, below.stat().st_uid, below.stat().st_gid)
