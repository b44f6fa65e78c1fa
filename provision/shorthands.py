"""Settings of daemon.json that most people ask for, as options of their own; they join what stands under `daemon`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CGROUP_DRIVER = "native.cgroupdriver"
WIDENS = frozenset({"log-opts"})
"""Keys of which an option names only a part: what else stands there on a host stays."""


@dataclass(frozen=True, slots=True)
class Shorthand:
    """An option, and what it stands for: a key of daemon.json, or a name in the mapping that is the key's value.

    `entry`: one of the key's list instead, written NAME=VALUE.
    """

    option: str
    key: str
    name: str = ""
    entry: str = ""

    def settings(self, value: Any) -> dict[str, Any]:
        """What the option alone comes to."""
        if self.entry:
            return {self.key: [f"{self.entry}={value}"]}
        return {self.key: {self.name: value} if self.name else value}


SHORTHANDS = (
    Shorthand("registry_mirrors", "registry-mirrors"),
    Shorthand("log_max_size", "log-opts", "max-size"),
    Shorthand("log_max_file", "log-opts", "max-file"),
    Shorthand("data_root", "data-root"),
    Shorthand("cgroup_driver", "exec-opts", entry=CGROUP_DRIVER),
    Shorthand("live_restore", "live-restore"),
)


@dataclass(frozen=True, slots=True)
class Clash:
    """The same thing said twice, and differently: by this option, and by what `path` below `daemon` leads to."""

    option: str
    path: tuple[str | int, ...]
    said: Any

    def text(self, value: Any, place: str) -> str:
        """What is wrong, for where `path` leads; `value` is what the option says, at `place`."""
        names = ".".join(step for step in self.path if isinstance(step, str))
        given = json.dumps(value, ensure_ascii=False)
        said = json.dumps(self.said, ensure_ascii=False)
        return f"{names} is {said} here, and {given} by {self.option} ({place}): keep one of the two"


def clash(daemon: Mapping[str, Any], options: Mapping[str, Any]) -> Clash | None:
    """The first option that contradicts what stands under `daemon`; None where none does."""
    for each in SHORTHANDS:
        value = options.get(each.option)
        if value is not None and (found := _against(each, value, daemon)):
            return found
    return None


def _against(each: Shorthand, value: Any, daemon: Mapping[str, Any]) -> Clash | None:
    if each.key not in daemon:
        return None
    there, wanted = daemon[each.key], each.settings(value)[each.key]
    if each.entry and isinstance(there, list):
        for index, entry in enumerate(there):
            if str(entry).startswith(f"{each.entry}=") and entry not in wanted:
                return Clash(each.option, (each.key, index), entry)
    elif each.name and isinstance(there, Mapping):
        if there.get(each.name, value) != value:
            return Clash(each.option, (each.key, each.name), there[each.name])
    elif there != wanted:
        return Clash(each.option, (each.key,), there)
    return None


def joined(daemon: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """What stands under `daemon` with what the options say; neither may contradict the other."""
    settings = dict(daemon)
    for each in SHORTHANDS:
        value = options.get(each.option)
        if value is None:
            continue
        there, more = settings.get(each.key), each.settings(value)[each.key]
        if each.entry:
            more = [*(entry for entry in there or () if entry not in more), *more]
        elif each.name:
            more = {**(there or {}), **more}
        settings[each.key] = more
    return settings
