"""Our own format: what it says, and the one line that answers a mistake in it."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provision.asked import Wishes
from provision.errors import OperatorError
from provision.inventory import Inventory, load, ours
from provision.yamlmarks import read
from tests.readme import CHECKOUT


def of(text: str) -> Inventory:
    return ours.inventory(read(text, "inventory.yaml"), "inventory.yaml")


def refused(text: str) -> str:
    with pytest.raises(OperatorError) as caught:
        of(text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def said(inventory: Inventory, name: str) -> dict[str, object]:
    host = next(host for host in inventory.hosts if host.name == name)
    return {key: located.plain() for key, _, located in host.said()}


def test_the_example_works() -> None:
    found = load(str(CHECKOUT / "inventory.example.yaml"))
    names = [host.name for host in found.hosts]
    assert names == [
        *(f"web{n:02d}.example.com" for n in range(1, 5)),
        "db1.example.com",
        "db2.example.com",
        "build.example.com",
    ]
    wishes = Wishes()
    specs = {host.name: wishes.of(host.specs).spec for host in found.hosts}
    assert specs["web01.example.com"].docker_version == "26.1.4"
    assert specs["web02.example.com"].docker_version == "18.06.3"
    assert specs["db2.example.com"].users == ("dba",)
    rotated = {"log-opts": {"max-size": "50m", "max-file": "3"}}
    assert specs["db1.example.com"].settings() == {"live-restore": True, **rotated}
    assert found.hosts[4].ssh.port == 2222


def test_a_list_of_names_is_enough() -> None:
    assert [host.name for host in of("hosts: [a, 'b[1:2]', deploy@c:22]").hosts] == [
        "a",
        "b1",
        "b2",
        "deploy@c:22",
    ]
    assert of("").hosts == of("hosts:").hosts == of("hosts: []").hosts == ()


def test_a_hosts_own_word_counts_before_that_of_a_range() -> None:
    found = of("hosts:\n  b2: {ssh: {port: 3}}\n  b[1:3]: {ssh: {port: 2, user: u}}\n  b3:\n")
    assert {host.name: (host.ssh.port, host.ssh.user) for host in found.hosts} == {
        "b2": (3, "u"),
        "b1": (2, "u"),
        "b3": (2, "u"),
    }


def test_a_group_may_stand_in_several_places() -> None:
    found = of(
        "groups:\n  web: {hosts: [a], ssh: {port: 1}}\n  prod: {groups: {web: {hosts: [b], ssh: {user: u}}}}\n"
    )
    assert said(found, "a") == said(found, "b") == {"ssh.port": 1, "ssh.user": "u"}
    assert found.hosts[1].groups == {"web", "prod"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("host: [a]", "inventory.yaml:1: there is no 'host' here: did you mean hosts?"),
        ("groups:\n  web:\n    hots: [a]", "inventory.yaml:3: there is no 'hots' here: did you mean hosts?"),
        ("hosts:\n  a:\n    ssh:\n      prot: 22", "inventory.yaml:4: there is no 'prot' here: did you mean port?"),
        ("hosts:\n  a:\n    port: 22", "inventory.yaml:3: there is no 'port' here: there are ssh, spec"),
        ("spec:\n  docker_versoin: x", "inventory.yaml:2: there is no 'docker_versoin' here: did you mean docker_v"),
        ("ssh:\n  port: '22'", "yaml:2: port must be a number from 1 to 65535, and '22' is not: write it like 2222"),
        ("ssh: {port: 65536}", "port must be a number from 1 to 65535"),
        ("ssh: {user: 7}", "user must be text, and 7 is not: write it like deploy"),
        ("ssh: {user: ''}", "user must be text, and '' is not"),
        ("hosts:\n  a: {ssh: {address: me@b}}", "inventory.yaml:2: address me@b: the user goes into user"),
        ("hosts:\n  a: {ssh: {address: 'b:22'}}", "inventory.yaml:2: address b:22: the port goes into port"),
        ("hosts:\n  a: {ssh: {address: -oX}}", "inventory.yaml:2: '-oX' can't be a name"),
        ("ssh: 7", "inventory.yaml:1: ssh must be a mapping with address, port, user, identity, gateway"),
        ("hosts: a", "inventory.yaml:1: hosts must be a list of names, or a mapping"),
        ("hosts:\n  - a: {ssh: {port: 1}}", "inventory.yaml:2: a name is expected in the list of hosts"),
        ("hosts:\n  - 7", "inventory.yaml:2: a name is expected in the list of hosts, and 7 is none"),
        ("hosts:\n  - web[1-3]", "inventory.yaml:2: 'web[1-3]' can't be a name: a range is written like web[01:40]"),
        ("hosts:\n  - web[3:1]", "inventory.yaml:2: the range [3:1] is empty"),
        ("hosts: ['-oProxyCommand=x']", "inventory.yaml:1: '-oProxyCommand=x' can't be a name"),
        ("groups:\n  a b: {}", "inventory.yaml:2: 'a b' can't be a name"),
        ("groups:\n  all: {}", "inventory.yaml:2: all is every host: say it at the top"),
        ("groups:\n  web:\n    groups: [wbe]\n  db: {}", "yaml:3: there is no group 'wbe': did you mean web?"),
        ("groups:\n  web: {priority: high}", "inventory.yaml:2: priority must be a number"),
        ("groups:\n  web: {hosts: [db]}\n  db:", "inventory.yaml:3: 'db' is a group and a host"),
        (
            "hosts:\n  a: {ssh: {port: 1}}\ngroups:\n  g:\n    hosts:\n      a: {ssh: {port: 2}}",
            "inventory.yaml:2: port of a stands here again (first at inventory.yaml:6): keep one",
        ),
        (
            "groups:\n  g: {spec: {users: [a]}}\n  h:\n    groups:\n      g: {spec: {users: [b]}}",
            "inventory.yaml:5: users of group g stands here again (first at inventory.yaml:2): keep one",
        ),
        ("hosts:\n  a:\n  a:", "inventory.yaml:3: the key 'a' stands here again (first on line 2): keep one"),
        ("spec: {docker_version: 18.10}", "18.10 is a number to YAML, and not the one it looks like: quote it"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_key(text: str, says: str) -> None:
    assert says in refused(text)


def test_a_wrong_value_of_a_spec_is_told_where_it_stands() -> None:
    found = of("hosts: [a]\nspec:\n  users: [a]\n  docker_version: '1'\n")
    with pytest.raises(OperatorError, match=r"^inventory\.yaml:4: "):
        Wishes().of(found.hosts[0].specs)


words = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["ssh", "spec", "hosts", "groups", "port", "user", "web", "a", "priority", "users"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(ours.TOP), words))
def test_whatever_stands_there_is_read_or_told_in_one_line(content: dict[str, object]) -> None:
    text = yaml.safe_dump(content, allow_unicode=True)
    try:
        found = of(text)
    except OperatorError as error:
        assert "\n" not in str(error)  # noqa: PT017  either is right
    else:
        assert len({host.name for host in found.hosts}) == len(found.hosts)


def test_passwords_are_references_that_are_fetched_when_they_are_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    way_in = "hosts: {a: {ssh: {password: 'command:echo geheim-$((1 + 1))'}}}"
    (host,) = of(f"ssh: {{sudo_password: 'env:SUDO_OF_OURS'}}\n{way_in}\n").hosts
    assert "SUDO_OF_OURS" in str(host.ssh.sudo_password)
    with pytest.raises(
        OperatorError, match=r"^inventory.yaml:1: sudo_password: the environment variable SUDO_OF_OURS"
    ):
        host.ssh.fetched()
    monkeypatch.setenv("SUDO_OF_OURS", "geheim-1")
    way = host.ssh.fetched()
    assert way.password is not None
    assert way.sudo_password is not None
    assert (way.password.value, way.sudo_password.value) == ("geheim-2", "geheim-1")
    assert "geheim-" not in f"{way}{way!r}".replace("geheim-$", "")


@pytest.mark.parametrize("value", ["geheim", "12345", "'yes'", "[geheim]", "http://geheim", "'env:'"])
@pytest.mark.parametrize("key", ["password", "sudo_password"])
def test_a_password_that_is_written_out_is_refused_and_not_shown(key: str, value: str) -> None:
    text = refused(f"ssh:\n  {key}: {value}\nhosts: [a]\n")
    assert text.startswith(f"inventory.yaml:2: {key}")
    assert "env:" in text
    assert "geheim" not in text
    assert "12345" not in text
