"""docker.service: enabled, running, and running with the configuration that is asked for."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from provision.daemon_settings import data_root
from provision.resources import daemonjson, way
from provision.resources.base import (
    ABSENT,
    Change,
    Finding,
    Note,
    Pending,
    Refusal,
    State,
    States,
    Trace,
    Unknown,
    digest,
    quote,
)
from provision.resources.configuration import EngineToRun
from provision.resources.daemon import UnitState, parse
from provision.resources.file import File, FileState, Unsuitable
from provision.resources.need import (
    Act,
    Need,
    Reach,
    before_restart,
    expected,
    need,
    why_first,
)
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.restart import DEFAULT, Policy, consequence
from provision.resources.unit_shell import LIBRARY
from provision.script import Section


@dataclass(frozen=True, slots=True)
class Unit:
    """The service of an engine, which runs with `configuration`.

    `environment` are variables that the daemon must have; None leaves them to what is in the file for them.
    `policy` says whether it may be restarted. `stop_containers` is the operator's consent to end running
    containers when the service is taken away. `serves`: it is to be enabled and running; else only its configuration
    is of interest, whether or not it runs.
    """

    name: str
    engine: EngineToRun
    configuration: File
    policy: Policy = DEFAULT
    stop_containers: bool = False
    environment: Mapping[str, str] | None = None
    serves: bool = True

    @property
    def id(self) -> str:
        return f"service {self.name}"

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        sums = [(name, digest(value.encode())) for name, value in (self.environment or {}).items()]
        return " ".join(["probe_unit", *map(quote, (self.name, *(word for pair in sums for word in pair)))])

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0:
            return Unknown(f"can't ask systemd about {self.name}: {section.text.strip() or 'no answer'}")
        try:
            state = parse(section.text)
        except ValueError as error:
            return Unknown(f"{self.name}: {error}")
        if state.runs and state.info is None:
            return Unknown(
                f"{self.name} runs but `docker info` doesn't answer; look at `journalctl -u {self.name}`, "
                "restart it by hand"
            )
        return state

    @property
    def _reach(self) -> Reach:
        if isinstance(self.configuration.content, daemonjson.Untouched):
            return Reach.SERVICE
        return Reach.WHOLE if self.serves else Reach.SETTINGS

    def remember(self, state: State) -> Any:
        """For the record: what the first start changes on the host's network, and below /etc."""
        return dict(state.remembered) if isinstance(state, UnitState) else None

    def compare(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        if state.load == "masked" or state.enabled == "masked":
            return [
                Refusal(
                    self.id, f"{self.name} is masked, and someone meant it; `systemctl unmask {self.name}`"
                )
            ]
        if not self.serves and state.load != "not-found" and not state.runs:
            return [Note(self.id, f"{self.name} doesn't run; it takes daemon.json up when it is started")]
        anew = self._starts_anew(states)
        if not anew and (state.load == "not-found" or not self.engine.ready(states)):
            return [Pending(self.id, "enabled and running with this configuration", "engine")]
        try:
            content = self.configuration.wanted(states)
            wanted = daemonjson.load(content) if content is not None else {}
            there = states[self.configuration.id]
            present = (
                (daemonjson.load(there.content), there.changed) if isinstance(there, FileState) else None
            )
        except Unsuitable as error:
            return [Refusal(self.id, f"{self.configuration.path}: {error}")]
        if self.environment is not None and wanted.get("proxies"):
            outranks = (
                f"{self.configuration.path} has proxies, which outrank the daemon's proxy that is asked for"
            )
            return [Refusal(self.id, f"{outranks}: take them out by proxies: null under daemon")]
        if anew:
            return self._anew(states, wanted)
        needed = need(state, wanted, present, self.engine.on(states), self._reach)
        if needed.act is Act.NOTHING and content != (present and there.content):
            # nothing that is written stays unconfirmed
            reason = "a reload shows that it takes daemon.json as it will be"
            needed = replace(needed, act=Act.RELOAD, reasons=(reason,))
        return self._findings(states, needed, wanted)

    def _starts_anew(self, states: States) -> bool:
        """Whether the engine's packages are changed in the same stage, which stops it."""
        changes = () if self.engine.adopts else self.engine.packages.compare(states)
        return any(isinstance(change, Change) and change.joins for change in changes)

    def _anew(self, states: States, wanted: Mapping[str, Any]) -> list[Finding]:
        """The start of an engine of another version: it takes all up, and all is put back if it doesn't come up."""
        state, found = states[self.id], list[Finding]()
        if self.engine.packages.keeps(states) and (first := before_restart(state, wanted)):
            found.append(self._beforehand(states, first))
        needed = Need(Act.START, ("its packages are changed; if it doesn't come up, all is put back",))
        return [*found, self._change(states, needed, wanted, (), starting="start_changed_unit")]

    def _findings(self, states: States, needed: Need, wanted: Mapping[str, Any]) -> list[Finding]:
        state: UnitState = states[self.id]
        found: list[Finding] = [Note(self.id, needed.doubt)] if needed.doubt else []
        if needed.act is Act.RESTART and (
            obstacle := self.policy.obstacle(state, wanted, "; ".join(needed.reasons))
        ):
            return [Refusal(self.id, obstacle)]
        if needed.first:
            found.append(self._beforehand(states, needed.first))
        settled = (state.enabled == "enabled" or not self.serves) and not (
            state.stale or state.owed or state.unconfirmed or state.kept
        )
        if needed.act is Act.NOTHING and settled:
            return found
        recording = [] if needed.doubt else self._recording(states)
        return [*found, self._change(states, needed, wanted, recording)]

    def _settings(self, states: States) -> Mapping[str, Any]:
        """What daemon.json says that is there."""
        there = states[self.configuration.id]
        return daemonjson.load(there.content) if isinstance(there, FileState) else {}

    def _recording(self, states: States) -> list[str]:
        """Keeps what a daemon was started with that recorded nothing: once daemon.json is newer, it can't be told."""
        there = states[self.configuration.id]
        if states[self.id].started is not None:
            return []
        content = there.content if isinstance(there, FileState) else b"{}"
        return [f"record_start {base64.b64encode(content).decode()}"]

    def _beforehand(self, states: States, settings: Mapping[str, Any]) -> Change:
        """The reload that comes before all else: the file as it is, with these settings in it."""
        there = states[self.configuration.id]
        content = daemonjson.with_settings(there.content if isinstance(there, FileState) else None, settings)
        written = self.configuration.write(states, content)
        told = ", ".join(f"{key}: {json.dumps(value)}" for key, value in settings.items())
        reload = " ".join(["reload_unit", self.name, quote(expected(daemonjson.load(content)))])
        return replace(
            written,
            resource=self.id,
            actual="active",
            desired=f"running with {told}, reload",
            reason=why_first(settings),
            script="\n".join([written.script, *self._recording(states), reload]),
            first=True,
        )

    def _change(
        self,
        states: States,
        needed: Need,
        wanted: Mapping[str, Any],
        recording: Iterable[str],
        starting: str = "start_unit",
    ) -> Change:
        state: UnitState = states[self.id]
        reasons = list(needed.reasons)
        script = []
        if state.stale:
            reasons.append("its unit files changed on disk")
        script.append("systemctl daemon-reload || fail 'systemctl daemon-reload failed'")
        enabling: list[str] = []
        if state.enabled != "enabled" and self.serves:
            reasons.append(f"it is {state.enabled or 'not enabled'}")
            enabling = [f"enable_unit {quote(self.name)}"]
        if needed.act is Act.RESTART:
            reasons += filter(None, [consequence(state, wanted)])
        if needed.act is Act.RELOAD:
            script += recording
        if needed.act is not Act.NOTHING:
            watching = self._watching(states, needed, wanted)
            reasons += watching
            script += [*self._looking(needed, wanted), *watching.values()]
            script.append(self._acting(needed, wanted, starting))
        elif state.unconfirmed:
            reasons.append("its last start is confirmed, for the host was reached since")
            script.append("keep_way")
        elif state.kept:
            reasons.append(
                "it runs with daemon.json as it is: what a run that was cut off kept of before can go"
            )
            script.append("settled")
        # not before: what nobody has confirmed doesn't start at a boot
        script += enabling
        if state.owed:
            reasons.append(f"a change of version was cut off and left stopped: {', '.join(state.owed)}")
            script.append("start_owed")
        plugins = wanted.get("authorization-plugins") or ()
        act = "" if needed.act is Act.NOTHING else f", {needed.act}"
        return Change(
            self.id,
            f"{state.active}, {state.enabled or 'not enabled'}",
            f"{'enabled, ' if self.serves else ''}running with this configuration{act}",
            "; ".join(reasons),
            "\n".join(script),
            look=" ".join(["look_plugins", *map(quote, plugins)]) if plugins and act else "",
            stops_daemon=needed.act is Act.RESTART,
            traces=(Trace(self.id, "managed", "enabled and started"),),
        )

    @staticmethod
    def _looking(needed: Need, wanted: Mapping[str, Any]) -> list[str]:
        """What is looked at right before a start; before a restart that is a part of it."""
        return [f"look_room {quote(data_root(wanted))}"] if needed.act is Act.START else []

    def _acting(self, needed: Need, wanted: Mapping[str, Any], starting: str) -> str:
        """The shell text by which the daemon comes to run with `wanted`."""
        words = [self.name, expected(wanted)]
        if needed.act is Act.RESTART:
            words += self.policy.words(wanted)
        function = starting if needed.act is Act.START else f"{needed.act}_unit"
        return " ".join([function, *map(quote, words)])

    def _watching(self, states: States, needed: Need, wanted: Mapping[str, Any]) -> dict[str, str]:
        """What guards a start that may cut the host off: why, and the shell text."""
        state, there = states[self.id], self._settings(states)
        risk = way.risk(state, needed.act, wanted, there)
        if not risk:
            return {}
        words = filter(None, (risk, way.saying_address(state, wanted, there)))
        return {way.told(state, risk): " ".join(["watch_way", *map(quote, words)])}

    def withdraw(self, states: States) -> list[Finding]:
        state, record = states[self.id], states[RECORD_ID]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        removed = any(isinstance(finding, Change) for finding in self.engine.packages.withdraw(states))
        if not removed or not isinstance(record, RecordState) or state is ABSENT:
            return []
        if state.containers and not self.stop_containers:
            names = ", ".join(each.name for each in state.containers)
            return [
                Refusal(
                    self.id, f"containers are running: {names}; stop them first, or say --stop-containers"
                )
            ]
        before = record.before(self.id) or {}
        words = (self.name, "stop" if self.stop_containers else "idle", before.get("forward", ""))
        script = [" ".join(["remove_unit", *map(quote, words)])]
        if not before.get("key_json"):
            script.append("rm -f /etc/docker/key.json")
        if not before.get("etc_docker"):
            # what still lies in it goes later, and takes the folder along
            script.append("rmdir /etc/docker 2>/dev/null || came_with_us /etc/docker")
        if before.get("ip_forward") == "0":
            script.append("sysctl -q -w net.ipv4.ip_forward=0 || fail 'can not set net.ipv4.ip_forward back'")
        return [
            Change(
                self.id,
                f"{state.active}, {state.enabled or 'not enabled'}",
                "stopped, with docker0 and its chains gone",
                "we brought it",
                "\n".join(script),
                stops_daemon=True,
            )
        ]
