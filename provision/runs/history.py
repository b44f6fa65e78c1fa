"""What a host keeps of its runs, and how its lock is taken from the one that holds it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from provision import script
from provision.errors import Failed
from provision.runs.shell import HISTORY, LIBRARY, UNLOCK
from provision.script import COMMON, PREAMBLE, quote

SECTION = "runs"
ID = re.compile(r"[0-9a-f]{16}")


class End(StrEnum):
    """How a run ended."""

    UNDER_WAY = "under way"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    DIED = "died"
    """It was killed, or the host lost its power: it left no verdict."""


@dataclass(frozen=True, slots=True)
class Past:
    """One run as its host kept it; times are the host's clock. `verdict` is why it was refused or failed."""

    id: str
    begun: datetime
    ended: datetime | None
    end: End
    verdict: str
    command: str
    by: str
    version: str
    changes: tuple[str, ...]
    known: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "run": self.id,
            "command": self.command,
            "by": self.by,
            "version": self.version,
            "begun": self.begun.isoformat(),
            "ended": self.ended.isoformat() if self.ended else None,
            "end": str(self.end),
            "verdict": self.verdict or None,
            "changes": list(self.changes),
            "known": list(self.known),
        }


def history_script(word: str) -> str:
    """A script that reads what the host keeps of its runs."""
    return script.read_script([(SECTION, "list_runs")], (LIBRARY, HISTORY), word)


def past(output: str, word: str) -> list[Past]:
    """The runs in the answer to `history_script`, the newest first. Raises Failed where the answer isn't whole."""
    section = script.sections(output, word).get(SECTION)
    if section is None or not section.complete:
        raise Failed("the host's answer was cut off before its runs were read")
    found = [each for line in section.text.splitlines() if (each := _past(line)) is not None]
    return sorted(found, key=lambda each: each.begun, reverse=True)


def _past(line: str) -> Past | None:
    """One run: `ID SECONDS WAY STATUS ABOUT`, the last two in base64; None for what a damaged folder gives."""
    try:
        ident, begun, way, status, about = line.split(" ")
        ended, _, verdict = _decoded(status).partition("\n")
        told = json.loads(_decoded(about))
        mark, _, text = verdict.strip().partition(" ")
        return Past(
            ident,
            _moment(begun),
            _moment(ended.split(" ")[1]) if ended else None,
            _end(way, ended, mark),
            text,
            str(told["command"]),
            str(told["by"]),
            str(told["version"]),
            tuple(map(str, told["changes"])),
            tuple(map(str, told["known"])),
        )
    except (ValueError, KeyError, TypeError, IndexError, binascii.Error):
        return None


def _decoded(text: str) -> str:
    return base64.b64decode("" if text == "-" else text).decode(errors="replace")


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _end(way: str, ended: str, mark: str) -> End:
    if not ended:
        return End.UNDER_WAY if way == "yes" else End.DIED
    if ended.split(" ", maxsplit=1)[0] == "0":
        return End.DONE
    return {"refuse": End.REFUSED, "fail": End.FAILED}.get(mark, End.DIED)


def chosen(runs: Sequence[Past], ident: str) -> Past:
    """The run of this id; without one that which is under way, or the newest. Raises Failed if there is none."""
    if not runs:
        raise Failed(
            "this host keeps no runs: nothing was changed on it by this program, or it was uninstalled"
        )
    if not ident:
        return next((each for each in runs if each.end is End.UNDER_WAY), runs[0])
    for each in runs:
        if each.id == ident:
            return each
    raise Failed(f"this host keeps no run {ident}: `history` lists those that it does")


def unlock_script(ident: str, patience: int, word: str) -> str:
    """A script that ends the run `ident` if it holds the host, and waits until the lock is free, `patience` seconds at
    most for each of the ways to end it."""
    return (
        PREAMBLE.format(title="docker-provision: unlock", nonce=word)
        + COMMON
        + f"lock_timeout={patience}\n"
        + LIBRARY
        + UNLOCK
        + f"unlock {quote(ident)} </dev/null\n"
    )
