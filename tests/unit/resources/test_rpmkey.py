"""A signing key in the rpm database: known by its fingerprint, and never taken for absent when rpm is silent."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from provision import openpgp
from provision.handed import pinned_key
from provision.resources.base import ABSENT, Change, Refusal, State, Trace, Unknown
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.rpmkey import LIBRARY, KeyState, RpmKey
from provision.script import Frame, Mark, Section
from tests.unit.shell import SHELLS, call, probed, programs

ARMORED = pinned_key().decode()
KEY = RpmKey(openpgp.read(ARMORED), "/etc/a key")
NAME = "621e9f35-58adea78"
OURS = RecordState({KEY.id: {"before": None, "ours": {"fingerprint": KEY.key.fingerprint}}})

shells = pytest.mark.parametrize("shell", SHELLS, ids="-".join)


def states(state: State, record: State = ABSENT) -> dict[str, State]:
    return {KEY.id: state, RECORD_ID: record}


def parsed(text: str, **values: Any) -> State:
    return KEY.parse(Section(text, **{"status": 0, **values}))


def test_a_key_is_known_by_its_fingerprint() -> None:
    assert parsed(f"rpm\nkey {NAME}\n{ARMORED}") == KeyState(NAME)


def test_noise_ahead_is_passed_over() -> None:
    noise = "BDB2053 Freeing read locks for locker 0x163: 2211/139851823957824"
    assert parsed(f"{noise}\nrpm\n{noise}\nkey {NAME}\n{ARMORED}") == KeyState(NAME)
    assert parsed(f"{noise}\nrpm\npackage gpg-pubkey-621e9f35 is not installed") is ABSENT


def test_another_key_of_the_same_short_name_is_not_ours() -> None:
    other = RpmKey(openpgp.Key("0" * 40), "/etc/key")
    found = other.parse(Section(f"rpm\nkey {NAME}\n{ARMORED}", 0))
    assert isinstance(found, Unknown)
    assert f"another key ({KEY.key.fingerprint}) than the one asked for ({'0' * 40})" in found.why
    assert f"`rpm -e gpg-pubkey-{NAME}`" in found.why


def test_a_key_that_cannot_be_read_is_unknown() -> None:
    assert parsed(f"rpm\nkey {NAME}\n(none)") == Unknown(
        f"rpm's gpg-pubkey-{NAME} can't be read: it holds no armoured OpenPGP public key"
    )


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("rpm\n", {"status": 1}),
        ("rpm\n", {"complete": False}),
        ("package gpg-pubkey-621e9f35 is not installed", {}),
    ],
)
def test_a_silent_database_is_never_absence(text: str, values: dict[str, Any]) -> None:
    assert parsed(text, **values) == Unknown(
        "the rpm database can't be read; look at `rpm -q rpm` on the host"
    )


def test_what_is_done() -> None:
    assert KEY.compare(states(KeyState(NAME))) == []
    assert KEY.compare(states(Unknown("no"))) == [Refusal(KEY.id, "no")]
    (found,) = KEY.compare(states(ABSENT))
    assert isinstance(found, Change)
    assert shlex.split(found.script) == ["import_key", "621e9f35", "/etc/a key"]
    assert found.traces == (Trace(KEY.id, "fingerprint", KEY.key.fingerprint),)


@pytest.mark.parametrize(("state", "kept"), [(KeyState(NAME), NAME), (ABSENT, None), (Unknown("no"), None)])
def test_what_was_before_us(state: State, kept: str | None) -> None:
    assert KEY.remember(state) == kept


def test_the_way_back_takes_what_we_brought() -> None:
    assert KEY.withdraw(states(Unknown("no"), OURS)) == [Refusal(KEY.id, "no")]
    for state, record in ((ABSENT, OURS), (KeyState(NAME), ABSENT), (KeyState(NAME), RecordState({}))):
        assert KEY.withdraw(states(state, record)) == []
    (found,) = KEY.withdraw(states(KeyState(NAME), OURS))
    assert isinstance(found, Change)
    assert found.script == "remove_key 621e9f35"


def test_a_key_that_was_asked_for_earlier_goes_too() -> None:
    """Set up with --repo-key, taken away without: the record tells of the other key."""
    other = {"before": None, "ours": {"fingerprint": "4B5F…"}}
    record = RecordState({"rpm-key 0013f291": other, "rpm-key 00000000": {"before": "x"}, **OURS.entries})
    found = KEY.withdraw(states(ABSENT, record))
    assert [change.script for change in found if isinstance(change, Change)] == ["remove_key 0013f291"]


# rpm as far as it is asked: `rpm -q --qf FORMAT NAME`, `rpm -q NAME`, `rpm --import FILE`
ANSWERS = f"""case $* in
  *--qf*" rpm") echo rpm ;;
  *--qf*gpg-pubkey-621e9f35) echo 'key {NAME}' && cat "$0.key" ;;
  -q\\ gpg-pubkey-*) cat "$0.key" >/dev/null ;;
  --import*) cp "$2" "$0.key" ;;
esac"""


@shells
class TestShell:
    def test_a_key_is_read(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        path = programs(tmp_path, {"rpm": ANSWERS})
        (path / "rpm.key").write_text(ARMORED)
        assert KEY.parse(probed(shell, LIBRARY, KEY.probe(), path=path)) == KeyState(NAME)

    def test_a_key_that_is_not_there(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        missing = "case $* in *' rpm') echo rpm ;; *) echo 'package is not installed'; exit 1 ;; esac"
        path = programs(tmp_path, {"rpm": missing})
        assert KEY.parse(probed(shell, LIBRARY, KEY.probe(), path=path)) is ABSENT

    @pytest.mark.parametrize("status", [124, 137, 139])
    @pytest.mark.parametrize("asked", ["*' rpm'", "*gpg-pubkey*"])
    def test_rpm_that_hangs_or_crashes_is_never_absence(
        self, shell: tuple[str, ...], tmp_path: Path, asked: str, status: int
    ) -> None:
        path = programs(tmp_path, {"rpm": f"case $* in {asked}) exit {status} ;; *) echo rpm ;; esac"})
        assert isinstance(KEY.parse(probed(shell, LIBRARY, KEY.probe(), path=path)), Unknown)

    def test_a_key_is_imported_and_asked_for(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        path = programs(tmp_path, {"rpm": ANSWERS})
        (tmp_path / "a key").write_text(ARMORED)
        text = f"import_key 621e9f35 '{tmp_path}/a key'"
        assert call(shell, tmp_path, LIBRARY, text, path=path) == ("", [])
        assert KEY.parse(probed(shell, LIBRARY, KEY.probe(), path=path)) == KeyState(NAME)

    def test_a_key_is_removed_by_its_full_name(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        rpm = (
            'if [ "$1" = -e ]; then echo "$2" >>"$0.gone"; else echo gpg-pubkey-1-2; echo gpg-pubkey-1-3; fi'
        )
        path = programs(tmp_path, {"rpm": rpm})
        assert call(shell, tmp_path, LIBRARY, "remove_key 1", path=path) == ("", [])
        assert (path / "rpm.gone").read_text().split() == ["gpg-pubkey-1-2", "gpg-pubkey-1-3"]

    def test_a_key_that_is_gone_already_is_no_failure(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        path = programs(tmp_path, {"rpm": "echo package gpg-pubkey-1 is not installed; exit 1"})
        assert call(shell, tmp_path, LIBRARY, "remove_key 1", path=path) == ("", [])

    def test_a_key_that_stays_is_one(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        path = programs(tmp_path, {"rpm": 'if [ "$1" = -e ]; then exit 1; else echo gpg-pubkey-1-2; fi'})
        frames = [Frame(Mark.FAIL, "rpm can't remove gpg-pubkey-1-2")]
        assert call(shell, tmp_path, LIBRARY, "remove_key 1", path=path) == ("", frames)

    @pytest.mark.parametrize(
        ("rpm", "why"),
        [
            ("exit 1", "rpm can't import /key"),
            (
                "case $1 in --import) ;; *) exit 1 ;; esac",
                "rpm imported /key, but has no gpg-pubkey-621e9f35",
            ),
        ],
    )
    def test_an_import_that_fails_says_so(
        self, shell: tuple[str, ...], tmp_path: Path, rpm: str, why: str
    ) -> None:
        path = programs(tmp_path, {"rpm": rpm})
        assert call(shell, tmp_path, LIBRARY, "import_key 621e9f35 /key", path=path) == (
            "",
            [Frame(Mark.FAIL, why)],
        )
