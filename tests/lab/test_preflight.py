"""Hosts as they are found: each that is refused stays as it was, and what should be known stands in the plan.

SELinux and xfs without d_type can't be had in the lab, see tests/unit/preflight/test_storage.py; what sudo refuses
is in tests/lab/remote/test_root.py.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import fab
from tests.lab.test_bad_input import told, uname

ORACLE = (
    'sed -i \'s/^ID=.*/ID="ol"/; s/^PRETTY_NAME=.*/PRETTY_NAME="Oracle Linux Server 7.9"/\' /etc/os-release'
)


def unit(name: str, program: str = "/bin/sleep") -> str:
    """Shell text: a service of this name that is active, by a program that does nothing."""
    path = f"/etc/systemd/system/{name}.service"
    return (
        f"if [ ! -e {program} ]; then mkdir -p {Path(program).parent}; cp /bin/sleep {program}; fi; "
        f"printf '[Service]\\nExecStart={program} 600\\n' >{path}; systemctl daemon-reload; systemctl start {name}"
    )


EXPOSED = '{"hosts": ["unix:///var/run/docker.sock", "tcp://0.0.0.0:2375"]}'
FAKETIME = "LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1 FAKETIME=-34603200"
"""By 400 days and a half: the two clocks are read at two moments."""
REFUSED: dict[str, dict[str, tuple[str, ...]]] = {
    "a relative of CentOS": {
        ORACLE: ("Oracle Linux Server 7.9, not CentOS 7 but a relative of it", "--any-el7")
    },
    "a clock that is off": {
        # of what systemd starts: the host's own clock is the machine's
        f"systemctl set-environment {FAKETIME}": (
            "the host's clock is 400 days behind the package mirror's",
            "`date -s`",
        )
    },
    "much at once": {
        "mount -t tmpfs -o size=50m tmpfs /var/tmp": (
            "too little space on /var/tmp: 50 MB are free, 350 MB for /var/tmp are needed; make room",
        ),
        unit("archive", "/usr/local/bin/dockerd"): (
            "a dockerd runs that is of no rpm package (/usr/local/bin/dockerd)",
            "move its programs away",
        ),
        unit("static", "/usr/bin/dockerd"): ("of no rpm package (/usr/bin/dockerd)",),
        unit("snapped", "/snap/docker/2915/bin/dockerd"): ("a Docker of snap runs", "`snap remove docker`"),
        "ip route add 172.17.5.0/24 dev host0": (
            "docker0's network 172.17.0.0/16 overlaps a route of the host (172.17.5.0/24 by host0)",
            "choose a free one by bip",
        ),
        f"mkdir /etc/docker; echo '{EXPOSED}' >/etc/docker/daemon.json": (
            "tcp://0.0.0.0:2375 among hosts without tlsverify",
            "becomes root",
        ),
    },
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_host_that_is_refused_stays_as_it_was(
    lab: Lab, host: LabHost, asked: tuple[str, ...], name: str
) -> None:
    host.run("set -e\n" + "\n".join(REFUSED[name]))
    before = whole(host)
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    told(done, "refused", *(word for words in REFUSED[name].values() for word in words))
    assert difference(before, whole(host)) == {}
    assert host.run("ls /var/lib/docker-provision", check=False).returncode != 0


def test_a_relative_of_centos_is_served_if_that_is_meant(
    lab: Lab, host: LabHost, asked: tuple[str, ...]
) -> None:
    host.run(ORACLE)
    done = fab(lab, "-H", "host1", "setup-docker", "--any-el7", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert host.run("systemctl is-active docker").stdout == "active\n"


def settings(folder: Path, **daemon: object) -> tuple[str, str]:
    """A spec file with these settings of daemon.json, as an option; _ stands for -."""
    path = folder / "spec.yaml"
    path.write_text(json.dumps({"daemon": {key.replace("_", "-"): value for key, value in daemon.items()}}))
    return "--spec", str(path)


def test_a_network_that_would_swallow_the_operator(
    lab: Lab, host: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    """Also behind sudo, which clears the environment in which his address stands."""
    bip = f"{lab.address.rpartition('.')[0]}.200/24"
    done = fab(lab, "-H", "deploy@host1", "plan", *settings(tmp_path, bip=bip), *asked)
    assert done.returncode == 1
    assert "from where you come" in done.stdout
    assert "overlaps a route of the host" in done.stdout


def test_a_container_of_docker_in_docker_is_no_foreign_engine(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    converged.run(
        "docker run -d --name inner busybox sh -c 'cp /bin/busybox /dockerd; exec /dockerd sleep 600'"
    )
    converged.run("timeout 20 sh -c 'until pgrep -f \"/dockerd sleep\" >/dev/null; do sleep 0.2; done'")
    done = fab(lab, "-H", "host1", "plan", *asked)
    assert done.returncode == 0, done.stdout


# ── on a host that has Docker ──


def change(lab: Lab, *options: str) -> subprocess.CompletedProcess[str]:
    return fab(lab, "-H", "host1", "setup-docker", *options)


@pytest.fixture
def with_image(converged: LabHost) -> LabHost:
    """A host with an image and a volume."""
    converged.run("docker pull -q busybox; docker volume create kept", timeout=120)
    return converged


def test_what_would_hide_data_is_refused_without_consent(
    lab: Lab, with_image: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    before = whole(with_image)
    moves = {"data-root": "/srv/docker", "storage-driver": "vfs", "userns-remap": "default"}
    done = change(lab, *settings(tmp_path, **moves), "--accept-data-change", "graph", *asked)
    says = [f"{key} changes" for key in ("storage-driver", "userns-remap")]
    told(done, "refused", *says, "1 image", "1 volume", "--accept-data-change userns-remap")
    assert "data-root changes" not in done.stdout  # graph is its other name
    done = change(lab, *settings(tmp_path, **moves), *asked)
    told(done, "refused", "data-root changes from /var/lib/docker to /srv/docker", *says)
    assert difference(before, whole(with_image)) == {}


def test_with_consent_by_name_data_stays_where_it_is(
    lab: Lab, with_image: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    moved = settings(tmp_path, **{"data-root": "/srv/docker"})
    done = change(lab, *moved, "--accept-data-change", "data-root", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert with_image.run("docker info -f '{{.DockerRootDir}}'").stdout == "/srv/docker\n"
    assert with_image.run("docker images -q").stdout == ""
    # done is done: what isn't a change any more needs no consent
    assert fab(lab, "-H", "host1", "plan", *moved, *asked).returncode == 0
    # and back to where it was
    back = settings(tmp_path, **{"data-root": None})
    assert change(lab, *back, *asked).returncode == 0
    assert with_image.run("docker volume ls -q").stdout == "kept\n"


def test_a_data_root_behind_a_link_is_no_change(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    host.run(
        "umount /var/lib/docker && rmdir /var/lib/docker; mkdir /srv/docker; ln -s /srv/docker /var/lib/docker"
    )
    done = change(lab, *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    host.run("docker volume create kept")
    assert fab(lab, "-H", "host1", "plan", *asked).returncode == 0


@pytest.mark.parametrize("who", ["containers", "kubelet"])
def test_the_cgroup_driver_stays_under_what_uses_it(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], tmp_path: Path, who: str
) -> None:
    converged.run("docker create --name kept busybox true" if who == "containers" else unit("kubelet"))
    before = whole(converged)
    done = change(lab, *settings(tmp_path, exec_opts=["native.cgroupdriver=systemd"]), *asked)
    told(
        done,
        "refused",
        "the cgroup driver changes from cgroupfs to systemd",
        "1 container" if who == "containers" else "a kubelet",
    )
    assert difference(before, whole(converged)) == {}


def at_rest(host: LabHost) -> dict[str, list[str]]:
    """The host once nothing changes any more by itself: a swarm's networks come behind `init`."""
    last = whole(host)
    while True:
        host.run("sleep 1")
        now = whole(host)
        if difference(last, now) == {} and "docker_gwbridge" in now["links"]:
            return now
        last = now


def test_live_restore_is_not_for_a_node_of_a_swarm(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    converged.run(f"docker swarm init --advertise-addr {converged.address}")
    live = settings(tmp_path, live_restore=True)
    before = at_rest(converged)
    told(change(lab, *live, *asked), "refused", "on a node of a swarm", "`docker swarm leave`")
    assert difference(before, whole(converged)) == {}
    # a stopped daemon's node is one as well
    converged.run("systemctl stop docker")
    told(change(lab, *live, *asked), "refused", "on a node of a swarm")


# ── what a plan tells ──

TOLD: dict[str, tuple[str, ...]] = {
    uname("-r", "3.10.0-957.el7.x86_64"): ("leaks memory", "cgroup.memory=nokmem"),
    unit("firewalld"): ("firewalld runs", "`systemctl restart docker`"),
    "ip link add br7 type bridge": (
        "cuts off guests behind br7",
        "`iptables -I DOCKER-USER -i br7 -j ACCEPT`",
    ),
    "true": ("logs aren't rotated", "--log-max-size and --log-max-file"),
    "sysctl -q -w net.ipv4.ip_forward=0": (
        "docker info warns: IPv4 forwarding is disabled",
        "`sysctl -w net.ipv4.ip_forward=1`",
    ),
    "ip route add 172.17.5.0/24 dev host0": ("overlaps a route of the host (172.17.5.0/24 by host0)",),
}


def test_what_should_be_known_stands_in_the_plan(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    converged.run("set -e\n" + "\n".join(TOLD))
    before = whole(converged)
    done = fab(lab, "-H", "host1", "setup-docker", "--json", *asked)
    (end,) = json.loads(done.stdout)["hosts"]
    assert end["status"] == "unchanged", done.stdout
    notes = [note["text"] for note in end["plan"]["notes"] if note["resource"] == "host"]
    assert len(notes) == len(TOLD)
    for words in TOLD.values():
        assert any(all(word in note for word in words) for note in notes), (words, notes)
    assert difference(before, whole(converged)) == {}


def test_guests_of_libvirt_are_thought_of_before_docker_cuts_them_off(
    lab: Lab, host: LabHost, asked: tuple[str, ...]
) -> None:
    host.run(unit("libvirtd") + "; sysctl -q -w net.ipv4.ip_forward=0")
    done = fab(lab, "-H", "host1", "plan", *asked)
    assert "Docker will set FORWARD's policy to DROP at its start" in done.stdout
    assert "guests behind libvirt's networks" in done.stdout


def test_the_facts_tell_what_was_looked_at(lab: Lab, converged: LabHost) -> None:
    found = json.loads(fab(lab, "-H", "host1", "facts", "--json").stdout)["host1"]["host"]
    assert found["bridges"] == ["docker0"]
    assert {"network": "172.17.0.0/16", "device": "docker0"} in found["routes"]
    assert [daemon["package"] for daemon in found["daemons"]] == ["docker-ce"]
    assert found["roots"][0]["drivers"] == ["overlay2"]
    assert found["peer"]
    assert "172.17.0.0/16 by docker0" in fab(lab, "-H", "host1", "facts").stdout
