"""The files by which a user reaches a lab's hosts; nothing of the user's own ~/.ssh is read or written."""

from collections.abc import Sequence
from pathlib import Path

from lab.host import LabHost
from lab.identity import host_keys
from lab.process import run

BLOCK = """\
Host {name} {address}
    HostName {address}
    User root
    IdentityFile {identity}
    IdentitiesOnly yes
    UserKnownHostsFile {known_hosts}
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes

"""


def identity(folder: Path) -> Path:
    """The private key that opens every host of the lab."""
    return folder / "id_ed25519"


def known_hosts(folder: Path) -> Path:
    """The hosts' keys."""
    return folder / "known_hosts"


def ssh_config(folder: Path) -> Path:
    """A configuration for `ssh -F` or `fab --ssh-config` that knows every host by name."""
    return folder / "ssh_config"


def make_identity(folder: Path) -> None:
    """Make the lab's key pair if there is none."""
    if not identity(folder).exists():
        run(
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            f"lab {folder.name}",
            "-f",
            str(identity(folder)),
        )


def public_key(folder: Path) -> str:
    """The line of authorized_keys for the lab's key."""
    return identity(folder).with_suffix(".pub").read_text()


def write(folder: Path, hosts: Sequence[LabHost]) -> None:
    """Write known_hosts and ssh_config for these hosts."""
    keys = [line for host in hosts for line in host_keys(host.disk.identity, host.address)]
    _replace(known_hosts(folder), "".join(f"{line}\n" for line in keys))
    blocks = [
        BLOCK.format(
            name=host.name,
            address=host.address,
            identity=identity(folder),
            known_hosts=known_hosts(folder),
        )
        for host in hosts
    ]
    _replace(ssh_config(folder), "".join(blocks))


def inventory(folder: Path, hosts: Sequence[LabHost]) -> str:
    """The hosts as a YAML inventory."""
    lines = [
        f"    {host.name}: {{address: {host.address}, user: root, identity: {identity(folder)}}}\n"
        for host in hosts
    ]
    return "".join(["all:\n", "  hosts:\n", *lines])


def _replace(file: Path, text: str) -> None:
    """Readers, other labs' tests among them, see the old file or the new one."""
    draft = file.with_name(f".{file.name}")
    draft.write_text(text)
    draft.rename(file)
