"""Groups within groups, and whose word counts for a host: all < group < group within it < host.

Of groups that lie equally deep the one with the higher priority counts, then the one later in the alphabet, as with
Ansible (group_priority; `sort_groups` of ansible-core 2.19).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from provision.errors import OperatorError
from provision.inventory.model import Host, Inventory, Origin

ALL = "all"


@dataclass(slots=True)
class Group:
    """A group as it is written: its own words, the groups and hosts right in it."""

    origin: Origin
    priority: int = 1
    groups: dict[str, None] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Tree:
    """Everything that an inventory says. `hosts` have their own words, the more general first."""

    groups: dict[str, Group] = field(default_factory=lambda: {ALL: Group(Origin(ALL))})
    hosts: dict[str, list[Origin]] = field(default_factory=dict)

    def group(self, name: str) -> Group:
        """A group by its name, new if it isn't there yet."""
        if name not in self.groups:
            self.groups[name] = Group(Origin(f"group {name}"))
        return self.groups[name]

    def inventory(self) -> Inventory:
        """The hosts with everybody's words in order. Raises OperatorError where groups hold each other."""
        above = self._above()
        depths = self._depths(above)
        order = {
            name: (depths[name], group.priority, name) for name, group in self.groups.items() if name != ALL
        }
        direct: dict[str, list[str]] = {}
        for name, group in self.groups.items():
            for member in group.hosts:
                direct.setdefault(member, []).append(name)

        @cache
        def chain(groups: tuple[str, ...]) -> tuple[frozenset[str], tuple[Origin, ...]]:
            every = frozenset().union(*(above[group] | {group} for group in groups)) - {ALL}
            inner = sorted(every, key=order.__getitem__)
            return every, tuple(self.groups[name].origin for name in (ALL, *inner))

        def host(name: str) -> Host:
            groups, origins = chain(tuple(direct.get(name, ())))
            return Host(name, (*origins, *self.hosts[name]), groups)

        return Inventory(tuple(map(host, self.hosts)), tuple(name for name in self.groups if name != ALL))

    def _above(self) -> Mapping[str, frozenset[str]]:
        """The groups that hold a group, near and far."""
        parents: dict[str, list[str]] = {name: [] for name in self.groups}
        for name, group in self.groups.items():
            for inner in group.groups:
                parents[inner].append(name)
        found: dict[str, frozenset[str]] = {}
        for name in self._outer_first():
            found[name] = frozenset(parents[name]).union(*(found[parent] for parent in parents[name]))
        return found

    def _depths(self, above: Mapping[str, frozenset[str]]) -> Mapping[str, int]:
        """How deep each group lies, by the longest way."""
        depths: dict[str, int] = {}
        for name in sorted(self.groups, key=lambda name: len(above[name])):
            depths[name] = max((depths[outer] for outer in above[name]), default=0) + (name != ALL)
        return depths

    def _outer_first(self) -> Iterator[str]:
        """Each group behind those that hold it."""
        left = dict.fromkeys(self.groups, 0)
        for group in self.groups.values():
            for inner in group.groups:
                left[inner] += 1
        ready = [name for name, count in left.items() if not count]
        while ready:
            name = ready.pop()
            del left[name]
            yield name
            for inner in self.groups[name].groups:
                left[inner] -= 1
                if not left[inner]:
                    ready.append(inner)
        if left:
            raise OperatorError(f"these groups hold each other: {', '.join(sorted(left))}")
