"""The images that the proofs pull, and what an operator may name instead.

One pair serves all engines: images built on glibc 2.34 or newer, or on Alpine 3.14 or newer, fail on seccomp profiles
from before 20.10.10 with "Operation not permitted" (moby#42681, docker-library/official-images#16829). These two are of
May and June 2023 on Debian 11, which has glibc 2.31, and engines as new as 26.1 run them too. Their manifests are
Docker's own (schema 2), which every engine reads. Both were built on debian:bullseye-slim of the same weeks, so that
they share its layer; if Docker Hub has another for one of them, the proof that needs it says so.
"""

from __future__ import annotations

import re

from provision import references
from provision.errors import OperatorError

DEFAULT = ("redis:7.0.11-bullseye", "nginx:1.25.0")

CURED = (20, 10, 10)
"""The first engine whose seccomp profile lets new C libraries fall back."""


def pair(text: str) -> tuple[str, str]:
    """The images of --image: one, whose second is then the default's, or two with a comma between.

    Raises OperatorError.
    """
    given = [each.strip() for each in text.split(",")] if text else []
    if len(given) > 2:
        raise OperatorError(
            f"--image: {text!r} names {len(given)} images: name one, or two that share layers"
        )
    named = [reference(each) for each in given]
    if len(named) == 2 and named[0] == named[1]:
        raise OperatorError(f"--image: {text!r} names one image twice: name one, or two that share layers")
    second = DEFAULT[1] if named[:1] != [DEFAULT[1]] else DEFAULT[0]
    return (named[0], named[1] if len(named) == 2 else second) if named else DEFAULT


def reference(text: str) -> str:
    """The image's name with a tag. Raises OperatorError."""
    if "@" in text:
        raise OperatorError(f"--image: {text!r} is named by its digest: name it by a tag, like {DEFAULT[0]}")
    return str(references.parse(text, "--image"))


def manifest(image: str) -> tuple[str, str]:
    """The name and tag by which a registry has an image of Docker Hub: redis:7 is library/redis, 7."""
    name, _, tag = image.rpartition(":")
    return (name if "/" in name else f"library/{name}"), tag


def new_library(text: str) -> str:
    """The C library or Alpine in what `ldd --version` and alpine-release say, if old engines stumble over it."""
    for pattern, since in (
        (r"(?i)(glibc|gnu libc).*\s(?P<version>\d+\.\d+)$", (2, 34)),
        (r"Alpine (?P<version>\S+)", (3, 14)),
    ):
        found = re.search(pattern, text, re.MULTILINE)
        if found and version(found["version"])[:2] >= since:
            return f"{'glibc' if since[0] == 2 else 'Alpine'} {found['version']}"
    return ""


def version(text: str) -> tuple[int, ...]:
    """An engine's version to compare by: 18.06.3-ce is (18, 6, 3)."""
    return tuple(int(each) for each in re.findall(r"\d+", text)[:3])
