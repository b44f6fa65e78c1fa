"""How checks look at a host and say what is wrong: rpm, yum's files, systemd and docker's own command line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from configparser import Error as IniError
from configparser import RawConfigParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from testinfra.backend.base import CommandResult
    from testinfra.host import Host

    from provision.spec import Spec

Check = Callable[["Host", "Spec"], None]

SETUP = "run setup-docker"
DOCKER_LIMIT = 20  # seconds; a hung daemon is waited for without end (18.06.3, run)
# by its socket: a context or DOCKER_HOST may lead to another host's daemon
DOCKER = f"timeout -k 5 {DOCKER_LIMIT} docker -H unix:///var/run/docker.sock"


def expect(holds: bool, otherwise: str) -> None:
    """Raises AssertionError with what is wrong and the remedy. An assert statement is gone under python -O."""
    if not holds:
        raise AssertionError(otherwise)


def holds(file: Any, content: bytes) -> bool:
    """Whether a file of testinfra's is there with just this content."""
    return bool(file.exists and file.sha256sum == hashlib.sha256(content).hexdigest())


def installed(host: Host, *names: str) -> dict[str, list[str]]:
    """VERSION-RELEASE of the installed packages, by name; `names` may hold globs.

    rpm itself is asked for too: with an unreadable database it says "not installed" for everything
    (rpm 4.11.3, run), and only its own absence gives that away.
    """
    places = " ".join("%s" for _ in names)
    answer = host.run(f"rpm -qa --qf '%%{{NAME}} %%{{VERSION}}-%%{{RELEASE}}\\n' rpm {places}", *names)
    found: dict[str, list[str]] = {}
    for line in answer.stdout.splitlines():
        name, _, version = line.partition(" ")
        found.setdefault(name, []).append(version)
    expect("rpm" in found, f"the rpm database can't be read ({said(answer)}); `rpm --rebuilddb` may mend it")
    host.backend.packages.update({name: there[0] for name, there in found.items() if len(there) == 1})
    return found


def sections(host: Host, path: str) -> dict[str, dict[str, str]]:
    """The sections of one of yum's files and their options. Raises AssertionError if it isn't such a file."""
    parser = RawConfigParser(strict=False, allow_no_value=True)  # as lenient as yum 3.4.3
    try:
        parser.read_string(host.file(path).content_string)
    except IniError as error:
        raise AssertionError(
            f"{path} is no file of yum's ({' '.join(str(error).split())}); mend it or move it away"
        ) from None
    return {name: {key: value or "" for key, value in parser.items(name)} for name in parser.sections()}


def is_on(option: str) -> bool:
    """Whether yum takes the value of a yes/no option for yes."""
    return option.strip().lower() in ("1", "yes", "true")


def unit(host: Host, name: str, *properties: str) -> dict[str, str]:
    """Properties of a systemd unit; one that doesn't exist has them too."""
    options = " ".join(f"-p {each}" for each in properties)
    answer = host.run(f"systemctl show {options} -- %s", name)
    expect(answer.rc == 0, f"systemd doesn't answer ({said(answer)}); look at `systemctl status`")
    pairs = (line.partition("=") for line in answer.stdout.splitlines())
    return {key: value for key, _, value in pairs}


def docker(host: Host, command: str, template: str) -> str:
    """What `docker COMMAND -f TEMPLATE` says of the host's own daemon.

    systemd is asked first: from 18.09 on the command itself would start a stopped daemon through docker.socket.
    """
    state = unit(host, "docker.service", "ActiveState")["ActiveState"]
    expect(state == "active", f"docker.service is {state}, so the daemon can't be asked; run setup-docker")
    answer = host.run(f"{DOCKER} {command} -f %s", template)
    expect(
        answer.rc not in (124, 137),  # timeout's own: ended, killed
        f"the daemon gives no answer within {DOCKER_LIMIT} s; look at `journalctl -u docker`, then restart it",
    )
    expect(answer.rc == 0, f"`docker {command}` fails ({said(answer)}); look at `journalctl -u docker`")
    return str(answer.stdout).strip()


def docker_info(host: Host) -> dict[str, Any]:
    """The daemon's view of itself."""
    info: dict[str, Any] = json.loads(docker(host, "info", "{{json .}}"))
    # from 20.10 on the command exits with 0 even if no daemon answered
    errors = [str(error) for error in info.get("ServerErrors") or ()]
    expect(not errors, f"the daemon says: {', '.join(errors)}; look at `journalctl -u docker`")
    return info


def said(answer: CommandResult) -> str:
    """The last line of a failed command."""
    words = answer.stderr.strip() or answer.stdout.strip() or f"exit status {answer.rc}"
    return str(words.splitlines()[-1])
