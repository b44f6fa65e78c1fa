"""Whether another run is at work on a host, and whose it is."""

from __future__ import annotations

from provision import script
from provision.runs.shell import LIBRARY

SECTION = "holder"
LOOK = f'if [ -e "$lock" ] && ! flock -n "$lock" true; then {SECTION}; fi'


def holder_script(word: str) -> str:
    """A script that reads it."""
    return script.read_script([(SECTION, LOOK)], (LIBRARY,), word)


def holder(output: str, word: str) -> str:
    """In the answer to `holder_script`: who holds the host, since when, and by which run; empty where nobody does."""
    section = script.sections(output, word).get(SECTION)
    return section.text.strip() if section is not None and section.complete else ""
