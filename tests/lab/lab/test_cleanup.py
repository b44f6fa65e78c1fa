"""Nothing is left behind: after down, after kill -9 at any moment, and beside another lab."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab import cgroups, cleanup, limits, state
from lab.lab import Lab
from lab.process import Process
from lab.state import State
from tests.lab.support import CHECKOUT, lab_command, ssh, traces

OWNER = """
import sys, time
from lab.lab import Lab
Lab.up(sys.argv[1], owned=True)
print("up", flush=True)
time.sleep(1000)
"""


@pytest.fixture
def name() -> Iterator[str]:
    """Name of a lab that the test may leave in any state."""
    name = f"k{os.getpid()}"
    yield name
    lab_command("down", "--name", name)


def start(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def kill_when(process: "subprocess.Popen[str]", name: str, moment: Callable[[State], bool]) -> State:
    """Send SIGKILL to the process as soon as the lab has come to that moment; the lab as written down then."""
    deadline = time.monotonic() + 120
    while True:
        written = state.load(name)
        if written is not None and moment(written):
            process.kill()
            process.communicate()
            return state.load(name) or written  # another lab beside us may sweep it away at any time
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.001)


def being_made(written: State) -> bool:
    return written.phase == "starting"


def with_network(written: State) -> bool:
    return Path(f"/run/netns/dpl-{written.name}").exists()


def with_mirrors(written: State) -> bool:
    return (written.folder / "mirror.log").exists()


def with_a_host_written_down(written: State) -> bool:
    return "host1" in written.hosts


def with_a_mounted_disk(written: State) -> bool:
    return (written.disk / "host1/root").is_mount()


def with_a_booting_host(written: State) -> bool:
    return len(cgroups.processes(written.cgroups)) > 2


BEGINNING = (
    being_made,
    with_network,
    with_mirrors,
    with_a_host_written_down,
    with_a_mounted_disk,
    with_a_booting_host,
)


def test_down_leaves_nothing(name: str) -> None:
    lab = Lab.up(name, hosts=2)
    written = state.load(name)
    assert written is not None
    lab.hosts["host1"].snapshot("kept")
    kinds = {trace.split()[0] for trace in traces(written)}
    assert kinds == {"folder", "control", "mount", "network", "process"}
    lab.down()
    assert traces(written) == []
    assert lab_command("down", "--name", name).stdout == f"lab {name}: there is none\n"


@pytest.mark.parametrize("moment", BEGINNING)
def test_an_up_that_was_killed_is_cleared_by_the_next_down(
    name: str, moment: Callable[[State], bool]
) -> None:
    written = kill_when(start("-m", "lab", "up", "--name", name), name, moment)
    assert written.phase == "starting"
    assert lab_command("down", "--name", name).returncode == 0
    assert traces(written) == []


def test_an_up_that_was_killed_is_cleared_by_another_labs_up(name: str, lab: Lab) -> None:
    written = kill_when(start("-m", "lab", "up", "--name", name), name, with_a_booting_host)
    Lab.up(lab.name, hosts=3)
    assert traces(written) == []


def test_an_up_that_was_killed_can_be_done_again(name: str) -> None:
    kill_when(start("-m", "lab", "up", "--name", name), name, with_a_booting_host)
    lab = Lab.up(name)
    assert ssh(lab, "host1", "hostname").stdout == "host1\n"


def test_a_down_that_was_killed_is_finished_by_the_next(name: str) -> None:
    Lab.up(name, hosts=2)
    written = kill_when(start("-m", "lab", "down", "--name", name), name, lambda now: now.phase == "stopping")
    lab_command("down", "--name", f"{name}x")
    assert traces(written) == []


def test_a_lab_ends_with_its_owner_and_only_then(name: str, lab: Lab) -> None:
    owner = start("-c", OWNER, name)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    Lab.up(lab.name, hosts=3)
    assert ssh(Lab.load(name), "host1", "hostname").stdout == "host1\n"
    written = state.load(name)
    assert written is not None
    owner.kill()
    owner.communicate()
    Lab.up(lab.name, hosts=3)
    assert traces(written) == []


def test_a_lab_outlives_the_process_that_made_it(name: str) -> None:
    assert lab_command("up", "--name", name).returncode == 0
    lab = Lab.load(name)
    assert lab.mirrors_running
    assert ssh(lab, "host1", "hostname").stdout == "host1\n"


def test_disks_that_no_lab_knows_are_swept_away(name: str) -> None:
    lab = Lab.up(name)
    written = state.load(name)
    assert written is not None
    lab.down()
    (written.disk / "host1/upper").mkdir(
        parents=True
    )  # as a reboot of the machine leaves it: /run is empty then
    lab_command("down", "--name", f"{name}x")
    assert traces(written) == []


def test_a_lab_from_before_a_reboot_is_swept_away(name: str) -> None:
    lab = Lab.up(name)
    written = state.load(name)
    assert written is not None
    lab.down()
    written.save()  # on a machine whose /run lies on a disk
    Path(f"/run/netns/dpl-{name}").touch()
    lab_command("down", "--name", f"{name}x")
    assert traces(written) == []


def test_an_up_that_fails_leaves_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[State] = []

    def no_way(lab: Lab, _: int) -> None:
        seen.append(lab._read())
        raise RuntimeError("no way")

    monkeypatch.setattr(Lab, "_complete", no_way)
    with pytest.raises(RuntimeError, match="no way"):
        Lab.up(name)
    assert traces(seen[0]) == []


def test_the_machines_limit_is_raised_for_labs_and_given_back_after_the_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(state, "RUN", tmp_path / "run")
    monkeypatch.setattr(limits, "LIMIT", tmp_path / "limit")
    limits.LIMIT.write_text("128\n")
    monkeypatch.setenv("DOCKER_PROVISION_LAB_CACHE", str(tmp_path / "cache"))
    one = State("one", 0, "up", Process.of(os.getpid()), tmp_path / "disk", [], tmp_path, owned=True)
    one.save()
    limits.lift()
    limits.lift()
    cleanup.sweep()
    assert int(limits.LIMIT.read_text()) == limits.NEEDED
    one.owner = Process.of(0)
    one.save()
    assert cleanup.sweep() == ["one"]
    cleanup.sweep()
    assert int(limits.LIMIT.read_text()) == 128


def test_two_labs_live_side_by_side(name: str, lab: Lab) -> None:
    lab.hosts["host1"].boot()
    other = Lab.up(name)
    assert other.address != lab.address
    mine, theirs = lab.hosts["host1"], other.hosts["host1"]
    ids = [host.run("cat /etc/machine-id").stdout for host in (mine, theirs)]
    assert ids[0] != ids[1]
    theirs.run("touch /etc/only-there")
    assert mine.run("ls /etc/only-there", check=False).returncode != 0
    assert ssh(other, "host1", "hostname").stdout == ssh(lab, "host1", "hostname").stdout == "host1\n"
    assert mine.run(f"ping -c 1 -W 1 {theirs.address}", check=False).returncode != 0
    other.down()
    assert ssh(lab, "host1", "hostname").stdout == "host1\n"
    assert mine.run(f"curl -sS --fail {lab.registry_url}/v2/").returncode == 0
