"""What the repository offers, from a host's point of view: yum's own list, in rpm's own order."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from provision import engines, script
from provision.converge import Remote
from provision.engines import Engine
from provision.errors import Failed
from provision.report.clean import one_line
from provision.resources.yum import LIBRARY, Repository
from provision.verdicts import explain
from provision.words import yum

TIMEOUT = 300.0
"""Seconds: a call of yum, bounded itself, and another yum that may be waited for."""


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One version on offer, as operators write it and as rpm orders it; the others are its marks.

    `tested`: as a whole. `can_be_asked_for`: whether it is of a line that is installed here at all.
    """

    version: str
    evr: str
    installed: bool
    asked_for: bool
    tested: bool
    can_be_asked_for: bool

    def plain(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def offered(remote: Remote, repository: Repository, engine: Engine) -> list[Row]:
    """The versions on offer, newest first. The host needs no repository for it, and is left as it was.

    Raises what `Remote.read` raises, and Failed where the repository can't be read.
    """
    word = script.nonce()
    probes = [
        ("offers", repository.offers()),
        ("installed", "timed 20 rpm -q --qf '%{VERSION}-%{RELEASE}\\n' docker-ce"),
    ]
    answer = remote.read(script.read_script(probes, (LIBRARY,), word), timeout=TIMEOUT)
    sections = script.sections(answer.stdout, word)
    if script.cut_before(sections, probes) is not None:
        raise Failed("the host's answer was cut off")
    lines = sections["offers"].text.splitlines()
    for index, line in enumerate(lines):
        frame = script.frame(line, word)
        if frame is not None:
            raise Failed(explain(frame.rest, lines[:index]))
    installed = sections["installed"].text.split()
    return [
        Row(
            offer.version,
            offer.evr,
            installed=offer.evr.rpartition(":")[2] in installed,
            asked_for=offer.version == engine.version,
            tested=offer.version in engines.ENGINES,
            can_be_asked_for=engines.found(offer.version).listed,
        )
        for offer in yum.offers("\n".join(lines))
    ]


def table(host: str, rows: Sequence[Row]) -> Table:
    """The list as people read it."""
    view = Table(title=host, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in ("version", "epoch:version-release", ""):
        view.add_column(column)
    for row in rows:
        said = {
            "installed": row.installed,
            "asked for": row.asked_for,
            "tested": row.tested,
            "not installed by this program": not row.can_be_asked_for,
        }
        bold = row.installed or row.asked_for
        marks = ", ".join(text for text, on in said.items() if on)
        view.add_row(
            Text(one_line(row.version)), Text(one_line(row.evr)), marks, style="bold" if bold else ""
        )
    return view
