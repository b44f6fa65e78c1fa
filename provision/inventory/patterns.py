"""Patterns that choose hosts, as people know them from Ansible's --limit.

    web            a group or a host               web:db    either
    web*           a glob over both                web:&prod of these, those that are in the other too
    ~web[0-9]+     a regular expression over both  web:!db   of these, those that aren't
    web[01:03]     a range of hosts; web[01-03,05], as we print them, too

A comma does what a colon does. What a pattern chooses comes in the inventory's order.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable

from provision.errors import OperatorError
from provision.inventory import names
from provision.inventory.model import Host, Inventory

ALL = ("all", "*")

_TERM = re.compile(r"(?:[^\s:,\[\]]|\[[^\]]*\])+")
_BETWEEN = re.compile(r"[^\s:,]")
"""What can't stand between two terms."""
_FOLDED = re.compile(r"^([^\[\]]*)\[([0-9]+(?:[-,][0-9]+)+)\](.*)$")


def choose(inventory: Inventory, pattern: str, flag: str = "--limit") -> tuple[Host, ...]:
    """The hosts that a pattern chooses. Raises OperatorError where it, or a part of it, chooses none."""
    terms = _terms(inventory, pattern, flag)
    wanted = [term for term in terms if term[0] not in "&!"]
    chosen = {host.name for term in wanted for host in _of(inventory, term, flag)}
    if not wanted:
        chosen = {host.name for host in inventory.hosts}
    for term in terms:
        if term[0] == "&":
            chosen &= {host.name for host in _of(inventory, term[1:], flag)}
    for term in terms:
        if term[0] == "!":
            chosen -= {host.name for host in _of(inventory, term[1:], flag)}
    if not chosen:
        raise OperatorError(f"{flag}: {pattern!r} chooses no host: `fab hosts` lists them with their groups")
    return tuple(host for host in inventory.hosts if host.name in chosen)


def _terms(inventory: Inventory, pattern: str, flag: str) -> list[str]:
    if any(host.name == pattern for host in inventory.hosts):
        return [pattern]  # a name may hold colons
    if pattern.startswith("~"):
        return [pattern]  # and a regular expression anything
    terms = _TERM.findall(pattern)
    if not terms or _BETWEEN.search(_TERM.sub("", pattern)):
        # as of a script's variables that are empty: what is left mustn't mean all hosts
        raise OperatorError(f"{flag}: {pattern!r} is no pattern: write it like 'web:!db' or web[01:03]")
    return terms


def _of(inventory: Inventory, term: str, flag: str) -> list[Host]:
    """The hosts of one term."""
    try:
        matches = _matcher(term)
    except (OperatorError, re.error) as error:
        raise OperatorError(f"{flag}: {term!r}: {error}") from None
    groups = {name for name in inventory.groups if matches(name)}
    found = [host for host in inventory.hosts if matches(host.name) or not groups.isdisjoint(host.groups)]
    if not found and not groups and term not in ALL:
        known = [*inventory.groups, *(host.name for host in inventory.hosts)]
        raise OperatorError(f"{flag}: no host or group is called {term!r}: {names.hint(term, known)}")
    return found


def _matcher(term: str) -> Callable[[str], bool]:
    if term in ALL:
        return lambda _: True
    if term.startswith("~"):
        expression = re.compile(term[1:])
        return lambda name: expression.match(name) is not None
    exact = {term, *_unfold(term)}
    if len(exact) == 1 and set(term) & set("*?["):
        glob = re.compile(fnmatch.translate(term))
        return lambda name: name == term or glob.match(name) is not None
    return exact.__contains__


def _unfold(term: str) -> Iterable[str]:
    """The names of a range, in either way of writing."""
    folded = _FOLDED.match(term)
    if folded is None or "*" in term or "?" in term:
        return names.expand(term)
    before, parts, after = folded.groups()
    return [
        name
        for part in parts.split(",")
        for name in names.expand(
            f"{before}[{part.replace('-', ':') if '-' in part else f'{part}:{part}'}]{after}"
        )
    ]


def shard(hosts: Iterable[Host], text: str) -> tuple[Host, ...]:
    """One part of several, as `1/4` says: every fourth host from the first on. Raises OperatorError."""
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    number, parts = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= parts:
        raise OperatorError(f"--shard: {text!r} is no part of several: write it like 1/4")
    return tuple(hosts)[number - 1 :: parts]
