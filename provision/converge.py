"""One host: read, plan, apply stage by stage, read again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from provision import __version__, script
from provision import facts as reading
from provision.errors import Failed, HostError, Refused
from provision.events import Observer, Outcome, Status
from provision.facts import Facts
from provision.masking import masked
from provision.plan import NO_TERMS, Plan, Stage, absent, plan
from provision.preflight import Terms
from provision.resources.base import Step
from provision.runs import About, Claim, HostRun, Task, apply_script, hiding, holding
from provision.script import Mark
from provision.verdicts import explain

READ_TIMEOUT = 180.0
"""Seconds for a reading: each of its probes is bounded itself, this is for a host that hangs as a whole."""

LOOK_AGAIN = 1.0
"""Seconds between two looks whether another run is still at work."""

LOG_LINES = 20
"""Of what a host said about a change that it refused or that failed, these last ones are kept."""


@dataclass(frozen=True, slots=True)
class Output:
    """What one remote command gave: decoded streams and its exit status."""

    stdout: str
    stderr: str
    status: int


class Remote(Protocol):
    """The one thing that converging asks of a connection; `provision.remote.Session` is the real one."""

    def read(self, script: str, *, timeout: float | None = None) -> Output:
        """Run a script that changes nothing; `timeout` in seconds.

        Raises Unreachable, Refused (no root), Failed (timeout).
        """

    def watch(self, script: str, on_piece: Callable[[str], None]) -> Output:
        """Run a script for as long as it is watched: one that is for its watcher alone, and tidies up after itself if
        the connection is lost. What it prints is handed over in pieces, as it comes, and not kept. It has to say
        something every second, on either stream. Raises Unreachable, Refused, Failed."""

    def apply(self, run: HostRun, hear: Callable[[str], None], lost: Callable[[str], None]) -> Output:
        """Begin a run on the host and follow it to its end, over lost connections too: each is told to `lost`.

        What the run says is handed over in pieces, as it comes, each byte once. Raises Unreachable and Refused
        while nothing was begun, Failed where the host isn't reached again.
        """

    def close(self) -> None:
        """End the connection."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a run is after: these steps present, or taken away; nothing but the plan with `dry_run`.

    `terms` say what is allowed. `secrets` are in no log, whatever stands around them.
    `lock_timeout` is for how many seconds another run and another yum on a host are waited for.
    """

    steps: tuple[Step, ...]
    only: frozenset[str] = frozenset()
    withdraw: bool = False
    dry_run: bool = False
    terms: Terms = NO_TERMS
    lock_timeout: int = script.LOCK_TIMEOUT
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def plan(self, facts: Facts) -> Plan:
        """Raises Refused where the host can't be served."""
        if self.withdraw:
            return absent(facts, self.steps, self.terms)
        return plan(facts, self.steps, self.only, self.terms)


def read(remote: Remote, steps: Sequence[Step]) -> Facts:
    """The facts of a host, by one remote command. Raises what `Remote.read` raises, and Failed."""
    word = script.nonce()
    answer = remote.read(reading.probe_script(steps, word), timeout=READ_TIMEOUT)
    try:
        return reading.parse(answer.stdout, steps, word)
    except Failed as error:
        said = " ".join(answer.stderr.split())[-200:]
        raise Failed(f"{error}{f' ({said})' if said else ''}") from None


def converge(host: str, remote: Remote, goal: Goal, observer: Observer) -> Outcome:
    """Bring one host to the goal. Every HostError ends in the outcome, none is raised.

    Whoever gives the host its turn tells the observer of its end.
    """
    outcome = Outcome(host, Status.UNCHANGED)
    begun = time.monotonic()
    try:
        _converge(outcome, remote, goal, observer)
    except HostError as error:
        # a host that was changed in part isn't as it was, whatever kept it from the rest
        outcome.error, outcome.status = error, Status.FAILED if outcome.applied else Status(error.outcome)
    outcome.seconds = time.monotonic() - begun
    return outcome


def _converge(outcome: Outcome, remote: Remote, goal: Goal, observer: Observer) -> None:
    found = _found(outcome, remote, goal, observer)
    if goal.dry_run:
        outcome.status = Status.UNCHANGED if found.empty else Status.PENDING
        return
    last = -1
    # only ever forward: what is still to do after its own application would be for ever
    while found.changes and (index := found.next_stage()) > last:
        outcome.facts, stale = _apply(outcome, remote, goal, found.stages[index], observer)
        last, found = last if stale else index, goal.plan(outcome.facts)
        if stale:
            observer.planned(outcome.host, found)
        found.raise_if_unsafe()
    if not found.empty:
        left = ", ".join(
            [*(each.resource for each in found.changes), *(each.resource for each in found.pending)]
        )
        raise Failed(f"applied, but read again these aren't as asked for: {left}; look at them with `plan`")
    outcome.status = Status.CHANGED if outcome.applied else Status.UNCHANGED


def _found(outcome: Outcome, remote: Remote, goal: Goal, observer: Observer) -> Plan:
    """The plan for what is read. What is read amid another run may be neither how the host was nor how it will be, so
    that a refusal counts only where nobody is at work; then it is raised."""
    deadline = time.monotonic() + goal.lock_timeout
    while True:
        outcome.facts, outcome.plan = read(remote, goal.steps), None
        try:
            found = outcome.plan = goal.plan(outcome.facts)
            found.raise_if_unsafe()
        except Refused:
            if _another_ended(outcome.host, remote, deadline, observer):
                continue
            if outcome.plan is not None:
                observer.planned(outcome.host, outcome.plan)
            raise
        observer.planned(outcome.host, found)
        return found


def _another_ended(host: str, remote: Remote, deadline: float, observer: Observer) -> bool:
    """Whether another run was at work there, and is no more. Raises Refused where it still is by the deadline."""
    begun = time.monotonic()
    told = False
    while holder := _holder(remote):
        held = f"another run holds this host: {holder}"
        if not told:
            observer.step(host, held)
            told = True
        if time.monotonic() >= deadline:
            raise Refused(
                f"{held}, still after {time.monotonic() - begun:.0f} s: run again when it has ended, or give more time"
                " by --lock-timeout; `attach` shows what it does"
            )
        time.sleep(LOOK_AGAIN)
    return told


def _holder(remote: Remote) -> str:
    """Who is at work there; nobody where that can't be read, for then it is no reason to wait."""
    word = script.nonce()
    try:
        return holding.holder(remote.read(holding.holder_script(word), timeout=READ_TIMEOUT).stdout, word)
    except HostError:
        return ""


def _apply(
    outcome: Outcome, remote: Remote, goal: Goal, stage: Stage, observer: Observer
) -> tuple[Facts, bool]:
    """What is read behind the stage, and whether it was stale: another run changed the host before it had its turn."""
    word = script.nonce()
    listener = Listener(word, outcome.host, observer)
    run = _run(goal, stage, word)
    if run.sends:
        size = sum(each.size for each in run.sends)
        observer.step(outcome.host, f"{size / 1e6:.1f} MB go over the connection")
    try:
        answer = remote.apply(run, listener.hear, listener.lost)
    finally:
        outcome.applied += [change for change in stage.changes if change.resource in listener.done]
        outcome.notes += listener.notes
        if not listener.stale:
            outcome.runs.append(run.id)
    listener.raise_verdict()
    return reading.parse(answer.stdout, goal.steps, word), listener.stale


def _run(goal: Goal, stage: Stage, word: str) -> HostRun:
    command = "uninstall-docker" if goal.withdraw else "setup-docker"
    owner = script.owner()
    told = [
        masked(f"{each.resource}: {each.actual} -> {each.desired} ({each.reason})") for each in stage.changes
    ]
    text = apply_script(
        [Task(change.resource, change.script, change.look) for change in stage.changes],
        reading.probes(goal.steps),
        (*reading.libraries(goal.steps), hiding.told(goal.secrets)),
        word,
        Claim(owner, goal.lock_timeout, command),
    )
    known = [f"{trace.key}: {trace.value}" for trace in goal.terms.known]
    sends = tuple(dict.fromkeys(each for change in stage.changes for each in change.sends))
    return HostRun(word, text, About(command, owner, __version__, told, known), sends)


class Listener:
    """Follows an apply script by its frames; what comes between them is what the host says."""

    def __init__(self, word: str, host: str, observer: Observer) -> None:
        self.done: list[str] = []
        self.notes: list[str] = []
        self.stale = False
        self._word, self._host, self._observer = word, host, observer
        self._rest, self._step, self._reading = "", "", False
        self._log: list[str] = []
        self._verdict: tuple[Mark, str] | None = None

    def hear(self, piece: str) -> None:
        """Take up the next piece of output."""
        for part in piece.splitlines(keepends=True):
            self._rest += part
            if not self._reading and not self._rest.startswith("@"):  # it may become a frame
                self._observer.said(self._host, masked(part))
            if part.endswith("\n"):
                self._line(self._rest.rstrip("\r\n"))
                self._rest = ""

    def lost(self, why: str) -> None:
        """The connection was lost, the run goes on: said to whoever watches."""
        self._observer.step(self._host, why)

    def _line(self, line: str) -> None:
        frame = script.frame(line, self._word)
        if frame is None:
            if line and not self._reading:
                self._log.append(line)
            return
        match frame.mark:
            case Mark.STEP:
                self._step, self._log = frame.rest, []
                self._observer.step(self._host, frame.rest)
            case Mark.WAIT | Mark.CONFIRM:
                self._observer.step(self._host, masked(frame.rest))
            case Mark.DONE:
                self.done.append(frame.rest)
                self._observer.changed(self._host, frame.rest)
            case Mark.NOTE:
                self.notes.append(masked(frame.rest))
            case Mark.REFUSE | Mark.FAIL:
                self._verdict = frame.mark, frame.rest
            case Mark.BEGIN | Mark.END:
                self._reading = True
            case Mark.STALE:
                self.stale = True

    def raise_verdict(self) -> None:
        """Raises Refused or Failed if the host said so, and Failed if it didn't come to its end."""
        log = tuple(self._log[-LOG_LINES:])
        if self._verdict is None:
            if not self._reading:
                what = "the host's script was cut off; run again, it goes on from what it finds"
                raise Failed(f"{self._step or 'begin'}: {what}", log=log)
            return
        mark, text = self._verdict
        message = explain(text, self._log)
        if mark is Mark.REFUSE:
            raise Refused(message, log=log)
        raise Failed(f"{self._step}: {message}", log=log)
