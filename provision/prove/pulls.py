"""A pull as a host told of it: its layers, how it ended, and what the daemon said of the endpoints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from provision.prove.recipe import UPSTREAM, Seen
from provision.prove.result import Layer
from provision.words.pull_failure import by_endpoint, endpoint_failures

SLOW = 100_000
"""Bytes a second below which a pull counts as slow: an image of 50 MB takes more than eight minutes then."""

_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@dataclass(frozen=True, slots=True)
class Pulled:
    """One layer of a pull by its short digest: what was last said of it, and what came over the wire for it (0 where
    that wasn't told)."""

    short: str
    said: str
    size: int

    @property
    def existed(self) -> bool:
        return self.said.startswith("Already exists")


@dataclass(frozen=True, slots=True)
class Pull:
    """One pull. `result` is docker's exit status, `silent` where it was ended because nothing came any more, `lost`
    where it ended without a status. `before` is the id that the name led to before; empty if none."""

    image: str
    result: str
    seconds: float
    before: str
    layers: tuple[Pulled, ...]
    said: tuple[str, ...]
    log: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return self.result == "0"

    @property
    def up_to_date(self) -> bool:
        """Whether the image was here, whole."""
        return any("Image is up to date" in each for each in self.said)

    @property
    def fetched(self) -> int:
        """Bytes that came over the wire."""
        return sum(each.size for each in self.layers if not each.existed)

    @property
    def slow(self) -> bool:
        """Whether much came so slowly that nobody wants to wait for it."""
        return self.fetched > SLOW and self.fetched / max(self.seconds, 0.1) < SLOW

    @property
    def error(self) -> str:
        """docker's own last word."""
        return self.said[-1].removeprefix("Error response from daemon: ") if self.said else ""

    def failures(self, mirrors: Sequence[str]) -> dict[str, str]:
        """What the daemon's log says of endpoints that failed, by endpoint."""
        return by_endpoint(endpoint_failures(self.log), (*mirrors, UPSTREAM))


def pull(seen: Seen, number: int) -> Pull:
    """The pull of the first or second image."""
    name = f"pull-{number}"
    result, millis, before = (seen.text(f"{name}-end").split() or ["lost", "0", "-"])[:3]
    layers, said = [], []
    for text in seen.text(name).splitlines():
        kind, _, rest = text.partition(" ")
        if kind == "layer":
            short, size, word = f"{rest} - ".split(" ", 2)
            layers.append(Pulled(short, word.removesuffix(" - ").strip(), size_of(size)))
        elif kind == "said":
            said.append(rest.strip())
    log = seen.text(f"{name}-log").splitlines()
    old = "" if before == "-" else before
    return Pull(
        seen.ask.images[number - 1], result, int(millis) / 1000, old, tuple(layers), tuple(said), tuple(log)
    )


def size_of(text: str) -> int:
    """Bytes of a size as docker writes it: 12.86MB. 0 for what is none."""
    found = re.fullmatch(r"([0-9.]+)([kMGT]?B)", text)
    return round(float(found[1]) * _UNITS[found[2]]) if found else 0


def layers(seen: Seen, number: int) -> tuple[Layer, ...]:
    """An image's layers, the lowest first; those that the pull said exist are marked so."""
    existed = {each.short for each in pull(seen, number).layers if each.existed}
    found = []
    for text in seen.text(f"image-{number}").splitlines():
        match text.split():
            case ["layer", diff, size, blob]:
                blob = "" if blob == "-" else blob
                short = blob.removeprefix("sha256:")[:12]
                found.append(Layer(diff, blob, int(size), short in existed))
    return tuple(found)
