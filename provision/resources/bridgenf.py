"""Whether packets between a bridge's ports pass iptables: the sysctls of br_netfilter, as the kernel has them now.

What keeps them over a boot are two files beside this. CentOS 7 itself sets them to 0 at boot (initscripts,
/usr/lib/sysctl.d/00-system.conf), and has br_netfilter as a module since 7.2, before in the bridge itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provision.resources.base import (
    ABSENT,
    Absent,
    Change,
    Finding,
    Note,
    Refusal,
    State,
    States,
    Trace,
    Unknown,
)
from provision.resources.record import RECORD_ID, RecordState
from provision.script import Section

LIBRARY = r"""
# "iptables ip6tables" as two digits, or "absent" where no bridge's packets are filtered
probe_bridge_nf() {
  if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then
    echo "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables) $(cat /proc/sys/net/bridge/bridge-nf-call-ip6tables)"
  else
    echo absent
  fi
}
# IPTABLES IP6TABLES
set_bridge_nf() {
  if [ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then modprobe br_netfilter; fi
  sysctl -q -w "net.bridge.bridge-nf-call-iptables=$1" "net.bridge.bridge-nf-call-ip6tables=$2"
  [ "$(probe_bridge_nf)" = "$1 $2" ] || fail "can't set net.bridge.bridge-nf-call: has this kernel br_netfilter?"
}
"""


@dataclass(frozen=True, slots=True)
class BridgeValues:
    """For IPv4 and IPv6: 1 where bridged packets pass iptables."""

    iptables: str
    ip6tables: str

    def __str__(self) -> str:
        return f"bridge-nf-call-iptables={self.iptables}, bridge-nf-call-ip6tables={self.ip6tables}"

    @property
    def words(self) -> str:
        """As the shell functions take them."""
        return f"{self.iptables} {self.ip6tables}"


@dataclass(frozen=True, slots=True)
class BridgeFilter:
    """Both on or both off; None leaves them alone."""

    asked: bool | None

    @property
    def id(self) -> str:
        return "sysctl net.bridge.bridge-nf-call"

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        return "probe_bridge_nf"

    def parse(self, section: Section) -> State:
        return _read(section.text)

    def remember(self, state: State) -> Any:
        """For the record: None where nothing was filtered."""
        return state.words if isinstance(state, BridgeValues) else None

    def compare(self, states: States) -> list[Finding]:
        state = states[self.id]
        if self.asked is None:
            return []
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        digit = "1" if self.asked else "0"
        wanted = BridgeValues(digit, digit)
        if state == wanted:
            return []
        return [self._set(state, wanted, "asked for", (Trace(self.id, "set", wanted.words),))]

    def withdraw(self, states: States) -> list[Finding]:
        state, record = states[self.id], states[RECORD_ID]
        ours = record.touched(self.id) if isinstance(record, RecordState) else None
        if ours is None or not isinstance(record, RecordState) or not isinstance(state, BridgeValues):
            return []
        before = _read(str(record.before(self.id) or _OFF))
        if isinstance(before, Unknown):
            return [Note(self.id, f"it stays as it is, for our record of what was before is spoilt: {state}")]
        # the module stays, since others may need it by now: with 0 it does nothing
        if not isinstance(before, BridgeValues) or state.words != ours.get("set") or state == before:
            return []
        return [self._set(state, before, "we set them", ())]

    def _set(
        self, state: BridgeValues | Absent, wanted: BridgeValues, reason: str, traces: tuple[Trace, ...]
    ) -> Change:
        return Change(
            self.id, str(state), str(wanted), reason, f"set_bridge_nf {wanted.words}", traces=traces
        )


_OFF = "0 0"
"""What a kernel does that has no such sysctls yet."""


def _read(text: str) -> BridgeValues | Absent | Unknown:
    match text.split():
        case ["absent"]:
            return ABSENT
        case ["0" | "1" as iptables, "0" | "1" as ip6tables]:
            return BridgeValues(iptables, ip6tables)
        case _:
            return Unknown(f"can't read net.bridge.bridge-nf-call-iptables: {text.strip() or 'no answer'}")
