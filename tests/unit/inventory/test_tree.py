"""Whose word counts: the same hosts, groups and words give the same values as with Ansible."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import OperatorError
from provision.inventory import ours
from provision.yamlmarks import read

GROUPS = ("g1", "g2", "g3", "g4", "g5")
HOSTS = ("h1", "h2")
PORT = st.none() | st.integers(1, 9)


@st.composite
def inventories(draw: st.DrawFn) -> dict[str, Any]:
    """Groups in an order in which only earlier ones hold later ones, each perhaps with a port of its own."""
    order = draw(st.permutations(GROUPS))
    groups = {}
    for index, name in enumerate(order):
        groups[name] = {
            "ports": draw(PORT),
            "priority": draw(st.sampled_from([1, 1, 1, 2, 10])),
            "groups": draw(st.lists(st.sampled_from(order[index + 1 :]), unique=True, max_size=3))
            if index + 1 < len(order)
            else [],
            "hosts": draw(st.lists(st.sampled_from(HOSTS), unique=True)),
        }
    return {"all": draw(PORT), "groups": groups, "hosts": {host: draw(PORT) for host in HOSTS}}


def in_our_words(made: dict[str, Any]) -> str:
    def ssh(port: int | None) -> dict[str, Any]:
        return {"ssh": {"port": port}} if port else {}

    groups = {
        name: {**ssh(each["ports"]), **{key: each[key] for key in ("priority", "groups", "hosts")}}
        for name, each in made["groups"].items()
    }
    hosts = {host: ssh(port) or None for host, port in made["hosts"].items()}
    return json.dumps({**ssh(made["all"]), "groups": groups, "hosts": hosts})


def in_theirs(made: dict[str, Any]) -> str:
    def variables(port: int | None) -> dict[str, Any]:
        return {"ansible_port": port} if port else {}

    groups = {
        name: {
            "vars": {**variables(each["ports"]), "ansible_group_priority": each["priority"]},
            "children": dict.fromkeys(each["groups"]),
            "hosts": dict.fromkeys(each["hosts"]),
        }
        for name, each in made["groups"].items()
    }
    hosts = {host: variables(port) for host, port in made["hosts"].items()}
    return json.dumps({"all": {"vars": variables(made["all"]), "children": groups, "hosts": hosts}})


@given(inventories())
def test_the_same_word_counts_as_with_ansible(
    tmp_path_factory: pytest.TempPathFactory, made: dict[str, Any]
) -> None:
    path: Path = tmp_path_factory.mktemp("ansible") / "hosts.yml"
    path.write_text(in_theirs(made))
    loader = DataLoader()
    theirs = InventoryManager(loader, sources=[str(path)])
    variables = VariableManager(loader, theirs)
    expected = {
        host: variables.get_vars(host=theirs.get_host(host), include_hostvars=False).get("ansible_port")
        for host in HOSTS
    }
    found = ours.inventory(read(in_our_words(made), "i"), "i")
    assert {host.name: host.ssh.port for host in found.hosts} == expected
    for host in found.hosts:
        assert host.groups == {group.name for group in theirs.get_host(host.name).get_groups()} - {
            "all",
            "ungrouped",
        }


@pytest.mark.parametrize("groups", ["a: {groups: [a]}", "a: {groups: [b]}\n  b: {groups: [a]}"])
def test_groups_that_hold_each_other_are_told(groups: str) -> None:
    with pytest.raises(OperatorError, match=r"^i: these groups hold each other: a"):
        ours.inventory(read(f"groups:\n  {groups}", "i"), "i")
