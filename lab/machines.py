"""Virtual machines in a lab's network, made by the project's own Vagrantfile with libvirt and qemu.

libvirtd and Vagrant see folders of the lab in place of the machine's own (/etc/libvirt, /var/lib/libvirt and the
like, ~/.vagrant.d): nothing of these is read or written. All of it dies with the process that started it, however
that ends, and runs in the lab's network namespace, by which the lab finds it, too. The guests have no way out but to
the lab's mirrors.

Facts relied on (run with Debian 12's vagrant 2.3.4, vagrant-libvirt 0.11.2, libvirt 9.0.0): unless qemu runs as root,
libvirt probes /dev/kvm again and again; it needs neither D-Bus nor virtlogd. Its pid file lies beside its folders, in
/run, unless it is told another.
"""

import base64
import json
import os
import platform
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import apt, box, network, services
from lab.host import ENVIRONMENT
from lab.lab import Lab
from lab.process import LabError, run, tied

# Not libvirt-daemon-system, which would start libvirtd as a service of this machine.
NEEDS = (
    *("vagrant", "vagrant-libvirt", "libvirt-daemon", "libvirt-daemon-driver-qemu", "libvirt-clients"),
    *("qemu-system-x86", "qemu-utils", "dnsmasq-base", "iptables", "rsync", "openssh-client"),
)
TUN = Path("/dev/net/tun")
MEMORY = 2 << 20  # KiB: a guest's 1 GiB, and what emulating it takes
CHECKOUT = Path(__file__).parents[1]
QEMU_CONF = """\
user = "root"
group = "root"
security_driver = "none"
stdio_handler = "file"
cgroup_controllers = []
namespaces = []
"""
USERS = {
    "passwd": "libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin\n",
    "group": "libvirt-qemu:x:64055:\n",
}
"""libvirtd gives up where Debian's user for qemu isn't there, though qemu is to run as root; the package that makes it
is the one that isn't wanted."""
# Vagrant merges it with the project's: what concerns this lab alone.
VAGRANTFILE = """\
Vagrant.configure("2") do |config|
  config.vm.provider :libvirt do |provider|
    provider.default_prefix = ""
    provider.management_network_name = "lab"
    provider.management_network_address = "{subnet}"
    provider.management_network_mode = "open"
  end
end
"""
PLACES = ("/etc/libvirt", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt", "/run/libvirt")
# FOLDER COMMAND...: the command, which sees the lab's folders in these places, and the lab's network in /sys. The
# shell stays, as init of what the command starts: orphans that nobody reaps would look alive to libvirt.
INSIDE = f"""\
base=$1; shift
mount -t sysfs sysfs /sys
for file in {" ".join(USERS)}; do mount --bind "$base/$file" "/etc/$file"; done
for place in {" ".join(PLACES)}; do
  mkdir -p "$place" "$base$place"
  mount --bind "$base$place" "$place"
done
"$@" &
wait "$!"
"""
START = 60.0  # seconds for libvirtd to answer; alone it takes one
UP = 1200.0  # seconds for a machine in software emulation on a machine under load; alone it takes one minute
POLL = 0.2  # seconds


def refusal() -> str | None:
    """Why this machine can't have virtual machines, with the remedy; None if it can."""
    if platform.machine() != "x86_64":
        return f"the box is made for x86_64, this is {platform.machine()}"
    try:
        os.close(os.open(TUN, os.O_RDWR))
    except OSError as error:
        return (
            f"{TUN} can't be opened ({error.strerror}): `modprobe tun`, and let a container have the device"
        )
    lines = Path("/proc/meminfo").read_text().splitlines()
    available = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    if available < MEMORY:
        return f"{available >> 10} MiB of memory are free, a virtual machine takes {MEMORY >> 10}: end what else runs"
    return None


@dataclass(frozen=True)
class Machine:
    """A virtual machine by its name; what tests ask of a lab's host can be asked of it."""

    name: str
    machines: "Machines"

    def run(
        self, script: str, *, check: bool = True, timeout: float = 300
    ) -> "subprocess.CompletedProcess[str]":
        """Run shell text as root by the guest's agent, so that sshd's log stays clean.

        `timeout` is in seconds. Raises subprocess.CalledProcessError when `check` and the text fails, LabError when
        the guest doesn't answer or takes longer.
        """
        arguments = {
            "path": "/bin/sh",
            "arg": ["-c", script],
            "env": list(ENVIRONMENT),
            "capture-output": True,
        }
        pid = self._agent("guest-exec", arguments)["pid"]
        deadline = time.monotonic() + timeout
        while not (status := self._agent("guest-exec-status", {"pid": pid}))["exited"]:
            if time.monotonic() > deadline:
                raise LabError(f"{self.name}: no end after {timeout:.0f} s: {script}")
            time.sleep(POLL)
        code = status.get("exitcode", -1)
        out, err = (
            base64.b64decode(status.get(key, "")).decode(errors="replace") for key in ("out-data", "err-data")
        )
        done = subprocess.CompletedProcess(script, code, out, err)
        if check:
            done.check_returncode()
        return done

    def reboot(self) -> None:
        """Shut the machine down in order and boot it."""
        self.machines.vagrant("halt", self.name)
        self.machines.boot()

    def power_cut(self) -> None:
        """End qemu at once: what was on its way to the disk is lost."""
        self.machines.virsh("destroy", self.name)

    def snapshot(self, name: str) -> None:
        """Keep disk and memory, as they are at this moment, under this name."""
        self.machines.virsh("snapshot-create-as", self.name, name)

    def restore(self, name: str) -> None:
        """Go back to a snapshot; the machine goes on from that moment, with its clock set."""
        self.machines.virsh("snapshot-revert", self.name, name, "--running")
        self.run(f"date -s @{time.time():.0f}")

    def _agent(self, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps({"execute": command, "arguments": arguments})
        answer = json.loads(self.machines.virsh("qemu-agent-command", self.name, text))
        found: dict[str, Any] = answer["return"]
        return found


class Machines:
    """host1, host2, … by `vagrant up` in a lab, which ends them when it is taken down."""

    def __init__(self, lab: Lab, hosts: int = 1) -> None:
        self._lab = lab
        self.folder = lab.disk / "machines"
        self._guests = f"10.78.{lab.address.split('.')[2]}.0/24"
        self.ssh_config = lab.folder / "vagrant.ssh_config"
        self.repo_key = lab.repo_key
        self.registry_url = lab.registry_url
        self.hosts = {name: Machine(name, self) for name in (f"host{number + 1}" for number in range(hosts))}
        self._libvirtd: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        """Bring the machines up. Raises LabError with the last words of what failed."""
        made = box.box()
        self.start()
        self.vagrant("box", "add", "--name", box.NAME, str(made))
        self.boot()
        self.ssh_config.write_text(self.vagrant("ssh-config"))
        for machine in self.hosts.values():
            machine.run(f"echo '{self._lab.address} {' '.join(services.NAMES)}' >>/etc/hosts")

    def start(self) -> None:
        """Start libvirtd, which ends with this thread; Vagrant may be used from now on. Raises LabError."""
        apt.ensure(*NEEDS)
        self._prepare()
        self._start_libvirtd()

    def down(self) -> None:
        """End libvirtd and with it what is left of the machines, whatever state they are in."""
        if self._libvirtd is not None:
            self._libvirtd.kill()
            self._libvirtd.wait()

    def boot(self) -> None:
        """`vagrant up`: what doesn't run yet is made or booted."""
        self.vagrant("up", "--provider", "libvirt")
        self._open_ports()

    def vagrant(self, *words: str, **settings: object) -> str:
        """What Vagrant prints; `settings` are those of the Vagrantfile. Raises LabError."""
        environment = {
            "VAGRANT_CWD": CHECKOUT,
            "VAGRANT_HOME": self.folder / "home",
            "VAGRANT_DOTFILE_PATH": self.folder / "dot",
            "VAGRANT_CHECKPOINT_DISABLE": 1,
            "VAGRANT_NO_COLOR": 1,
            "BOX": box.NAME,
            "HOSTS": len(self.hosts),
            **settings,
        }
        pairs = [f"{key}={value}" for key, value in environment.items()]
        return run(*self._inside("env", *pairs, "vagrant", *words), timeout=UP)

    def virsh(self, *words: str) -> str:
        """What virsh prints. Raises LabError."""
        return run(*self._inside("virsh", "--quiet", "--connect", "qemu:///system", *words), timeout=UP)

    def _inside(self, *command: str) -> list[str]:
        net = f"--net=/run/netns/{network.namespace(self._lab.name)}"
        return tied("nsenter", net, "sh", "-eu", str(self.folder / "inside"), str(self.folder), *command)

    def _open_ports(self) -> None:
        """Have a machine that is restored reached at once.

        Its qemu is another then, with another port of the bridge; with spanning tree, which libvirt's networks have,
        a port is closed for its first four seconds, and whoever asks for the machine has given up after three.
        """
        name = network.namespace(self._lab.name)
        for bridge in json.loads(run("ip", "-n", name, "-j", "link", "show", "type", "bridge")):
            run("ip", "-n", name, "link", "set", bridge["ifname"], "type", "bridge", "stp_state", "0")

    def _prepare(self) -> None:
        for file, text in (
            ("home/Vagrantfile", VAGRANTFILE.format(subnet=self._guests)),
            ("etc/libvirt/qemu.conf", QEMU_CONF),
            ("inside", INSIDE),
        ):
            path = self.folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for name, line in USERS.items():
            text = Path("/etc", name).read_text()
            known = any(each.startswith("libvirt-qemu:") for each in text.splitlines())
            (self.folder / name).write_text(text if known else text + line)
        # the way from this machine to the guests: by the lab's cable; it goes with it
        run("ip", "route", "replace", self._guests, "via", self._lab.address)

    def _start_libvirtd(self) -> None:
        pid_file = "/run/libvirt/libvirtd.pid"  # in the lab's folder: two labs may have one each
        with (self.folder / "libvirtd.log").open("wb") as log:
            self._libvirtd = subprocess.Popen(
                self._inside("libvirtd", "--pid-file", pid_file),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for those who talk to it
            )
        deadline = time.monotonic() + START
        while not self._answers():
            if time.monotonic() > deadline:
                raise LabError(f"libvirtd doesn't answer; see {self.folder}/libvirtd.log")
            time.sleep(POLL)

    def _answers(self) -> bool:
        try:
            self.virsh("list")
        except LabError:
            return False
        return True
