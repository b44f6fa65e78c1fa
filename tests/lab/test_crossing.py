"""Item 3: over the line at which Docker was cut into several packages, and back, with all that a host holds."""

from __future__ import annotations

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.engines import DOCKERS, IDS, RUNNING, lines, peopled
from tests.lab.state import difference, whole
from tests.lab.support import fab

DOWN = ("--allow-downgrade", "--accept-data-change", "downgrade")


def test_item_3_over_the_line_and_back(lab: Lab, converged: LabHost, asked: tuple[str, ...]) -> None:
    peopled(converged)
    before, ids = whole(converged), lines(converged, IDS)

    def to(version: str, *flags: str) -> str:
        done = fab(lab, "-H", "host1", "setup-docker", "--docker-version", version, *flags, *asked)
        assert done.returncode == 0, done.stdout + done.stderr
        assert lines(converged, IDS) == ids
        assert lines(converged, RUNNING) == ["store", "web"]
        assert "200 OK" in converged.run("curl -sI localhost:8080").stdout
        return done.stdout

    refused = fab(lab, "-H", "host1", "setup-docker", "--docker-version", "18.09.9", *asked)
    assert refused.returncode == 1
    for words in (
        "the upgrade from 18.06.3 to 18.09.9 crosses a release line",
        "say --cross-line",
        "job (no restart policy: stays stopped)",
        "web (restart policy unless-stopped: is started again)",
    ):
        assert words in refused.stdout
    assert difference(before, whole(converged)) == {}
    assert lines(converged, RUNNING) == ["job", "store", "web"]

    to("18.09.9", "--cross-line")
    assert lines(converged, DOCKERS) == [
        "containerd.io-1.2.13-3.2.el7.x86_64",
        "docker-ce-18.09.9-3.el7.x86_64",
        "docker-ce-cli-18.09.9-3.el7.x86_64",
    ]
    # the old shim's name is cut there: none of it is left, nor of what listened for it
    assert converged.run("pgrep docker-containe", check=False).stdout == ""
    checked = fab(lab, "-H", "host1", "verify", "--docker-version", "18.09.9", *asked)
    assert checked.returncode == 0, checked.stdout

    # between lines on the same side no container is counted on to go on, but none has to be sent over
    told = to("26.1.4", "--restart", "always")
    assert "upgrade from 18.09.9 to 26.1.4; stops" in told

    back = to("18.06.3", "--cross-line", *DOWN)
    assert "downgrade from 26.1.4 to 18.06.3 by a swap; docker-ce-cli, docker-ce-rootless-extras" in back
    assert lines(converged, DOCKERS) == ["docker-ce-18.06.3.ce-3.el7.x86_64"]
    assert converged.run("systemctl is-active docker.socket containerd", check=False).stdout.split() == [
        "inactive",
        "inactive",
    ]
    assert fab(lab, "-H", "host1", "plan", *asked).returncode == 0


def test_item_3_what_no_daemon_could_stop_is_not_left_behind(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    """Containers that live-restore keeps while their daemon is stopped: their shims would hold ports for ever."""
    live = ("--enable-live-restore", *asked)
    assert fab(lab, "-H", "host1", "setup-docker", *live).returncode == 0
    converged.run("docker run -d --name kept busybox sleep 600; systemctl stop docker")
    before = whole(converged)
    done = fab(lab, "-H", "host1", "setup-docker", "--docker-version", "18.09.9", "--cross-line", *asked)
    assert done.returncode == 1
    assert "containers run although docker.service doesn't (processes" in done.stdout
    assert difference(before, whole(converged)) == {}
    assert converged.run("pgrep docker-containe").stdout
