"""What was read of a host, in one remote command: the host itself, and every resource's actual state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provision import script
from provision.errors import Failed
from provision.facts import host
from provision.facts.host import SERVICES, HostFacts
from provision.facts.host_shell import LIBRARY
from provision.resources.base import Resource, State, Step, quote
from provision.resources.daemonjson import MergedJson
from provision.resources.file import File
from provision.resources.record import Record

__all__ = ["Facts", "HostFacts", "libraries", "parse", "probe_script", "probed", "probes"]

HOST = "host"


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
    words = (" ".join(SERVICES), *_roots_asked(steps))
    look = " ".join(["probe_host", *map(quote, words)])
    return [(HOST, look), *((resource.id, resource.probe()) for resource in probed(steps))]


def _roots_asked(steps: Sequence[Step]) -> tuple[str, ...]:
    """The folders that these steps would have Docker's data in."""
    settings = [
        resource.content.settings
        for step in steps
        for resource in step.resources
        if isinstance(resource, File) and isinstance(resource.content, MergedJson)
    ]
    roots = [each[key] for each in settings for key in ("data-root", "graph") if each.get(key)]
    return tuple(dict.fromkeys(roots))


def libraries(steps: Sequence[Step]) -> tuple[str, ...]:
    """The shell functions that those probes, and the changes to the same resources, call."""
    return (LIBRARY, *dict.fromkeys(resource.library for resource in probed(steps)))


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
    return Facts(host.parse(sections[HOST].text), states)


def _said_instead(output: str, sections: Mapping[str, script.Section]) -> str:
    """What a host says that runs no script of ours; after our first frame it is contents of files, not for eyes."""
    said = "" if sections else " ".join(output.split())[-200:]
    return f"; it said: {said}" if said else ""
