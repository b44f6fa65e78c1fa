"""Item 10: yum's lock, and the host's own, are waited for as long as was asked, then given up with nothing changed."""

from __future__ import annotations

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import fab

HOLD_YUM = "setsid sh -c 'echo $$ >/var/run/yum.pid; exec sleep {seconds}' >/dev/null 2>&1 &"
"""Any live process with that number holds it (yum 3.4.3, run)."""


def held_by_yum(host: LabHost, seconds: int) -> str:
    """Another yum is at work for so long; its process."""
    host.run(HOLD_YUM.format(seconds=seconds) + " sleep 0.3")
    return host.run("cat /var/run/yum.pid").stdout.strip()


def test_item_10_yums_holder_is_named_and_nothing_is_changed(
    lab: Lab, host: LabHost, asked: tuple[str, ...]
) -> None:
    before = whole(host)
    holder = held_by_yum(host, 600)
    begun = host.run(f"date -d \"$(ps -o lstart= -p {holder})\" '+%F %T %z'").stdout.strip()
    done = fab(lab, "-H", "host1", "setup-docker", "--lock-timeout", "2", *asked)
    assert done.returncode == 1
    says = f"yum's lock is held by process {holder} (sleep 600) since {begun}"
    assert f"host1: {says}: waiting" in done.stdout  # at once, so that nobody wonders
    end = next(line for line in done.stdout.splitlines() if line.startswith("host1: refused"))
    assert f"{says}, still after 2 s" in end
    assert "--lock-timeout" in end
    assert difference(before, whole(host)) == {}
    assert (
        host.run("ls /var/tmp /var/lib/docker-provision", check=False).stdout.count("docker-provision") == 0
    )


def test_item_10_what_ends_in_time_is_waited_for(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    held_by_yum(host, 4)
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "waiting" in done.stdout
    assert host.run("systemctl is-active docker").stdout == "active\n"


def test_item_10_a_change_of_the_repository_alone_waits_too(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    """Else the file would be written, and what follows from it left undone."""
    converged.run("sed -i '/^exclude/d' /etc/yum.repos.d/docker-ce.repo")
    before = whole(converged)
    held_by_yum(converged, 600)
    done = fab(lab, "-H", "host1", "setup-docker", "--lock-timeout", "0", *asked)
    assert done.returncode == 1
    assert "host1: refused" in done.stdout
    assert difference(before, whole(converged)) == {}


def test_item_10_uninstalling_waits_before_it_stops_anything(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    before = whole(converged)
    held_by_yum(converged, 600)
    done = fab(lab, "-H", "host1", "uninstall-docker", "--lock-timeout", "1", *asked[:2])
    assert done.returncode == 1
    assert "yum's lock is held by process" in done.stdout
    assert difference(before, whole(converged)) == {}
    assert converged.run("systemctl is-active docker").stdout == "active\n"


def test_item_10_a_lock_that_nobody_holds_any_more_is_no_matter(
    lab: Lab, host: LabHost, asked: tuple[str, ...]
) -> None:
    """What a killed yum leaves."""
    host.run("sleep 0 & echo $! >/var/run/yum.pid; wait")
    done = fab(lab, "-H", "host1", "setup-docker", "--only", "repos", *asked[:2])
    assert done.returncode == 0, done.stdout + done.stderr


def test_item_10_another_run_is_named_too(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    before = whole(host)
    host.run(
        "printf 'eve at host9\\nsince 2026-05-01 10:00:00 +0800\\n' >/run/docker-provision.lock; "
        "setsid flock /run/docker-provision.lock sleep 600 >/dev/null 2>&1 & sleep 0.3"
    )
    done = fab(lab, "-H", "host1", "setup-docker", "--lock-timeout", "1", *asked)
    assert done.returncode == 1
    end = next(line for line in done.stdout.splitlines() if line.startswith("host1: refused"))
    assert "another run holds this host: eve at host9 since 2026-05-01 10:00:00 +0800, still after 1 s" in end
    assert difference(before, whole(host)) == {}


AMID = (
    "printf 'eve at host9\\nsince 2026-05-01 10:00:00 +0800\\n' >/run/docker-provision.lock; "
    "cp /etc/os-release /tmp/whole; sed 's/^ID=.*/ID=fedora/' /tmp/whole >/etc/os-release; "
    "setsid flock /run/docker-provision.lock sh -c 'sleep {seconds}; cp /tmp/whole /etc/os-release' "
    ">/dev/null 2>&1 & sleep 0.3"
)
"""Another run is at work, and the host isn't as it will be behind that."""


@pytest.mark.parametrize("command", ["plan", "setup-docker"])
def test_what_is_read_amid_another_run_refuses_nobody(
    lab: Lab, host: LabHost, asked: tuple[str, ...], command: str
) -> None:
    host.run(AMID.format(seconds=5))
    done = fab(lab, "-H", "host1", command, *asked)
    assert "another run holds this host: eve at host9 since 2026-05-01 10:00:00 +0800" in done.stdout
    assert done.returncode == (3 if command == "plan" else 0), done.stdout + done.stderr


def test_another_run_that_goes_on_is_named_where_the_host_looks_unfit(
    lab: Lab, host: LabHost, asked: tuple[str, ...]
) -> None:
    host.run(AMID.format(seconds=600))
    done = fab(lab, "-H", "host1", "plan", "--lock-timeout", "1", *asked)
    assert done.returncode == 1
    end = next(line for line in done.stdout.splitlines() if line.startswith("host1: refused"))
    assert "another run holds this host: eve at host9 since 2026-05-01 10:00:00 +0800, still after 1 s" in end


def test_item_10_a_time_that_is_none_is_told_before_any_host_is_touched(lab: Lab, host: LabHost) -> None:
    done = fab(lab, "-H", "host1", "setup-docker", "--lock-timeout", "2m")
    assert done.returncode == 2
    assert done.stderr.startswith("error: --lock-timeout: '2m'")
