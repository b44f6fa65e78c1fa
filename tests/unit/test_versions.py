"""What a repository offers, as a host lists it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from rich.console import Console

from provision import engines, versions
from provision.converge import Output
from provision.errors import Failed
from provision.resources.yum import Repository
from provision.runs import HostRun
from tests.unit.case import WORD
from tests.unit.core import framed
from tests.unit.words import recorded

REPOSITORY = Repository(b"[docker-ce-stable]\nexclude=docker-ce\nenabled=1\n", b"key", ("docker-ce",))
LISTED = recorded.text("yum/03").split("$ yum -q list docker-ce --showduplicates")[1].split("\n$ ")[0]
ABSENT = "package docker-ce is not installed"


class Host:
    """A host that gives one answer to a reading."""

    def __init__(self, answer: str) -> None:
        self._answer = answer
        self.script = ""

    def read(self, script: str, *, timeout: float | None = None) -> Output:
        assert timeout == versions.TIMEOUT
        self.script = script
        (word,) = set(re.findall(r"@[0-9a-f]{16}", script))
        return Output(self._answer.replace(WORD, word), "", 0)

    def watch(self, script: str, on_piece: Callable[[str], None]) -> Output:
        raise AssertionError(f"nothing is watched: {script} {on_piece}")

    def apply(self, run: HostRun, hear: Callable[[str], None], lost: Callable[[str], None]) -> Output:
        raise AssertionError(f"a list changes nothing: {run} {hear} {lost}")

    def close(self) -> None:
        """Nothing to end."""


def offered(offers: str, installed: str = ABSENT, version: str = "18.06.3") -> list[versions.Row]:
    host = Host(framed({"offers": offers, "installed": installed}, WORD))
    return versions.offered(host, REPOSITORY, engines.engine(version))


def test_newest_first_with_marks() -> None:
    rows = offered(LISTED, "18.06.2.ce-3.el7\n")
    assert [row.version for row in rows] == [
        *("26.1.4", "18.09.9", "18.09.0"),
        *("18.06.3", "18.06.2", "17.12.1", "17.03.3", "17.03.2"),
    ]
    assert [row.version for row in rows if row.installed] == ["18.06.2"]
    assert [row.version for row in rows if row.asked_for] == ["18.06.3"]
    assert rows[0].evr == "3:26.1.4-1.el7"


def test_an_installed_version_with_an_epoch_is_marked() -> None:
    assert [row.version for row in offered(LISTED, "26.1.4-1.el7") if row.installed] == ["26.1.4"]


def test_nothing_installed_marks_nothing() -> None:
    assert not any(row.installed for row in offered(LISTED))


def test_an_empty_list_is_one() -> None:
    assert offered("") == []


@pytest.mark.parametrize("mark", ["refuse", "fail"])
def test_a_repository_that_cannot_be_read_is_told_with_its_reason(mark: str) -> None:
    run = recorded.run("yum/12", "no-such-host", failed=True)
    with pytest.raises(Failed, match=r"no-such-host.invalid: the name can't be resolved .*; "):
        offered(f"{run.output}\n{WORD} {mark} yum {run.status}\n")


@pytest.mark.parametrize(
    "cut", ["", framed({"offers": LISTED}, WORD), framed({"offers": "", "installed": ""}, WORD)[:-8]]
)
def test_a_cut_answer_is_a_failure(cut: str) -> None:
    with pytest.raises(Failed, match="the host's answer was cut off"):
        versions.offered(Host(cut), REPOSITORY, engines.engine("18.06.3"))


def test_the_hosts_own_files_have_no_part_in_it() -> None:
    """The repository goes along with the script, without the line that would hide what is looked for."""
    host = Host(framed({"offers": "", "installed": ""}, WORD))
    versions.offered(host, REPOSITORY, engines.engine("18.06.3"))
    encoded = re.search(r"^list_offers (\S+) ''$", host.script, re.MULTILINE)
    assert encoded
    assert base64.b64decode(encoded[1]) == b"[docker-ce-stable]\nenabled=1\n"


def test_the_table_says_what_is_marked() -> None:
    console = Console(width=80, record=True)
    with console.capture() as said:
        console.print(versions.table("host1", offered(LISTED, "18.06.3.ce-3.el7")))
    lines = [line.rstrip() for line in said.get().splitlines()]
    assert lines[0] == "host1"
    assert [line.split() for line in lines if "18.06" in line] == [
        ["18.06.3", "18.06.3.ce-3.el7", "installed,", "asked", "for,", "tested"],
        ["18.06.2", "18.06.2.ce-3.el7", "tested"],
    ]
    assert all(line.endswith("  not installed by this program") for line in lines if line.startswith("17."))


def test_rows_are_plain_data() -> None:
    row = offered(LISTED)[0]
    assert row.plain() == {
        "version": "26.1.4",
        "evr": "3:26.1.4-1.el7",
        "installed": False,
        "asked_for": False,
        "tested": True,
        "can_be_asked_for": True,
    }
