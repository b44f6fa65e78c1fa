"""What works, but not for long or not well: said in the plan, with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from provision.facts import HostFacts
from provision.preflight.situation import Situation
from provision.words import docker

LEAKLESS = (1062, 4, 1)
"""The release of kernel 3.10.0 that no longer leaks (kubernetes#61937; for-linux#841 has one voice for 1075)."""


def notes(case: Situation) -> Iterator[str]:
    """Advice in the order of its weight."""
    yield from _leak(case.host)
    if case.service is None:
        return
    yield from _logs(case.service.settings)
    info = case.service.state.info
    if case.service.running and info is not None:
        yield from (docker.explained(warning) for warning in info.warnings)


def _leak(host: HostFacts) -> Iterator[str]:
    found = re.match(r"3\.10\.0-([\d.]+)\.el7", host.kernel)
    if found is None or host.nokmem or tuple(map(int, found[1].split("."))) >= LEAKLESS:
        return
    yield (
        f"kernel {host.kernel} leaks memory with every container that has a memory limit, until none can be started "
        "(for-linux#841): `yum update kernel` to 3.10.0-1062.4.1 or newer and reboot, or boot with cgroup.memory=nokmem"
    )


def _logs(settings: Mapping[str, Any]) -> Iterator[str]:
    options = settings.get("log-opts")
    rotates = isinstance(options, Mapping) and options.get("max-size") not in (None, "-1")
    if settings.get("log-driver", "json-file") == "json-file" and not rotates:
        yield (
            "containers' logs aren't rotated and may fill the disk (moby#27957): --log-max-size and "
            "--log-max-file do that for containers made from then on"
        )
