"""Whether a host can be served at all: its system, its machine, its kernel, and engines of other makers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provision.facts import HostFacts
from provision.facts.host import Daemon
from provision.preflight.situation import Situation, Terms

KERNEL = (3, 10)
"""dockerd exits on an older one (moby, daemon/daemon_unix.go)."""

RELATIVES = frozenset({"rhel", "centos"})
"""Systems of which EL7 is made, by ID or ID_LIKE of os-release; RHEL, Oracle Linux and Scientific Linux are theirs."""

NAMED = frozenset({"rhel", "ol", "scientific"})
"""Relatives that say of themselves no more than that they are like fedora."""


def unfit(host: HostFacts, terms: Terms) -> Iterator[str]:
    """Why this host can't be served, one line each. Nothing was touched when one of these is said."""
    yield from _system(host, terms)
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


def _system(host: HostFacts, terms: Terms) -> Iterator[str]:
    name = host.os_name or host.os_id or "an unknown system"
    seven = host.os_version.partition(".")[0] == "7"
    if seven and host.os_id == "centos":
        return
    if not seven or not (host.os_id in NAMED or RELATIVES & {*host.os_like}):
        yield f"this is {name}, not CentOS 7: use its own packages"
    elif not terms.any_el7:
        yield f"this is {name}, not CentOS 7 but a relative of it: if it is to be served as one, say --any-el7"


def refusals(case: Situation) -> Iterator[str]:
    """An engine that no package manager of ours knows would go on beside the new one, with the same files.

    Where no engine is to be installed, whatever runs as docker.service is served; one of snap doesn't.
    """
    for daemon in case.host.daemons:
        if daemon.program.startswith("/snap/"):
            yield (
                f"a Docker of snap runs ({daemon.program}): save what it holds, `snap remove docker`, then run again"
            )
        elif case.packages is not None and _beside(daemon, case.packages):
            yield (
                f"a dockerd runs that is of no rpm package ({daemon.program}): stop it, disable what starts it "
                "(`systemctl status docker`), move its programs away, then run again; its data may stay"
            )


def _beside(daemon: Daemon, packages: frozenset[str]) -> bool:
    return not daemon.package or (daemon.package == "docker-ce" and not packages)
