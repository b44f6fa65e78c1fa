"""The way to a host: what a start of the daemon may do to it, and how it is kept. Pure decisions.

A start that makes docker0, gives it another network, or changes Docker's part of the packet filter can cut off whoever
asked for it. So the host itself takes such a change back unless the controller comes back over a new connection: it
needs nobody for that, nor does it after a boot. A connection that was there before tells nothing, for the filter lets
those through that it knows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from provision.engine_keys import NETWORK
from provision.resources.daemon import UnitState
from provision.resources.daemonjson import differing
from provision.resources.need import Act
from provision.resources.way_shell import RETURN


def risk(state: UnitState, act: Act, wanted: Mapping[str, Any], present: Mapping[str, Any]) -> str:
    """What of this start may cut the host off, in words; empty where nothing does.

    `present` are the settings in daemon.json from before, which count where no start has recorded what it took up.
    """
    if act not in (Act.START, Act.RESTART):
        return ""
    found = []
    if act is Act.START and not state.bridge and wanted.get("bridge") != "none":
        found.append("docker0 comes")
    ran = present if state.started is None else state.started
    found += [f"{key} changes" for key in differing(wanted, ran, {}) if key in NETWORK]
    if (
        found
        and state.remembered.get("ip_forward") == "0"
        and wanted.get("ip-forward", wanted.get("iptables")) is not False
    ):
        found.append("FORWARD's policy becomes DROP")
    return ", ".join(found)


def saying_address(state: UnitState, wanted: Mapping[str, Any], present: Mapping[str, Any]) -> str:
    """A daemon.json in base64 that gives docker0 the address which it has from no file; empty where a file says it."""
    ran = present if state.started is None else state.started
    if not state.bridge or ran.get("bip") is not None or wanted.get("bip") is None:
        return ""
    return base64.b64encode(json.dumps({**ran, "bip": "@ADDRESS@"}).encode()).decode()


def told(state: UnitState, what: str) -> str:
    """A plan's reason for the guard, and that it has struck before."""
    before = f" (as on {state.tried})" if state.tried else ""
    return f"{what}: taken back{before} unless this machine gets through anew within {RETURN} s"
