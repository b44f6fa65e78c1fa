"""Registries' certificates: put where dockerd looks for them, others' left alone, ours taken away again."""

from __future__ import annotations

import base64

from provision.resources.base import ABSENT, Change, Note, Refusal, Trace, Unknown, digest
from provision.resources.certificates import CertificatesState, RegistryCertificates
from provision.resources.file import FileState
from provision.resources.record import RECORD_ID, RecordState
from provision.script import Section

ID = "registry certificates"
PATH = "/etc/docker/certs.d/registry.example:5000/ca.crt"
OTHER = "/etc/docker/certs.d/other.example/ca.crt"
ASKED = RegistryCertificates({"registry.example:5000": b"ours"})
NOTHING = RegistryCertificates({})


def there(**files: bytes) -> CertificatesState:
    paths = {"ours": PATH, "other": OTHER}
    found = {paths[name]: FileState(content, "644", "root:root", 1) for name, content in files.items()}
    return CertificatesState(found)


def record(*paths: str) -> RecordState:
    return RecordState({ID: {"before": None, "ours": {"files": {path: digest(b"ours") for path in paths}}}})


def test_what_the_probe_prints() -> None:
    encoded = base64.b64encode(b"ours").decode()
    text = f"certificates\npath={PATH}\nfile 644 root:root 7\n{encoded}\npath={OTHER}\nfile 600 root:root 8\n"
    found = ASKED.parse(Section(text, 0))
    assert isinstance(found, CertificatesState)
    assert {path: file.content for path, file in found.files.items()} == {PATH: b"ours", OTHER: b""}
    assert str(found) == "registry.example:5000, other.example"
    assert ASKED.parse(Section("certificates", 0)) is ABSENT
    assert isinstance(ASKED.parse(Section("", 0)), Unknown)


def test_as_asked_for_or_nothing_asked() -> None:
    assert ASKED.compare({ID: there(ours=b"ours", other=b"x"), RECORD_ID: ABSENT}) == []
    assert NOTHING.compare({ID: Unknown("no"), RECORD_ID: ABSENT}) == []
    assert ASKED.compare({ID: Unknown("no"), RECORD_ID: ABSENT}) == [Refusal(ID, "no")]


def test_a_new_one_is_written_for_all_to_read() -> None:
    (change,) = ASKED.compare({ID: there(other=b"x"), RECORD_ID: ABSENT})
    assert isinstance(change, Change)
    put = f"put_file {PATH} 644 absent {digest(b'ours')} {base64.b64encode(b'ours').decode()}"
    assert change.script == put
    assert change.traces == (Trace(ID, "files", {PATH: digest(b"ours")}),)
    assert not change.stops_daemon


def test_another_ones_mode_and_what_earlier_runs_brought_stay() -> None:
    (change,) = ASKED.compare({ID: there(ours=b"old"), RECORD_ID: record(OTHER)})
    assert isinstance(change, Change)
    assert change.script.startswith(f"put_file {PATH} - {digest(b'old')} ")
    assert change.traces[0].value == {OTHER: digest(b"ours"), PATH: digest(b"ours")}


def test_uninstalling_goes_by_the_record() -> None:
    """Whatever is asked for by then."""
    (change,) = NOTHING.withdraw({ID: there(ours=b"ours", other=b"x"), RECORD_ID: record(PATH)})
    assert isinstance(change, Change)
    assert change.script == f"bring_back {PATH} {digest(b'ours')}"
    assert NOTHING.withdraw({ID: there(other=b"x"), RECORD_ID: record(PATH)}) == []
    assert NOTHING.withdraw({ID: there(ours=b"ours"), RECORD_ID: ABSENT}) == []
    assert NOTHING.withdraw({ID: Unknown("no"), RECORD_ID: record(PATH)}) == [Refusal(ID, "no")]


def test_what_was_changed_since_stays() -> None:
    (note,) = NOTHING.withdraw({ID: there(ours=b"changed"), RECORD_ID: record(PATH)})
    assert isinstance(note, Note)
    assert "changed since" in note.text
