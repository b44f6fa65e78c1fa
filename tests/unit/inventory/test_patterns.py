"""Patterns choose the hosts that Ansible's would."""

from __future__ import annotations

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import OperatorError
from provision.inventory import choose, fold, of_names, shard
from provision.inventory.tree import Tree

MEMBERS = {"web": ["web1", "web2", "web3"], "db": ["db1", "db2"], "prod": ["web1", "db1"], "empty": []}


def tree() -> Tree:
    made = Tree()
    for group, hosts in MEMBERS.items():
        made.group(group).hosts = dict.fromkeys(hosts)
        made.hosts |= {host: [] for host in hosts}
    made.group("outer").groups["web"] = None
    return made


OURS = tree().inventory()


def chosen(pattern: str) -> str:
    return fold(host.name for host in choose(OURS, pattern))


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("all", "db[1-2],web[1-3]"),
        ("*", "db[1-2],web[1-3]"),
        ("web", "web[1-3]"),
        ("outer", "web[1-3]"),
        ("web2", "web2"),
        ("web:db", "db[1-2],web[1-3]"),
        ("web,db1", "db1,web[1-3]"),
        ("web:!web3", "web[1-2]"),
        ("!web3:web", "web[1-2]"),
        ("!web", "db[1-2]"),
        ("&prod", "db1,web1"),
        ("web:&prod", "web1"),
        ("web:db:&prod:!db1", "web1"),
        ("w*", "web[1-3]"),
        ("*1", "db1,web1"),
        ("d?2", "db2"),
        ("web[12]", "web[1-2]"),
        ("~web[12]", "web[1-2]"),
        ("~(web|db)1", "db1,web1"),
        ("~web:|db2", "db2"),
        ("web[1:2]", "web[1-2]"),
        ("web[1-2],db2", "db2,web[1-2]"),
        ("web[1,3]", "web[1,3]"),
        ("web:!empty", "web[1-3]"),
    ],
)
def test_a_pattern_chooses(pattern: str, names: str) -> None:
    assert chosen(pattern) == names


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("wbe", "no host or group is called 'wbe': did you mean web?"),
        ("web:!web33", "no host or group is called 'web33': did you mean web3?"),
        ("x*", "no host or group is called 'x*'"),
        ("web:&db", "'web:&db' chooses no host"),
        ("empty", "'empty' chooses no host"),
        ("~(", "--limit: '~('"),
        ("web[3:1]", "the range [3:1] is empty"),
        (",", "--limit: ',' is no pattern: write it like"),  # of two variables of a script, both empty
        (": ,", "is no pattern"),
        (" ", "is no pattern"),
        ("web[", "is no pattern"),
        ("web1]", "is no pattern"),
        ("!", "no host or group is called ''"),
    ],
)
def test_what_chooses_nobody_is_a_mistake(pattern: str, says: str) -> None:
    with pytest.raises(OperatorError) as error:
        chosen(pattern)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


terms = st.builds(
    str.__add__,
    st.sampled_from(["", "&", "!"]),
    st.sampled_from(["web", "db", "prod", "web1", "w*", "*1", "all", "outer", "db2"]),
)


@given(st.lists(terms, min_size=1, max_size=5), st.sampled_from(":,"))
def test_patterns_mean_what_they_mean_to_ansible(parts: list[str], separator: str) -> None:
    pattern = separator.join(parts)
    theirs = InventoryManager(DataLoader(), sources=None, parse=False)
    for group, hosts in MEMBERS.items():
        theirs.add_group(group)
        for host in hosts:
            theirs.add_host(host, group)
    theirs.add_group("outer")
    theirs._inventory.add_child("outer", "web")
    theirs._inventory.reconcile_inventory()
    expected = {host.name for host in theirs.get_hosts(pattern)}
    if expected:
        assert {host.name for host in choose(OURS, pattern)} == expected
    else:
        with pytest.raises(OperatorError, match="chooses no host"):
            choose(OURS, pattern)


def test_hosts_come_in_the_inventorys_order() -> None:
    assert [host.name for host in choose(OURS, "db:web")] == ["web1", "web2", "web3", "db1", "db2"]


def test_a_name_with_colons_is_a_name() -> None:
    inventory = of_names(["root@[::1]:22", "a:2222", "a"])
    assert [host.name for host in choose(inventory, "a:2222")] == ["a:2222"]
    assert [host.name for host in choose(inventory, "root@[::1]:22")] == ["root@[::1]:22"]


@given(st.integers(0, 40), st.integers(1, 9))
def test_the_parts_are_the_whole_and_about_as_large(count: int, parts: int) -> None:
    hosts = of_names([f"h{number}" for number in range(count)]).hosts
    shards = [shard(hosts, f"{part}/{parts}") for part in range(1, parts + 1)]
    assert sorted(host.name for part in shards for host in part) == sorted(host.name for host in hosts)
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


@pytest.mark.parametrize("text", ["", "0/4", "5/4", "1/0", "1", "a/b", "1/4/2", "-1/4"])
def test_a_part_that_is_none(text: str) -> None:
    with pytest.raises(OperatorError, match="write it like 1/4"):
        shard((), text)
