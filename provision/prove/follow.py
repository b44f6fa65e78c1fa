"""One host's proofs: read it, let it show everything in one go, judge what it showed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Protocol

from provision import script
from provision.converge import Remote
from provision.errors import Failed, HostError, Refused
from provision.prove import also, apart, layers, mirror, recipe
from provision.prove.recipe import Ask, Seen
from provision.prove.result import Picture, Proof, Report
from provision.script import Mark
from provision.verdicts import explain

PROOFS: tuple[Callable[[Seen], Proof], ...] = (
    mirror.prove,
    layers.prove_layers,
    layers.prove_shared,
    apart.prove_cow,
    apart.prove_kernel,
    also.prove_port,
    also.prove_dns,
    also.prove_memory,
    also.prove_logs,
    also.prove_restart,
)
"""In the order in which they are told."""

READ_TIMEOUT = 120.0
"""Seconds for the reading: the daemon is given 20 in it."""


class Watcher(Protocol):
    """Hears how a host gets on. Called from the hosts' threads."""

    def doing(self, host: str, what: str) -> None:
        """What the host is at."""

    def layer(self, host: str, digest: str, said: str) -> None:
        """How a layer of the pull at hand gets on, in docker's words."""

    def finished(self, report: Report) -> None:
        """The host has ended."""


def prove(host: str, remote: Remote, ask: Ask, watcher: Watcher) -> Report:
    """One host's proofs. Every HostError ends in the report, none is raised."""
    begun = time.monotonic()
    try:
        report = _prove(host, remote, ask, watcher, begun)
    except HostError as error:
        report = Report(host, error=error, seconds=time.monotonic() - begun)
    watcher.finished(report)
    return report


def _prove(host: str, remote: Remote, ask: Ask, watcher: Watcher, begun: float) -> Report:
    word = script.nonce()
    watcher.doing(host, "reading")
    found = recipe.engine(remote.read(recipe.reading(word), timeout=READ_TIMEOUT).stdout, word)
    run = f"docker-provision-prove-{secrets.token_hex(4)}"
    word = script.nonce()
    ear = Ear(word, host, watcher)
    remote.watch(recipe.proving(ask, found, run, word), ear.hear)
    ear.raise_verdict()
    seen = Seen(found, ask, run, script.sections(ear.text, word))
    return Report(
        host,
        engine=found.info.server_version,
        proofs=tuple(each(seen) for each in PROOFS),
        picture=picture(seen),
        notes=tuple(ear.notes),
        seconds=time.monotonic() - begun,
    )


def picture(seen: Seen) -> Picture:
    """What a page draws of it."""
    if "start-a" not in seen.sections:
        return Picture()
    return Picture(
        images=layers.both(seen),
        changed=seen.text("file").strip(),
        contents={
            name: seen.text(section).strip()
            for name, section in (("a", "content-a"), ("b", "content-b"), ("image", "content-image"))
        },
        systems={"host": apart.pretty(seen.engine.system), "container": apart.pretty(seen.text("system"))},
        kernels={"host": seen.engine.kernel, "container": seen.text("kernel").strip()},
    )


class Ear:
    """Follows the script by its frames."""

    def __init__(self, word: str, host: str, watcher: Watcher) -> None:
        self.notes: list[str] = []
        self._pieces: list[str] = []
        self._word, self._host, self._watcher = word, host, watcher
        self._rest = ""
        self._doing = ""
        self._log: list[str] = []
        self._verdict: tuple[Mark, str] | None = None
        self._done = False

    def hear(self, piece: str) -> None:
        """Take up the next piece of output."""
        self._pieces.append(piece)
        *lines, self._rest = (self._rest + piece).split("\n")
        for each in lines:
            self._line(each)

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self._pieces)

    def _line(self, text: str) -> None:
        frame = script.frame(text, self._word)
        if frame is None:
            self._log = [*self._log[-20:], text] if text.strip() else self._log
            return
        match frame.mark:
            case Mark.STEP if frame.rest.startswith("layer "):
                _, digest, _, said = f"{frame.rest}   ".split(" ", 3)
                self._watcher.layer(self._host, digest, said.strip())
            case Mark.STEP | Mark.WAIT:
                self._doing = frame.rest
                self._watcher.doing(self._host, frame.rest)
            case Mark.NOTE:
                self.notes.append(frame.rest)
            case Mark.REFUSE | Mark.FAIL:
                self._verdict = frame.mark, frame.rest
            case Mark.DONE:
                self._done = True
            case Mark.BEGIN | Mark.END:
                pass

    def raise_verdict(self) -> None:
        """Raises Refused or Failed if the host said so, and Failed if it didn't come to its end."""
        if self._verdict is not None:
            mark, text = self._verdict
            raise (Refused if mark is Mark.REFUSE else Failed)(explain(text, self._log))
        if not self._done:
            at = f" at: {self._doing}" if self._doing else ""
            raise Failed(
                f"the proofs were cut off{at}; run again, which also takes away what is left of them"
            )
