"""docker0 against the host's networks, who may reach the daemon, and what else rules the host's packet filter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network
from typing import Any

from provision.facts import HostFacts
from provision.facts.host import address
from provision.preflight.situation import Service, Situation

BRIDGE = "docker0"
DEFAULT = IPv4Network("172.17.0.0/16")
"""What Docker takes first for docker0 (libnetwork, ipamutils)."""

_DOCKERS = re.compile(r"docker0|docker_gwbridge|br-[0-9a-f]{12}")
"""Bridges that Docker makes itself."""


def refusals(case: Situation) -> Iterator[str]:
    """Reasons that lie in the network."""
    if case.service is None:
        return
    if _changes(case.host, case.service):
        yield from _overlaps(case.host, case.service)
    yield from _open_to_all(case.service.settings)


def notes(case: Situation) -> Iterator[str]:
    """What is there already, and what others do to the packet filter."""
    if case.service is None:
        return
    if not _changes(case.host, case.service):
        yield from _overlaps(case.host, case.service)
    if "firewalld" in case.host.active:
        yield (
            "firewalld runs: each `firewall-cmd --reload` and restart of it drops Docker's chains (moby#35043), and "
            "published ports with them; run `systemctl restart docker` behind it"
        )
    yield from _forwarding(case.host, case.service)


# ── docker0 ──


def _changes(host: HostFacts, service: Service) -> bool:
    """Whether docker0 is yet to come, or to get another network: one that is there does what harm it can already."""
    return BRIDGE not in host.bridges or service.settings.get("bip") != service.present.get("bip")


def _overlaps(host: HostFacts, service: Service) -> Iterator[str]:
    if service.settings.get("bridge") is not None:
        return  # docker0 isn't made
    network = _network(host, service)
    peer = address(host.peer)
    if peer and peer in network:
        yield (
            f"docker0's network {network} holds {peer}, from where you come: answers to you would go to containers; "
            f"{_CHOOSE}"
        )
    for route in host.routes:
        if route.network.overlaps(network) and route.device != BRIDGE:
            yield f"docker0's network {network} overlaps a route of the host ({route}); {_CHOOSE}"


_CHOOSE = "choose a free one by bip under daemon, like 192.168.250.1/24"


def _network(host: HostFacts, service: Service) -> IPv4Network:
    """What docker0 will have: as asked for, as it is, or what Docker takes first."""
    bip = service.settings.get("bip")
    if isinstance(bip, str):
        try:
            return IPv4Interface(bip).network
        except ValueError:
            return DEFAULT  # its own check says what is wrong with it
    own = [route.network for route in host.routes if route.device == BRIDGE]
    return own[0] if own else DEFAULT


def _open_to_all(settings: dict[str, Any] | Any) -> Iterator[str]:
    """What anyone wrote into daemon.json counts: whoever reaches such a port becomes root."""
    hosts = settings.get("hosts")
    if not isinstance(hosts, list) or settings.get("tlsverify") is True:
        return
    for listener in hosts:
        if isinstance(listener, str) and listener.startswith("tcp://"):
            yield (
                f"daemon.json has {listener} among hosts without tlsverify, so that whoever reaches it becomes root: "
                "set tlsverify and its certificates, or take it out"
            )


# ── the packet filter ──


def _forwarding(host: HostFacts, service: Service) -> Iterator[str]:
    """Docker sets the policy of FORWARD to DROP when it turns forwarding on itself (libnetwork, bridge driver)."""
    foreign = [name for name in host.bridges if not _DOCKERS.fullmatch(name)]
    if not foreign and "libvirtd" not in host.active:
        return
    dropped = "DROP" in service.state.remembered.get("forward", "")
    if dropped or service.state.remembered.get("ip_forward") == "0":
        others = ", ".join(foreign) or "libvirt's networks"
        first = foreign[0] if foreign else "virbr0"
        how = (
            "FORWARD's policy is DROP" if dropped else "Docker will set FORWARD's policy to DROP at its start"
        )
        yield (
            f"{how}, which cuts off guests behind {others}: let them through by "
            f"`iptables -I DOCKER-USER -i {first} -j ACCEPT` and `iptables -I DOCKER-USER -o {first} -j ACCEPT`"
        )
