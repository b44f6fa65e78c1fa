"""The whole of a host that a run may touch, as text that can be compared."""

from __future__ import annotations

from lab.host import LabHost

PARTS = {
    "etc": 'cd /etc && find . -xdev \\( -type f -exec sh -c \'for f; do stat -c "%n %a %U:%G" "$f";'
    ' sha256sum <"$f"; done\' _ {} + \\) -o \\( -type l -printf "%p -> %l\\n" \\) -o -type d -printf "%p %m\\n" | sort',
    "packages": "rpm -qa | sort",
    "units": "systemctl list-unit-files --no-legend --no-pager | sort",
    "groups": "getent group",
    "links": "ip -o link show | sed 's/^[0-9]*: //; s/@.*//; s/:.*//'",
    "chains": "for t in filter nat; do iptables -t $t -S; done",
    "forwarding": "cat /proc/sys/net/ipv4/ip_forward",
}


def whole(host: LabHost) -> dict[str, list[str]]:
    """Every part in lines: /etc with owners, modes and checksums, packages, units, groups, links, firewall chains."""
    return {name: host.run(command).stdout.splitlines() for name, command in PARTS.items()}


def difference(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, set[str]]:
    """The lines that one of the two has and the other hasn't, by part; empty where nothing differs."""
    found = {name: set(before[name]) ^ set(after[name]) for name in before}
    return {name: lines for name, lines in found.items() if lines}
