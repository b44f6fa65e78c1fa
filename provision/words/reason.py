"""Why something failed, in words for the operator, found by rules over what a program said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """What went wrong, and what to do about it: two parts of one line, without a full stop."""

    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern, and the reason that it stands for; {0}, {1} … are its groups."""

    pattern: re.Pattern[str]
    what: str
    remedy: str

    def apply(self, text: str) -> Reason | None:
        """The reason, if the text has what the rule looks for; the last place counts."""
        found = list(self.pattern.finditer(text))
        if not found:
            return None
        groups = [group or "" for group in found[-1].groups()]
        return Reason(self.what.format(*groups), self.remedy.format(*groups))


def rule(pattern: str, what: str, remedy: str) -> Rule:
    return Rule(re.compile(pattern, re.MULTILINE), what, remedy)


def first(rules: Sequence[Rule], text: str) -> Reason | None:
    """The reason of the first rule that applies; rules go from the particular to the general."""
    return next((reason for each in rules if (reason := each.apply(text))), None)
