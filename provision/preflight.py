"""Hosts that can't be served, each with the remedy. Nothing was touched when one of these is said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provision.facts import HostFacts

KERNEL = (3, 10)
"""dockerd exits on an older one (moby, daemon/daemon_unix.go)."""


def refusals(host: HostFacts) -> Iterator[str]:
    """Why this host can't be served, one line each."""
    name = host.os_name or host.os_id or "an unknown system"
    if host.os_id != "centos" or host.os_version.partition(".")[0] != "7":
        yield f"this is {name}, not CentOS 7: use its own packages"
    if host.machine != "x86_64":
        yield f"this is {host.machine or 'an unknown machine'}, not x86_64: Docker built no packages for it on CentOS 7"
    kernel = re.match(r"(\d+)\.(\d+)", host.kernel)
    if kernel is None or (int(kernel[1]), int(kernel[2])) < KERNEL:
        yield (
            f"kernel {host.kernel or 'unknown'} is older than 3.10, on which Docker doesn't start: "
            "boot CentOS 7's own kernel (`yum install kernel`, then reboot)"
        )
    if not host.systemd:
        yield "systemd doesn't run here (a container?): Docker's unit needs it, use a real or virtual machine"
