"""Ansible's inventories as they are, read by Ansible's own program: YAML, INI, folders, scripts, plugins, vaults.

`ansible-inventory --list` says what counts for each host, `--export` who said it. What Docker hosts are to be like is
said there by variables that begin with `docker_provision_`, the rest by Ansible's own.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from provision.errors import OperatorError
from provision.inventory import names, vault
from provision.inventory.ansiblevars import Translated, translate
from provision.inventory.model import Host, Inventory, Origin
from provision.inventory.tree import ALL, Group, Tree
from provision.yamlmarks import Place

PROGRAM = "ansible-inventory"
PRIORITY = "ansible_group_priority"

_ENVIRONMENT = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1", "ANSIBLE_NOCOLOR": "1"}
_REASON = re.compile(r"^\[WARNING\]: Failed to parse inventory with '\w+' plugin: (.*)$", re.MULTILINE)
_ORIGIN = re.compile(r"^Origin: (\S+?:[0-9]+)(?::[0-9]+)?$", re.MULTILINE)
_ERROR = re.compile(r"^(?:\[ERROR\]|ERROR!)[: ]*(.*)$", re.MULTILINE)


def read(path: str) -> Inventory:
    """The hosts of an inventory of Ansible's. Raises OperatorError."""
    program = _program(path)
    calls = ([program, "-i", path, "--list"], [program, "-i", path, "--list", "--export"])
    # one behind the other where either may ask its user: a plugin, a script, or who opens a vault by ansible.cfg
    begun = map(_begun, calls) if sys.stdin.isatty() else [_begun(call) for call in calls]
    ends = [(process, *process.communicate()) for process in begun]
    for process, _, errors in ends:
        if process.returncode:
            raise OperatorError(f"{path}: {PROGRAM} can't read it: {reason(errors)}")
    counts, said = (json.loads(answer) for _, answer, _ in ends)
    return inventory(counts, said, path)


def _program(path: str) -> str:
    beside = Path(sys.executable).parent / PROGRAM
    found = str(beside) if beside.exists() else shutil.which(PROGRAM)
    if found is None:
        raise OperatorError(
            f"{path}: this is an inventory of Ansible's, which {PROGRAM} reads, and that isn't here: install"
            " docker-provision[ansible], or write the hosts as in inventory.example.yaml"
        )
    return found


def _begun(call: Sequence[str]) -> subprocess.Popen[str]:
    with vault.opening() as (environ, read):
        return subprocess.Popen(
            call,
            env={**environ, **_ENVIRONMENT},
            pass_fds=read,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def reason(errors: str) -> str:
    """Why it failed, from what it says: the first plugin's own reason and place, else its last word."""
    plugin, place = _REASON.search(errors), _ORIGIN.search(errors)
    if plugin:
        return f"{plugin[1]}{f' ({place[1]})' if place else ''}"
    said = _ERROR.findall(errors)
    return said[-1] if said else " ".join(errors.split())[-200:] or "it says nothing"


def inventory(counts: Mapping[str, Any], said: Mapping[str, Any], source: str) -> Inventory:
    """The hosts of `--list` and of `--list --export`; `source` names them in errors."""
    tree, told = Tree(), Told(source)
    for name, body in said.items():
        if name != "_meta":
            _group(tree, name, body, told)
    own = said.get("_meta", {}).get("hostvars", {})
    for name in _order(tree):
        origin = Origin(f"host {name}")
        told.add(origin, own.get(name, {}))
        tree.hosts[name] = [origin]
    found = tree.inventory()
    values = counts.get("_meta", {}).get("hostvars", {})
    hosts = [_corrected(host, values.get(host.name, {}), told) for host in found.hosts]
    served = tuple(host for host in hosts if host.name not in told.elsewhere)
    return Inventory(served, found.groups, told.left())


def _group(tree: Tree, name: str, body: Mapping[str, Any], told: Told) -> None:
    group: Group = tree.group(name)
    for inner in body.get("children", ()):
        tree.group(inner)
        if name != ALL:
            group.groups[inner] = None
    group.hosts |= dict.fromkeys(body.get("hosts", ()))
    variables = dict(body.get("vars", {}))
    group.priority = int(variables.pop(PRIORITY, 1))
    told.add(group.origin, variables)


def _order(tree: Tree) -> Iterable[str]:
    """The hosts in the order in which the groups name them."""
    return dict.fromkeys(host for group in tree.groups.values() for host in group.hosts)


def _corrected(host: Host, counts: Mapping[str, Any], told: Told) -> Host:
    """The host with what Ansible says counts, where our own order of precedence leads elsewhere.

    Variables of files in group_vars come behind those of any inventory file with Ansible, even of a deeper group.
    """
    true = told.host(host.name, counts)
    wrong = Origin(PROGRAM)
    for kind in ("ssh", "spec"):
        ours = {key: located for origin in host.origins for key, located in getattr(origin, kind).items()}
        for key, located in getattr(true, kind).items():
            if key not in ours or ours[key].plain() != located.plain():
                getattr(wrong, kind)[key] = located
    return Host(host.name, (*host.origins, wrong), host.groups) if wrong.ssh or wrong.spec else host


class Told:
    """What the variables tell, translated, and what of them can't be carried over: for which hosts."""

    def __init__(self, source: str) -> None:
        self._place = Place(source)
        self._left: dict[str, list[str]] = {}
        self.elsewhere: set[str] = set()
        """Hosts that Ansible doesn't reach by SSH."""

    def _translated(self, variables: Mapping[str, Any], who: str) -> Translated:
        return translate(variables, Place(f"{self._place.source} ({who})"))

    def add(self, origin: Origin, variables: Mapping[str, Any]) -> None:
        """What an origin's own variables tell."""
        found = self._translated(variables, origin.name)
        origin.ssh.update(found.ssh)
        origin.spec.update(found.spec)

    def host(self, name: str, variables: Mapping[str, Any]) -> Translated:
        """What counts for a host. What can't be carried over is kept for the end."""
        found = self._translated(variables, f"host {name}")
        for what in found.left:
            self._left.setdefault(what, []).append(name)
        if found.elsewhere:
            self.elsewhere.add(name)
        return found

    def left(self) -> tuple[str, ...]:
        """What isn't carried over, in words."""
        return tuple(f"{what} of {names.fold(hosts)}" for what, hosts in self._left.items())
