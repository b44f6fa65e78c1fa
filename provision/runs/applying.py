"""The script of a run: it takes the host's lock, looks, then changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from provision.calls import needed
from provision.runs.hiding import LIBRARY as HIDING
from provision.runs.shell import LIBRARY, LOCK, SUPERVISE
from provision.script import COMMON, LOCK_TIMEOUT, PREAMBLE, function_name, functions, quote, reading

LOOK = "look "
"""Before the id of a change that is looked at: nothing is changed yet."""


@dataclass(frozen=True, slots=True)
class Task:
    """One change as the apply script needs it: where it is announced, what looks first, what does it."""

    ident: str
    script: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """How a host's lock is taken: who takes it (one line), for how many seconds others are waited for, and for what."""

    owner: str
    patience: int = LOCK_TIMEOUT
    command: str = "setup-docker"


def apply_script(
    tasks: Sequence[Task],
    probes: Sequence[tuple[str, str]],
    libraries: Iterable[str],
    word: str,
    claim: Claim,
) -> str:
    """Shell functions alone: `supervise`, by which a unit takes the lock, looks and changes; and `reading`.

    Every look comes before the first change: what is refused there leaves the host as it was. The run's id is the
    nonce `word` without its first letter.
    """
    looks = [(t.ident, t.look) for t in tasks if t.look]
    run = [_announced(f"{LOOK}{ident}", function_name(i, "look")) for i, (ident, _) in enumerate(looks)]
    run.append("verdict=fail")
    run += [_announced(t.ident, function_name(i, "change")) for i, t in enumerate(tasks)]
    main = "\n".join(run)
    frame = (
        COMMON
        + f"lock_timeout={claim.patience}\nowner={quote(claim.owner)}\n"
        + f"command={quote(claim.command)}\nnonce={word}\n"
        + LIBRARY
        + HIDING
        + f"run_id={run_id(word)}\nrun=$runs/$run_id\ngiven=$scratch/docker-provision.given-$run_id\n"
        + LOCK
        + SUPERVISE
    )
    work = (
        functions("look", [text for _, text in looks])
        + functions("change", [t.script for t in tasks])
        + reading(probes)
        + f"main() {{\n{main}\n}}\n"
    )
    opening = PREAMBLE.format(title="docker-provision: apply", nonce=word)
    return opening + frame + needed(libraries, frame + work) + work


def run_id(word: str) -> str:
    """The id of the run whose frames begin with this nonce."""
    return word.removeprefix("@")


def _announced(ident: str, function: str) -> str:
    name = quote(ident)
    return f"halt {name}\nframe step {name}\n{function} || fail \"ended with $?\"\nframe 'done' {name}"
