"""The whole of a host that a run may touch, as text that can be compared."""

from __future__ import annotations

import re

from tests.lab.support import Shell

PARTS = {
    "etc": "cd /etc && { find . -xdev -type f -printf '%p %m %u:%g\\n' -o -type l -printf '%p -> %l\\n' -o -type d"
    " -printf '%p %m\\n'; find . -xdev -type f -exec sha256sum {} +; } | sort",
    "packages": "rpm -qa | sort",
    "units": "systemctl list-unit-files --no-legend --no-pager | grep -v '^session-' | sort",
    "groups": "getent group",
    "links": "ip -o link show | sed 's/^[0-9]*: //; s/@.*//; s/:.*//'",
    "chains": "for t in filter nat; do iptables -t $t -S; done",
    "forwarding": "cat /proc/sys/net/ipv4/ip_forward",
}


def whole(host: Shell) -> dict[str, list[str]]:
    """Every part in lines: /etc with owners, modes and checksums, packages, units, groups, links, firewall chains."""
    return {name: host.run(command).stdout.splitlines() for name, command in PARTS.items()}


def difference(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, set[str]]:
    """The lines that one of the two has and the other hasn't, by part; empty where nothing differs."""
    found = {name: set(before[name]) ^ set(after[name]) for name in before}
    return {name: lines for name, lines in found.items() if lines}


# b2sum is the lighter work for an emulated processor, which has no instructions of its own for either.
TREE = r"""
cd / && find * -xdev \( -path proc -o -path sys -o -path dev \) -prune -o -type f -print0 | xargs -0 b2sum -l 256
find * -xdev \( -path proc -o -path sys -o -path dev \) -prune -o -printf '%p %y %m %u:%g %l\n'
find run tmp -xdev -type f -exec b2sum -l 256 {} + ; find run tmp -xdev -printf '%p %y %m %u:%g %l\n'
"""
EXCEPTIONS = {
    r"etc/(group|gshadow|passwd|shadow)-": "the last version of the file, which the host's tools keep",
    r"run/(systemd|log|user|sudo|motd.*|utmp|agetty.*)(/.*)?": "written by systemd, and by logins",
    r"run/xtables.lock": "made by the first call of iptables, kept for all others",
    r"run/docker-provision.lock": "never unlinked: a lock on an unlinked file would hold nothing",
    r"(var/)?tmp/systemd-private-.*": "systemd's own for a service, made anew at each boot",
    r"var/log/.*": "a log grows",
    r"var/lib/rpm/.*": "the database's own layout; the packages in it are compared",
    r"var/lib/(yum|rpm-state)(/.*)?": "yum's and rpm's notes on what is installed, and on what was",
    r"var/cache/yum(/.*)?": "yum's cache of other people's repositories",
    r"var/lib/docker(/.*)?": "data stays; where the lab mounts it, dockerd narrows its mode",
    r"usr/libexec/docker-lab": "a folder of the lab's own packages, which they don't own",
}
"""What may differ after all is taken away, and why; patterns of paths."""


def tree(host: Shell) -> set[str]:
    """Every file, folder and link of the host: type, mode, owner, target and checksum; what is mounted apart is not
    looked into, but for /run and /tmp."""
    lines = host.run(TREE, check=False, timeout=600).stdout.splitlines()
    return {f"{path} {digest}" if path else line for line in lines for digest, path in [_summed(line)]}


def _summed(line: str) -> tuple[str, str]:
    match = re.fullmatch(r"([0-9a-f]{64})  (.*)", line)
    return (match[1], match[2]) if match else ("", "")


def left_in(before: set[str], after: set[str]) -> set[str]:
    """What differs between two trees without the reasoned exceptions, `-` before what went and `+` before what came."""
    lines = {*(f"- {line}" for line in before - after), *(f"+ {line}" for line in after - before)}
    return {line for line in lines if not any(re.fullmatch(path, line.split(" ")[1]) for path in EXCEPTIONS)}
