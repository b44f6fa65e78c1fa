"""Where hosts come from: a file of ours, a list of names, or anything that Ansible reads."""

from __future__ import annotations

import os
from collections.abc import Mapping

from provision import handed
from provision.errors import OperatorError
from provision.inventory import ours, plain
from provision.inventory.model import Inventory
from provision.yamlmarks import Located, read

FLAG = "--inventory"
YAML = (".yml", ".yaml", ".json")

_ANSIBLE = {"hosts", "children", "vars"}


def load(path: str) -> Inventory:
    """The hosts of a file or folder. Raises OperatorError."""
    where = handed.path_of(path, FLAG)
    if where.is_dir() or os.access(where, os.X_OK):
        return _ansible(str(where))
    text = handed.text_of(path, FLAG)
    if where.suffix in YAML:
        try:
            top = read(text, path)
        except OperatorError:
            if _begins_like_ours(text):
                raise
            return _ansible(str(where))  # it may hold what only Ansible reads: tags, anchors, merge keys
        return _ansible(str(where)) if is_ansible(top) else ours.inventory(top, path)
    if plain.is_plain(text):
        return plain.parse(text, path)
    return _ansible(str(where))


def _begins_like_ours(text: str) -> bool:
    return any(line.startswith(tuple(f"{key}:" for key in ours.TOP)) for line in text.splitlines())


def is_ansible(top: Mapping[str, Located]) -> bool:
    """Whether YAML is an inventory of Ansible's: groups at the top, each with hosts, children or vars in it; or a
    plugin's configuration."""
    if top.keys() & set(ours.TOP):
        return False
    return "plugin" in top or (bool(top) and all(map(_is_group, top.values())))


def _is_group(body: Located) -> bool:
    return body.value is None or (isinstance(body.value, Mapping) and body.value.keys() <= _ANSIBLE)


def _ansible(path: str) -> Inventory:
    from provision.inventory import ansible  # noqa: PLC0415  only these inventories need it

    return ansible.read(path)
