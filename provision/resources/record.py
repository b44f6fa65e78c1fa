"""The host's own record: what was there before us, and what we brought. Uninstall goes by nothing else."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provision.resources.base import (
    ABSENT,
    Absent,
    Change,
    Finding,
    Refusal,
    State,
    States,
    Trace,
    Unknown,
    digest,
)
from provision.script import Section

FOLDER = "/var/lib/docker-provision"
PATH = f"{FOLDER}/record.json"
RECORD_ID = "record"
KNOWN = "known"
"""The section for what the operator said to know; nothing on the host goes by that name."""
FORMAT = 1


@dataclass(frozen=True, slots=True)
class RecordState:
    """The record as it was read: `entries` by resource id, each with `before` and `ours`."""

    entries: Mapping[str, Mapping[str, Any]]

    def __str__(self) -> str:
        ours = [ident for ident, entry in self.entries.items() if "ours" in entry and ident != KNOWN]
        known = [f"known to the operator: {what}" for what in (self.touched(KNOWN) or {}).values()]
        return "\n".join([f"we brought or changed: {', '.join(ours)}", *known])

    def before(self, resource: str) -> Any:
        """What was there before our first change; None for absent, or where we know nothing of it."""
        return self.entries.get(resource, {}).get("before")

    def touched(self, resource: str) -> Mapping[str, Any] | None:
        """What we did to it, or None where we never did."""
        return self.entries.get(resource, {}).get("ours")

    def with_traces(self, before: Mapping[str, Any], traces: tuple[Trace, ...]) -> RecordState:
        """The record after changes that leave `traces`. What is recorded as before stays as it was recorded:
        a second run sees our own work, not the original."""
        entries = {key: dict(entry) for key, entry in self.entries.items()}
        for resource, state in before.items():
            entries.setdefault(resource, {"before": state})
        for trace in traces:
            entry = entries.setdefault(trace.section, {"before": None})
            entry["ours"] = {**entry.get("ours", {}), trace.key: trace.value}
        return RecordState(entries)

    def text(self) -> str:
        """The record as it lies on the host."""
        document = {"format": FORMAT, "resources": self.entries}
        return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


LIBRARY = r"""
probe_record() {
  if [ -e /var/lib/docker-provision/record.json ]; then
    echo record && base64 </var/lib/docker-provision/record.json
  else
    echo absent
  fi
}
# SUM BASE64 [SUM BASE64]: what is about to be brought, and what of it remains if the host puts things back
put_record() {
  mkdir -p "$state" && chmod 0700 "$state" || fail "can't write under $state"
  printf %s "$2" | base64 -d | replace "$state/record.json" 600 "$1" || exit 1
  remaining_sum=${3:-} remaining=${4:-}
}
# what was put back isn't ours any more
record_back() {
  if [ -n "${remaining_sum:-}" ]; then put_record "$remaining_sum" "$remaining"; fi
}
# All that was kept. Runs that are under way keep their folders: this one is still followed, others may wait for it;
# they go with whoever follows them, since nothing of ours is here any more.
remove_record() {
  find "$state" -mindepth 1 -maxdepth 1 ! -name runs -exec rm -rf -- '{}' + || fail "can't remove $state"
  for folder in "$runs"/*; do
    if ! under_way "${folder##*/}"; then rm -rf -- "$folder"; fi
  done
}
"""


@dataclass(frozen=True, slots=True)
class Record:
    """Written before the first change of a stage: a crash in between leaves a record that says too much,
    never one that says too little."""

    @property
    def id(self) -> str:
        return RECORD_ID

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        return "probe_record"

    def parse(self, section: Section) -> State:
        head, _, body = section.text.partition("\n")
        if not section.complete or section.status != 0:
            return Unknown(f"can't read {PATH}: {section.text.strip() or 'no answer'}")
        if head == "absent":
            return ABSENT
        try:
            document = json.loads(base64.b64decode(body))
            found, entries = document["format"], document["resources"]
            if found == FORMAT and all(isinstance(entry.get("ours", {}), dict) for entry in entries.values()):
                return RecordState(entries)
        except (ValueError, KeyError, TypeError, AttributeError):
            return Unknown(f"{PATH} is damaged: move it away, and uninstall by hand what it named")
        return Unknown(f"{PATH} has format {found}, this program knows {FORMAT}: use the newer program")

    def remember(self, state: State) -> Any:  # noqa: ARG002  the protocol's signature
        """The record doesn't tell of itself."""
        return None

    def compare(self, states: States) -> list[Finding]:
        state = states[self.id]
        return [Refusal(self.id, state.why)] if isinstance(state, Unknown) else []

    def withdraw(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        if isinstance(state, Absent):
            return []
        return [
            Change(
                self.id,
                "what we brought",
                "absent",
                "all of it is taken away",
                "sweep_looks\nremove_record",
            )
        ]


def why_not_ours(state: State) -> str:
    """Why something that is there isn't taken for ours."""
    if isinstance(state, RecordState):
        return "it was there before us"
    if isinstance(state, Unknown):
        return "our record can't be read"
    return f"no record in {FOLDER} says that we brought it"


def known(what: str, text: str) -> Trace:
    """A trace of what the operator said to know: by it later readers see that it was said."""
    return Trace(KNOWN, what, text)


def after(state: State, before: Mapping[str, Any], traces: tuple[Trace, ...]) -> RecordState:
    """What the record says behind changes that leave `traces`."""
    present = state if isinstance(state, RecordState) else RecordState({})
    return present.with_traces(before, traces)


def recorded(state: State, before: Mapping[str, Any], traces: tuple[Trace, ...]) -> RecordState | None:
    """What the record must say before changes with `traces` begin; None where it says so already."""
    wanted = after(state, before, traces)
    return None if wanted == after(state, {}, ()) else wanted


def writing(state: State, wanted: RecordState, remaining: RecordState) -> Change:
    """The change that brings the record up to date, ahead of those that it tells of.

    `remaining` is what it comes to where the host takes back those that are provisional.
    """
    texts = [each.text().encode() for each in (wanted, *([remaining] if remaining != wanted else []))]
    words = [word for text in texts for word in (digest(text), base64.b64encode(text).decode())]
    return Change(
        RECORD_ID,
        "absent" if isinstance(state, Absent) else "present",
        "what was there before, and what we bring",
        "written before the first change, so that all of it can be taken away again",
        " ".join(["put_record", *words]),
    )
