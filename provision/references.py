"""Names of images as `docker pull` takes them, like registry.example.com:5000/web/app:1.2 or redis@sha256:….

The grammar is that of docker's own library (distribution/reference), which is the same from 1.13 to 26.1. None of its
names begins with a dash or holds a blank, so that each is one word of a command, and never an option.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from provision.errors import OperatorError

LATEST = "latest"
"""The tag that is meant where none is said."""

EXAMPLE = "redis:7.0.11-bullseye"

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?:(?P<registry>(?:localhost|(?=[^/:]*\.){_HOST}|{_HOST}(?=:))(?::[0-9]+)?)/)?"
    rf"(?P<name>{_PART}(?:/{_PART})*)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_HUB = (None, "docker.io", "index.docker.io")
_ID = re.compile(r"[0-9a-f]{64}")
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Reference:
    """An image by its repository, as docker shows that, and a tag, a digest, or both. One of the two is never empty."""

    repository: str
    tag: str
    digest: str = ""

    def __str__(self) -> str:
        tag, digest = (f":{self.tag}" if self.tag else ""), (f"@{self.digest}" if self.digest else "")
        return f"{self.repository}{tag}{digest}"

    @property
    def pulled(self) -> str:
        """What `docker pull` is told. Beside a digest the tag says nothing there."""
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag}"

    @property
    def tagged(self) -> str:
        """The name that leads to the image on a host; empty where only a digest was said."""
        return f"{self.repository}:{self.tag}" if self.tag else ""


def parse(text: str, flag: str) -> Reference:
    """The image that is meant. Raises OperatorError, which names the flag."""
    found = _match(text)
    if found is None:
        hint = f"did you mean {text.lower()}?" if _match(text.lower()) else f"write it like {EXAMPLE}"
        raise OperatorError(f"{flag}: {text[:_LONGEST]!r} is no image's name: {hint}")
    digest = found["digest"] or ""
    return Reference(
        _shown(found["registry"], found["name"]), found["tag"] or ("" if digest else LATEST), digest
    )


def several(text: str, flag: str) -> tuple[Reference, ...]:
    """The images of a list with commas between, each once. Raises OperatorError."""
    found = tuple(dict.fromkeys(parse(each.strip(), flag) for each in text.split(","))) if text else ()
    names = [each.tagged for each in found if each.tagged]
    if twice := [name for name in names if names.count(name) > 1]:
        raise OperatorError(f"{flag}: {twice[0]} is to be two images: name it once, or give one another tag")
    return found


def of_docker_hub(image: str) -> bool:
    """Whether it is one of Docker Hub's."""
    found = _REFERENCE.fullmatch(image)
    return found is not None and found["registry"] in _HUB


def _match(text: str) -> re.Match[str] | None:
    found = _REFERENCE.fullmatch(text) if len(text) <= _LONGEST else None
    # an ID to docker
    return None if found is None or _ID.fullmatch(found["name"]) else found


def _shown(registry: str | None, name: str) -> str:
    """A repository as docker shows it: Docker Hub goes without saying, and so does its folder library."""
    if registry not in _HUB:
        return f"{registry}/{name}"
    own = name.removeprefix("library/")
    return name if "/" in own else own
