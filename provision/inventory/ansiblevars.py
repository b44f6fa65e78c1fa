"""Ansible's variables in our words: how a host is reached, what is asked for of it, what can't be carried over."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provision.errors import OperatorError
from provision.inventory import names
from provision.inventory.ours import SPEC, check
from provision.inventory.vault import Vaulted
from provision.secret import Secret
from provision.yamlmarks import Located, Place

PREFIX = "docker_provision_"

SSH: Mapping[str, str] = {
    "ansible_host": "address",
    "ansible_ssh_host": "address",
    "ansible_user": "user",
    "ansible_ssh_user": "user",
    "ansible_port": "port",
    "ansible_ssh_port": "port",
    "ansible_private_key_file": "identity",
    "ansible_ssh_private_key_file": "identity",
}
"""Of several names for one thing the last that has a value counts, in the order of `vars` in Ansible's plugin ssh
(ansible-core 2.19, run); it doesn't matter who said it, a group or the host.
"""
PASSWORDS: Mapping[str, str] = {
    "ansible_password": "password",
    "ansible_ssh_pass": "password",
    "ansible_ssh_password": "password",
    "ansible_become_password": "sudo_password",
    "ansible_become_pass": "sudo_password",
    "ansible_sudo_pass": "sudo_password",
}
"""Likewise, with its plugin sudo."""
ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
OVER_SSH = ("ssh", "smart", "paramiko", "paramiko_ssh", "ansible.builtin.ssh", "ansible.builtin.paramiko_ssh")
HARMLESS = (
    "ansible_python_interpreter",
    "ansible_ssh_pipelining",
    "ansible_pipelining",
    "ansible_become_flags",
)
"""What Ansible needs and we don't."""
AS_HERE: Mapping[str, tuple[Sequence[str], str]] = {
    "ansible_connection": (OVER_SSH, "hosts are reached by SSH alone: left out"),
    "ansible_become": (("true", "yes", "on", "1"), "everything needs root here, by sudo where need be"),
    "ansible_become_method": (("sudo", "ansible.builtin.sudo"), "it is always sudo here"),
    "ansible_become_user": (("root",), "it is always root here"),
}
"""Variables that are as it is here with some values; for others, what to know."""
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_ENVIRONMENT = re.compile(
    r"""\{\{\s*lookup\(\s*['"](?:ansible\.builtin\.)?env['"]\s*,\s*['"]([A-Za-z_]\w*)['"]\s*\)\s*\}\}"""
)
_PROXY = re.compile(
    r"ssh (?:-q |-W %h:%p |-o \S+ |-p (?P<port>[0-9]+) |-i \S+ )*(?P<hop>[\w.@:-]+)(?: -W %h:%p)?(?: -q)?"
)


@dataclass(slots=True)
class Translated:
    """What variables tell; `left` can't be carried over, `elsewhere` means that SSH doesn't lead there."""

    ssh: dict[str, Located] = field(default_factory=dict)
    spec: dict[str, Located] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    elsewhere: bool = False


def translate(variables: Mapping[str, Any], place: Place) -> Translated:
    """Raises OperatorError for a variable of ours that doesn't exist, and a value that can't be."""
    found = Translated()
    for key, variable in _counting(SSH, variables).items():
        _way(found, variable, key, variables[variable], place)
    for key, variable in _counting(PASSWORDS, variables).items():
        _password(found, variable, key, variables, place)
    for variable in ARGUMENTS:
        if variable in variables:
            _arguments(found, variable, variables[variable], place)
    for variable, value in variables.items():
        if variable.startswith(PREFIX):
            _wish(found, variable, value, place)
        elif variable.startswith("ansible_") and variable not in (*SSH, *PASSWORDS):
            _other(found, variable, value)
    return found


def _counting(table: Mapping[str, str], variables: Mapping[str, Any]) -> dict[str, str]:
    """By key of ours the one variable that counts."""
    return {key: variable for variable, key in table.items() if variables.get(variable) is not None}


def _way(found: Translated, variable: str, key: str, value: Any, place: Place) -> None:
    if isinstance(value, str) and "{{" in value:
        # a host at a name of its own may be another one
        found.elsewhere |= key == "address"
        found.left.append(f"{variable}, a template{' (left out)' if found.elsewhere else ''}")
        return
    if key == "port" and isinstance(value, str) and value.isdigit():
        value = int(value)
    elif key != "port" and isinstance(value, int):
        value = str(value)
    located = Located(value, Place(f"{place.source}, {variable}"))
    check(key, located)
    found.ssh[key] = located


def _password(found: Translated, variable: str, key: str, variables: Mapping[str, Any], place: Place) -> None:
    """In memory alone, whatever it was before: written out, in a vault, in another variable."""
    value = variables[variable]
    if isinstance(value, str) and (other := _VARIABLE.fullmatch(value.strip())):
        value = variables.get(other[1], value)
    where = Place(f"{place.source}, {variable}")
    match value:
        case {"__ansible_vault": str(sealed)}:
            found.ssh[key] = Located(Vaulted(sealed), where)
        case str() if named := _ENVIRONMENT.fullmatch(value.strip()):
            found.ssh[key] = Located(f"env:{named[1]}", where)
        case str() if "{{" in value:
            found.left.append(f"{variable}, a template")
        case str() | int() if str(value):
            found.ssh[key] = Located(Secret(str(value)), where)


def _wish(found: Translated, variable: str, value: Any, place: Place) -> None:
    key = variable.removeprefix(PREFIX)
    if key not in SPEC:
        known = [PREFIX + each for each in SPEC]
        raise OperatorError(f"{place}: there is no variable {variable!r}: {names.hint(variable, known)}")
    found.spec[key] = _located(value, Place(f"{place.source}, {variable}"))


def _located(value: Any, place: Place) -> Located:
    match value:
        case {"__ansible_vault": str()}:
            raise OperatorError(f"{place}: a vaulted value can't be read here: vault the whole file instead")
        case str() if "{{" in value:
            raise OperatorError(f"{place}: a template, which {value!r} is, isn't filled in: write it out")
        case float():
            raise OperatorError(
                f"{place}: {value} is a number, and not the one it looked like: put it in quotes"
            )
        case Mapping():
            return Located({str(key): _located(each, place) for key, each in value.items()}, place)
        case list():
            return Located(tuple(_located(each, place) for each in value), place)
        case _:
            return Located(value, place)


def _other(found: Translated, variable: str, value: Any) -> None:
    """What neither says how a host is reached nor what is asked for of it."""
    word = str(value).strip().lower()
    if variable in AS_HERE:
        fits, why = AS_HERE[variable]
        if word in fits:
            return
        found.elsewhere |= variable == "ansible_connection"
        found.left.append(f"{variable}={word} ({why})")
    elif variable not in HARMLESS and variable not in ARGUMENTS:
        found.left.append(variable)


def _arguments(found: Translated, variable: str, value: Any, place: Place) -> None:
    """The jump host among ssh's arguments; the others are left, by name."""
    try:
        words = shlex.split(str(value))
    except ValueError:
        found.left.append(f"{variable} (its quotes don't match)")
        return
    for name, text in _options(words):
        hop = (
            text
            if name.lower() in ("proxyjump", "-j")
            else _hop(text)
            if name.lower() == "proxycommand"
            else ""
        )
        if hop and "{{" not in hop:
            found.ssh["gateway"] = Located(hop, Place(f"{place.source}, {variable}"))
        else:
            said = f"{name} {text}".strip()
            found.left.append(f"{said!r} in {variable} (say it in ssh_config)")


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each option with its value: `-o NAME=VALUE` under its NAME."""
    left = iter(words)
    for word in left:
        if word.startswith("-o"):
            name, _, text = (word[2:] or next(left, "")).partition("=")
            if not text:
                name, _, text = name.partition(" ")
            yield name.strip(), text.strip()
        elif word.startswith("-J"):
            yield "-J", word[2:] or next(left, "")
        elif len(word) == 2 and word[0] == "-" and word[1] in "bcDEeFIiLlmOpQRSWw":
            yield word, next(left, "")
        else:
            yield word, ""


def _hop(command: str) -> str:
    """The jump host of a ProxyCommand that does nothing else than ProxyJump would."""
    found = _PROXY.fullmatch(" ".join(command.split()))
    if not found or "-W %h:%p" not in command or "-i " in command or "-o " in command:
        return ""
    return f"{found['hop']}:{found['port']}" if found["port"] else found["hop"]
