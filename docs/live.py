"""Draw README's picture of the live view: a run on hosts of the lab, as its run.json has it, is played to the view.

python -m docs.live        (writes the picture beside this file; python -m docs.picture records the run anew)
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from docs.drawing import COLUMNS, svg
from provision.errors import Failed, HostError, Refused, Unreachable
from provision.events import Course, Observer, Outcome, Status
from provision.report.document import Document, Host
from provision.report.live import Terminal
from provision.report.texts import ENGLISH

FOLDER = Path(__file__).parent
RECORDED = FOLDER / "live.json"
PICTURE = FOLDER / "live.svg"
COMMAND = "fab setup-docker --inventory inventory.yaml --waves 1,40%,100% --max-failures 5 --report report"
MOMENT = 67.0
"""Of the run that was recorded, in seconds from its begin: several hosts are under way, some have failed."""

Event = Callable[[Observer], None]


def reduced(run: str) -> str:
    """A run.json without what the view has no use for."""
    found = Document.model_validate_json(run)
    nothing: dict[str, list[str]] = {"changes": [], "pending": [], "refusals": [], "notes": [], "said": []}
    hosts = [host.model_copy(update=nothing) for host in found.hosts]
    kept = found.model_copy(update={"hosts": hosts, "causes": [], "advisories": []})
    return f"{kept.model_dump_json(indent=1)}\n"


def draw() -> str:
    """The picture."""
    run = Document.model_validate_json(RECORDED.read_text())
    now = 0.0
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "green"), (COMMAND, "bold")))
    view = Terminal(console, ENGLISH, lambda: now)
    for at, tell in sorted(_events(run), key=lambda event: event[0]):
        if at > MOMENT:
            break
        now = at
        tell(view)
    now = MOMENT
    view.refresh()
    console.print(view.frame())
    return svg(console)


def _events(run: Document) -> Iterator[tuple[float, Event]]:
    """What happened, each with its time."""
    waves = tuple(tuple(wave.hosts) for wave in run.waves)
    course = Course(run.run, run.command, waves, run.dry_run, run.began)
    yield 0.0, lambda view: view.begun(course)
    for wave in run.waves:
        if wave.start is not None:
            yield wave.start, partial(_wave, wave.number, wave.hosts)
    for host in run.hosts:
        yield from _turn(host)


def _wave(number: int, hosts: list[str], view: Observer) -> None:
    view.wave(number, hosts)


def _turn(host: Host) -> Iterator[tuple[float, Event]]:
    if host.start is None or host.seconds is None:
        return
    yield host.start, lambda view: view.started(host.host)
    for step in host.steps:
        yield step.start, partial(_step, host.host, step.ident)
        if step.done:
            yield step.start + step.seconds, partial(_done, host.host, step.ident)
    error = _error(host)
    outcome = Outcome(host.host, Status(host.status), error=error, seconds=host.seconds)
    yield host.start + host.seconds, lambda view: view.finished(outcome)


def _step(host: str, ident: str, view: Observer) -> None:
    view.step(host, ident)


def _done(host: str, ident: str, view: Observer) -> None:
    view.changed(host, ident)


def _error(host: Host) -> HostError | None:
    if host.error is None:
        return None
    kinds = {Status.REFUSED: Refused, Status.UNREACHABLE: Unreachable}
    return kinds.get(Status(host.status), Failed)(host.error.text)


if __name__ == "__main__":
    PICTURE.write_text(draw())
