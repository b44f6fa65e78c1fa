"""Proof 1: a pull comes through a registry mirror of the configuration that is in effect. Why not, each told apart."""

from __future__ import annotations

from collections.abc import Sequence

from provision import references
from provision.prove import images
from provision.prove.asked import Answer, answer
from provision.prove.pulls import Pull, pull
from provision.prove.recipe import UPSTREAM, Seen
from provision.prove.result import Line, Proof, line, not_applicable, not_proven, proven
from provision.words.pull_failure import Fault, fault

NAME = "mirror"
QUIET_LEVELS = ("warn", "error", "fatal")
"""log-levels at which the daemon doesn't tell which endpoint failed it."""


def prove(seen: Seen) -> Proof:
    """Whether a mirror served the first image."""
    mirrors, image = seen.engine.info.mirrors, seen.ask.images[0]
    pulled = pull(seen, 1)
    if not references.of_docker_hub(image):
        return _without_mirror(pulled, line("mirror.other-registry", image=image))
    if not mirrors:
        return _without_mirror(pulled, line("mirror.none"))
    shown = line("mirror.effective", mirrors=", ".join(mirrors))
    failures = pulled.failures(mirrors)
    first = next((each for each in mirrors if each in failures), mirrors[0])
    if not pulled.ok:
        return _failed(seen, pulled, first, shown)
    if too_new := _too_new(seen):
        return not_proven(NAME, too_new[0], shown, *_pulled(pulled), remedy=too_new[1])
    serving = next((each for each in mirrors if each not in failures), None)
    evidence = [shown, *_pulled(pulled), *_endpoint_lines(failures)]
    if serving is None:
        what, remedy = _told(seen, first, failures[first])
        return not_proven(NAME, what, *evidence, line("mirror.came-from-hub"), remedy=remedy)
    return _served(seen, pulled, serving, evidence)


def _served(seen: Seen, pulled: Pull, serving: str, evidence: list[Line]) -> Proof:
    """The daemon's log names no failure of `serving`: that is worth something if it would."""
    hub = _answer(seen, UPSTREAM)
    if hub is not None and not hub.reached:
        evidence.append(line("mirror.hub-unreachable", how=hub.said))
    elif seen.engine.log_level in QUIET_LEVELS:
        level = line("mirror.log-level", level=seen.engine.log_level)
        return not_proven(NAME, level, *evidence, remedy=line("mirror.log-level.remedy"))
    else:
        evidence.append(line("mirror.log-says-nothing"))
    if pulled.slow:
        what, remedy = line("fault.slow", url=serving, rate=_rate(pulled)), line("fault.slow.remedy")
        return not_proven(NAME, what, *evidence, remedy=remedy)
    return proven(NAME, line("mirror.served", url=serving, image=pulled.image), *evidence)


def _without_mirror(pulled: Pull, why: Line) -> Proof:
    if pulled.ok:
        return not_applicable(NAME, why, *_pulled(pulled))
    kind = _kind(pulled, pulled.error)
    what = line(f"fault.{kind}", url=UPSTREAM, message=pulled.error, image=pulled.image, rate=_rate(pulled))
    return not_proven(NAME, what, why, remedy=line("mirror.none.remedy"))


def _failed(seen: Seen, pulled: Pull, first: str, shown: Line) -> Proof:
    failures = pulled.failures(seen.engine.info.mirrors)
    evidence = [shown, *_endpoint_lines(failures), *_answers(seen)]
    if first in failures:
        what, remedy = _told(seen, first, failures[first])
    else:
        kind = _kind(pulled, pulled.error)
        what = line(f"fault.{kind}", url=first, message=pulled.error, image=pulled.image, rate=_rate(pulled))
        remedy = line(f"fault.{kind}.remedy", url=first, host=_host(first), image=pulled.image)
    return not_proven(NAME, what, *evidence, remedy=remedy)


def _kind(pulled: Pull, message: str) -> Fault:
    """What ended a pull for which no endpoint's failure is in the log."""
    match pulled.result:
        case "silent":
            return Fault.SILENT
        case "124" | "137":
            return Fault.SLOW
        case _:
            return fault(message)


def _told(seen: Seen, url: str, message: str) -> tuple[Line, Line]:
    """An endpoint's failure and its remedy. Whether the host itself is cut off, its gateway says."""
    kind = fault(message)
    gateway = seen.text("gateway")
    if kind in (Fault.ROUTE, Fault.TIMEOUT, Fault.NETWORK) and gateway.split()[:1] in (["none"], ["silent"]):
        kind = Fault.NETWORK
    image = seen.ask.images[0]
    return (
        line(f"fault.{kind}", url=url, message=message, image=image, rate=""),
        line(f"fault.{kind}.remedy", url=url, host=_host(url), image=image),
    )


def _too_new(seen: Seen) -> tuple[Line, Line] | None:
    """An image whose own command fails because the engine's seccomp profile doesn't know its C library's calls.

    Programs say so in words of their own (redis 7.0 that it can't initialise its background jobs), so the library's
    version counts too.
    """
    state = seen.json("own-1").get("State")
    version, words = seen.engine.info.server_version, seen.text("own-1")
    ended = isinstance(state, dict) and not state.get("Running") and state.get("ExitCode") != 0
    library = images.new_library(seen.text("libc"))
    if not ended or images.version(version) >= images.CURED:
        return None
    if not library and "Operation not permitted" not in words:
        return None
    return (
        line(
            "mirror.too-new",
            image=seen.ask.images[0],
            version=version,
            library=library or "-",
            message=words.strip().splitlines()[-1],
        ),
        line("mirror.too-new.remedy", example=images.DEFAULT[0]),
    )


def _pulled(pulled: Pull) -> list[Line]:
    if pulled.up_to_date:
        return [line("mirror.up-to-date", image=pulled.image)]
    return [line("mirror.pulled", image=pulled.image, seconds=f"{pulled.seconds:.1f}", rate=_rate(pulled))]


def _rate(pulled: Pull) -> str:
    return f"{pulled.fetched / max(pulled.seconds, 0.1) / 1e6:.2f} MB/s"


def _endpoint_lines(failures: dict[str, str]) -> list[Line]:
    return [line("mirror.log", url=url, message=message) for url, message in failures.items()]


def _answers(seen: Seen) -> list[Line]:
    """What the host itself got from each endpoint, by curl."""
    asked: Sequence[str] = (*seen.engine.info.mirrors, UPSTREAM)
    found = [(url, _answer(seen, url)) for url in asked]
    return [line("mirror.asked", url=url, said=each.said) for url, each in found if each is not None]


def _answer(seen: Seen, url: str) -> Answer | None:
    return answer(seen.text(f"ask {url}"))


def _host(url: str) -> str:
    return url.partition("//")[2].strip("/")
