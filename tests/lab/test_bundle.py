"""A fleet from one download: a bundle made through one host sets up others that reach no mirror and no registry."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import keys, mirror
from lab.host import LabHost
from lab.lab import Lab
from lab.mirror import Fault
from provision.bundle import text_of_sums
from tests.lab.conftest import restored
from tests.lab.sshdlog import Count, SshdLog
from tests.lab.state import difference, whole
from tests.lab.support import fab

THERE, PULLED = "redis:7", ("busybox", "busybox:1.35")
"""An image that the host has which makes the bundle; two names of one that it pulls, and has under a third by then."""
OURS = "mine/tools:1"
KEPT = """ls /var/lib/docker-provision; docker ps -aq
docker images -a --digests --no-trunc --format '{{.ID}} {{.Repository}} {{.Tag}} {{.Digest}}' | sort"""
LEFT = "ls -d /var/tmp/docker-provision* 2>/dev/null; true"
ENGINE = "linux/centos/7/x86_64/stable/Packages/docker-ce-18.06.3.ce-3.el7.x86_64.rpm"


@pytest.fixture(scope="module")
def trusted(lab: Lab) -> tuple[str, ...]:
    """The lab's keys stand for Docker's and CentOS's."""
    return ("--repo-key", str(lab.repo_key), "--base-key", str(keys.centos_key()))


@pytest.fixture(scope="module")
def made(
    lab: Lab, asked: tuple[str, ...], trusted: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A bundle through host1, which is as it was."""
    folder = tmp_path_factory.mktemp("bundles") / "made"
    host = restored(lab, asked)
    host.run(f"docker pull {THERE} && docker pull {PULLED[0]} && docker tag {PULLED[0]} {OURS}", timeout=120)
    host.run(f"docker rmi {PULLED[0]}")
    before, kept = whole(host), host.run(KEPT).stdout
    log = SshdLog(host)
    words = ("--images", ",".join((THERE, *PULLED)), "--output", str(folder), "--json")
    done = fab(lab, "-H", "host1", "bundle", *words, *trusted)
    assert done.returncode == 0, done.stdout + done.stderr
    assert log.count() == Count(connections=1, commands=1)
    assert "host1: redis:7 is on this host already, and is taken as it is there\n" in done.stderr
    told = json.loads(done.stdout)["host1"]
    packages, saved = list(folder.rglob("*.rpm")), list((folder / "images").iterdir())
    assert told == {
        "folder": str(folder),
        "packages": len(packages),
        "images": [THERE, "busybox:latest", "busybox:1.35"],
        "bytes": sum(file.stat().st_size for file in (*packages, *saved)),
    }
    assert len(saved) == 2
    assert difference(before, whole(host)) == {}
    assert host.run(KEPT).stdout == kept
    assert host.run(LEFT).stdout == ""
    return folder


@pytest.fixture
def offline(lab: Lab, made: Path) -> Iterator[None]:
    """No mirror serves anything to anybody."""
    mirror.set_faults(lab.folder, Fault(status=503))
    yield
    mirror.set_faults(lab.folder)


def requests(lab: Lab) -> list[str]:
    """What was asked of the mirror."""
    return mirror.requests(lab.folder)


def test_hosts_that_reach_no_mirror_are_set_up_from_one_download(
    lab: Lab, made: Path, offline: None, fresh_hosts: list[LabHost], trusted: tuple[str, ...]
) -> None:
    downloads = [line.split()[4].rpartition("/")[2] for line in requests(lab) if line.split()[-1] != "0"]
    assert (made / ENGINE).name in downloads
    # all that any CentOS 7 may lack, not only what host1 did
    names = {file.name.split("-4.")[0] for file in (made / "dependencies/Packages").iterdir()}
    assert "bash" in names
    before, hosts = len(requests(lab)), fresh_hosts[1:]
    # no registry is to be reached: Docker Hub's own isn't, and no mirror is named
    flags = ("--package-mirror", f"bundle:{made}", *trusted)

    done = fab(lab, "-H", "host2", "plan", *flags)
    assert done.returncode == 3, done.stdout + done.stderr
    assert f" packages in {made} go over the connection, " in done.stdout.replace("\n", " ")
    listed = {each["reference"]: each for each in json.loads((made / "bundle.json").read_text())["images"]}
    for each in listed.values():
        assert f"{each['id'][7:19]}, {each['size'] / 1e6:.1f} MB" in done.stdout

    done = fab(lab, "-H", "host2,host3", "setup-docker", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    for host in hosts:
        assert host.run("systemctl is-active docker").stdout == "active\n"
        assert host.run("rpm -q docker-ce").stdout == "docker-ce-18.06.3.ce-3.el7.x86_64\n"
        repository = host.run("cat /etc/yum.repos.d/docker-ce.repo").stdout
        assert "baseurl=https://mirrors.aliyun.com/docker-ce/linux/centos/7/$basearch/stable\n" in repository
        assert "enabled=0\n" in repository
        assert host.run("grep -rl 'file:///var' /etc/yum.repos.d; true").stdout == ""
        ids = host.run("docker image inspect -f '{{.Id}}' " + " ".join(listed)).stdout.split()
        assert ids == [each["id"] for each in listed.values()]
        assert host.run("docker run --rm busybox:1.35 echo it runs").stdout == "it runs\n"
        assert host.run(LEFT).stdout == ""
    assert fab(lab, "-H", "host2", "verify", *flags).returncode == 0

    # a host that is right costs one connection and one command, and nothing is sent
    log = SshdLog(hosts[0])
    done = fab(lab, "-H", "host2", "setup-docker", *flags)
    assert "nothing to do" in done.stdout, done.stdout
    assert log.count() == Count(connections=1, commands=1)

    # a name of the host's own is never moved; one that is missing is given back, and no image sent for it
    hosts[0].run(f"docker tag {THERE} busybox:1.35 && docker rmi busybox:latest {THERE}")
    done = fab(lab, "-H", "host2", "setup-docker", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "busybox:1.35 is another image on the host" in done.stdout.replace("\n", " ")
    ids = hosts[0].run(f"docker image inspect -f '{{{{.Id}}}}' busybox:1.35 {THERE} busybox").stdout.split()
    assert ids == [listed[name]["id"] for name in (THERE, THERE, "busybox:latest")]

    # any web server makes a mirror of it: here a host of the fleet
    served = fab(lab, "-H", "host2", "versions", "--json", "--package-mirror", serving(hosts[1], made))
    assert served.returncode == 0, served.stdout + served.stderr
    assert [row["version"] for row in json.loads(served.stdout)["host2"]] == ["18.06.3"]

    assert requests(lab)[before:] == []


def serving(host: LabHost, folder: Path) -> str:
    """The URL by which a host serves a folder."""
    shutil.copytree(folder, host.root / "srv/bundle")
    host.run(
        "cd /srv/bundle && { python3 -m http.server 8000 >/dev/null 2>&1 </dev/null & }"
        " && timeout 30 sh -c 'until curl -sIo /dev/null http://127.0.0.1:8000/; do sleep 0.1; done'"
    )
    return f"http://{host.address}:8000"


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    """A copy of the bundle."""
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy"


def alter(file: Path) -> None:
    """One byte of it becomes another."""
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    file.write_bytes(content)


WHY = {
    ENGINE: "isn't signed by the key that was asked for, so nothing was installed",
    "dependencies/Packages/libcgroup-0.41-21.el7.x86_64.rpm": "isn't signed by the key of CentOS",
}


def test_an_altered_package_is_refused_with_the_host_as_it_was(
    lab: Lab, copied: Path, host: LabHost, trusted: tuple[str, ...]
) -> None:
    before, log = whole(host), SshdLog(host)
    words = ("-H", "host1", "setup-docker", "--package-mirror", f"bundle:{copied}", *trusted)
    image = next((copied / "images").iterdir())
    for name, why in {f"images/{image.name}": "", **WHY}.items():
        alter(copied / name)
        done = fab(lab, *words)
        assert done.returncode == 2
        assert f"{copied / name} isn't as SHA256SUMS has it" in done.stderr
        assert log.count() == Count(connections=0, commands=0)
        if not why:  # nobody signs an image
            alter(copied / name)
            continue

        # whoever alters the checksums too can't sign
        (copied / "SHA256SUMS").write_text(text_of_sums(copied))
        done = fab(lab, *words)
        assert done.returncode == 1
        line = next(line for line in done.stdout.splitlines() if line.startswith("host1: refused"))
        assert f"{Path(name).name} {why}" in line
        alter(copied / name)  # it is as it was
        log = SshdLog(host)
    done = fab(lab, "-H", "host1", "bundle", "--images", "busybox", "--output", f"{copied}.new", *trusted)
    assert done.returncode == 1
    assert done.stderr == "host1: docker.service isn't active: run setup-docker, or start it\n"
    assert difference(before, whole(host)) == {}
    assert host.run(LEFT).stdout == ""
    assert host.run("ls -A /var/lib/docker-provision 2>/dev/null; true").stdout == ""
