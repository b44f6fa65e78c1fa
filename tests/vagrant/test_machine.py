"""What only a machine with a kernel, a disk and a clock of its own can show."""

from __future__ import annotations

import json
import os
import platform
import re
import socket
import subprocess
from collections.abc import Callable

import pytest

from lab.machines import Machine, Machines
from lab.process import LabError
from tests.lab.state import difference, whole
from tests.lab.support import BIN, CHECKOUT, fab, state
from tests.vagrant.conftest import SAID

EFFECTIVE = (
    "docker info -f '{{json .RegistryConfig.Mirrors}} {{.Driver}} {{.DockerRootDir}} {{.CgroupDriver}}"
    " {{.LiveRestoreEnabled}}'; systemctl is-enabled docker; systemctl is-active docker"
)
IN_TRANSACTION = "ls /var/lib/yum/transaction-done.* >/dev/null 2>&1"
"""Whether yum is at it, or was when it ended."""
WRITTEN = "/etc/docker /etc/yum.repos.d /etc/systemd/system /etc/pki/rpm-gpg /var/lib/docker-provision"


def test_the_kernel_is_the_machines_own(lab: Machines, host: Machine) -> None:
    done = fab(lab, "-H", "host1", "facts")
    kernel = host.run("uname -r").stdout.strip()
    assert kernel != platform.release()
    assert kernel in done.stdout, done.stdout + done.stderr


def test_a_restored_machine_is_reached_at_once(lab: Machines, host: Machine) -> None:
    address = next(line.split()[1] for line in lab.ssh_config.read_text().splitlines() if "HostName" in line)
    for _ in range(2):
        host.restore("fresh")
        socket.create_connection((address, 22), timeout=20).close()


def test_docker_comes_back_after_a_reboot(lab: Machines, converged: Machine, asked: tuple[str, ...]) -> None:
    before = converged.run(EFFECTIVE).stdout
    boot = converged.run("cat /proc/sys/kernel/random/boot_id").stdout
    converged.reboot()
    assert converged.run("cat /proc/sys/kernel/random/boot_id").stdout != boot
    # docker comes up while others still do
    converged.run("timeout 120 sh -c 'until docker info >/dev/null 2>&1; do sleep 1; done'")
    assert converged.run(EFFECTIVE).stdout == before
    assert before.endswith("enabled\nactive\n")
    again = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing to do" in again.stdout


def test_the_power_is_cut_in_the_middle_of_a_setup(
    lab: Machines, host: Machine, asked: tuple[str, ...]
) -> None:
    """What the kernel hadn't written yet is lost with it; the next run brings the host to the end."""
    command = [str(BIN / "fab"), "-S", str(lab.ssh_config), "-H", "host1", "setup-docker", *asked]
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env={**os.environ, **state(lab)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as running:
        while host.run(IN_TRANSACTION, check=False).returncode != 0:
            assert running.poll() is None
        host.run("echo 'in no disk yet' >/root/unwritten")
        assert running.poll() is None
        running.kill()  # else it waits for the host to come back
        host.power_cut()
    lab.boot()
    assert host.run("cat /root/unwritten", check=False).stdout == ""
    done = fab(lab, "-H", "host1", "setup-docker", *asked, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert fab(lab, "-H", "host1", "plan", *asked).returncode == 0
    assert host.run("rpm -V docker-ce").stdout == ""
    assert host.run("docker run --rm busybox echo it runs").stdout == "it runs\n"


@pytest.mark.parametrize(("way", "told"), [("-", "behind"), ("+", "ahead of")], ids=["behind", "ahead"])
def test_a_clock_that_is_off_by_a_year_is_told(
    lab: Machines, host: Machine, asked: tuple[str, ...], way: str, told: str
) -> None:
    before = whole(host)
    host.run(f"date -s '{way}365 days {way}12 hours'")  # the two clocks differ by a second as it is
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 1
    assert f"the host's clock is 365 days {told} the package mirror's" in done.stdout
    assert "set it (`systemctl start chronyd`, or `date -s`), then run again" in done.stdout
    assert difference(before, whole(host)) == {}


def test_files_keep_their_selinux_contexts(
    lab: Machines, converged: Machine, record_property: Callable[[str, object], None]
) -> None:
    """Where the box has SELinux enforcing; where it hasn't, the facts say the same, and so does the run's end."""
    enforced = converged.run("getenforce 2>/dev/null || echo absent", check=False).stdout.strip()
    facts = json.loads(fab(lab, "-H", "host1", "facts", "--json").stdout)
    assert facts["host1"]["host"]["selinux"] == enforced
    if enforced != "Enforcing":
        record_property(SAID, f"SELinux is {enforced} in this box: nothing was seen of files' contexts")
        return
    assert converged.run(f"restorecon -nvR {WRITTEN}").stdout == ""


@pytest.mark.parametrize(
    ("setting", "wrong", "told"),
    [("HOSTS", "none", "HOSTS=none: "), ("HOSTS", "0", "HOSTS=0: "), ("MEMORY", "1G", "MEMORY=1G: ")],
)
def test_a_mistake_in_a_setting_of_the_vagrantfile_is_one_line(
    lab: Machines, setting: str, wrong: str, told: str
) -> None:
    with pytest.raises(LabError, match=rf"exit 1: {told}a whole number, \d+ or more, is wanted$"):
        lab.vagrant("validate", **{setting: wrong})


def test_the_vagrantfile_is_valid_for_many(lab: Machines) -> None:
    assert "validated successfully" in lab.vagrant(
        "validate", HOSTS=3, MEMORY=2048, CPUS=2, LIBVIRT_DRIVER="qemu"
    )
    known = re.findall(r"^(host\d+) ", lab.vagrant("status", HOSTS=3), re.MULTILINE)
    assert known == ["host1", "host2", "host3"]
