"""Waves: how far a run goes before it looks back, and how many failures end it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import TypeVar

from provision.errors import OperatorError

Host = TypeVar("Host")

_SHARE = re.compile(r"([0-9]{1,9})(%?)")


@dataclass(frozen=True, slots=True)
class Share:
    """So many hosts, or so many of a hundred."""

    number: int
    percent: bool = False

    def __str__(self) -> str:
        return f"{self.number}{'%' if self.percent else ''}"

    def up(self, total: int) -> int:
        """Of so many hosts, rounded up: a wave has at least one."""
        return min(total, ceil(total * self.number / 100) if self.percent else self.number)

    def down(self, total: int) -> int:
        """Rounded down: what is allowed isn't exceeded."""
        return total * self.number // 100 if self.percent else self.number


def share(text: str, flag: str, example: str) -> Share:
    """What `3` or `5%` says. Raises OperatorError."""
    found = _SHARE.fullmatch(text.strip())
    if not found or (found[2] and int(found[1]) > 100):
        raise OperatorError(
            f"{flag}: {text!r} is no number of hosts and no percentage: write it like {example}"
        )
    return Share(int(found[1]), bool(found[2]))


def parse(text: str, flag: str = "--waves") -> tuple[Share, ...]:
    """What `1,10%,100%` says: how far the run has come at the end of each wave. Raises OperatorError."""
    example = "1,10%,50%,100%"
    shares = tuple(share(part, flag, example) for part in text.split(","))
    for percent in (False, True):
        alike = [each.number for each in shares if each.percent is percent]
        if 0 in alike or alike != sorted(set(alike)):
            raise OperatorError(f"{flag}: {text!r} must go up from wave to wave: write it like {example}")
    return shares


def cut(hosts: Sequence[Host], shares: Sequence[Share]) -> tuple[tuple[Host, ...], ...]:
    """The hosts in waves; what the last share leaves is a last wave. No wave is empty."""
    ends = [0]
    for each in shares:
        ends.append(max(ends[-1], each.up(len(hosts))))
    ends.append(len(hosts))
    return tuple(tuple(hosts[begin:end]) for begin, end in pairwise(ends) if begin < end)
