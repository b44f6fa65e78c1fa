"""Hosts as `fab hosts` shows them: how each is reached, what it gets, and where each word of that was said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from provision.inventory import Host, fold
from provision.masking import MASK
from provision.options import OPTIONS
from provision.secret import Hidden
from provision.spec import Spec

DEFAULT = "default"

Listed = tuple[Host, Spec]
"""A host whose origins include --spec and flags, and what they come to."""


def plain(host: Host, spec: Spec) -> dict[str, Any]:
    """A host as data: `ssh` and `spec` have a value, who said it, and at which place, for each of their keys."""
    kinds: dict[str, dict[str, Any]] = {"ssh": {}, "spec": {}}
    for key, origin, value, place in _rows(host, spec):
        kind, _, name = key.partition(".")
        kinds[kind][name] = {"value": value, "from": origin, "place": place}
    kinds["ssh"].setdefault("address", {"value": host.ssh.address, "from": "its name", "place": ""})
    return {"name": host.name, "groups": sorted(host.groups), **kinds}


def view(listed: Sequence[Listed]) -> Iterator[Text]:
    """The same for people, line by line. Hosts of which the same is said, at the same places, are one entry."""
    entries: dict[str, list[str]] = {}
    for host, spec in listed:
        rows = [row for row in _rows(host, spec) if row[1] != DEFAULT or row[2]]
        entries.setdefault(json.dumps([sorted(host.groups), rows]), []).append(host.name)
    for key, alike in entries.items():
        groups, rows = json.loads(key)
        yield Text.assemble((fold(alike), "bold"), f" ({', '.join(groups)})" if groups else "")
        for name, origin, value, place in rows:
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield Text.assemble(
                f"  {name} = {shown}", (f"  # {origin}{f', {place}' if place else ''}", "dim")
            )


def _rows(host: Host, spec: Spec) -> Iterator[tuple[str, str, Any, str]]:
    """Key, who said it, value, place. What Spec makes of a value is what the host gets."""
    values = spec.model_dump(mode="json")
    said = {key: (origin, located) for key, origin, located in host.said()}
    for key, (origin, located) in said.items():
        if key.startswith("ssh."):
            yield key, origin, _shown(located.plain()), str(located.place)
    for name in (option.name for option in OPTIONS):
        key = f"spec.{name}"
        origin, place = (said[key][0], str(said[key][1].place)) if key in said else (DEFAULT, "")
        yield key, origin, values[name], place


def _shown(value: object) -> object:
    """A reference says where a password is kept; the password itself is nobody's to see."""
    return MASK if isinstance(value, Hidden) else value
