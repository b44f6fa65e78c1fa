"""Item 6: a start that cuts the host off is taken back by the host itself, unless its controller comes back anew."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import begun, cut_off, fab, ssh
from tests.lab.test_bad_input import told
from tests.lab.test_configuration import DROP_INS, put
from tests.lab.test_runs import kept, read_until, units

ASTRAY = """[Service]
ExecStartPost=/bin/sh -c 'if grep -qs 192.168.250 /etc/docker/daemon.json; then ip route add %s dev docker0; fi'
"""
"""As a plugin might lead it: with that network, answers to the controller go to containers. No look can know it."""
SLOW = "[Service]\nExecStartPre=/bin/sleep 5\n"
"""Time in which the controller dies."""
NETWORK = "ip -4 -o address show; ip -4 route; cat /etc/docker/daemon.json"
PENDING = "ls -d /var/lib/docker-provision/pending /run/docker-provision/way /etc/systemd/system/docker.service.d/*way*"
NOBODY = "nobody came back over a new connection within 60 s"


def with_network(tmp_path: Path) -> tuple[str, ...]:
    (tmp_path / "site.yml").write_text("daemon: {bip: 192.168.250.1/24}\n")
    return ("--spec", str(tmp_path / "site.yml"))


def test_a_host_that_is_cut_off_or_left_alone_takes_it_back(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    """One is cut off by the new network of docker0, in a run that changes packages too: these stay. The other's first
    start is left alone by its dead controller."""
    (controller, *_), alone = ssh(lab, "host1", "echo $SSH_CONNECTION").stdout.split(), lab.hosts["host2"]
    put(converged, f"{DROP_INS}/plugin.conf", ASTRAY % controller)
    converged.run("systemctl daemon-reload")
    network, older = converged.run(NETWORK).stdout, ("--docker-version", "18.06.2", "--allow-downgrade")
    alone.restore("fresh")
    fresh = whole(alone)
    put(alone, f"{DROP_INS}/slow.conf", SLOW)
    with ThreadPoolExecutor() as pool, begun(lab, "-H", "host2", "setup-docker", *asked) as client:
        words = (*with_network(tmp_path), *older, *asked)
        astray = pool.submit(fab, lab, "-H", "host1", "setup-docker", *words)
        read_until(client, "host2: service docker.service")
        client.kill()
        told(
            astray.result(),
            "failed",
            f"{NOBODY} of a start by which bip changes, so the host took it back: daemon.json is as it was",
            "and the daemon runs with it; the packages stay as this run has changed them; look at `ip route`",
        )
    assert converged.run("rpm -q docker-ce").stdout == "docker-ce-18.06.2.ce-3.el7.x86_64\n"
    assert converged.run("docker version -f '{{.Server.Version}}'").stdout.startswith("18.06.2")
    assert converged.run("systemctl is-enabled docker").stdout == "enabled\n"
    # the next run goes on from there
    again = fab(lab, "-H", "host1", "plan", "--json", *words)
    assert again.returncode == 3, again.stdout + again.stderr
    (host,) = json.loads(again.stdout)["hosts"]
    assert [each["resource"] for each in host["plan"]["changes"]][-2:] == [
        "file /etc/docker/daemon.json",
        "service docker.service",
    ]
    assert "packages docker-ce" not in again.stdout
    assert converged.run(NETWORK).stdout == network
    assert units(converged) == ""
    assert converged.run(PENDING, check=False).stdout == ""
    assert '"bip"' in converged.run("cat /var/lib/docker-provision/taken-back.json").stdout
    # the other one, by itself
    while units(alone):
        time.sleep(0.5)
    left = difference(fresh, whole(alone))
    assert not left.keys() & {"links", "chains", "forwarding"}
    assert "/docker/daemon.json" not in str(left)
    assert alone.run(
        "systemctl is-active docker; systemctl is-enabled docker", check=False
    ).stdout.split() == [
        "inactive",
        "disabled",
    ]
    joined = fab(lab, "-H", "host2", "attach")
    assert joined.returncode == 1
    assert f"{NOBODY} of a start by which docker0 comes" in joined.stderr
    assert NOBODY in fab(lab, "-H", "host2", "history").stdout
    assert "taken back (as on 20" in fab(lab, "-H", "host2", "plan", *asked).stdout


def test_what_is_confirmed_stays_and_what_a_boot_finds_unconfirmed_does_not(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    words = ("-H", "host1", "setup-docker", *with_network(tmp_path), *asked)
    before = converged.run("cat /etc/docker/daemon.json").stdout
    put(converged, f"{DROP_INS}/slow.conf", SLOW)
    runs = converged.root / "var/lib/docker-provision/runs"
    with begun(lab, *words) as client:
        read_until(client, "host1: service docker.service")
    cut_off(lab, converged, lambda: bool([*runs.glob("*/asked")]), "history")
    converged.run("timeout 60 sh -c 'until docker info >/dev/null 2>&1; do sleep 0.2; done'")
    assert converged.run("cat /etc/docker/daemon.json").stdout == before
    assert "172.17.0.1/16" in converged.run("ip -4 -o address show dev docker0").stdout
    joined = fab(lab, "-H", "host1", "attach")
    assert joined.returncode == 1
    assert (
        "the host went down before anybody came back over a new connection, so the daemon.json"
        in joined.stderr
    )
    converged.run(f"rm {DROP_INS}/slow.conf")
    earlier = logins(converged)
    done = fab(lab, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert logins(converged) - earlier == 2
    assert "192.168.250.1/24" in converged.run("ip -4 -o address show dev docker0").stdout
    assert units(converged) == ""
    assert converged.run(PENDING, check=False).stdout == ""
    assert [run["end"] for run in kept(lab)][:2] == ["done", "failed"]
    # nothing to do, one connection
    earlier = logins(converged)
    assert "unchanged" in fab(lab, *words).stdout
    assert logins(converged) - earlier == 1


def logins(host: LabHost) -> int:
    return sum(line.startswith("Accepted publickey ") for line in host.ssh_log())
