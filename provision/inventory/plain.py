"""Hosts by their names alone: those of `-H`, and files with one a line."""

from __future__ import annotations

from collections.abc import Iterable

from provision.errors import OperatorError
from provision.inventory import names
from provision.inventory.model import Host, Inventory
from provision.yamlmarks import Place


def of_names(given: Iterable[str]) -> Inventory:
    """The hosts of `-H`: [user@]host[:port], or a range of them. Raises OperatorError."""
    return _inventory((Place("-H"), text) for text in given)


def parse(text: str, source: str) -> Inventory:
    """The hosts of a file with one a line, as for `-H`; what follows a # is for people. Raises OperatorError."""
    lines = enumerate(text.splitlines(), 1)
    return _inventory((Place(source, number), words) for number, line in lines if (words := _words(line)))


def is_plain(text: str) -> bool:
    """Whether a text is such a file: one word a line, no sections and no settings."""
    words = [_words(line) for line in text.splitlines()]
    return all(
        len(each.split()) <= 1 and not each.startswith("[") and not each.endswith(":") for each in words
    )


def _words(line: str) -> str:
    return line.partition("#")[0].strip()


def _inventory(given: Iterable[tuple[Place, str]]) -> Inventory:
    found: dict[str, Host] = {}
    for place, text in given:
        try:
            expanded = names.expand(text)
        except OperatorError as error:
            raise OperatorError(f"{place}: {error}") from None
        for name in expanded:
            if problem := names.trouble(name):
                raise OperatorError(f"{place}: {problem}")
            found.setdefault(name, Host(name))
    return Inventory(tuple(found.values()))
