"""/etc/docker/daemon.json: our keys in a file that is also the operator's. Merged, never clobbered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from provision.daemon_settings import incompatible
from provision.engine_keys import KEYS
from provision.engines import MIRRORS, Engine, nearest
from provision.resources.file import Unsuitable
from provision.resources.unitfiles import CONFIG_FILE
from provision.templating import render

PATH = "/etc/docker/daemon.json"


def load(content: bytes) -> dict[str, Any]:
    """The settings in a daemon.json, read more strictly than dockerd does.

    dockerd stops at the end of the first value and lets the last of two equal keys win (18.06.3, run): what it
    passes over in silence is a mistake all the same. Raises Unsuitable.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unsuitable(f"byte {error.start} isn't UTF-8; mend the file or move it away") from None
    if not text.strip():
        raise Unsuitable("the file is empty, which dockerd refuses; write {} or remove it")
    try:
        settings = json.loads(text, object_pairs_hook=_no_duplicates)
        # Python reads NaN, 1e999 and halves of characters, which are no JSON to anybody else
        json.dumps(settings, ensure_ascii=False, allow_nan=False).encode()
    except Unsuitable:
        raise
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Unsuitable(f"{where}: not valid JSON ({error.msg}); mend the file or move it away") from None
    except RecursionError:
        raise Unsuitable("it is nested too deeply; mend the file or move it away") from None
    except ValueError as error:
        raise Unsuitable(f"it holds what isn't JSON ({error}); mend the file or move it away") from None
    if settings is None:
        return {}
    if not isinstance(settings, dict):
        raise Unsuitable("it holds no object; mend the file or move it away")
    return settings


def says(content: bytes, key: str) -> Any:
    """What a daemon.json says of a key; None where it says nothing, or can't be read."""
    try:
        return load(content).get(key)
    except Unsuitable:
        return None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Unsuitable(f"the key {key!r} stands there twice; keep one of them")
        found[key] = value
    return found


def mirrors(settings: Mapping[str, Any]) -> list[str] | None:
    """The registry mirrors that these settings ask for; None where they don't, or in a way that dockerd refuses."""
    if "registry-mirrors" not in settings:
        return None
    found = settings["registry-mirrors"] or []  # null clears them (18.06.3, run)
    return found if isinstance(found, list) and all(isinstance(mirror, str) for mirror in found) else None


@dataclass(frozen=True, slots=True)
class MergedJson:
    """The file with `settings` in it: keys named are replaced whole, others stay, None takes a key out.

    `engine` will read it. `flags` are the keys that its command line sets, each with flag and place. Of the mappings
    that `widened` names only what is asked for is ours: what else they hold stays.
    """

    settings: Mapping[str, Any]
    engine: Engine
    flags: Mapping[str, str] = field(default_factory=dict)
    widened: frozenset[str] = frozenset()

    def wanted(self, present: bytes | None) -> bytes | None:
        settings = {} if present is None else load(present)
        merged = {key: value for key, value in settings.items() if self.settings.get(key, 0) is not None}
        for key, value in self.settings.items():
            if value is not None:
                there = settings.get(key) if key in self.widened else None
                merged[key] = {**there, **value} if isinstance(there, dict) else value
        self._acceptable(merged)
        if present is None:
            return _text(merged) if merged else None
        # what says the same already keeps its author's layout
        return present if _same(merged, settings) else _text(merged)

    def _acceptable(self, merged: Mapping[str, Any]) -> None:
        """Every key must suit the engine that will read it, whoever set it. Raises Unsuitable."""
        for key in merged:
            asked = key in self.settings
            if key not in self.engine.keys and (asked or self.engine.listed):
                raise Unsuitable(self._unknown(key, asked=asked))
            if key in self.flags:
                raise Unsuitable(
                    f"the key {key!r} that {'is asked for' if asked else 'stands there'} collides with "
                    f"{self.flags[key]}: dockerd doesn't start with both, so take one of them out"
                )
        if self.settings and CONFIG_FILE in self.flags:
            raise Unsuitable(
                f"dockerd reads another file, by {self.flags[CONFIG_FILE]}: take that flag out, or edit the other file "
                "by hand"
            )
        for problem in incompatible(merged):
            raise Unsuitable(problem.text)

    def _unknown(self, key: str, *, asked: bool) -> str:
        version = self.engine.version
        if not self.engine.listed:
            return (
                f"of Docker {version}, which isn't installed here, only {MIRRORS} is known: leave {key!r} out"
            )
        if asked:
            why = ", only other versions do" if key in KEYS else ""
            return f"Docker {version} doesn't know the key {key!r} that is asked for{why}: leave it out"
        likely = nearest(key, sorted(self.engine.keys))
        return (
            f"Docker {version} doesn't know the key {key!r} that stands there"
            + (f" (did you mean {likely!r}?)" if likely else "")
            + "; take it out, or ask for it to be taken out by null"
        )

    def withdrawn(self, present: bytes, ours: Mapping[str, Any]) -> bytes | None:
        settings = load(present)
        rest = _without(settings, ours)
        for key, value in rest.items():
            if isinstance(value, dict) and isinstance(ours.get(key), dict):
                rest[key] = _without(value, ours[key])
        rest = {key: value for key, value in rest.items() if value != {} or settings[key] == {}}
        if _same(rest, settings):
            return present
        return _text(rest) if rest else None

    def part(self) -> Mapping[str, Any]:
        return self.settings


@dataclass(frozen=True, slots=True)
class Untouched:
    """The file as it is."""

    def wanted(self, present: bytes | None) -> bytes | None:
        return present

    def withdrawn(self, present: bytes, ours: Mapping[str, Any]) -> bytes:  # noqa: ARG002  the protocol's signature
        return present

    def part(self) -> Mapping[str, Any]:
        return {}


def _without(there: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in there.items() if key not in ours or not _same(value, ours[key])}


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: Python takes 1, 1.0 and True for equal, dockerd doesn't."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _text(settings: Mapping[str, Any]) -> bytes:
    return render("etc/docker/daemon.json.j2", settings=settings)


def differing(one: Mapping[str, Any], other: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterable[str]:
    """The keys whose values differ, in the order of the file that is asked for.

    Without a value, or with null, a key counts as its default.
    """

    def value(settings: Mapping[str, Any], key: str) -> Any:
        given = settings.get(key)
        return defaults.get(key) if given is None else given

    return [key for key in {**one, **other} if not _same(value(one, key), value(other, key))]


def with_settings(present: bytes | None, settings: Mapping[str, Any]) -> bytes:
    """The file as it is, with these settings in it. Raises Unsuitable."""
    there = load(present) if present is not None else {}
    asked = {**there, **settings}
    return present if present is not None and _same(asked, there) else _text(asked)
