"""Failures by cause: forty hosts on which the same is wrong are one entry, with what differs among them left out.

Two errors are one cause if they are of one kind and their texts differ in nothing but what is a host's own: its names
and addresses, times, amounts, ids. What is equal in all of them is told as it is. Anything else that differs, as a
version, a URL or a command, may want another remedy, and is another cause.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from provision.errors import HostError
from provision.events import FAILURES, Outcome, Status

HOST = "HOST"
"""Stands for a host's name where it differs."""
DIFFERS = "…"
"""Stands for anything else that differs."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What is wrong with some hosts. `text` is what their errors have in common, remedy included."""

    status: Status
    text: str
    outcomes: tuple[Outcome, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        """Whom it concerns."""
        return tuple(outcome.host for outcome in self.outcomes)

    @property
    def log(self) -> tuple[str, ...]:
        """What the first of them said about it."""
        error = self.outcomes[0].error
        return error.log if error else ()


def by_cause(outcomes: Iterable[Outcome]) -> tuple[Cause, ...]:
    """The failures among these ends, the most frequent cause first."""
    found: dict[object, list[tuple[Outcome, list[_Part]]]] = {}
    for outcome in outcomes:
        if outcome.status in FAILURES and outcome.error is not None:
            parts = _parts(outcome, outcome.error)
            key = (outcome.status, type(outcome.error), *(part.common for part in parts))
            found.setdefault(key, []).append((outcome, parts))
    causes = [
        Cause(alike[0][0].status, _text([parts for _, parts in alike]), tuple(each for each, _ in alike))
        for alike in found.values()
    ]
    return tuple(sorted(causes, key=lambda cause: -len(cause.outcomes)))


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of an error's text: `common` is what all of its cause share of it, nothing but a sign for what is a
    host's own."""

    text: str
    common: str


_OWN = re.compile(
    "|".join(
        (
            r"(?P<time>\b\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?: ?[+-]\d{4}\b|Z\b)?)",
            r"(?P<amount>\b\d+(?:\.\d+)? ?(?:m?s|seconds?|minutes?|hours?|days?|%|bytes|[kKMGT]?i?B|[kMGT])(?!\w))",
            r"(?P<ipv4>(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d))",
            r"(?P<ipv6>(?<![\w:.])(?=[0-9a-fA-F]*:[0-9a-fA-F:]*:)[0-9a-fA-F:]{3,39}(?<!:)(?![\w:]))",
            r"(?P<fingerprint>\bSHA256:[A-Za-z0-9+/]{43})",
            r"(?P<id>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?=[a-f]*[0-9])[0-9a-f]{12,64}\b)",
            r"(?P<process>(?<=\bprocess )\d+|(?<=\bpid )\d+)",
            r"(?P<line>(?<=known_hosts:)\d+)",
        )
    ),
    re.ASCII,
)
_URL = re.compile(r"\b[a-z][a-z0-9+]{0,15}://[^\s,;)'\"`]+")
"""One thing: another mirror is another cause, though it be named by its address."""


def _parts(outcome: Outcome, error: HostError) -> list[_Part]:
    """The text in pieces, alternately what is everybody's and what may be the host's own."""
    text, end, parts = str(error), 0, []
    for start, stop, kind in _spans(text, {outcome.host, *outcome.known_as} - {""}):
        if start < end:
            continue
        parts += [_Part(text[end:start], text[end:start]), _Part(text[start:stop], f"\0{kind}")]
        end = stop
    return [*parts, _Part(text[end:], text[end:])]


def _spans(text: str, names: Collection[str]) -> list[tuple[int, int, str]]:
    """Where something stands that is a host's own, from when to when and what it is; names come before what else fits
    there."""
    own = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    calls = re.finditer(rf"(?<![\w.-])(?:{own})(?![\w-]|\.\w)", text)
    web = [found.span() for found in _URL.finditer(text)]
    spans = [
        *((*found.span(), "host") for found in calls),
        *((*found.span(), str(found.lastgroup)) for found in _OWN.finditer(text)),
    ]
    inside = (span for span in spans if not any(begin <= span[0] < end for begin, end in web))
    return sorted(inside, key=lambda span: (span[0], span[2] != "host"))


def _text(alike: Sequence[Sequence[_Part]]) -> str:
    """What several texts of one cause have in common."""

    def common(parts: Sequence[_Part]) -> str:
        if len({part.text for part in parts}) == 1:
            return parts[0].text
        return HOST if parts[0].common == "\0host" else DIFFERS

    return "".join(common(parts) for parts in zip(*alike, strict=True))
