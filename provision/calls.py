"""Shell libraries by their functions: a script takes along what it calls, and what that calls, and nothing else.

A library is shell text as this program writes it: a function begins a line with `name() {`, and ends with that line or
with the next that is `}` alone and in no here-document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_HEAD = re.compile(r"(\w+)\(\) \{")
_HERE = re.compile(r"<<'?(\w+)'?$")
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Part:
    """A function; without a name, lines that stand outside of any. `words` are all that may be a call."""

    name: str
    text: str
    words: frozenset[str]


def needed(libraries: Iterable[str], script: str) -> str:
    """What `script` needs of the libraries: the functions that it names, directly or by way of others, wherever a name
    stands; and all that is no function, but for comments. Of two functions of one name the later one counts, as it does
    for a shell."""
    parts = [part for library in libraries for part in _parts(library)]
    known = {part.name: part for part in parts if part.name}
    loose = [part for part in parts if not part.name]
    found: dict[str, _Part] = {}
    words = _words(script).union(*(part.words for part in loose))
    while more := [known[name] for name in sorted(words & known.keys()) if name not in found]:
        found.update((part.name, part) for part in more)
        words = frozenset().union(*(part.words for part in more))
    return "".join(part.text for part in (*loose, *found.values()))


@lru_cache(maxsize=256)  # a fleet's hosts have the same few
def _parts(library: str) -> tuple[_Part, ...]:
    return tuple(_Part(name, text, _words(text)) for name, text in _split(library))


def _words(text: str) -> frozenset[str]:
    """All of them but those of lines that are a comment."""
    return frozenset(_WORD.findall(_COMMENT.sub("", text)))


def _split(library: str) -> Iterator[tuple[str, str]]:
    lines = iter(library.splitlines(keepends=True))
    for line in lines:
        head = _HEAD.match(line)
        if head is None:
            if line.strip() and not line.startswith("#"):
                yield "", line
        elif line.partition(" # ")[0].rstrip().endswith("}"):
            yield head[1], line
        else:
            yield head[1], line + "".join(_to_its_end(lines))


def _to_its_end(lines: Iterator[str]) -> Iterator[str]:
    """The rest of a function, of whose lines the first was taken."""
    ends = ""
    for line in lines:
        yield line
        bare = line.rstrip("\n")
        if ends:
            ends = "" if bare == ends else ends
        elif here := _HERE.search(bare):
            ends = here[1]
        elif bare == "}":
            return
