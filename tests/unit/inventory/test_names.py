"""Names: ranges as Ansible has them, what can't be a name, many names in few words."""

from __future__ import annotations

import pytest
from ansible.plugins.inventory import expand_hostname_range
from hypothesis import example, given
from hypothesis import strategies as st

from provision.errors import OperatorError
from provision.inventory import choose, fold, of_names
from provision.inventory.names import expand, hint, trouble


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("web", ["web"]),
        ("web[01:03].x", ["web01.x", "web02.x", "web03.x"]),
        ("web[9:11]", ["web9", "web10", "web11"]),
        ("db-[a:c]", ["db-a", "db-b", "db-c"]),
        ("DB[A:B]", ["DBA", "DBB"]),
        ("r[1:2]n[1:2]", ["r1n1", "r1n2", "r2n1", "r2n2"]),
        ("web[1:9:4]", ["web1", "web5", "web9"]),
        ("root@[::1]:22", ["root@[::1]:22"]),
        ("[2001:db8::1]", ["[2001:db8::1]"]),
    ],
)
def test_a_range_stands_for_its_names(text: str, names: list[str]) -> None:
    assert expand(text) == names


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("web[3:1]", "the range [3:1] is empty: write the smaller end first"),
        ("web[c:a]", "the range [c:a] is empty"),
        ("web[01:100]", "write both ends with as many digits"),
        ("web[1:5:0]", "has a step of 0"),
        ("web[1:99999999999]", "stands for more than 100000 hosts"),
        ("a[1:1000]b[1:1000]", "stands for more than 100000 hosts"),
    ],
)
def test_a_range_that_can_not_be_meant(text: str, says: str) -> None:
    with pytest.raises(OperatorError) as error:
        expand(text)
    assert says in str(error.value)


ends = st.integers(0, 120)


@given(ends, ends, st.integers(0, 3), st.one_of(st.just(""), st.integers(1, 4).map(lambda n: f":{n}")))
@example(8, 11, 2, "")
def test_ranges_are_those_of_ansible(begin: int, end: int, width: int, step: str) -> None:
    text = f"n[{begin:0{width}d}:{end:0{width}d}{step}].x"
    try:
        ours = expand(text)
    except OperatorError:
        return
    assert ours == expand_hostname_range(text)


@pytest.mark.parametrize(
    "name", ["web01", "web-1.example.com", "deploy@10.0.0.1:22", "root@[::1]:22", "::1", "fe80::1", "中文"]
)
def test_what_can_be_a_name(name: str) -> None:
    assert trouble(name) == ""


@pytest.mark.parametrize(
    "name", ["", "-oProxyCommand=x", "a b", "a;b", "a,b", "!a", "~a", "$(a)", "a\n", "web[1-3]"]
)
def test_what_can_not(name: str) -> None:
    assert "can't be a name" in trouble(name)


@pytest.mark.parametrize("name", ["a:", "a:0", "a:65536", "a:ssh", "u@a:-1", "[::1]:99999", "u@[::1]:0"])
def test_what_can_not_be_a_port(name: str) -> None:
    assert trouble(name) == f"{name!r} can't be reached: a port is a number from 1 to 65535"


@given(st.sets(st.from_regex(r"\A[a-z]{1,3}[0-9]{1,3}\Z"), max_size=30))
def test_folded_names_are_those_names(names: set[str]) -> None:
    inventory = of_names(sorted(names | {"another"}))
    found = {host.name for host in choose(inventory, fold(names))} if names else set()
    assert found == names


def test_many_names_are_few_words() -> None:
    assert fold(f"web{number:02d}.x" for number in (1, 2, 3, 5)) == "web[01-03,05].x"
    assert fold(["@odd", "a b", "root@[::1]"]) == "@odd,a b,root@[::1]"
    assert fold([]) == ""


def test_the_nearest_name_is_told() -> None:
    assert hint("wbe", ["web", "db"]) == "did you mean web?"
    assert hint("x", [f"name{n}" for n in range(9)]).endswith("name7 and more")
    assert hint("x", []) == "there are none"
