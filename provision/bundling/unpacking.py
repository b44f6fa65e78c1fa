"""What a host passes on for a bundle, as files here."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO

from provision import bundle, script
from provision.bundle import DEPENDENCIES, FOLDERS, KEYS
from provision.bundling.images import TOLD
from provision.errors import Failed, Refused
from provision.masking import masked
from provision.script import Mark
from provision.verdicts import explain

_HEX = re.compile(r"[0-9a-f]{64}")


class Unpacking:
    """Takes what a host passes on, piece by piece, into files of a bundle. `tell` hears what the host is at."""

    def __init__(self, word: str, folder: Path, tell: Callable[[str], None]) -> None:
        self._word, self._folder, self._tell = word, folder, tell
        self._rest, self._log = "", list[str]()
        self._file: IO[bytes] | None = None
        self._verdict: tuple[Mark, str] | None = None

    def __enter__(self) -> Unpacking:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def hear(self, piece: str) -> None:
        """Take up the next piece. Raises Failed for what is no file of a bundle."""
        *lines, self._rest = (self._rest + piece).split("\n")
        for line in lines:
            self._line(line)

    def raise_verdict(self) -> None:
        """Raises Refused as the host said, and Failed if it didn't come to its end."""
        match self._verdict:
            case (Mark.DONE, _):
                return
            case (_, text):
                raise Refused(explain(text, self._log), log=tuple(self._log[-20:]))
        raise Failed(
            "the host ended before it had passed on everything: run again", log=tuple(self._log[-20:])
        )

    def _line(self, line: str) -> None:
        frame = script.frame(line, self._word)
        if frame is None:
            if self._file is not None:
                self._file.write(_decoded(line))
            elif line:
                self._log.append(line)
        elif frame.mark is Mark.BEGIN:
            self._file = self._place(frame.rest).open("wb")
        elif frame.mark is Mark.END:
            self._close()
            if not frame.rest.endswith(" 0"):
                raise Failed(f"the host couldn't read {frame.rest.split(' ')[1]}: run again")
        elif frame.mark in (Mark.STEP, Mark.WAIT, Mark.NOTE):
            self._tell(masked(frame.rest))
        elif frame.mark in (Mark.REFUSE, Mark.FAIL, Mark.DONE):
            self._verdict = frame.mark, frame.rest

    def _place(self, told: str) -> Path:
        kind, _, name = told.partition(" ")
        if kind == "key":
            return self._folder / KEYS[DEPENDENCIES]
        if kind == "images":
            return self._folder / bundle.IMAGES / TOLD
        if kind == "image" and _HEX.fullmatch(name):
            return self._folder / bundle.image_file(name)
        places = [place for repository, place in FOLDERS.items() if repository == kind]
        if not places or not bundle.is_plain(name):
            raise Failed(f"the host passed on {told!r}, which is no file of a bundle")
        return self._folder / places[0] / "Packages" / name

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _decoded(line: str) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error:
        raise Failed(
            "the host passed on what isn't base64: does a login shell there print while scripts run?"
        ) from None
