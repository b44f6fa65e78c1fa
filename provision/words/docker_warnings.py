"""The warnings under docker info: what each means, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provision.words.reason import first, rule


def warnings(found: Mapping[str, Any]) -> Iterator[str]:
    """The warnings of a `docker info -f '{{json .}}'`.

    From 18.09 on the daemon itself says them. Before, the client makes them up from what else stands there, and
    only for people (docker/cli 18.06, cli/command/system/info.go): so do we, in its words.
    """
    if "Warnings" in found:
        yield from (text.removeprefix("WARNING: ") for text in found["Warnings"] or ())
        return
    yield from (text for field, text in _FIELDS if found.get(field) is False)
    for name, value in found.get("DriverStatus") or ():
        if name == "Data loop file":
            yield f"{found['Driver']}: usage of loopback devices is strongly discouraged for production use."
        elif name == "Supports d_type" and value == "false":
            yield f"{found['Driver']}: the backing filesystem is formatted without d_type support"


_FIELDS = (
    ("MemoryLimit", "No memory limit support"),
    ("SwapLimit", "No swap limit support"),
    ("KernelMemory", "No kernel memory limit support"),
    ("OomKillDisable", "No oom kill disable support"),
    ("CpuCfsQuota", "No cpu cfs quota support"),
    ("CpuCfsPeriod", "No cpu cfs period support"),
    ("CPUShares", "No cpu shares support"),
    ("CPUSet", "No cpuset support"),
    ("IPv4Forwarding", "IPv4 forwarding is disabled"),
    ("BridgeNfIptables", "bridge-nf-call-iptables is disabled"),
    ("BridgeNfIp6tables", "bridge-nf-call-ip6tables is disabled"),
)


def explained(warning: str) -> str:
    """The warning with what it means and what to do, in one line; one that isn't known as it is."""
    text = " ".join(warning.split())
    found = first(_RULES, text)
    return f"docker info warns: {text}" + (f" ({found.what}; {found.remedy})" if found else "")


_CGROUPS = "see that the control group is mounted (`cat /proc/cgroups`)"

_RULES = (
    rule(
        r"^No memory limit support",
        "--memory has no effect, one container may take all memory",
        "boot with cgroup_enable=memory",
    ),
    rule(
        r"^No swap limit support",
        "--memory-swap has no effect, containers may swap without end",
        "boot with swapaccount=1",
    ),
    rule(
        r"^No kernel memory (?:TCP )?limit support",
        "--kernel-memory has no effect",
        "leave that option out, it is best not used on CentOS 7",
    ),
    rule(r"^No oom kill disable support", "--oom-kill-disable has no effect", _CGROUPS),
    rule(
        r"^No (?:cpu|blkio|pids|cpuset)\b.* support",
        "limits of that kind have no effect on containers",
        _CGROUPS,
    ),
    rule(
        r"^IPv4 forwarding is disabled",
        "containers reach nothing outside of the host, and their ports aren't reached",
        "`sysctl -w net.ipv4.ip_forward=1`, and look in /etc/sysctl.d for who turns it off",
    ),
    rule(
        r"^bridge-nf-call-(ip6?tables) is disabled",
        "the rules of {0} don't hold between containers of one bridge, and swarm's networks fail",
        "`modprobe br_netfilter` and `sysctl -w net.bridge.bridge-nf-call-{0}=1`",
    ),
    rule(
        r"usage of loopback devices",
        "devicemapper in a file is slow and fills the disk",
        "move to overlay2 (its images are others), or give it a volume group by dm.thinpooldev",
    ),
    rule(
        r"without d_type support",
        "overlay loses files there",
        "put data-root on another file system, or make that one anew with `mkfs.xfs -n ftype=1`",
    ),
    rule(
        r"API is accessible on (\S+)",
        "whoever reaches {0} becomes root on the host",
        "set tlsverify and its certificates, or take it out of hosts",
    ),
    rule(
        r"storage-driver is deprecated",
        "later versions of Docker don't read its images",
        "plan the move to overlay2",
    ),
)
