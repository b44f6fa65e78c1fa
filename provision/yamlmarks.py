"""YAML whose every value knows its line, so that a mistake can be named where it stands.

Less than YAML, on purpose: one document, a mapping at the top, text as keys. What YAML reads otherwise than
people do (18.10, 10:30, 017, yes) must be quoted; duplicate keys, tags, anchors and merge keys are refused.
The parser's events are walked here because composing nodes recurses in C: 50 kB of opening brackets would end
the process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import yaml

from provision.errors import OperatorError
from provision.secret import Hidden

DEPTH = 40
"""How deep a file may be nested; nothing that is asked for here needs more than six."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was given: a file and its line, or, with line 0, a flag."""

    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Located:
    """A value and its place. In a mapping the place is the key's, which is where a reader looks. No file of ours holds
    what is hidden; other sources may."""

    value: str | int | bool | tuple[Located, ...] | Mapping[str, Located] | Hidden | None
    place: Place

    def plain(self) -> object:
        """The value alone, down to the leaves: what JSON could hold."""
        if isinstance(self.value, Mapping):
            return {key: each.plain() for key, each in self.value.items()}
        if isinstance(self.value, tuple):
            return [each.plain() for each in self.value]
        return self.value

    def place_of(self, path: Sequence[str | int]) -> Place:
        """The place of what `path` leads to, or of the last thing on the way that exists."""
        here = self
        for step in path:
            if isinstance(here.value, Mapping) and step in here.value:
                here = here.value[str(step)]
            elif isinstance(here.value, tuple) and isinstance(step, int) and step < len(here.value):
                here = here.value[step]
            else:
                break
        return here.place

    def refuse_nul(self) -> None:
        """Raises OperatorError where a text in it holds a NUL byte: no shell, file or argument can."""
        if isinstance(self.value, Mapping):
            for key, each in self.value.items():
                Located(key, each.place).refuse_nul()
                each.refuse_nul()
        elif isinstance(self.value, tuple):
            for each in self.value:
                each.refuse_nul()
        elif isinstance(self.value, str) and "\0" in self.value:
            # without the text: it may be a password
            raise OperatorError(f"{self.place}: it holds a NUL byte, which nothing here can: take it out")


def read(text: str, source: str) -> Mapping[str, Located]:
    """The mapping in a YAML text; `source` names it in errors. An empty text is an empty mapping.

    Raises OperatorError, one line with source and line.
    """
    try:
        top = _Reader(source, yaml.parse(text, Loader=yaml.CSafeLoader)).document()
    except yaml.MarkedYAMLError as error:
        last = text.rstrip().count("\n")  # the mark of an unexpected end is on the line after it
        line = min(error.problem_mark.line, last) + 1 if error.problem_mark else 1
        raise OperatorError(f"{Place(source, line)}: broken YAML: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        line = text.encode(errors="replace").count(b"\n", 0, error.position) + 1
        raise OperatorError(
            f"{Place(source, line)}: broken YAML: a character that can't be printed"
        ) from None
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise OperatorError(f"{Place(source, line)}: not UTF-8: save the file as UTF-8") from None
    if top.value is None:
        return {}
    if not isinstance(top.value, Mapping):
        raise OperatorError(f"{top.place}: a mapping of names to values is expected here")
    return top.value


_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_BOOLEANS = dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_HALF_BOOLEAN = re.compile(r"yes|no|on|off", re.IGNORECASE)
_HALF_NUMBER = re.compile(
    r"""[-+]?(?:
        [0-9][0-9_]*                                               # 017, 1_000, +1
      | 0[xX][0-9a-fA-F_]+ | 0[bB][01_]+ | 0o[0-7]+
      | [0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?                # 10:30 is 630 in base 60
      | (?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?
      | \.(?:inf|Inf|INF)
    )|\.(?:nan|NaN|NAN)""",
    re.VERBOSE,
)


class _Reader:
    def __init__(self, source: str, events: Iterator[yaml.Event]) -> None:
        self._source = source
        self._events = events

    def document(self) -> Located:
        top = Located(None, Place(self._source, 1))
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._wrong(event, "a second document begins here: keep one to a file")
                top = self._value(next(self._events), 0)
        return top

    def _value(self, event: yaml.Event, depth: int) -> Located:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._wrong(event, "anchors and aliases (& and *) are not read here: write the value out")
        if getattr(event, "tag", None):
            raise self._wrong(event, "tags (!) are not read here: leave it out, or put the text in quotes")
        if depth > DEPTH:
            raise self._wrong(event, f"nested more than {DEPTH} deep")
        if isinstance(event, yaml.MappingStartEvent):
            return Located(self._mapping(depth), self._place(event))
        if isinstance(event, yaml.SequenceStartEvent):
            return Located(tuple(self._items(depth)), self._place(event))
        return Located(self._scalar(cast(yaml.ScalarEvent, event)), self._place(event))

    def _mapping(self, depth: int) -> dict[str, Located]:
        found: dict[str, Located] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._value(event, depth + 1).value
            if not isinstance(key, str):
                raise self._wrong(event, "a key must be text: put it in quotes")
            if key == "<<":
                raise self._wrong(event, "merge keys (<<) are not read here: write the keys out")
            if key in found:
                first = found[key].place.line
                raise self._wrong(
                    event, f"the key {key!r} stands here again (first on line {first}): keep one"
                )
            found[key] = Located(self._value(next(self._events), depth + 1).value, self._place(event))
        return found

    def _items(self, depth: int) -> Iterator[Located]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._value(event, depth + 1)

    def _scalar(self, event: yaml.ScalarEvent) -> str | int | bool | None:
        text = event.value
        if event.style:  # in quotes, or a block
            return text
        if text in _NULLS:
            return None
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _HALF_BOOLEAN.fullmatch(text):
            raise self._wrong(event, f"{text} is ambiguous: write true or false, or quote it: '{text}'")
        if _HALF_NUMBER.fullmatch(text):
            raise self._wrong(
                event, f"{text} is a number to YAML, and not the one it looks like: quote it: '{text}'"
            )
        return text

    def _place(self, event: yaml.Event) -> Place:
        return Place(self._source, event.start_mark.line + 1 if event.start_mark else 1)

    def _wrong(self, event: yaml.Event, what: str) -> OperatorError:
        return OperatorError(f"{self._place(event)}: {what}")
