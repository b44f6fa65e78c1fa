"""What a file needs, and what becomes of it on the way back: decided on states alone."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from provision.engines import engine
from provision.resources.base import ABSENT, Change, Note, Refusal, State, Trace, Unknown, digest
from provision.resources.daemonjson import MergedJson
from provision.resources.file import Exactly, File, FileState, difference
from provision.resources.record import RECORD_ID, RecordState
from provision.script import Section

PATH = "/etc/it's a file"
FILE = File(PATH, Exactly(b"wanted\n"))
MERGED = File(PATH, MergedJson({"debug": True}, engine("18.06.3")), mode=None)


def there(content: bytes, mode: str = "644") -> FileState:
    return FileState(content, mode, "root:root", 1_700_000_000)


def states(file: File, state: State, record: State = ABSENT) -> dict[str, State]:
    return {file.id: state, RECORD_ID: record}


def change(file: File, state: State, record: State = ABSENT) -> Change:
    (found,) = file.compare(states(file, state, record))
    assert isinstance(found, Change)
    return found


class TestParse:
    def parse(self, text: str, **values: Any) -> State:
        return FILE.parse(Section(text, **{"status": 0, **values}))

    def test_a_file(self) -> None:
        text = f"file 640 root:docker 1700000000\n{base64.encodebytes(b'content' * 50).decode()}"
        assert self.parse(text) == FileState(b"content" * 50, "640", "root:docker", 1_700_000_000)

    def test_an_empty_file(self) -> None:
        assert self.parse("file 600 root:root 17\n") == FileState(b"", "600", "root:root", 17)

    def test_absent(self) -> None:
        assert self.parse("absent") is ABSENT

    @pytest.mark.parametrize(
        ("text", "values", "why"),
        [
            ("other directory", {}, f"{PATH} is directory"),
            ("stat: cannot stat", {"status": 1}, f"can't read {PATH}: stat: cannot stat"),
            ("", {"status": 1}, f"can't read {PATH}: no answer"),
            ("absent", {"complete": False}, f"can't read {PATH}: absent"),
            (
                "file 640 root:root 17\nnoise!",
                {},
                f"can't read {PATH}: the host's answer is spoilt, run again",
            ),
            ("file 640 root:root soon\n", {}, f"can't read {PATH}: the host's answer is spoilt, run again"),
        ],
    )
    def test_all_else_is_unknown(self, text: str, values: Mapping[str, Any], why: str) -> None:
        assert self.parse(text, **values) == Unknown(why)


class TestCompare:
    def test_as_asked_for(self) -> None:
        assert FILE.compare(states(FILE, there(b"wanted\n"))) == []

    def test_absent(self) -> None:
        found = change(FILE, ABSENT)
        assert (found.actual, found.desired, found.reason) == (
            "absent",
            "mode 644, 7 bytes",
            "it isn't there",
        )
        encoded = base64.b64encode(b"wanted\n").decode()
        assert shlex.split(found.script) == ["put_file", PATH, "644", "absent", digest(b"wanted\n"), encoded]
        assert found.diff == f"--- /dev/null\n+++ {PATH}\n@@ -0,0 +1 @@\n+wanted"
        assert found.traces == (Trace(FILE.id, "sha256", digest(b"wanted\n")), Trace(FILE.id, "part", {}))

    def test_another_content(self) -> None:
        found = change(FILE, there(b"other\n", "600"))
        assert (found.actual, found.reason) == ("mode 600, 6 bytes", "its content differs")
        assert shlex.split(found.script)[2:4] == ["644", digest(b"other\n")]
        assert found.diff.splitlines()[-2:] == ["-other", "+wanted"]

    def test_another_mode(self) -> None:
        found = change(FILE, there(b"wanted\n", "666"))
        assert (found.reason, found.diff) == ("its mode is 666, not 644", "")

    def test_a_mode_that_nobody_asked_for_is_kept(self) -> None:
        file = replace(FILE, mode=None)
        assert file.compare(states(file, there(b"wanted\n", "600"))) == []
        assert change(file, there(b"other", "600")).desired == "mode 600, 7 bytes"
        assert shlex.split(change(file, ABSENT).script)[2] == "-"

    def test_unknown_is_refused(self) -> None:
        assert FILE.compare(states(FILE, Unknown("no answer"))) == [Refusal(FILE.id, "no answer")]

    def test_what_cannot_be_built_upon_is_refused(self) -> None:
        (found,) = MERGED.compare(states(MERGED, there(b"{")))
        assert isinstance(found, Refusal)
        assert found.text.startswith(f"{PATH}: line 1, column 2: not valid JSON")

    def test_no_file_where_none_is_asked_for(self) -> None:
        file = replace(MERGED, content=MergedJson({}, engine("18.06.3")))
        assert file.compare(states(file, ABSENT)) == []

    def test_what_comes_before_and_after_the_write(self) -> None:
        lines = change(replace(FILE, before="keep it", then="reload"), ABSENT).script.splitlines()
        assert (lines[0], lines[1].split()[0], lines[2]) == ("keep it", "put_file", "reload")

    def test_a_difference_that_is_not_for_people_is_not_shown(self) -> None:
        assert change(replace(FILE, readable=False), ABSENT).diff == ""

    def test_what_was_asked_for_once_stays_ours(self) -> None:
        record = RecordState({MERGED.id: {"before": None, "ours": {"part": {"mtu": 1400}}}})
        found = change(MERGED, there(b'{"mtu": 1400}'), record)
        assert found.traces[1].value == {"mtu": 1400, "debug": True}


def test_before_us_is_known_by_its_sum() -> None:
    assert FILE.remember(there(b"x")) == {"sha256": digest(b"x")}
    assert FILE.remember(ABSENT) is None
    assert FILE.remember(Unknown("no answer")) is None


class TestWithdraw:
    def record(
        self, file: File, content: bytes, before: Any = None, part: Mapping[str, Any] | None = None
    ) -> RecordState:
        return RecordState(
            {file.id: {"before": before, "ours": {"sha256": digest(content), "part": part or {}}}}
        )

    def words(self, file: File, content: bytes, record: RecordState) -> tuple[str, str]:
        (found,) = file.withdraw(states(file, there(content), record))
        assert isinstance(found, Change)
        function, path, seen = shlex.split(found.script)[:3]
        assert (path, seen) == (PATH, digest(content))
        return function, found.desired

    @pytest.mark.parametrize(
        "record", [ABSENT, Unknown("damaged"), RecordState({}), RecordState({FILE.id: {"before": None}})]
    )
    def test_what_we_never_touched_stays(self, record: State) -> None:
        assert FILE.withdraw(states(FILE, there(b"x"), record)) == []

    def test_what_is_gone_is_gone(self) -> None:
        assert FILE.withdraw(states(FILE, ABSENT, self.record(FILE, b"x"))) == []

    def test_what_cannot_be_read_is_refused(self) -> None:
        found = FILE.withdraw(states(FILE, Unknown("no answer"), self.record(FILE, b"x")))
        assert found == [Refusal(FILE.id, "no answer")]

    def test_ours_byte_for_byte_gives_way_to_what_was_before(self) -> None:
        assert self.words(FILE, b"x", self.record(FILE, b"x")) == ("bring_back", "absent")
        before = {"sha256": digest(b"theirs")}
        assert self.words(FILE, b"x", self.record(FILE, b"x", before)) == ("bring_back", "as it was before")

    def test_ours_whole_that_others_changed_stays_with_a_word(self) -> None:
        (found,) = FILE.withdraw(states(FILE, there(b"y"), self.record(FILE, b"x")))
        assert isinstance(found, Note)
        assert "it was changed since, so it stays" in found.text

    def test_our_keys_go_from_what_others_changed(self) -> None:
        record = self.record(MERGED, b"x", part={"debug": True})
        (found,) = MERGED.withdraw(states(MERGED, there(b'{"debug": true, "mtu": 1400}'), record))
        assert isinstance(found, Change)
        assert found.reason == "our keys are taken out; what others set stays"
        assert base64.b64decode(found.script.split()[-1]) == b'{\n  "mtu": 1400\n}\n'

    def test_a_key_of_ours_with_anothers_value_is_theirs(self) -> None:
        record = self.record(MERGED, b"x", part={"debug": True})
        assert MERGED.withdraw(states(MERGED, there(b'{"debug": false}'), record)) == []

    @pytest.mark.parametrize("before", [None, {"sha256": digest(b"theirs")}])
    def test_what_holds_our_keys_alone_goes(self, before: Any) -> None:
        record = self.record(MERGED, b"x", before, {"debug": True})
        assert self.words(MERGED, b'{ "debug": true }', record) == ("take_away", "absent")

    def test_what_follows_from_it(self) -> None:
        file = replace(FILE, removed="systemctl daemon-reload")
        (found,) = file.withdraw(states(file, there(b"x"), self.record(file, b"x")))
        assert isinstance(found, Change)
        assert found.script.splitlines()[1] == "systemctl daemon-reload"


def test_a_difference_copes_with_any_bytes() -> None:
    assert difference("/x", b"\xff\n", b"a\n").splitlines() == [
        "--- /x",
        "+++ /x",
        "@@ -1 +1 @@",
        "-\N{REPLACEMENT CHARACTER}",
        "+a",
    ]
