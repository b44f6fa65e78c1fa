"""Repository files as yum reads them: sections, whether they are on, where they lead; and how one is switched off."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_HEAD = re.compile(r"\[([^\]]+)\]")
_OPTION = re.compile(r"([^\s=:][^=:]*?)\s*[=:]\s*(.*)")
_URLS = ("baseurl", "mirrorlist", "metalink")


@dataclass(frozen=True, slots=True)
class Section:
    """One repository of a file."""

    id: str
    enabled: bool
    urls: tuple[str, ...]


def sections(text: str) -> list[Section]:
    """The repositories in a file, in order; an option that isn't there has yum's default."""
    found: list[tuple[str, dict[str, str]]] = []
    key = ""
    for line in text.splitlines():
        if not line.strip() or line.lstrip()[0] in "#;":
            continue
        if head := _HEAD.match(line):
            found.append((head[1], {}))
            key = ""
        elif found and line[0].isspace() and key:
            found[-1][1][key] += f" {line.strip()}"
        elif found and (option := _OPTION.match(line)):
            key = option[1].lower()
            # as yum's parser does: a semicolon behind a blank begins a comment
            found[-1][1][key] = re.split(r"\s;", option[2])[0].strip()
    return [
        Section(
            ident,
            options.get("enabled", "1").lower() in ("1", "yes", "true", "on"),
            tuple(url for key in _URLS for url in re.split(r"[\s,]+", options.get(key, "")) if url),
        )
        for ident, options in found
    ]


def switched_off(text: str, idents: Collection[str], why: str) -> str:
    """The file with these repositories off, and nothing else of it changed. A comment keeps what stood there."""
    lines: list[str] = []
    ours = taken = False
    for line in text.splitlines(keepends=True):
        head = _HEAD.match(line)
        option = _OPTION.match(line)
        if head or option:
            taken = bool(ours and not head and option and option[1].lower() == "enabled")
        # a line that goes on with it would go on with the option before
        if taken and (option or (line[:1].isspace() and line.strip())):
            lines.append(f"# before: {line}")
            continue
        lines.append(line)
        if head:
            ours = head[1] in idents
            end = line[len(line.rstrip("\r\n")) :] or "\n"
            lines += [f"# {why}{end}", f"enabled=0{end}"] if ours else []
    return "".join(lines)
