"""The command `mirrors`: registry mirrors measured from every host, and ranked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.table import Table

from provision import script
from provision.converge import Remote
from provision.errors import Failed, OperatorError
from provision.masking import masked
from provision.prove import images
from provision.prove.asked import CURL, LIBRARY, Answer, answer
from provision.script import quote
from provision.urls import registry_mirror_trouble

LIMIT = 60.0
"""Seconds that one mirror may take: four requests of ten each, and one for a token."""


def urls(text: str) -> tuple[str, ...]:
    """The mirrors of the command line, with commas or blanks between. Raises OperatorError."""
    given = [each.rstrip("/") for each in re.split(r"[\s,]+", text) if each]
    if not given:
        raise OperatorError(
            "mirrors: no mirror: name them, like https://mirror.example.com,http://10.0.0.5:5000"
        )
    for each in given:
        if trouble := registry_mirror_trouble(each):
            raise OperatorError(f"mirrors: {trouble}")
    return tuple(dict.fromkeys(given))


def measure(remote: Remote, mirrors: Sequence[str], image: str) -> dict[str, Answer]:
    """What each mirror answers this host. The host needs no Docker for it, and is left as it was.

    Raises what `Remote.read` raises, and Failed where its answer was cut off.
    """
    name, tag = images.manifest(image)
    word = script.nonce()
    probes = [(each, f"ask_mirror {quote(each)} {quote(name)} {quote(tag)}") for each in mirrors]
    output = remote.read(script.read_script(probes, (LIBRARY,), word), timeout=LIMIT * len(mirrors) + 60)
    found = script.sections(output.stdout, word)
    if (cut := script.cut_before(found, probes)) is not None:
        raise Failed(f"the host's answer was cut off before {masked(cut)} was asked")
    told = {each: answer(found[each].text) for each in mirrors}
    return {each: one for each, one in told.items() if one is not None}


@dataclass(frozen=True, slots=True)
class Rank:
    """One mirror's place: of how many hosts it serves how many, how many reach it at all, and the median latency over
    those in seconds (None if none does)."""

    url: str
    serves: int
    reached: int
    hosts: int
    seconds: float | None


def ranked(answers: Mapping[str, Mapping[str, Answer]]) -> list[Rank]:
    """The mirrors, best first: those that serve the image to most hosts, then those that most reach, then the fastest.

    `answers` are by host, then by mirror.
    """
    found = []
    for url in dict.fromkeys(url for row in answers.values() for url in row):
        told = [row[url] for row in answers.values() if url in row]
        times = [each.seconds for each in told if each.reached]
        found.append(
            Rank(
                url,
                sum(each.serves for each in told),
                len(times),
                len(told),
                median(times) if times else None,
            )
        )
    return sorted(found, key=lambda each: (-each.serves, -each.reached, each.seconds or 0.0))


def overall(ranks: Sequence[Rank], image: str) -> Table:
    """The ranking over all hosts."""
    view = Table(
        box=None, pad_edge=False, title=f"mirrors for {image}", title_justify="left", title_style="bold"
    )
    for column in ("", "mirror", "serves", "reached by", "latency"):
        view.add_column(column)
    for number, each in enumerate(ranks, 1):
        style = "green" if each.serves == each.hosts else "yellow" if each.reached else "red"
        latency = "-" if each.seconds is None else f"{each.seconds * 1000:.0f} ms"
        counts = (f"{each.serves} of {each.hosts}", f"{each.reached} of {each.hosts}")
        view.add_row(str(number), each.url, *counts, latency, style=style)
    return view


def of_host(host: str, row: Mapping[str, Answer]) -> Table:
    """What one host found, best first."""
    view = Table(
        box=None, pad_edge=False, title=host, title_justify="left", title_style="bold", show_header=False
    )
    for rank in ranked({host: row}):
        view.add_row(rank.url, said(row[rank.url]))
    return view


def said(told: Answer) -> str:
    """An answer in words, and what it means where it doesn't serve."""
    meaning = {
        401: "it wants a login",
        403: "it refuses this host; Aliyun's serves Alibaba Cloud's own hosts only",
        404: "it hasn't the image",
        429: "it is asked too often from here",
    }
    if not told.reached or told.serves:
        return told.said
    ill = "it is no registry, or an ill one"
    if told.code in (200, 401):
        return f"{told.said}: {meaning.get(told.image, ill)}"
    return f"{told.said}: {meaning[told.code] if told.code in (403, 429) else ill}"


def document(answers: Mapping[str, Mapping[str, Answer]], image: str) -> dict[str, Any]:
    """All of it as plain data."""
    return {
        "image": image,
        "ranking": [
            {
                "url": each.url,
                "serves": each.serves,
                "reached": each.reached,
                "hosts": each.hosts,
                "seconds": None if each.seconds is None else round(each.seconds, 4),
            }
            for each in ranked(answers)
        ],
        "hosts": {
            host: {
                url: {
                    "reached": told.reached,
                    "serves": told.serves,
                    "problem": None if told.reached else CURL.get(told.problem, f"curl {told.problem}"),
                    "http": told.code or None,
                    "http_image": told.image or None,
                    "seconds": round(told.seconds, 4) if told.reached else None,
                }
                for url, told in row.items()
            }
            for host, row in answers.items()
        },
    }
