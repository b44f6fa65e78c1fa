"""The lab's network: a namespace with a bridge, and a cable from the machine's namespace into it.

The cable's near end has an address in the bridge's subnet, so `ssh` and `fab` reach the hosts from any shell of
the machine without a route, forwarding or address translation; the hosts reach each other and the lab only.
"""

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from lab.process import LabError, run

SUBNETS = range(1, 251)
HOSTS = range(11, 254)  # last numbers of the hosts' addresses; 1 is the bridge, 254 the machine
# What iptables and the engine would load themselves, if they were allowed to; a kernel may have them built in.
MODULES = ("overlay", "br_netfilter", "ip_tables", "iptable_nat", "iptable_filter", "ip6_tables")


def namespace(lab: str) -> str:
    """Name of the lab's network namespace."""
    return f"dpl-{lab}"


def machine(lab: str, host: str) -> str:
    """What nspawn is to call a host: its folders and interfaces are named so, and two labs have a host1 each."""
    return f"{lab}-{host}"


def port(lab: str, host: str) -> str:
    """The near end of a host's cable, in the lab's namespace; `ip link set` and `tc` take this name.

    (As an alternative name if it has more than 15 letters; the first name is a shortened one then.)
    """
    return f"vb-{machine(lab, host)}"


def gateway(subnet: int) -> str:
    """The bridge's address, where the mirrors listen."""
    return f"10.77.{subnet}.1"


def free_subnet(taken: set[int]) -> int:
    """The lowest subnet number that no lab has and no interface of this machine uses."""
    used = {
        int(address["local"].split(".")[2])
        for link in json.loads(run("ip", "-j", "-4", "addr"))
        for address in link["addr_info"]
        if address["local"].startswith("10.77.")
    }
    for number in SUBNETS:
        if number not in taken | used:
            return number
    raise LabError("250 labs are up: take one down")


def create(lab: str, subnet: int) -> None:
    """Make the namespace, its bridge and the cable; what is there already stays."""
    name = namespace(lab)
    if exists(lab):
        return
    cable = f"dpl{subnet}"
    with suppress(FileNotFoundError):  # a minimal system may lack modprobe, and its kernel the need for it
        subprocess.run(["modprobe", "--all", "--quiet", *MODULES], check=False, capture_output=True)
    run("ip", "netns", "add", name)
    run("ip", "-n", name, "link", "set", "lo", "up")
    # With an address of its own: it would take its ports' lowest, another with every boot of a host, and whoever
    # knew the old one couldn't reach the mirrors for some seconds.
    bridge = ("br0", "address", f"02:64:70:6c:00:{subnet:02x}", "type", "bridge", "forward_delay", "0")
    run("ip", "-n", name, "link", "add", *bridge)
    run("ip", "-n", name, "addr", "add", f"{gateway(subnet)}/24", "dev", "br0")
    run("ip", "-n", name, "link", "set", "br0", "up")
    run("ip", "link", "add", cable, "type", "veth", "peer", "name", "machine", "netns", name)
    run("ip", "-n", name, "link", "set", "machine", "master", "br0", "up")
    run("ip", "addr", "add", f"10.77.{subnet}.254/24", "dev", cable)
    # Ask again soon for the hardware address of a host that still boots; by default it takes a second.
    Path(f"/proc/sys/net/ipv4/neigh/{cable}/retrans_time_ms").write_text("50")
    run("ip", "link", "set", cable, "up")


def exists(lab: str) -> bool:
    """Whether the namespace is there. After a reboot its file may be, on a /run that lies on a disk."""
    return os.path.ismount(_file(lab))


def kill_processes(lab: str, timeout: float = 10) -> None:
    """End every process whose network is the lab's: the mirrors, and what was started there by hand."""
    deadline = time.monotonic() + timeout
    while exists(lab) and (pids := run("ip", "netns", "pids", namespace(lab)).split()):
        if time.monotonic() > deadline:
            raise LabError(f"processes {pids[:5]} in {namespace(lab)} don't end after a kill")
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.02)


def remove(lab: str, subnet: int) -> None:
    """Take away the cable and the namespace, whichever is there."""
    if Path(f"/sys/class/net/dpl{subnet}").exists():
        run("ip", "link", "del", f"dpl{subnet}")
    if _file(lab).exists():
        run("ip", "netns", "del", namespace(lab))


def _file(lab: str) -> Path:
    return Path("/run/netns", namespace(lab))
