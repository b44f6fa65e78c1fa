"""The commands of `python -m lab`."""

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence

from lab import access, box, state
from lab.lab import Lab
from lab.process import LabError

DESCRIPTION = "Disposable CentOS-7-like hosts with a package mirror and a registry mirror, on this machine."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 it failed, 2 the operator's mistake (after `ssh` the command's own code)."""
    options = _parser().parse_args(arguments)
    problem = refusal()
    if problem:
        print(f"lab: {problem}", file=sys.stderr)
        return 2
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except subprocess.CalledProcessError as error:
        print(f"lab: {' '.join(map(str, error.cmd))}: exit {error.returncode}", file=sys.stderr)
        return 1


def refusal() -> str | None:
    """Why this machine can't have a lab, with what to use instead; None if it can."""
    instead = "use the Vagrantfile instead (vagrant up)"
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    if not {"debian", "ubuntu"} & {release.get("ID"), *release.get("ID_LIKE", "").split()}:
        return f"the lab needs Debian or Ubuntu, this is {release.get('ID', platform.system())}: {instead}"
    if os.geteuid() != 0:
        return f"the lab needs root to boot hosts: run it as root, or {instead}"
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description=DESCRIPTION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, command: Callable[[argparse.Namespace], int], explanation: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=explanation, description=explanation)
        sub.add_argument("--name", default="lab", metavar="LAB", help="which lab (default: %(default)s)")
        sub.set_defaults(command=command)
        return sub

    up = add("up", _up, "boot hosts and mirrors; of a lab that is up, make what is missing")
    up.add_argument(
        "--hosts", type=_count, default=1, metavar="N", help="host1 to hostN (default: %(default)s)"
    )
    down = add("down", _down, "end the lab and take away all that it made")
    down.add_argument("--all", action="store_true", help="end every lab of this machine")
    add("status", _status, "a table of all labs and their hosts")
    ssh = add("ssh", _ssh, "a shell on a host, or a command there")
    ssh.add_argument("host")
    ssh.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    add("ssh-config", _ssh_config, "print the path of an ssh_config that knows every host")
    add("inventory", _inventory, "print a YAML inventory of the hosts")
    add("registry", _registry, "print the registry mirror's URL, as the hosts reach it")
    add("repo-key", _repo_key, "print the path of the key that signs the lab's packages")
    add("box", _box, "print the path of a Vagrant box of such a host, for libvirt; made if need be")
    for name, command, explanation in (
        ("snapshot", _snapshot, "keep a host's disk under a name (it is shut down for it and booted again)"),
        ("restore", _restore, 'put a host back to a snapshot; "fresh" is always there'),
    ):
        sub = add(name, command, explanation)
        sub.add_argument("host")
        sub.add_argument("snapshot", metavar="NAME")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 200:
        raise argparse.ArgumentTypeError("from 1 to 200")
    return number


def _up(options: argparse.Namespace) -> int:
    lab = Lab.up(options.name, options.hosts)
    print(f"lab {lab.name}: {', '.join(lab.hosts)} up; ssh -F {lab.ssh_config} {next(iter(lab.hosts))}")
    return 0


def _down(options: argparse.Namespace) -> int:
    for name in (options.all and state.names()) or [options.name]:
        print(f"lab {name}: {'gone' if Lab.clear(name) else 'there is none'}")
    return 0


def _status(_: argparse.Namespace) -> int:
    rows = [("LAB", "PHASE", "HOST", "ADDRESS", "STATE", "SNAPSHOTS")]
    for written in filter(None, map(state.load, state.names())):
        lab = Lab(written)
        rows.append((lab.name, written.phase, "mirrors", lab.address, _running(lab.mirrors_running), "-"))
        for host in lab.hosts.values():
            snapshots = " ".join(host.disk.snapshots())
            rows.append((lab.name, written.phase, host.name, host.address, _running(host.running), snapshots))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _running(runs: bool) -> str:
    return "running" if runs else "off"


def _ssh(options: argparse.Namespace) -> int:
    lab = Lab.load(options.name)
    host = lab.host(options.host)
    return subprocess.run(
        ["ssh", "-F", str(lab.ssh_config), host.name, *options.words], check=False
    ).returncode


def _ssh_config(options: argparse.Namespace) -> int:
    print(Lab.load(options.name).ssh_config)
    return 0


def _inventory(options: argparse.Namespace) -> int:
    lab = Lab.load(options.name)
    print(access.inventory(lab.folder, list(lab.hosts.values())), end="")
    return 0


def _registry(options: argparse.Namespace) -> int:
    print(Lab.load(options.name).registry_url)
    return 0


def _repo_key(options: argparse.Namespace) -> int:
    print(Lab.load(options.name).repo_key)
    return 0


def _box(_: argparse.Namespace) -> int:
    print(box.box())
    return 0


def _snapshot(options: argparse.Namespace) -> int:
    Lab.load(options.name).host(options.host).snapshot(options.snapshot)
    return 0


def _restore(options: argparse.Namespace) -> int:
    Lab.load(options.name).host(options.host).restore(options.snapshot)
    return 0
