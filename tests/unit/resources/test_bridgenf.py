"""The sysctls of bridge-nf: asked for, left alone, and set back to what they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.resources.base import ABSENT, Change, Note, Refusal, State, Trace, Unknown
from provision.resources.bridgenf import LIBRARY, BridgeFilter, BridgeValues
from provision.resources.record import RECORD_ID, RecordState
from provision.script import Frame, Mark, Section
from tests.unit.shell import SHELLS, call, probed, programs

ON, OFF = BridgeValues("1", "1"), BridgeValues("0", "0")
ID = BridgeFilter(None).id


def states(state: State, before: str | None = None, *, ours: bool = False) -> dict[str, State]:
    entry = {"before": before, **({"ours": {"set": "1 1"}} if ours else {})}
    return {ID: state, RECORD_ID: RecordState({ID: entry})}


@pytest.mark.parametrize(
    ("text", "state"), [("1 1\n", ON), ("0 0", OFF), ("1 0", BridgeValues("1", "0")), ("absent", ABSENT)]
)
def test_parse(text: str, state: State) -> None:
    assert BridgeFilter(True).parse(Section(text, 0)) == state


@pytest.mark.parametrize("text", ["", "1", "2 1", "cat: no such file"])
def test_what_is_no_value_is_unknown(text: str) -> None:
    state = BridgeFilter(True).parse(Section(text, 0))
    assert isinstance(state, Unknown)
    (found,) = BridgeFilter(True).compare(states(state))
    assert isinstance(found, Refusal)
    assert BridgeFilter(None).compare(states(state)) == []


@pytest.mark.parametrize("state", [ABSENT, OFF, BridgeValues("1", "0")])
def test_what_differs_is_set(state: State) -> None:
    (change,) = BridgeFilter(True).compare(states(state))
    assert isinstance(change, Change)
    assert (change.script, change.traces) == ("set_bridge_nf 1 1", (Trace(ID, "set", "1 1"),))
    assert change.desired == "bridge-nf-call-iptables=1, bridge-nf-call-ip6tables=1"


def test_what_is_as_asked_for_or_not_asked_for_stays() -> None:
    assert BridgeFilter(True).compare(states(ON)) == []
    assert BridgeFilter(False).compare(states(OFF)) == []
    assert BridgeFilter(None).compare(states(OFF)) == []


@pytest.mark.parametrize(("before", "script"), [("0 1", "set_bridge_nf 0 1"), (None, "set_bridge_nf 0 0")])
def test_the_way_back_is_to_what_was(before: str | None, script: str) -> None:
    (change,) = BridgeFilter(None).withdraw(states(ON, before, ours=True))
    assert isinstance(change, Change)
    assert change.script == script


@pytest.mark.parametrize("before", ["$(reboot) 0", "1", "0 0 0", "x"])
def test_a_record_that_is_spoilt_is_not_gone_by(before: str) -> None:
    (note,) = BridgeFilter(None).withdraw(states(ON, before, ours=True))
    assert isinstance(note, Note)
    assert "record of what was before is spoilt" in note.text


@pytest.mark.parametrize(
    "given",
    [
        states(ON, "0 0"),
        states(OFF, "0 0", ours=True),
        states(ON, "1 1", ours=True),
        states(ABSENT, ours=True),
    ],
)
def test_what_is_not_ours_or_was_changed_since_stays(given: dict[str, State]) -> None:
    assert BridgeFilter(None).withdraw(given) == []


class TestShell:
    @pytest.fixture(params=SHELLS, ids=" ".join)
    def shell(self, request: pytest.FixtureRequest) -> tuple[str, ...]:
        return tuple(request.param)

    def folder(self, root: Path, *, module: bool) -> tuple[str, Path]:
        """The library with the kernel's folder elsewhere, and programs that do what the kernel would."""
        values = root / "net/bridge"
        load = f"mkdir -p {values}; for f in iptables ip6tables; do echo 1 >{values}/bridge-nf-call-$f; done"
        set_ = (
            'shift 2; for each; do name=${each%%=*}; echo "${each#*=}" >'
            f"{values}/${{name#net.bridge.}} 2>/dev/null; done"
        )
        path = programs(root / "bin", {"modprobe": load if module else "exit 1", "sysctl": set_})
        return LIBRARY.replace("/proc/sys/net/bridge", str(values)), path

    def test_the_module_is_loaded_where_it_is_not(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        library, path = self.folder(tmp_path, module=True)
        assert probed(shell, library, "probe_bridge_nf", path=path).text == "absent"
        assert call(shell, tmp_path, library, "set_bridge_nf 0 1", path=path) == ("", [])
        assert probed(shell, library, "probe_bridge_nf", path=path).text == "0 1"

    def test_a_kernel_without_it_fails(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        library, path = self.folder(tmp_path, module=False)
        _, frames = call(shell, tmp_path, library, "set_bridge_nf 1 1", path=path)
        assert frames == [
            Frame(Mark.FAIL, "can't set net.bridge.bridge-nf-call: has this kernel br_netfilter?")
        ]
