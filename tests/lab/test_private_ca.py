"""Item 9: a package mirror and a registry that are known by an authority of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import private
from lab.host import LabHost
from lab.lab import Lab
from lab.private import Private
from tests.lab.state import difference, whole
from tests.lab.support import fab

CA = "/etc/pki/tls/certs/docker-provision.pem"
STARTED = "systemctl show docker -p ExecMainStartTimestampMonotonic"


@pytest.fixture(scope="module")
def company(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Private]:
    with private.serving(lab, tmp_path_factory.mktemp("company")) as found:
        yield found


def test_item_9_a_mirror_of_ones_own_authority(
    lab: Lab, host: LabHost, asked: tuple[str, ...], company: Private
) -> None:
    before = whole(host)
    flags = ("--package-mirror", company.package_mirror, *asked)
    refused = fab(lab, "-H", "host1", "setup-docker", *flags)
    assert refused.returncode == 1
    line = next(line for line in refused.stdout.splitlines() if line.startswith("host1: refused"))
    assert "--package-ca" in line
    assert difference(before, whole(host)) == {}
    known = (*flags, "--package-ca", str(company.ca))
    done = fab(lab, "-H", "host1", "setup-docker", *known)
    assert done.returncode == 0, done.stdout + done.stderr
    assert host.run(f"cat {CA}").stdout == company.ca.read_text()
    assert host.run("yum -q --disablerepo='*' --enablerepo=docker-ce-stable makecache").stderr == ""
    # a certificate that went would have yum pass the repository over in silence
    host.run(f"rm {CA}")
    assert fab(lab, "-H", "host1", "verify", *known).returncode == 1
    assert fab(lab, "-H", "host1", "setup-docker", *known).returncode == 0
    assert fab(lab, "-H", "host1", "verify", *known).returncode == 0
    assert fab(lab, "-H", "host1", "uninstall-docker", *asked[:2]).returncode == 0
    assert host.run(f"ls {CA}", check=False).returncode == 2


def test_item_9_a_registry_of_ones_own_authority(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], company: Private
) -> None:
    image = f"{company.registry}/library/busybox"
    before = converged.run(f"docker pull {image}", check=False)
    assert "certificate signed by unknown authority" in before.stderr
    started = converged.run(STARTED).stdout
    flags = ("--registry-ca", f"{company.registry}={company.ca},other.example={company.ca}", *asked)
    done = fab(lab, "-H", "host1", "setup-docker", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert converged.run(
        f"docker pull -q {image} >/dev/null && docker run --rm {image} echo it runs"
    ).stdout == ("it runs\n")
    assert converged.run(STARTED).stdout == started, "at once, without so much as a reload"
    assert "nothing to do" in fab(lab, "-H", "host1", "setup-docker", *flags).stdout
    assert fab(lab, "-H", "host1", "verify", *flags).returncode == 0
    converged.run("echo >/etc/docker/certs.d/other.example/ca.crt")
    assert fab(lab, "-H", "host1", "plan", *flags).returncode == 3
    # somebody else's by now: it stays, and is named
    done = fab(lab, "-H", "host1", "uninstall-docker", *asked[:2])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/etc/docker/certs.d/other.example/ca.crt: it was changed since" in done.stdout
    left = converged.run("find /etc/docker/certs.d -type f", check=False).stdout
    assert left == "/etc/docker/certs.d/other.example/ca.crt\n"


def test_item_9_certificates_leave_no_folder_behind(
    lab: Lab, host: LabHost, asked: tuple[str, ...], company: Private
) -> None:
    before = whole(host)
    flags = ("--registry-ca", f"{company.registry}={company.ca}", *asked)
    assert fab(lab, "-H", "host1", "setup-docker", *flags).returncode == 0
    assert fab(lab, "-H", "host1", "uninstall-docker", *asked[:2]).returncode == 0
    left = difference(before, whole(host)).get("etc", set())
    assert not any("docker" in line for line in left), left
