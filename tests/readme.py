"""README as data: its headings, code blocks, tables, links and code spans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
ENGLISH = CHECKOUT / "README.md"
CHINESE = CHECKOUT / "README.zh-CN.md"

_FENCED = re.compile(
    r"(?:<!-- not run: (?P<reason>.*?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)
_HEADING = re.compile(r"^(?P<level>#+) (?P<title>.+)$", re.M)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"`(?P<text>[^`\n]+)`")
_EXIT = re.compile(r"\s*# exit code (\d):.*")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `not_run` is the reason for which no test runs its commands; empty where one does."""

    language: str
    text: str
    not_run: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it is typed, and the exit code that the page promises."""

    text: str
    expected: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, with its text down to the next one; no fenced blocks are in that."""

    level: int
    title: str
    body: str

    @property
    def anchor(self) -> str:
        """As GitHub makes it: small letters, no punctuation, hyphens for spaces."""
        return re.sub(r"[^\w\- ]", "", self.title.lower()).replace(" ", "-")


def blocks(page: Path) -> list[Block]:
    """The fenced blocks in order."""
    found = _FENCED.finditer(page.read_text())
    return [Block(each["language"], each["text"], each["reason"] or "") for each in found]


def commands(block: Block) -> Iterator[Command]:
    """The commands of a shell block, a continued one in one line."""
    for line in re.sub(r"\\\n\s*", "", block.text).splitlines():
        promise = _EXIT.search(line)
        yield Command(_EXIT.sub("", line), int(promise[1]) if promise else 0)


def headings(page: Path) -> list[Heading]:
    """The headings in order."""
    text = _FENCED.sub("", page.read_text())
    found = list(_HEADING.finditer(text))
    ends = [*(each.start() for each in found[1:]), len(text)]
    return [
        Heading(len(each["level"]), each["title"], text[each.end() : end])
        for each, end in zip(found, ends, strict=True)
    ]


def rows(text: str) -> list[list[str]]:
    """The rows of all tables in a text, their heads among them, cell by cell."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def links(text: str) -> list[str]:
    """Where the links and pictures of a text lead."""
    return [each["target"] for each in _LINK.finditer(text)]


def code(text: str) -> list[str]:
    """The code spans of a text."""
    return [each["text"] for each in _CODE.finditer(text)]
