"""The host's record: written before the first change, read strictly, true to the host before us."""

from __future__ import annotations

import base64
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.resources import record
from provision.resources.base import ABSENT, Change, Refusal, State, Trace, Unknown, digest
from provision.resources.file_shell import LIBRARY as FILES
from provision.resources.record import LIBRARY, RECORD_ID, Record, RecordState
from provision.script import Section
from tests.unit.core import encoded
from tests.unit.shell import SHELLS, call

FULL = RecordState(
    {"file /x": {"before": None, "ours": {"sha256": "ab"}}, "group docker": {"before": ["bob"]}}
)


def parsed(document: Any) -> State:
    text = document if isinstance(document, str) else json.dumps(document)
    return Record().parse(Section(f"record\n{encoded(text.encode())}\n", 0))


def test_what_was_written_is_read() -> None:
    assert parsed(FULL.text()) == FULL
    assert Record().parse(Section("absent", 0)) is ABSENT


@pytest.mark.parametrize(
    ("section", "why"),
    [
        (Section("no", 1), "can't read /var/lib/docker-provision/record.json: no"),
        (Section("", 1, complete=False), "can't read /var/lib/docker-provision/record.json: no answer"),
    ],
)
def test_what_cannot_be_read_is_unknown(section: Section, why: str) -> None:
    assert Record().parse(section) == Unknown(why)


@pytest.mark.parametrize(
    "document",
    ["", "{", "[]", "null", "7", {}, {"format": 1}, {"resources": {}}, {"format": 1, "resources": []}],
)
def test_what_is_no_record_is_damaged(document: Any) -> None:
    found = parsed(document)
    assert isinstance(found, Unknown)
    assert "is damaged: move it away" in found.why


@pytest.mark.parametrize("number", [0, 2, "1"])
def test_a_later_programs_record_is_left_to_it(number: Any) -> None:
    found = parsed({"format": number, "resources": {}})
    assert isinstance(found, Unknown)
    assert f"has format {number}, this program knows 1: use the newer program" in found.why


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ENTRY = JSON | st.fixed_dictionaries({}, optional={"before": JSON, "ours": JSON})


@given(st.dictionaries(st.sampled_from(["file /x", "group docker"]), ENTRY))
def test_any_document_is_taken_or_damaged_but_never_a_traceback(entries: dict[str, Any]) -> None:
    found = parsed({"format": 1, "resources": entries})
    if not isinstance(found, Unknown):
        assert found.with_traces({"file /x": 1}, (Trace("file /x", "a", "b"),)).touched("file /x")["a"] == "b"


def test_what_was_before_is_told_once() -> None:
    first = FULL.with_traces({"file /x": {"sha256": "ours by now"}, "file /y": {"sha256": "cd"}}, ())
    assert first.before("file /x") is None
    assert first.before("group docker") == ["bob"]
    assert first.before("file /y") == {"sha256": "cd"}
    assert first.before("never heard of") is None


def test_traces_add_up() -> None:
    traces = (
        Trace("file /x", "sha256", "cd"),
        Trace("file /x", "part", {}),
        Trace("service", "managed", True),
    )
    found = FULL.with_traces({}, traces)
    assert found.touched("file /x") == {"sha256": "cd", "part": {}}
    assert found.touched("service") == {"managed": True}
    assert found.touched("group docker") is None
    assert FULL.touched("file /x") == {"sha256": "ab"}


def test_a_record_that_says_so_already_is_not_written() -> None:
    traces = (Trace("file /x", "sha256", "ab"),)
    assert record.recorded(FULL, {"file /x": None}, traces) is None
    assert record.recorded(ABSENT, {}, ()) is None
    assert record.recorded(ABSENT, {"a": 1}, ()) == RecordState({"a": {"before": 1}})


def test_writing_it_is_a_change() -> None:
    found = record.writing(ABSENT, FULL, FULL)
    function, checksum, content = shlex.split(found.script)
    assert (function, checksum) == ("put_record", digest(FULL.text().encode()))
    assert base64.b64decode(content) == FULL.text().encode()
    assert (found.actual, record.writing(FULL, FULL, FULL).actual) == ("absent", "present")


def test_an_unknown_record_refuses_either_way() -> None:
    states = {RECORD_ID: Unknown("damaged")}
    assert Record().compare(states) == [Refusal(RECORD_ID, "damaged")]
    assert Record().withdraw(states) == [Refusal(RECORD_ID, "damaged")]


def test_the_way_back_ends_with_the_record() -> None:
    assert Record().withdraw({RECORD_ID: ABSENT}) == []
    (found,) = Record().withdraw({RECORD_ID: FULL})
    assert isinstance(found, Change)
    assert found.script == "sweep_looks\nremove_record"


def test_it_does_not_tell_of_itself() -> None:
    assert Record().remember(FULL) is None


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
def test_the_shell_writes_and_reads_it(shell: tuple[str, ...], tmp_path: Path) -> None:
    state = tmp_path / "state"
    library = FILES + LIBRARY.replace("/var/lib/docker-provision", str(state))
    assert call(shell, state, library, Record().probe()) == ("absent", [])
    for written in (RecordState({}), FULL):
        script = f"{record.writing(ABSENT, written, written).script}\nrecord_back"
        assert call(shell, state, library, script) == ("", [])
        printed, _ = call(shell, state, library, Record().probe())
        assert Record().parse(Section(printed, 0)) == written
    assert (state.stat().st_mode & 0o777, (state / "record.json").stat().st_mode & 0o777) == (0o700, 0o600)


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
def test_what_was_put_back_is_not_ours_any_more(shell: tuple[str, ...], tmp_path: Path) -> None:
    library = FILES + LIBRARY.replace("/var/lib/docker-provision", str(tmp_path))
    remaining = RecordState({"file /x": {"before": None}})
    script = record.writing(ABSENT, FULL, remaining).script
    for then, left in (("", FULL), ("record_back", remaining)):
        assert call(shell, tmp_path, library, f"{script}\n{then}") == ("", [])
        printed, _ = call(shell, tmp_path, library, Record().probe())
        assert Record().parse(Section(printed, 0)) == left
