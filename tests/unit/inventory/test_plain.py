"""Hosts by their names alone: -H, and files with one a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.errors import OperatorError
from provision.inventory import load, of_names
from provision.inventory.plain import is_plain


def test_a_file_with_a_host_a_line(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("# ours\nweb[01:02]  # both\n\ndeploy@10.0.0.5:2222\nweb01\n")
    assert [host.name for host in load(str(path)).hosts] == ["web01", "web02", "deploy@10.0.0.5:2222"]


def test_hosts_of_the_command_line_may_be_ranges() -> None:
    assert [host.name for host in of_names(["a[1:2]", "b", "a1"]).hosts] == ["a1", "a2", "b"]


@pytest.mark.parametrize(
    ("line", "says"),
    [("web[2:1]", "hosts:2: the range [2:1] is empty"), ("-oX=1", "hosts:2: '-oX=1' can't be a name")],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "hosts"
    path.write_text(f"a\n{line}\n")
    with pytest.raises(OperatorError) as error:
        load(str(path))
    assert says in str(error.value)


@pytest.mark.parametrize("text", ["[web]\na\n", "a ansible_host=b\n", "all:\n  hosts:\n"])
def test_what_is_more_than_names_is_for_others_to_read(text: str) -> None:
    assert not is_plain(text)
