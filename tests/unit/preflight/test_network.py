"""docker0's network against the host's, ports that are open to all, and who else rules the packet filter."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from provision.facts import Facts
from provision.facts.host import Route
from tests.unit.core import fresh
from tests.unit.model import UNIT
from tests.unit.preflight import Said, new, said, steps, with_docker

LAN = Route(IPv4Network("10.0.0.0/24"), "eth0")
BIP = {"bip": "192.168.250.1/24"}


def route(network: str, device: str = "eth0") -> Route:
    return Route(IPv4Network(network), device)


# ── docker0 ──


@pytest.mark.parametrize("network", ["172.17.0.0/16", "172.17.5.0/24", "172.16.0.0/12", "172.17.0.9/32"])
def test_dockers_default_against_a_route(network: str) -> None:
    (reason,) = new(routes=(LAN, route(network))).refusals
    assert reason.startswith(
        f"docker0's network 172.17.0.0/16 overlaps a route of the host ({network} by eth0)"
    )
    assert "bip under daemon" in reason


@pytest.mark.parametrize("network", ["10.0.0.0/8", "172.18.0.0/16", "192.168.0.0/16"])
def test_other_routes_are_no_obstacle(network: str) -> None:
    assert new(routes=(route(network),)).refusals == ()


def test_a_bip_is_what_counts() -> None:
    assert new(BIP, routes=(route("172.17.0.0/16"),)).refusals == ()
    (reason,) = new(BIP, routes=(route("192.168.0.0/16", "tun0"),)).refusals
    assert (
        "docker0's network 192.168.250.0/24 overlaps a route of the host (192.168.0.0/16 by tun0)" in reason
    )


def test_from_where_the_operator_comes() -> None:
    (reason,) = new(peer="172.17.3.4").refusals
    assert reason.startswith("docker0's network 172.17.0.0/16 holds 172.17.3.4, from where you come")
    assert new(BIP, peer="172.17.3.4").refusals == ()
    assert new(peer="10.1.1.1").refusals == ()


@pytest.mark.parametrize("peer", ["", "2001:db8::1", "fe80::1%eth0", "UNKNOWN"])
def test_a_peer_that_is_no_ipv4_address_is_none(peer: str) -> None:
    assert new(peer=peer).refusals == ()


def test_without_docker0_there_is_nothing_to_overlap() -> None:
    assert new({"bridge": "none"}, routes=(route("172.17.0.0/16"),), peer="172.17.0.9").refusals == ()


def with_docker0(*routes: Route, bip: bool = False) -> Said:
    """What is said of a host whose docker0 is there, with these routes beside it."""
    asked = steps(BIP if bip else {})
    read = with_docker(asked, {})
    return said(read, asked, routes=(*read.host.routes, *routes))


def test_a_docker0_that_is_there_is_no_overlap_with_itself() -> None:
    found = with_docker0(LAN)
    assert found.refusals == ()
    assert found.notes == ()


def test_an_overlap_that_is_there_already_is_told() -> None:
    found = with_docker0(route("172.16.0.0/12"))
    assert found.refusals == ()
    (note,) = found.notes
    assert "overlaps a route of the host (172.16.0.0/12 by eth0)" in note


def test_another_network_for_it_is_looked_at_as_a_new_one_is() -> None:
    (reason,) = with_docker0(route("192.168.0.0/16"), bip=True).refusals
    assert "192.168.250.0/24 overlaps" in reason


def test_what_does_not_start_docker_asks_for_no_network() -> None:
    asked = steps()
    found = said(fresh(asked), asked, only=frozenset({"repos"}), routes=(route("172.17.0.0/16"),))
    assert found == Said((), ())


# ── open to all ──

OPEN = {"hosts": ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2375"]}


def test_an_open_port_that_stands_there_is_refused() -> None:
    asked = steps()
    (reason,) = said(with_docker(asked, OPEN), asked).refusals
    assert "daemon.json has tcp://0.0.0.0:2375 among hosts without tlsverify" in reason
    assert "becomes root" in reason


def test_one_behind_certificates_is_not() -> None:
    asked = steps()
    guarded = {**OPEN, "tls": True, "tlsverify": True}
    assert said(with_docker(asked, guarded), asked).refusals == ()


def test_one_that_is_taken_out_is_not() -> None:
    asked = steps({"hosts": None})
    assert said(with_docker(asked, OPEN), asked).refusals == ()


# ── the packet filter ──


def test_firewalld_is_told_of() -> None:
    (note,) = new(active=frozenset({"firewalld"})).notes
    assert "`firewall-cmd --reload`" in note
    assert "`systemctl restart docker`" in note


def forwarding(read: Facts, policy: str, ip_forward: str) -> Facts:
    unit = read.states[UNIT]
    remembered = {**unit.remembered, "forward": f"-P FORWARD {policy}", "ip_forward": ip_forward}
    return replace(read, states={**read.states, UNIT: replace(unit, remembered=remembered)})


@pytest.mark.parametrize(
    ("policy", "ip_forward", "says"),
    [
        ("ACCEPT", "0", "Docker will set FORWARD's policy to DROP at its start"),
        ("DROP", "1", "FORWARD's policy is DROP"),
    ],
)
def test_bridges_of_others_are_cut_off(policy: str, ip_forward: str, says: str) -> None:
    asked = steps()
    (note,) = said(forwarding(fresh(asked), policy, ip_forward), asked, bridges=("br0", "docker0")).notes
    assert note.startswith(f"{says}, which cuts off guests behind br0")
    assert "`iptables -I DOCKER-USER -i br0 -j ACCEPT`" in note


def test_so_are_libvirts_guests() -> None:
    asked = steps()
    found = said(forwarding(fresh(asked), "ACCEPT", "0"), asked, active=frozenset({"libvirtd"}))
    (note,) = found.notes
    assert "guests behind libvirt's networks" in note
    assert "-i virbr0" in note


def test_where_forwarding_is_on_already_docker_leaves_the_policy_alone() -> None:
    asked = steps()
    read = forwarding(fresh(asked), "ACCEPT", "1")
    assert said(read, asked, bridges=("br0",), active=frozenset({"libvirtd"})).notes == ()


def test_dockers_own_bridges_are_not_others() -> None:
    asked = steps()
    own = ("docker0", "docker_gwbridge", "br-0123456789ab")
    assert said(forwarding(fresh(asked), "DROP", "1"), asked, bridges=own).notes == ()
