"""Who is measured: each does the same no-change run over the same hosts, as its own documentation would have it.

What is looked at is what setup-docker looks at in the main: packages, their version, the repository file, daemon.json,
the service and its state, a group, and the engine's own word. OpenSSH, which knows none of that, carries our own probe.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.field import Field
from provision.asked import Wishes
from provision.facts import probe_script
from provision.inventory import Origin
from provision.resources.restart import Policy, Restart
from provision.spec import from_flags

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
PEERS = HERE.parent / ".bench" / "bin"
"""Where bench/requirements.txt is installed."""
FORKS = 50
SETTINGS = ("--log-max-size", "10m", "--log-max-file", "3", "--ack-eol")
"""What hosts are set up with."""

CHECKS = (
    "rpm -q docker-ce",
    "test $(rpm -q --qf '%{VERSION}' docker-ce) = 18.06.3.ce",
    "test -f /etc/yum.repos.d/docker-ce.repo",
    "test -d /etc/docker",
    "getent group docker",
    "systemctl is-enabled docker",
    "systemctl is-active docker",
    "docker version --format '{{.Server.Version}}'",
)

Command = Callable[[Field, int], list[str]]


@dataclass(frozen=True)
class Contender:
    """A name, its command for the first so many hosts, and how many hosts it is measured with at most."""

    name: str
    command: Command
    most: int = 200


def ours(task: str, *flags: str) -> Command:
    """By this program, with a journal of its own."""

    def command(field: Field, count: int) -> list[str]:
        inventory = field.folder / f"{count}.txt"
        inventory.write_text("\n".join(field.addresses[:count]) + "\n")
        program = ["env", f"XDG_STATE_HOME={field.folder}", str(BIN / "fab"), "-S", str(field.ssh_config)]
        words = ["--inventory", str(inventory), "--forks", str(FORKS), "--repo-key", str(field.lab.repo_key)]
        return [*program, task, *words, *SETTINGS, *flags]

    return command


def _openssh(field: Field, count: int) -> list[str]:
    spec = from_flags({"log_max_size": "10m", "log_max_file": "3", "repo_key": str(field.lab.repo_key)})
    steps = Wishes(Origin("flags", spec=spec)).of().steps(frozenset(), Policy(Restart.IF_IDLE))
    script, hosts = field.folder / "probe.sh", field.folder / f"{count}.ssh"
    script.write_text(probe_script(steps, "0123456789abcdef"))
    hosts.write_text("\n".join(field.addresses[:count]) + "\n")
    ssh = (
        f"exec ssh -F {field.ssh_config} -o BatchMode=yes -o KexAlgorithms=curve25519-sha256"
        f" -o Ciphers=aes128-gcm@openssh.com $1 sh -s <{script} >/dev/null"
    )
    return ["xargs", "-a", str(hosts), "-P", str(FORKS), "-I{}", "sh", "-c", ssh, "sh", "{}"]


def fabric(commands: Sequence[str]) -> Command:
    """By plain Fabric, a `run` for each of the commands."""

    def command(field: Field, count: int) -> list[str]:
        lines = field.folder / "commands"
        lines.write_text("\n".join(commands))
        words = [str(HERE / "plain_fabric.py"), str(field.ssh_config), str(lines), *field.addresses[:count]]
        return [sys.executable, *words]

    return command


def pyinfra(name: str) -> Command:
    """By a deploy of this folder."""

    def command(field: Field, count: int) -> list[str]:
        hosts, deploy = field.folder / f"pyinfra{count}.py", field.folder / "deploy.py"
        data = {"ssh_config_file": str(field.ssh_config), "ssh_known_hosts_file": "/dev/null"}
        hosts.write_text(f"hosts = ({list(field.addresses[:count])!r}, {data!r})\n")
        deploy.write_text((HERE / name).read_text())
        return [str(PEERS / "pyinfra"), "-y", "--parallel", str(FORKS), str(hosts), str(deploy)]

    return command


def ansible(strategy: str, name: str) -> Command:
    """By a playbook of this folder."""

    def command(field: Field, count: int) -> list[str]:
        hosts, settings = field.folder / f"{count}.ini", field.folder / f"{strategy}.cfg"
        hosts.write_text("\n".join(field.addresses[:count]) + "\n")
        mitogen = ""
        if strategy != "linear":
            plugins = (
                next(PEERS.parent.glob("lib/python*/site-packages/ansible_mitogen")) / "plugins/strategy"
            )
            mitogen = f"strategy_plugins = {plugins}\n"
        settings.write_text(
            f"[defaults]\nforks = {FORKS}\nstrategy = {strategy}\n{mitogen}interpreter_python = /usr/bin/python3\n"
            f"gathering = explicit\nstdout_callback = minimal\n"
            f"[ssh_connection]\npipelining = true\nssh_args = -F {field.ssh_config} -o ControlMaster=auto"
            " -o ControlPersist=60s\n"
        )
        playbook = [str(PEERS / "ansible-playbook"), "-i", str(hosts), str(HERE / name)]
        return ["env", f"ANSIBLE_CONFIG={settings}", f"ANSIBLE_HOME={field.folder}", *playbook]

    return command


CONTENDERS = (
    Contender("docker-provision", ours("plan"), most=1000),
    Contender("openssh", _openssh, most=1000),
    Contender("fabric", fabric(CHECKS)),
    Contender("pyinfra", pyinfra("pyinfra_deploy.py")),
    Contender("ansible", ansible("linear", "ansible_playbook.yml")),
    Contender("ansible-mitogen", ansible("mitogen_linear", "ansible_playbook.yml"), most=50),
)
