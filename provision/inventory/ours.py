"""Our own inventory format: YAML of which every value knows its line. inventory.example.yaml shows all of it.

ssh: {KEY: VALUE}         how every host is reached
spec: {KEY: VALUE}        what is asked for of every host: the keys of a spec file
groups:
  NAME:
    ssh, spec             the same for its hosts
    priority: NUMBER      which of two groups that lie equally deep counts
    groups                groups within it: a list of names, or written out as here
    hosts                 a list of names and ranges, or
      NAME: {ssh, spec}   written out
hosts                     hosts in no group, or more about some
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from provision.errors import OperatorError
from provision.inventory import names
from provision.inventory.model import PASSWORDS, Inventory, Origin
from provision.inventory.tree import ALL, Tree
from provision.options import OPTIONS
from provision.secret import Hidden, Reference
from provision.yamlmarks import Located, Place

TOP = ("ssh", "spec", "groups", "hosts")
GROUP = ("ssh", "spec", "priority", "groups", "hosts")
HOST = ("ssh", "spec")
SPEC = tuple(option.name for option in OPTIONS)


def inventory(top: Mapping[str, Located], source: str) -> Inventory:
    """The hosts of a file in our format; `source` names it in errors. Raises OperatorError."""
    return _Reader(source).inventory(top)


@dataclass(frozen=True, slots=True)
class Key:
    """One of the keys of `ssh`: what it is for, what it must be, an example."""

    name: str
    what: str
    kind: type
    example: str


SSH = (
    Key("address", "where the host is, if its name doesn't say it: a name or an address", str, "10.0.0.5"),
    Key("port", "sshd's port there", int, "2222"),
    Key("user", "whom to log in as", str, "deploy"),
    Key("identity", "a private key's file", str, "~/.ssh/id_ed25519"),
    Key("gateway", "jump hosts as ProxyJump in ssh_config has them; none for none", str, "jump@bastion:2222"),
    Key(
        "password",
        "where the password is kept, if no key logs in: env:NAME, file:PATH or command:WORDS",
        str,
        "env:LOGIN",
    ),
    Key("sudo_password", "where sudo's password is kept, if it wants one", str, "command:pass show sudo"),
)
_SSH = {key.name: key for key in SSH}


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._tree = Tree()
        self._named: dict[str, Place] = {}
        """Groups that are named as within others, and must be there in the end."""
        self._ranges: dict[str, list[Origin]] = {}

    def inventory(self, top: Mapping[str, Located]) -> Inventory:
        self._keys(top, TOP)
        self._words(self._tree.group(ALL).origin, top)
        if "groups" in top:
            self._groups(top["groups"], ALL)
        if "hosts" in top:
            self._hosts(top["hosts"], ALL)
        for name, place in self._named.items():
            if name not in self._tree.groups:
                hint = names.hint(name, (each for each in self._tree.groups if each != ALL))
                raise OperatorError(f"{place}: there is no group {name!r}: {hint}")
        for name, place in self._both():
            raise OperatorError(f"{place}: {name!r} is a group and a host: give one of them another name")
        for host, wide in self._ranges.items():
            self._tree.hosts[host][:0] = wide
        try:
            return self._tree.inventory()
        except OperatorError as error:
            raise OperatorError(f"{self._source}: {error}") from None

    def _both(self) -> Iterator[tuple[str, Place]]:
        for name in self._tree.hosts.keys() & self._tree.groups.keys():
            yield name, self._named.get(name, Place(self._source))

    # -- groups

    def _groups(self, found: Located, outer: str) -> None:
        for name, body in self._entries(found, "groups"):
            if problem := names.trouble(name) or (name == ALL and "all is every host: say it at the top"):
                raise OperatorError(f"{body.place}: {problem}")
            self._named.setdefault(name, body.place)
            if outer != ALL:
                self._tree.group(outer).groups[name] = None
            if body.value is None and isinstance(found.value, tuple):
                continue  # in a list groups are named alone; what they hold stands elsewhere
            group = self._tree.group(name)
            keys = self._mapping(body, f"group {name}", GROUP)
            self._words(group.origin, keys)
            if "priority" in keys:
                priority = keys["priority"]
                if not isinstance(priority.value, int) or isinstance(priority.value, bool):
                    raise OperatorError(f"{priority.place}: priority must be a number: write it like 10")
                group.priority = priority.value
            if "groups" in keys:
                self._groups(keys["groups"], name)
            if "hosts" in keys:
                self._hosts(keys["hosts"], name)

    # -- hosts

    def _hosts(self, found: Located, group: str) -> None:
        members = self._tree.group(group).hosts
        known = self._tree.hosts
        for text, body in self._entries(found, "hosts"):
            if "[" in text:
                origin = Origin(f"hosts {text}")
                hosts = self._range(text, body.place)
            else:
                origin, hosts = Origin(f"host {text}"), [text]
            if body.value is not None:
                self._words(origin, self._mapping(body, origin.name, HOST))
            for host in hosts:
                if host not in known:
                    if problem := names.trouble(host):
                        raise OperatorError(f"{body.place}: {problem}")
                    known[host] = []
                members[host] = None
                if origin.ssh or origin.spec:
                    level = known[host] if hosts == [text] else self._ranges.setdefault(host, [])
                    self._once(level, origin, host)
                    level.append(origin)

    def _range(self, text: str, place: Place) -> Sequence[str]:
        try:
            return names.expand(text)
        except OperatorError as error:
            raise OperatorError(f"{place}: {error}") from None

    def _once(self, said: Sequence[Origin], new: Origin, host: str) -> None:
        """Of two words about one host in two places it isn't known which is meant."""
        for before in said:
            for old, more in ((before.ssh, new.ssh), (before.spec, new.spec)):
                for key in old.keys() & more.keys():
                    raise OperatorError(
                        f"{more[key].place}: {key} of {host} stands here again (first at {old[key].place}): keep one"
                    )

    # -- words about them

    def _words(self, origin: Origin, keys: Mapping[str, Located]) -> None:
        """Add what `ssh` and `spec` say there."""
        for kind, layer in (("ssh", origin.ssh), ("spec", origin.spec)):
            if kind not in keys:
                continue
            more = self._mapping(keys[kind], kind, tuple(_SSH) if kind == "ssh" else SPEC)
            for key, located in more.items():
                if key in layer:
                    raise OperatorError(
                        f"{located.place}: {key} of {origin.name} stands here again"
                        f" (first at {layer[key].place}): keep one"
                    )
                if kind == "ssh":
                    check(key, located)
            layer.update(more)

    # -- shapes

    def _entries(self, found: Located, what: str) -> Iterator[tuple[str, Located]]:
        """Of a mapping its keys with their values, of a list its names with nothing."""
        if isinstance(found.value, Mapping):
            yield from found.value.items()
        elif isinstance(found.value, tuple):
            for each in found.value:
                if not isinstance(each.value, str):
                    raise OperatorError(
                        f"{each.place}: a name is expected in the list of {what}, and {each.plain()!r} is none:"
                        " put it in quotes, or write it as NAME: below each other without dashes"
                    )
                yield each.value, Located(None, each.place)
        elif found.value is not None:
            raise OperatorError(
                f"{found.place}: {what} must be a list of names, or a mapping of names to what is said of them"
            )

    def _mapping(self, found: Located, what: str, known: Sequence[str]) -> Mapping[str, Located]:
        if found.value is None:
            return {}
        if not isinstance(found.value, Mapping):
            raise OperatorError(f"{found.place}: {what} must be a mapping with {', '.join(known)}")
        self._keys(found.value, known)
        return found.value

    def _keys(self, found: Mapping[str, Located], known: Sequence[str]) -> None:
        for key, located in found.items():
            if key not in known:
                raise OperatorError(f"{located.place}: there is no {key!r} here: {names.hint(key, known)}")


def check(key: str, located: Located) -> None:
    """Whether a value of `ssh` is of its kind. Raises OperatorError."""
    wanted, value = _SSH[key], located.value
    located.refuse_nul()
    if key in PASSWORDS:
        _check_password(key, located)
        return
    if key == "port":
        fits = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536
        kind = "a number from 1 to 65535"
    else:
        fits = isinstance(value, str) and value.strip() == value != ""
        kind = "text"
    if not fits:
        raise OperatorError(
            f"{located.place}: {key} must be {kind}, and {located.plain()!r} is not: write it like {wanted.example}"
        )
    if key == "address" and (problem := _address(str(value))):
        raise OperatorError(f"{located.place}: {problem}")


def _check_password(key: str, located: Located) -> None:
    """By reference, or already in memory alone."""
    if isinstance(located.value, Hidden):
        return
    try:
        known = isinstance(located.value, str) and Reference.parse(located.value)
    except ValueError as error:
        raise OperatorError(f"{located.place}: {key}: {error}") from None
    if not known:
        raise OperatorError(
            f"{located.place}: {key} stands here itself, and so in every copy of this file: say where it is kept, as"
            f" env:NAME, file:PATH or command:WORDS, like {_SSH[key].example}"
        )


def _address(text: str) -> str:
    if "@" in text:
        return f"address {text}: the user goes into user"
    if text.count(":") == 1:
        return f"address {text}: the port goes into port"
    return names.trouble(text)
