"""What yum 3.4.3 says: versions on offer, how far it is, why it failed, who holds its lock."""

from __future__ import annotations

import re
from dataclasses import dataclass

from provision.words.rpm import newest_first
from provision.words.yum_failure import failure, lock_holder

__all__ = ["Offer", "Progress", "ProgressReader", "failure", "lock_holder", "offers"]

# ── what is on offer ──


@dataclass(frozen=True, slots=True)
class Offer:
    """One version that a repository offers."""

    evr: str
    """As yum prints it: 3:26.1.4-1.el7, and 18.06.3.ce-3.el7 where the epoch is 0."""
    version: str
    """As operators write it: 26.1.4, 18.06.3."""
    repo: str


_ROW = re.compile(
    r"^(?P<name>\S+)\.(?:x86_64|noarch|i\d86)\s+(?P<evr>(?:\d+:)?[^\s:]+-[^\s:-]+)\s+(?P<repo>[^\s@]\S*)[ \t]*$",
    re.MULTILINE,
)
"""A row of `yum list`, which yum breaks where it is too wide. A repository with @ is where a package came from."""


def offers(text: str, name: str = "docker-ce") -> list[Offer]:
    """Read `yum list NAME --showduplicates`: what repositories offer, the newest first as rpm orders them.

    What is installed doesn't count; neither do headers, notices and rows of other packages, in any language.
    """
    rows = {
        (m["evr"], m["repo"]) for m in _ROW.finditer(text) if m["name"] == name and m["repo"] != "installed"
    }
    return [
        Offer(evr, _plain(evr), repo)
        for evr in newest_first({evr for evr, _ in rows})
        for repo in sorted(repo for each, repo in rows if each == evr)
    ]


def _plain(evr: str) -> str:
    return evr.rpartition(":")[2].rpartition("-")[0].removesuffix(".ce")


# ── how far it is ──


@dataclass(frozen=True, slots=True)
class Progress:
    """yum has begun on package `k` of `n`. `verb` is Installing, Updating, Erasing, Cleanup or Verifying."""

    verb: str
    package: str
    k: int
    n: int


_STEP = re.compile(r"^  (?P<verb>\w[\w ]*?) *: (?P<package>\S+)\s+(?P<k>\d+)/(?P<n>\d+)")
_WIDTH = 79
"""A line of progress is filled up to here with its numbers at the end, so that from here on these are whole."""


class ProgressReader:
    """Finds progress in yum's output as it comes.

    yum writes `  Installing : NAME   1/3` when it begins on a package and the end of that line when it is done with
    it (yum 3.4.3, run), so a line counts before it ends.
    """

    def __init__(self) -> None:
        self._line = ""
        self._told = False

    def feed(self, piece: str) -> list[Progress]:
        """What a further piece of output tells, wherever the pieces are cut."""
        told = []
        for part in re.split(r"([\r\n])", piece):
            ended = part in ("\r", "\n")
            if not ended:
                self._line += part
            step = _STEP.match(self._line)
            if step and not self._told and (ended or len(self._line) >= _WIDTH):
                self._told = True
                told.append(Progress(step["verb"], step["package"], int(step["k"]), int(step["n"])))
            if ended:
                self._line, self._told = "", False
        return told
