"""What was read of a host, in one remote command: the host itself, and every resource's actual state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provision import script
from provision.errors import Failed
from provision.resources.base import Resource, State, Step
from provision.resources.record import Record

HOST = "host"

HOST_LIBRARY = r"""
# What preflight asks of the host itself: lines of KEY=VALUE
probe_host() {
  sed -n 's/^ID=/os_id=/p; s/^VERSION_ID=/os_version=/p; s/^PRETTY_NAME=/os_name=/p' /etc/os-release | tr -d '"'
  echo "release=$(cat /etc/centos-release 2>/dev/null)"
  echo "kernel=$(uname -r)"
  echo "machine=$(uname -m)"
  echo "user=$(id -un)"
  if [ -d /run/systemd/system ]; then echo systemd=yes; fi
  echo "selinux=$(getenforce 2>/dev/null || echo absent)"
}
"""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """The host itself. `release` is /etc/centos-release, the minor version stands only there."""

    os_id: str
    os_version: str
    os_name: str
    release: str
    kernel: str
    machine: str
    systemd: bool
    selinux: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The actual state of one host at one moment: states by resource id."""

    host: HostFacts
    states: Mapping[str, State]


def probed(steps: Sequence[Step]) -> tuple[Resource, ...]:
    """All resources of these steps and the host's record, which every plan builds on."""
    return (Record(), *(resource for step in steps for resource in step.resources))


def probes(steps: Sequence[Step]) -> list[tuple[str, str]]:
    """The probes of a reading, each with the id of its section."""
    return [(HOST, "probe_host"), *((resource.id, resource.probe()) for resource in probed(steps))]


def libraries(steps: Sequence[Step]) -> tuple[str, ...]:
    """The shell functions that those probes, and the changes to the same resources, call."""
    return (HOST_LIBRARY, *dict.fromkeys(resource.library for resource in probed(steps)))


def probe_script(steps: Sequence[Step], word: str) -> str:
    """The one remote command that reads a host; `word` is the nonce of its frames."""
    return script.read_script(probes(steps), libraries(steps), word)


def parse(output: str, steps: Sequence[Step], word: str) -> Facts:
    """Facts out of the answer to a probe script, or to the reading that ends an apply script.

    What a single probe couldn't read becomes an Unknown state. Raises Failed where the answer isn't whole.
    """
    sections = script.sections(output, word)
    cut = script.cut_before(sections, probes(steps))
    if cut is not None:
        raise Failed(f"the host's answer was cut off before {cut} was read{_said_instead(output, sections)}")
    states = {resource.id: resource.parse(sections[resource.id]) for resource in probed(steps)}
    return Facts(_host(sections[HOST].text), states)


def _said_instead(output: str, sections: Mapping[str, script.Section]) -> str:
    """What a host says that runs no script of ours; after our first frame it is contents of files, not for eyes."""
    said = "" if sections else " ".join(output.split())[-200:]
    return f"; it said: {said}" if said else ""


def _host(text: str) -> HostFacts:
    values = dict(line.partition("=")[::2] for line in text.splitlines() if "=" in line)
    return HostFacts(
        os_id=values.get("os_id", ""),
        os_version=values.get("os_version", ""),
        os_name=values.get("os_name", ""),
        release=values.get("release", ""),
        kernel=values.get("kernel", ""),
        machine=values.get("machine", ""),
        systemd=values.get("systemd") == "yes",
        selinux=values.get("selinux", "absent"),
    )
