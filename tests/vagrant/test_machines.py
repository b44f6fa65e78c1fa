"""The machines' own ways: beside another lab's, gone with who made them, refused where they can't be."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from lab import machines, network, state
from lab.lab import Lab
from lab.machines import Machines
from tests.lab.support import CHECKOUT, traces

OWNER = """
import signal, sys
from lab.lab import Lab
from lab.machines import Machines

machines = Machines(Lab.up(sys.argv[1], hosts=0, owned=True))
machines.start()
print("started", flush=True)
signal.pause()
"""
MIRRORS = {"python", "docker-registry"}  # they outlive who started them: a lab is anybody's
WITHOUT_TUN = 'mount -t tmpfs tmpfs /dev/net; exec "$@"'


def daemons(lab: str) -> set[str]:
    """What runs in the lab's network, by program."""
    pids = ["ip", "netns", "pids", network.namespace(lab)]
    found = subprocess.run(pids, capture_output=True, text=True, check=True).stdout.split()
    names = subprocess.run(["ps", "-o", "comm=", *found], capture_output=True, text=True, check=False)
    return set(names.stdout.split()) - MIRRORS


def test_a_second_lab_has_its_own_and_a_kill_ends_them(lab: Machines) -> None:
    name = f"w{os.getpid()}"
    command = [sys.executable, "-c", OWNER, name]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "started\n"
        assert "libvirtd" in daemons(name)
        owner.kill()
    deadline = time.monotonic() + 60
    while daemons(name):
        assert time.monotonic() < deadline, daemons(name)
        time.sleep(0.1)
    written = state.load(name)
    assert written is not None
    Lab.clear(name)
    assert traces(written) == []
    assert lab.virsh("list", "--name").split() == ["host1"]


def test_without_what_a_machine_needs_the_run_fails_with_one_line() -> None:
    """It isn't skipped: nothing would have been shown, and nobody would know."""
    one = "tests/vagrant/test_machine.py"
    pytest_ = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", one)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-euc", WITHOUT_TUN, "sh", *pytest_],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    said = [line for line in (done.stdout + done.stderr).splitlines() if "/dev/net/tun" in line]
    assert len(said) == 1
    assert "no virtual machine can be made here: /dev/net/tun can't be opened (No such file" in said[0]
    assert "passed" not in done.stdout


def test_too_little_memory_is_told_before_anything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machines.refusal() is None
    monkeypatch.setattr(machines, "MEMORY", 1 << 40)
    assert (machines.refusal() or "").endswith(
        "MiB of memory are free, a virtual machine takes 1073741824: end what else runs"
    )
