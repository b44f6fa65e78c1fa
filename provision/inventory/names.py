"""Names of hosts and groups: ranges in them, what can't be one, and many of them in few words."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from provision.errors import OperatorError

MOST = 100_000
"""Hosts that one range may stand for; more is a slip of the keyboard."""

_RANGE = re.compile(r"\[(?:([0-9]+):([0-9]+)|([a-z]):([a-z])|([A-Z]):([A-Z]))(?::([0-9]+))?\]")
_LITERAL = re.compile(r"(?:[^@\[\]]+@)?\[[0-9A-Fa-f:.%\w]*\](?::[0-9]+)?")
"""An IPv6 address, as `-H` takes it."""
_PORT = re.compile(r"(?:[^:\[\]]*|[^\[\]]*\[[^\[\]]*\]):([^:]*)")
"""What stands behind the only colon, or behind that after an IPv6 address in brackets."""
_BAD = re.compile(r"[\s,'\"\\$`;&|<>(){}*?!~^#\x00-\x1f\x7f]|^[-@]|^$")


def expand(text: str) -> list[str]:
    """The names that `web[01:40].example.com` stands for; `[a:f]` and `[1:9:2]` are ranges too.

    Leading zeros are kept. Raises OperatorError, without a place.
    """
    parts: list[Sequence[str]] = []
    end, count = 0, 1
    for found in _RANGE.finditer(text):
        values = _values(found)
        count *= len(values)
        if count > MOST:
            raise OperatorError(f"{text} stands for more than {MOST} hosts: is that meant?")
        parts += [[text[end : found.start()]], values]
        end = found.end()
    parts.append([text[end:]])
    return ["".join(each) for each in itertools.product(*parts)]


def _values(found: re.Match[str]) -> Sequence[str]:
    digits, *letters = (found.group(1, 2), found.group(3, 4), found.group(5, 6))
    step = int(found[7] or 1)
    if step == 0:
        raise OperatorError(f"the range {found[0]} has a step of 0: leave it out")
    if digits[0] is not None:
        begin, end = digits
        width = len(begin) if begin.startswith("0") else 0
        if width and len(begin) != len(end):
            raise OperatorError(
                f"the range {found[0]} has a leading zero: write both ends with as many digits"
            )
        if int(end) - int(begin) > MOST * step:
            raise OperatorError(f"the range {found[0]} stands for more than {MOST} hosts: is that meant?")
        values = [f"{number:0{width}d}" for number in range(int(begin), int(end) + 1, step)]
    else:
        first, last = next((ord(one), ord(other)) for one, other in letters if one is not None)
        values = [chr(letter) for letter in range(first, last + 1, step)]
    if not values:
        raise OperatorError(f"the range {found[0]} is empty: write the smaller end first")
    return values


def trouble(name: str) -> str:
    """Why this can't be the name of a host or group; empty where it can."""
    if _BAD.search(name):
        return (
            f"{name!r} can't be a name: no blanks, quotes or signs of shells and patterns, and no - in front"
        )
    if ("[" in name or "]" in name) and not _LITERAL.fullmatch(name):
        return f"{name!r} can't be a name: a range is written like web[01:40]"
    port = _PORT.fullmatch(name)
    if port and not (re.fullmatch("[0-9]{1,5}", port[1]) and 0 < int(port[1]) < 65536):
        return f"{name!r} can't be reached: a port is a number from 1 to 65535"
    return ""


def hint(name: str, known: Iterable[str]) -> str:
    """The nearest that exists, as the end of an error's line; a few of them where none is near."""
    names = list(known)
    near = get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    few = ", ".join(names[:8])
    return f"there are {few}{' and more' if len(names) > 8 else ''}" if names else "there are none"


_ODD = re.compile(r"[^\w.@:-]|^@", re.ASCII)


def fold(names: Iterable[str]) -> str:
    """Many names in few words, `web[01-06,08],db1`, as ClusterShell's tools write and read them."""
    from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet  # noqa: PLC0415  it takes 40 ms, and few runs fold

    wanted = list(names)
    plain = [name for name in wanted if not _ODD.search(name)]
    folded = str(NodeSet.fromlist(plain, resolver=RESOLVER_NOGROUP)) if plain else ""
    return ",".join(part for part in (folded, *_odd(wanted)) if part)


def _odd(names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if _ODD.search(name))
