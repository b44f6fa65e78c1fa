"""What only a machine with a kernel, a disk and a clock of its own can show."""

from __future__ import annotations

import os
import platform
import subprocess

import pytest

from lab.machines import Machine, Machines
from tests.lab.state import difference, whole
from tests.lab.support import BIN, CHECKOUT, fab, state

EFFECTIVE = (
    "docker info -f '{{json .RegistryConfig.Mirrors}} {{.Driver}} {{.DockerRootDir}} {{.CgroupDriver}}"
    " {{.LiveRestoreEnabled}}'; systemctl is-enabled docker; systemctl is-active docker"
)
YEAR = "365 days"


def test_the_kernel_is_the_machines_own(lab: Machines, host: Machine) -> None:
    done = fab(lab, "-H", "host1", "facts")
    kernel = host.run("uname -r").stdout.strip()
    assert kernel != platform.release()
    assert kernel in done.stdout, done.stdout + done.stderr


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
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None
        said = ""
        while "Installing docker-ce" not in said:
            line = running.stdout.readline()
            assert line, said
            said += line
        host.power_cut()
        said += running.stdout.read()
    assert running.returncode == 1, said
    assert "Traceback" not in said
    lab.boot()
    done = fab(lab, "-H", "host1", "setup-docker", *asked, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert fab(lab, "-H", "host1", "plan", *asked).returncode == 0
    assert host.run("rpm -V docker-ce").stdout == ""
    assert host.run("docker run --rm busybox echo it runs").stdout == "it runs\n"


@pytest.mark.parametrize("way", ["-", "+"], ids=["behind", "ahead"])
def test_a_clock_that_is_off_by_a_year_is_told(
    lab: Machines, host: Machine, asked: tuple[str, ...], way: str
) -> None:
    before = whole(host)
    host.run(f"date -s '{way}{YEAR}'")
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 1
    assert "clock" in done.stdout + done.stderr
    assert difference(before, whole(host)) == {}


def test_files_keep_their_selinux_contexts(converged: Machine) -> None:
    enforced = converged.run("getenforce", check=False).stdout.strip()
    if enforced != "Enforcing":
        pytest.skip(f"SELinux is {enforced or 'not there'} in this box: contexts can't be seen here")
    wrong = converged.run(
        "restorecon -nvR /etc/docker /etc/yum.repos.d /etc/systemd/system /etc/pki/rpm-gpg"
    ).stdout
    assert wrong == ""
