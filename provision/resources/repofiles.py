"""Repository files as yum reads them: sections, their options; and how one is changed, and back."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

_HEAD = re.compile(r"\[([^\]]+)\]")
_OPTION = re.compile(r"([^\s=:][^=:]*?)\s*[=:]\s*(.*)")
_URLS = ("baseurl", "mirrorlist", "metalink")


@dataclass(frozen=True, slots=True)
class Option:
    """A value and the line on which it stands, counted from 1."""

    value: str
    line: int

    @property
    def words(self) -> tuple[str, ...]:
        """The words of a list: blanks, commas and line ends separate them."""
        return tuple(word for word in re.split(r"[\s,]+", self.value) if word)

    @property
    def on(self) -> bool:
        """Whether it means yes."""
        return self.value.lower() in ("1", "yes", "true", "on")


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a file: a repository, or yum's own settings. `line` is that of its head."""

    id: str
    line: int
    options: Mapping[str, Option]

    @property
    def enabled(self) -> bool:
        """An option that isn't there has yum's default."""
        return "enabled" not in self.options or self.options["enabled"].on

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(url for key in _URLS for url in self.words(key))

    def words(self, key: str) -> tuple[str, ...]:
        """The words of a list, none where it isn't there."""
        return self.options[key].words if key in self.options else ()


@lru_cache(maxsize=1024)  # the same few files lie on all hosts of a fleet
def sections(text: str) -> tuple[Section, ...]:
    """The sections of a file, in order. Of an option that stands there twice the last counts."""
    found: list[tuple[str, int, dict[str, Option]]] = []
    key = ""
    for number, line in enumerate(text.splitlines(), 1):
        if _passed_over(line):
            continue
        if head := _HEAD.match(line):
            found.append((head[1], number, {}))
            key = ""
        elif found and line[0].isspace() and key:
            options = found[-1][2]
            options[key] = Option(f"{options[key].value} {line.strip()}", options[key].line)
        elif found and (option := _OPTION.match(line)):
            key = option[1].lower()
            # as yum's parser does: a semicolon behind a blank begins a comment
            found[-1][2][key] = Option(re.split(r"\s;", option[2])[0].strip(), number)
    return tuple(Section(*each) for each in found)


def _passed_over(line: str) -> bool:
    return not line.strip() or line.lstrip()[0] in "#;"


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


_HOLDS = "# docker-provision holds Docker here too"
_BEFORE = "# before the hold: "


def held(text: str, idents: Collection[str], names: Sequence[str]) -> str:
    """The file with `names` excluded in these repositories, beside what is excluded there; `released` is the way back.

    What stood there is kept in comments, continued lines too.
    """
    present = {section.id: section.words("exclude") for section in reversed(sections(text))}
    lines: list[str] = []
    ours = excludes = False
    rest = iter(text.splitlines(keepends=True))
    for line in rest:
        if ours and line.rstrip("\r\n") == _HOLDS:
            next(rest, "")  # an earlier one, which the one below the head stands for now
            continue
        if _passed_over(line):
            lines.append(line)
            continue
        head, option = _HEAD.match(line), _OPTION.match(line)
        if head:
            ours, excludes = head[1] in idents, False
        elif not line[0].isspace():
            excludes = ours and option is not None and option[1].lower() == "exclude"
        lines.append(f"{_BEFORE}{line}" if excludes else line)
        if head and ours:
            end = line[len(line.rstrip("\r\n")) :] or "\n"
            words = " ".join(dict.fromkeys((*present[head[1]], *names)))
            lines += [f"{_HOLDS}{end}", f"exclude={words}{end}"]
    return "".join(lines)


def released(text: str) -> str:
    """The file without what `held` put there, and with what it commented out."""
    kept: list[str] = []
    marked = False
    for line in text.splitlines(keepends=True):
        ours = marked and line.startswith("exclude=")  # else somebody put something else there since
        marked = line.rstrip("\r\n") == _HOLDS
        if not ours and not marked:
            kept.append(line.removeprefix(_BEFORE))
    return "".join(kept)
