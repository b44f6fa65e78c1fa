"""How a run is to go, as the operator says: how many at a time, in which waves, with what patience."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

from provision.errors import OperatorError
from provision.fleet import hooks, waves
from provision.fleet.hooks import Hook
from provision.fleet.waves import Share

NONE_MAY_FAIL = Share(0)
PER_CORE, MOST = 10, 100
DASK = "dask"
RUNNERS = ("threads", DASK)


def forks() -> int:
    """Hosts at a time on this machine if nobody says otherwise: one in flight mostly waits, but each costs a
    signature and a thread."""
    return min(MOST, PER_CORE * len(os.sched_getaffinity(0)))


@dataclass(frozen=True, slots=True)
class Orders:
    """`allowed` failures don't end the run (None: any number); `pause` and `limit` (a host's) are seconds;
    `retries` is how often a connection is tried again. `forks` None: as many as there is room for. `scheduler` is that
    of Dask's workers; None: hosts are reached from here."""

    forks: int | None
    scheduler: str | None = None
    waves: tuple[Share, ...] = ()
    allowed: Share | None = None
    pause: float = 0.0
    limit: float | None = None
    retries: int = 0
    before: Hook | None = None
    after: Hook | None = None


def parse(flag: Callable[[str], str]) -> Orders:
    """The orders of these flags; `flag` gives what was said behind one, by its name. Raises OperatorError."""
    found = waves.parse(flag("waves")) if flag("waves") else ()
    said = flag("max_failures")
    # whoever goes in waves wants to look before he goes on
    unsaid = NONE_MAY_FAIL if found else None
    allowed = waves.share(said, "--max-failures", "5%") if said else unsaid
    limit = _number(flag("timeout"), "--timeout", "900", least=1)
    return Orders(
        forks=_number(flag("forks"), "--forks", "20", least=1),
        scheduler=_scheduler(flag("runner"), flag("scheduler")),
        waves=found,
        allowed=allowed,
        pause=float(_number(flag("pause"), "--pause", "60") or 0),
        limit=float(limit) if limit is not None else None,
        retries=_number(flag("retry"), "--retry", "3") or 0,
        before=hooks.parse(flag("before"), "--before"),
        after=hooks.parse(flag("after"), "--after"),
    )


def _scheduler(runner: str, scheduler: str) -> str | None:
    """Where the scheduler is, if hosts are for workers."""
    if runner not in ("", *RUNNERS):
        raise OperatorError(f"--runner: {runner!r} is none of its words: say {' or '.join(RUNNERS)}")
    if (runner == DASK) != bool(scheduler):
        raise OperatorError(
            "--runner dask and --scheduler tls://HOST:8786 go together: the one says that Dask's workers reach the"
            " hosts, the other where they are"
        )
    if scheduler and not re.fullmatch(r"(tls|tcp)://[^\s/]+", scheduler):
        raise OperatorError(f"--scheduler: {scheduler!r} is no address of one: write it like tls://HOST:8786")
    return scheduler or None


def _number(text: str, flag: str, example: str, least: int = 0) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < least:
        raise OperatorError(f"{flag}: {text!r} is no number from {least} up: write it like {example}")
    return int(text)
