"""index.html: a run as one page. It holds the run as data, from which its script draws what is looked at.

What many hosts have in common, as a change with its diff, is there once, so that a thousand hosts that are set up alike
are a small page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provision.inventory import fold
from provision.report import html
from provision.report.clean import clean
from provision.report.document import Advisory, Document, Host
from provision.report.page_texts import TEXTS


def render(run: Document, language: str = "") -> str:
    """The page's text. It begins in `language`, or as the browser has it."""
    return html.page(
        html.environment(),
        "run",
        language,
        run=run,
        data=html.data(data(run)),
        advisories=_by_version(run.advisories),
    )


class _Pool:
    """Values that are kept once and called by their number."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._known: dict[Any, int] = {}

    def number(self, value: Any) -> int:
        found = self._known.get(value)
        if found is None:
            found = self._known[value] = len(self.values)
            self.values.append(value)
        return found


def data(run: Document) -> dict[str, Any]:
    """What the page's script reads."""
    words, changes = _Pool(), _Pool()
    hosts = [_host(host, run, words, changes) for host in run.hosts]
    return {
        "command": run.command,
        "dry": run.dry_run,
        "seconds": run.seconds,
        "waves": [{"n": wave.number, "t": wave.start} for wave in run.waves],
        "hosts": hosts,
        "words": words.values,
        "changes": changes.values,
        "causes": [
            {
                "status": cause.status,
                "text": clean(cause.text),
                "hosts": fold(cause.hosts),
                "count": len(cause.hosts),
            }
            for cause in run.causes
        ],
        "texts": TEXTS,
    }


def _host(host: Host, run: Document, words: _Pool, changes: _Pool) -> dict[str, Any]:
    """A host with what is empty left out. Single letters: there may be thousands of them."""

    def word(text: str) -> int:
        return words.number(clean(text))

    def change(*texts: str) -> int:
        return changes.number(tuple(map(word, texts)))

    found = {
        "h": clean(host.host),
        "s": host.status,
        "w": host.wave,
        "t": host.start,
        "d": host.seconds,
        "e": host.engine,
        "k": [
            [word(step.ident), word(step.step), step.start, step.seconds, int(step.done)]
            for step in host.steps
        ],
        "c": [
            change(each.step, each.resource, each.actual, each.desired, each.reason, each.diff)
            for each in host.changes
        ],
        "p": [change(each.step, each.resource, each.desired, each.after) for each in host.pending],
        "a": [word(each) for each in host.applied],
        "r": [word(each.text) for each in host.refusals],
        "n": [word(each.text) for each in host.notes] + [word(each) for each in host.said],
        "i": host.runs,
    }
    if host.error is not None:
        cause = next(n for n, each in enumerate(run.causes) if host.host in each.hosts)
        found["x"] = {
            "text": clean(host.error.text),
            "cause": cause,
            "log": [word(each) for each in host.error.log],
        }
    return {key: each for key, each in found.items() if each not in (None, [])}


def _by_version(found: Sequence[Advisory]) -> dict[str, list[Advisory]]:
    versions: dict[str, list[Advisory]] = {}
    for each in found:
        versions.setdefault(each.docker_version, []).append(each)
    return versions
