"""Hosts' words as they may be shown: without secrets, and without what would play with the terminal."""

from __future__ import annotations

import json
import re
from typing import Any

from provision.masking import masked

LONGEST = 2000
"""Characters of a line that are shown; a host may say megabytes without a break."""

_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    # what turns the direction of writing, breaks lines or can't be seen
    r"|[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


def clean(text: str) -> str:
    """A host's words without secrets, and without what would move the cursor, change colours or name the window."""
    return masked(_CONTROL.sub("", text))


def one_line(text: str) -> str:
    """The same where a line is one host's: nothing that it says begins another, and none is without end."""
    return cut(" ".join(clean(text).split()))


def document(content: Any) -> str:
    """JSON for machines, which may be looked at in a terminal: what would play with that is written as \\uXXXX."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    # not the newlines between its lines; within strings there is none
    return _CONTROL.sub(lambda found: "".join(f"\\u{ord(letter):04x}" for letter in found[0]), text)


def cut(line: str) -> str:
    """A line of bearable length."""
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
