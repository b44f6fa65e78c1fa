"""Keys and mirrors as the hosts' yum meets them, held against what the true yum 3.4.3 printed."""

import time
from collections.abc import Iterator

import pytest

from lab import mirror
from lab.host import LabHost
from lab.lab import Lab
from tests.lab.lab import engines, extra
from tests.lab.lab.extra import installed, yum


@pytest.fixture
def signed(yum_host: LabHost, lab: Lab) -> LabHost:
    """Signatures are to be checked, Docker's key of the lab lies on the disk, and rpm doesn't know it."""
    extra.configure(yum_host, "gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce", gpgcheck=True)
    (yum_host.root / "etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce").write_text(lab.repo_key.read_text())
    yum_host.run("rpm -e --allmatches gpg-pubkey", check=False)
    return yum_host


def test_a_key_is_imported_from_the_file_that_the_repository_names(signed: LabHost) -> None:
    assert (
        "Refusing to automatically import keys" in signed.run("echo y | yum install tool", check=False).stderr
    )
    done = yum(signed, "-y install tool")
    assert done.returncode == 0
    assert "Retrieving key from file:///etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce\n" in done.stdout
    (key,) = installed(signed, "gpg-pubkey")
    lines = done.stderr.splitlines()
    assert lines[0].startswith(
        "warning: /var/cache/yum/x86_64/7/extra/packages/tool-3.0-1.el7.noarch.rpm: Header V4 RSA/SHA512 "
    )
    assert lines[1] == f"Importing GPG key 0x{key.split('-')[2].upper()}:"
    assert [line.split(":")[0].strip() for line in lines[2:]] == ["Userid", "Fingerprint", "From"]
    yum(signed, "-y remove tool")
    assert yum(signed, "-y install tool").stderr == ""  # known now: no word about it


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("RPM-GPG-KEY-CentOS-7", "Public key for tool-3.0-1.el7.noarch.rpm is not installed"),
        (
            "nosuch",
            'GPG key retrieval failed: [Errno 14] curl#37 - "Couldn\'t open file /etc/pki/rpm-gpg/nosuch"',
        ),
        ("rubbish", "Invalid GPG Key from file:///etc/pki/rpm-gpg/rubbish: No key found in given key data"),
    ],
)
def test_another_key_than_the_signers_fails(signed: LabHost, key: str, words: str) -> None:
    (signed.root / "etc/pki/rpm-gpg/rubbish").write_text("<html>404</html>\n")
    extra.configure(signed, f"gpgkey=file:///etc/pki/rpm-gpg/{key}", gpgcheck=True)
    done = yum(signed, "-y install tool")
    assert (done.returncode, words in done.stderr) == (1, True), done.stderr
    assert installed(signed, "tool") == ["package tool is not installed"]
    if key == "RPM-GPG-KEY-CentOS-7":  # it was imported all the same, and the next time reads so
        assert "already installed but they are not correct" in yum(signed, "-y install tool").stderr


def test_without_a_key_a_signed_package_is_refused(signed: LabHost) -> None:
    extra.configure(signed, gpgcheck=True)
    done = yum(signed, "-y install tool")
    assert (done.returncode, "Public key for tool-3.0-1.el7.noarch.rpm is not installed" in done.stderr) == (
        1,
        True,
    )
    assert yum(signed, "-y --nogpgcheck install tool").returncode == 0


@pytest.fixture
def faulty(yum_host: LabHost, lab: Lab) -> Iterator[LabHost]:
    """docker-ce's repository, from a mirror on which faults may be set."""
    engines.add_repository(yum_host)
    yield yum_host
    mirror.set_faults(lab.folder)


def test_a_mirrors_error_is_tried_once(faulty: LabHost, lab: Lab) -> None:
    mirror.set_faults(lab.folder, mirror.Fault(path="repomd.xml", status=503))
    done = yum(faulty, "makecache")
    assert done.returncode == 1
    assert done.stderr.count("[Errno 14] HTTPS Error 503 - Service Unavailable\nTrying other mirror.") == 1
    assert "One of the configured repositories failed (Docker CE Stable - x86_64)," in done.stderr


def test_a_silent_mirror_costs_retries_times_timeout(faulty: LabHost, lab: Lab) -> None:
    mirror.set_faults(lab.folder, mirror.Fault(path="repomd.xml", delay=30))
    done = yum(faulty, "--setopt=*.retries=2 --setopt=*.timeout=1 makecache")
    assert done.returncode == 1
    assert (
        done.stderr.count("(28, 'Connection timed out after 1001 milliseconds')\nTrying other mirror.") == 2
    )


def test_a_slow_mirror_is_slow_and_no_failure(faulty: LabHost, lab: Lab) -> None:
    mirror.set_faults(lab.folder, mirror.Fault(path="repomd.xml", rate=500))
    begin = time.monotonic()
    assert yum(faulty, "--disablerepo=extra makecache").returncode == 0
    assert time.monotonic() - begin > 1.4  # repomd.xml has over 2 kB; a busy machine only makes it slower


def test_a_cut_download_fails_and_installs_nothing(faulty: LabHost, lab: Lab) -> None:
    mirror.set_faults(lab.folder, mirror.Fault(path=".rpm", cut=1000))
    done = yum(faulty, "-y --setopt=*.retries=2 --nogpgcheck install docker-buildx-plugin")
    assert done.returncode == 1
    assert 'curl#18 - "transfer closed with' in done.stderr
    assert (
        "Error downloading packages:\n  docker-buildx-plugin-0.14.1-1.el7.x86_64: [Errno 256]" in done.stderr
    )
    assert installed(faulty, "docker-buildx-plugin") == ["package docker-buildx-plugin is not installed"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("s,mirrors.aliyun.com,nosuch.invalid,", 'curl#6 - "Could not resolve host: nosuch.invalid"'),
        ("s,docker-ce/linux,nothing/here,", "HTTPS Error 404 - Not Found"),
        (
            "s,mirrors.aliyun.com,localhost.localdomain,",
            'curl#7 - "Failed to connect to localhost.localdomain',
        ),
    ],
)
def test_the_downloaders_words(faulty: LabHost, change: str, words: str) -> None:
    faulty.run("grep -q localdomain /etc/hosts || echo '127.0.0.1 localhost.localdomain' >>/etc/hosts")
    faulty.run(f"sed -i {change} /etc/yum.repos.d/docker-ce.repo")
    done = yum(faulty, "--setopt=*.retries=1 makecache")
    assert (done.returncode, words in done.stderr) == (1, True), done.stderr


def test_a_certificate_that_is_not_trusted(faulty: LabHost) -> None:
    faulty.run("sed -i '$ a sslcacert=/etc/pki/rpm-gpg/other.pem' /etc/yum.repos.d/docker-ce.repo")
    openssl = "openssl req -x509 -newkey rsa:2048 -nodes -keyout /tmp/k -subj /CN=other"
    faulty.run(f"{openssl} -out /etc/pki/rpm-gpg/other.pem 2>/dev/null")
    done = yum(faulty, "--setopt=*.retries=1 makecache")
    assert (done.returncode, 'curl#60 - "Peer\'s Certificate issuer is not recognized."' in done.stderr) == (
        1,
        True,
    )
    assert yum(faulty, "--setopt=docker-ce-stable.sslverify=0 makecache").returncode == 0
