"""A tiny fake host behind the one seam, `converge.Remote`: it replays recorded answers and counts commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from provision.converge import Output
from provision.errors import HostError
from provision.events import Observer, Outcome
from provision.plan import Plan
from provision.runs import HostRun
from tests.unit.case import WORD
from tests.unit.core import framed

HOST = "host1"


@dataclass
class Reads:
    """An answer to a reading."""

    answer: str
    stderr: str = ""


NOBODY, SOMEBODY = (Reads(framed({"holder": text}, WORD)) for text in ("", "root at a since 1 (run b)"))
"""Who is at work on the host, which a refusal is asked behind."""


@dataclass
class Applies:
    """An answer to an apply script: every step is done up to `stops_at`, where the host says `words`, and with
    `mark` its verdict; or following ends with `error`; else `answer` is the reading at the end. `loses` says that a
    connection was lost on the way, `stale` that another run had changed the host."""

    answer: str = ""
    stops_at: str = ""
    words: str = ""
    mark: str = ""
    error: HostError | None = None
    loses: bool = False
    stale: bool = False

    def output(self, script: str, word: str) -> str:
        if self.stale:
            return f"\n{word} stale\n" + self.answer.replace(WORD, word)
        said = ""
        for ident in re.findall(r"^frame step (.*)$", script, re.MULTILINE):
            name = ident.strip("'")
            said += f"\n{word} step {name}\n"
            if name == self.stops_at:
                return said + self.words + (f"\n{word} {self.mark}\n" if self.mark else "")
            said += f"\n{word} done {name}\n"
        return said + self.answer.replace(WORD, word)


class Remote:
    """A host that gives these answers, one after another, and remembers what it was asked."""

    def __init__(self, *answers: Reads | Applies | HostError) -> None:
        self._answers = list(answers)
        self.commands: list[str] = []
        self.runs: list[HostRun] = []
        self.closed = 0

    @property
    def place(self) -> str:
        """Where it is: nowhere that another one is."""
        return f"{id(self)}:22"

    def read(self, script: str, *, timeout: float | None = None) -> Output:
        assert timeout is not None
        assert "\nreading </dev/null 3>&1 | dd " in script
        answer = self._next("read")
        assert isinstance(answer, Reads)
        return Output(answer.answer.replace(WORD, _word(script)), answer.stderr, 0)

    def apply(self, run: HostRun, hear: Callable[[str], None], lost: Callable[[str], None]) -> Output:
        answer = self._next("apply")
        assert isinstance(answer, Applies)
        self.runs.append(run)
        if answer.loses:
            lost("the connection was lost")
        output = answer.output(run.text, run.word)
        for begin in range(0, len(output), 1000):
            hear(output[begin : begin + 1000])
        if answer.error:
            raise answer.error
        return Output(output, "", 0)

    def watch(self, script: str, on_piece: Callable[[str], None]) -> Output:
        raise AssertionError(f"nobody watches here: {script} {on_piece}")

    def close(self) -> None:
        self.closed += 1

    def _next(self, command: str) -> Reads | Applies:
        self.commands.append(command)
        answer = self._answers.pop(0)
        if isinstance(answer, HostError):
            raise answer
        return answer


def _word(script: str) -> str:
    found = re.search(r"@[0-9a-f]{16}", script)
    assert found
    return found[0]


@dataclass
class Heard(Observer):
    """An observer that keeps what it hears."""

    plans: list[Plan] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    words: str = ""
    ends: list[Outcome] = field(default_factory=list)

    def planned(self, host: str, found: Plan) -> None:
        assert host == HOST
        self.plans.append(found)

    def step(self, host: str, ident: str) -> None:
        assert host == HOST
        self.steps.append(ident)

    def said(self, host: str, piece: str) -> None:
        assert host == HOST
        self.words += piece

    def changed(self, host: str, ident: str) -> None:
        assert host == HOST
        self.changes.append(ident)

    def finished(self, outcome: Outcome) -> None:
        self.ends.append(outcome)
