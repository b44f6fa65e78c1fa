"""The command `prove-docker`: what was asked for, checked before any host is touched, and its one end."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from provision.converge import Remote
from provision.errors import OperatorError
from provision.handed import file_of
from provision.prove import images
from provision.prove.recipe import PATIENCE, Ask
from provision.prove.result import Line, Proof, Report
from provision.prove.texts import say, title
from provision.script import owner


def asked(flags: Mapping[str, str | bool], lock_timeout: int) -> Ask:
    """What the flags say. Raises OperatorError."""
    patience = str(flags.get("patience") or PATIENCE)
    if not re.fullmatch(r"[1-9][0-9]{0,3}", patience):
        raise OperatorError(f"--patience: {patience!r} is no number of seconds: write it like {PATIENCE}")
    return Ask(
        images=images.pair(str(flags.get("image") or "")),
        allow_restart=bool(flags.get("allow_restart")),
        patience=int(patience),
        owner=f"{owner()}, prove-docker",
        lock_timeout=lock_timeout,
    )


def page(path: str) -> Callable[[Sequence[Report]], None]:
    """What writes the page to the path of --html; nothing where there is none. Raises OperatorError."""
    if not path:
        return lambda _reports: None
    from provision.prove import page as html  # noqa: PLC0415  it brings jinja2

    place = file_of(path, "--html")
    return lambda reports: html.write(place, reports)


@contextmanager
def hanging_up(remotes: Sequence[Remote]) -> Iterator[None]:
    """Ctrl-C ends the connections: each host notices, and takes away what was brought to it.

    For the main thread only.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        print("interrupted: what was brought to the hosts is taken away there", file=sys.stderr)
        for each in remotes:
            each.close()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def document(reports: Sequence[Report]) -> dict[str, Any]:
    """The reports as plain data."""
    return {"hosts": [_host(each) for each in reports]}


def _host(report: Report) -> dict[str, Any]:
    return {
        "host": report.host,
        "engine": report.engine or None,
        "error": str(report.error) if report.error else None,
        "proven": not report.failed,
        "seconds": round(report.seconds, 3),
        "proofs": [_proof(each) for each in report.proofs],
        "images": {
            image: [
                {
                    "diff_id": layer.diff,
                    "digest": layer.blob or None,
                    "size": layer.size if layer.size >= 0 else None,
                    "existed": layer.existed,
                    "shared": layer.shared,
                }
                for layer in row
            ]
            for image, row in report.picture.images.items()
        },
        "notes": list(report.notes),
    }


def _proof(proof: Proof) -> dict[str, Any]:
    def told(each: Line | None) -> dict[str, Any] | None:
        return None if each is None else {"key": each.key, "values": dict(each.values), "text": say(each)}

    return {
        "name": proof.name,
        "title": title(proof.name),
        "verdict": str(proof.verdict),
        "why": told(proof.why),
        "remedy": told(proof.remedy),
        "evidence": [told(each) for each in proof.evidence],
    }
