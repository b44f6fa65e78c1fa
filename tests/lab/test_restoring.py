"""Item 5: configuration that doesn't come up, or doesn't show, goes back by itself, once."""

from __future__ import annotations

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.support import fab
from tests.lab.test_bad_input import told
from tests.lab.test_configuration import DROP_INS, put

ELSEWHERE = "[Service]\nExecStart=\nExecStart=/bin/sh -c 'exec /usr/bin/dockerd --config-file=/etc/docker/other.json'\n"
"""A unit by which the daemon reads another file, and that can't be told before."""
STARTS = "journalctl -u docker -o cat | grep -c 'Starting up'"
WORDS = "/var/lib/docker-provision/last-words"


def test_what_runs_but_is_not_in_effect_goes_back_once(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    put(converged, f"{DROP_INS}/own.conf", ELSEWHERE)
    converged.run(
        "cp /etc/docker/daemon.json /etc/docker/other.json; systemctl daemon-reload; systemctl restart docker"
    )
    before, starts = converged.run("cat /etc/docker/daemon.json").stdout, int(converged.run(STARTS).stdout)
    done = fab(lab, "-H", "host1", "setup-docker", "--cgroup-driver", "systemd", *asked)
    told(
        done,
        "failed",
        'it runs, but docker info doesn\'t show cgroup-driver="systemd"; see `systemctl cat docker` for why',
        "daemon.json is back as it was and the daemon runs with it",
        f"its log of that is in {WORDS}",
    )
    assert converged.run("cat /etc/docker/daemon.json").stdout == before
    assert int(converged.run(STARTS).stdout) == starts + 2
    assert "Starting up" in converged.run(f"cat {WORDS}").stdout
    assert converged.run(f"stat -c %a {WORDS}").stdout == "600\n"
    assert converged.run("systemctl is-active docker; systemctl --failed --no-legend").stdout == "active\n"
    # where the unit's own words tell it, nothing is tried
    put(
        converged, f"{DROP_INS}/own.conf", ELSEWHERE.replace("/bin/sh -c 'exec ", "").replace("json'", "json")
    )
    told(
        fab(lab, "-H", "host1", "setup-docker", "--cgroup-driver", "systemd", *asked),
        "refused",
        f"dockerd reads another file, by --config-file in {DROP_INS}/own.conf:3",
    )


def test_what_does_not_come_up_goes_back_once(lab: Lab, converged: LabHost, asked: tuple[str, ...]) -> None:
    before = converged.run("cat /etc/docker/daemon.json").stdout
    done = fab(lab, "-H", "host1", "setup-docker", "--data-root", "/proc/docker", *asked)
    told(done, "failed", "daemon.json is back as it was and the daemon runs with it", WORDS)
    assert converged.run("cat /etc/docker/daemon.json").stdout == before
    assert "/proc/docker" in converged.run(f"cat {WORDS}").stdout
    assert converged.run("systemctl is-active docker; systemctl --failed --no-legend").stdout == "active\n"
