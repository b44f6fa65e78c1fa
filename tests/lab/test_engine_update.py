"""Item 7: an engine that doesn't come up in its new version, and a change that is cut off in the middle."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from lab import rpmbuild, table
from lab.host import LabHost
from lab.lab import Lab
from tests.lab.engines import DOCKERS, IDS, RUNNING, lines, peopled
from tests.lab.state import difference, whole
from tests.lab.support import fab

# as many guides of 2017 have it; Docker 23 took the flag away
DROP_IN = """\
[Service]
ExecStart=
ExecStart=/usr/bin/dockerd --graph=/var/lib/docker
"""
# kills who calls it for the transaction itself
FATAL_YUM = """\
#!/bin/sh
case "$*" in
  *--downloadonly*) ;;
  *" install "*) kill -9 $PPID; exit 1 ;;
esac
exec /usr/bin/yum-itself "$@"
"""


def test_item_7_all_is_put_back(lab: Lab, converged: LabHost, asked: tuple[str, ...]) -> None:
    unit = converged.root / "etc/systemd/system/docker.service.d"
    (unit / "override.conf").write_text(DROP_IN)
    converged.run("systemctl daemon-reload; systemctl restart docker")
    peopled(converged)
    before, ids, brought = whole(converged), lines(converged, IDS), record(converged)
    mirrors = ("--repo-key", str(lab.repo_key), "--registry-mirrors", "https://mirror.example")
    new = ("--docker-version", "26.1.4", "--cross-line")
    done = fab(lab, "-H", "host1", "setup-docker", *new, *mirrors)
    assert done.returncode == 1
    for words in (
        "the engine doesn't come up in its new version",
        "unknown flag: --graph",
        "the packages and the daemon.json from before are back, and so is all that ran",
        "  | ",  # the daemon's last words
    ):
        assert words in done.stdout
    left = difference(before, whole(converged))
    # containerd.io's package doesn't own its folder
    assert {line for line in left.pop("etc", set()) if line.startswith("./")} <= {"./containerd 755"}
    assert left.keys() <= {"links", "chains"}  # running containers' own, by new names
    assert lines(converged, DOCKERS) == ["docker-ce-18.06.3.ce-3.el7.x86_64"]
    assert converged.run("rpm -V docker-ce").stdout == ""
    assert lines(converged, IDS) == ids
    # those without a restart policy too: the change didn't come about
    assert lines(converged, RUNNING) == ["job", "store", "web"]
    shown = json.loads(converged.run("docker info -f '{{json .RegistryConfig.Mirrors}}'").stdout)
    assert shown == [f"{lab.registry_url}/"]
    # nor does the host's record say any more that it came
    assert record(converged) == brought
    assert fab(lab, "-H", "host1", "plan", *asked).returncode == 0


def record(host: LabHost) -> str:
    return host.run("cat /var/lib/docker-provision/record.json").stdout


def test_item_7_without_a_way_back_nothing_is_begun(
    lab: Lab, host: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    like = next(package for package in table.packages() if package.nvr == "docker-ce-18.06.3.ce-3.el7")
    (made,) = rpmbuild.build([replace(like, version="18.06.1.ce", scripts="%post\n:\n")], {}, tmp_path)
    shutil.copy(made, host.root / "root")
    host.run(f"rpm -i --nosignature --nodeps /root/{made.name}")
    before = whole(host)
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 1
    assert "so that there would be no way back: docker-ce-18.06.1.ce-3.el7" in done.stdout
    assert difference(before, whole(host)) == {}


def test_item_7_what_was_stopped_comes_back_after_a_change_that_was_cut_off(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    converged.run("docker run -d --name web --restart unless-stopped busybox sleep 600")
    converged.run("mv /usr/bin/yum /usr/bin/yum-itself")
    (converged.root / "usr/bin/yum").write_text(FATAL_YUM)
    converged.run("chmod 755 /usr/bin/yum")
    new = ("--docker-version", "18.09.9", "--cross-line")
    done = fab(lab, "-H", "host1", "setup-docker", *new, *asked)
    assert done.returncode == 1
    assert converged.run("systemctl is-active docker", check=False).stdout == "inactive\n"
    converged.run("mv /usr/bin/yum-itself /usr/bin/yum; rm -f /var/run/yum.pid")
    # whether the new version is asked for again or not
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a change of version was cut off and left stopped: web" in done.stdout
    assert lines(converged, RUNNING) == ["web"]
    assert fab(lab, "-H", "host1", "plan", *asked).returncode == 0
