"""Item 2: from one version to another, in one transaction that takes nothing of others along."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab import rpmbuild
from lab.host import LabHost
from lab.lab import Lab
from lab.table import Package
from tests.lab.engines import DOCKERS, PIDS, RUNNING, lines
from tests.lab.state import difference, whole
from tests.lab.support import fab

DOWN = ("--allow-downgrade", "--accept-data-change", "downgrade")
DNF = """\
#!/usr/bin/python3
import sys
from dnf.cli import main
main.user_main(sys.argv[1:], exit_code=True)
"""


def brought(host: LabHost, folder: Path, package: Package) -> None:
    """A package of somebody else's, installed by rpm."""
    (made,) = rpmbuild.build([package], {}, folder)
    shutil.copy(made, host.root / "root")
    host.run(f"rpm -i --nosignature /root/{made.name}")


def test_item_2_down_with_containers_going_on_and_nothing_of_others_taken_along(
    lab: Lab, host: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    fresh = whole(host)

    def run(version: str, *flags: str) -> tuple[int, str]:
        words = ("setup-docker", "--docker-version", version, "--enable-live-restore", *flags, *asked)
        done = fab(lab, "-H", "host1", *words)
        return done.returncode, done.stdout

    for version, flags in (("20.10.24", ()), ("18.09.9", DOWN)):
        code, said = run(version, *flags)
        assert code == 0, said
    # rootless-extras, which a downgrade leaves
    assert lines(host, DOCKERS) == [
        "containerd.io-1.2.13-3.2.el7.x86_64",
        "docker-ce-18.09.9-3.el7.x86_64",
        "docker-ce-cli-18.09.9-3.el7.x86_64",
    ]

    # neither without consent nor over data without consent by name
    host.run("docker run -d --name kept busybox sleep 600")
    pids, before = lines(host, PIDS), whole(host)
    code, said = run("18.09.0")
    assert code == 1
    assert "would make way for something older by the downgrade from 18.09.9 to 18.09.0" in said
    code, said = run("18.09.0", "--allow-downgrade")
    assert code == 1
    assert "1 image and 1 container, which an older engine may not read" in said
    # a swap would take along what needs the newer one
    needs = ("docker-ce >= 3:18.09",)
    tool = Package("other", "their-tool", 0, "1.0", "1.el7", "noarch", preinstalled=False, requires=needs)
    brought(host, tmp_path, tool)
    before["packages"] = lines(host, "rpm -qa | sort")
    code, said = run("18.06.3", "--cross-line", *DOWN)
    assert code == 1
    assert "packages that aren't Docker's would be taken away or lowered by it: their-tool" in said
    assert difference(before, whole(host)) == {}

    # within a release line live-restore keeps containers
    code, said = run("18.09.0", *DOWN)
    assert code == 0, said
    assert "downgrade from 18.09.9 to 18.09.0; live-restore keeps kept" in said
    assert host.run("docker version -f '{{.Server.Version}}'").stdout.startswith("18.09.0")
    assert lines(host, PIDS) == pids

    # and uninstalling knows what is ours by now
    host.run("docker rm -f kept; rpm -e their-tool")
    done = fab(lab, "-H", "host1", "uninstall-docker", "--docker-version", "18.09.0", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert lines(host, DOCKERS) == []
    # what came as a dependency stays and is named, under its own name
    told = done.stdout.partition("stays, since others may need it by now: ")[2].partition("\n")[0]
    named = set(told.partition(";")[0].split())
    left = {package.rsplit("-", 2)[0] for package in {*lines(host, "rpm -qa")} - {*fresh["packages"]}}
    assert left - {"gpg-pubkey"} <= named
    # yum's own database says of these that somebody asked for them
    assert named.isdisjoint({"docker-ce", "docker-ce-cli", "containerd.io"})


def test_item_2_17_is_led_up_and_never_installed(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    assert fab(lab, "-H", "host1", "setup-docker", "--only", "repos", *asked).returncode == 0
    host.run(
        "yum -y -q --setopt=obsoletes=0 --disableexcludes=docker-ce-stable install docker-ce-17.03.3.ce-1.el7;"
        " systemctl enable docker; systemctl start docker; docker version",
        timeout=120,
    )
    refused = fab(lab, "-H", "host1", "setup-docker", "--docker-version", "17.03.3", *asked)
    assert refused.returncode == 2
    assert "17.x is known but not installed" in refused.stderr
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "upgrade from 17.03.3 to 18.06.3 by a swap; docker-ce-selinux goes" in done.stdout
    assert lines(host, DOCKERS) == ["docker-ce-18.06.3.ce-3.el7.x86_64"]
    assert host.run("docker version -f '{{.Server.Version}}'").stdout.startswith("18.06.3")


def test_item_2_the_same_where_dnf_stands_in_for_yum(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    """The real dnf 4.14: it knows no swap of several packages."""
    (converged.root / "usr/bin/dnf-3").write_text(DNF)
    converged.run("chmod 755 /usr/bin/dnf-3; ln -sf dnf-3 /usr/bin/yum; yum --version")
    converged.run("docker run -d --name web --restart always busybox sleep 600")
    for version, flags in (("26.1.4", ()), ("18.06.3", DOWN)):
        done = fab(
            lab, "-H", "host1", "setup-docker", "--docker-version", version, "--cross-line", *flags, *asked
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert lines(converged, RUNNING) == ["web"]
        assert host_version(converged).startswith(version)
    assert lines(converged, DOCKERS) == ["docker-ce-18.06.3.ce-3.el7.x86_64"]


def host_version(host: LabHost) -> str:
    return host.run("docker version -f '{{.Server.Version}}'").stdout
