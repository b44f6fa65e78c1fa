"""Why yum failed: every recorded failure has a cause and a remedy of its own."""

from __future__ import annotations

import pytest

from provision.words import yum
from tests.unit.words import recorded

CASES = [
    ("yum/11", "No package docker-ce-99.99.9", "don't offer docker-ce-99.99.9", "versions"),
    ("yum/68", "没有可用软件包 nosuch", "don't offer nosuch", "versions"),
    ("yum/dnf", "Unable to find a match", "don't offer docker-ce-99.99.9", "versions"),
    ("yum/03", "No matching Packages", "offers no such package", "--package-mirror"),
    # repositories
    (
        "yum/12",
        "10.77.0.1:81",
        "repository docker-ce-stable can't be read: 10.77.0.1:81: no connection",
        "network",
    ),
    (
        "yum/12",
        "failure: repodata/repomd.xml from docker-ce-stable: [Errno 256] No more mirrors to try.\nhttp://download",
        "download.docker.com: it doesn't hold the file",
        "above linux/centos",
    ),
    ("yum/12", "no-such-host", "no-such-host.invalid: the name can't be resolved", ""),
    ("yum/13", "Timeout on", "10.77.0.1:9999: no answer in time", "network"),
    ("yum/26", "mirrorlist", "mirror list of mirrorlist.centos.org", "--fix-base-repos"),
    (
        "yum/68",
        "[Errno 256]",
        "repository docker-ce-stable can't be read: mirrors.aliyun.com:81: no conn",
        "network",
    ),
    ("yum/59", "Error 407", "the proxy wants a user and a password", "--proxy"),
    ("yum/59", "issuer is not recognized", "its certificate isn't trusted", "ca-certificates"),
    ("yum/59", "does not match the server's certificate", "its certificate is for another name", ""),
    ("yum/35", "No route to host", "packages can't be fetched: mirror.centos.org: no connection", "repos.d"),
    ("yum/54", "Requires: container-selinux", "container-selinux >= 2.9 is needed", "/etc/yum.repos.d"),
    ("yum/54", "Requires: container-selinux", "mirror.centos.org:81: no connection", "/etc/yum.repos.d"),
    (
        "yum/dnf",
        "metadata for repo 'bad'",
        "repository bad can't be read: 10.77.0.1:81: no connection",
        "repos.d",
    ),
    # keys
    (
        "yum/15",
        "--enablerepo=badsig install",
        "badkey-1.0-1.el7.noarch isn't signed by the key",
        "--repo-key",
    ),
    ("yum/15", "badsig-nokey", "signed by a key that isn't known", "--repo-key"),
    ("yum/15", "badsig-404key", "key can't be fetched", "--repo-key"),
    ("yum/15", "--enablerepo=nosig install nosig", "carries no signature", "mirror"),
    (
        "yum/55",
        "configured as: file:///etc/pki/rpm-gpg/RPM-GPG-KEY-other",
        "isn't signed by the key",
        "--repo-key",
    ),
    ("yum/55", "Couldn't open file", "key file /etc/pki/rpm-gpg/RPM-GPG-KEY-nosuch is missing", "run again"),
    ("yum/55", "No key found", "holds no usable key", "key"),
    # locks
    ("yum/14", "exiting as configured by exit_on_lock", "held by process 294", "ps -fp 294"),
    ("yum/14", "database is locked", "another yum was working", "wait"),
    # disks
    ("yum/72", "* free   368 k", "368 k free and needs 1.3 M", "make room"),
    ("yum/72", "Transaction check error", "the disk is full: /usr/bin", "make room"),
    ("yum/72", "diskspacecheck=0", "couldn't be unpacked", "df -h"),
    ("yum/75", "[Errno 28]", "a disk is full", "make room"),
    # the database
    ("yum/42", "rpmdb open failed", "rpm database is damaged", "--rebuilddb"),
    # packages
    ("yum/08", "Transaction check error", "both bring /usr/bin/docker", "take docker-ce-cli"),
    ("yum/07", "conflicts with", "docker-ce-selinux can't be installed beside 2:container-selinux", "take"),
    ("yum/31", "conflicts with", "can't be installed beside 2:docker-1.13.1", "take"),
    ("yum/33", "PREIN", "the PREIN script of failpre-1.0-1.el7.noarch failed", "script"),
    (
        "yum/33",
        "between attempted installs",
        "fconf-b-1.0-1.el7.noarch and fconf-a-1.0-1.el7.noarch",
        "leave",
    ),
    ("yum/33", "libdoesnotexist", "needs libdoesnotexist.so.9()(64bit)", "--fix-base-repos"),
    (
        "yum/76",
        "tool-old-1.0-1.el7.noarch (@other)",
        "tool-old-1.0-1.el7.noarch, which is installed, needs",
        "away",
    ),
    ("yum/76", "which is protected", "tool-any is protected", "/etc/yum/protected.d"),
    # the host's files
    ("yum/37", "no section headers", "/etc/yum.repos.d/zz.repo is no repository file (line 1)", "mend"),
    ("yum/59", "Error parsing config", "the settings of repository docker-ce-stable are wrong", "mend"),
    ("yum/33", "need to be root", "wasn't run as root", "sudo"),
]


@pytest.mark.parametrize(("name", "mark", "what", "remedy"), CASES)
def test_cause_and_remedy(name: str, mark: str, what: str, remedy: str) -> None:
    run = recorded.run(name, mark, failed=True)
    reason = yum.failure(run.output, run.status)
    assert what in reason.what
    assert remedy in reason.remedy
    assert "\n" not in reason.what + reason.remedy


def test_a_bus_error_is_a_full_disk_without_a_word() -> None:
    run = recorded.run("yum/74", "Bus error", failed=True)
    assert run.status == 135
    assert "/var/lib/rpm" in yum.failure("", run.status).what


def test_a_dead_repository_that_was_passed_over_is_not_the_cause() -> None:
    dead = recorded.run("yum/12", "skip_if_unavailable=1 install -y wget").output
    assert "[Errno 14] HTTP Error 404" in dead
    failed = recorded.run("yum/33", "PREIN", failed=True).output
    assert "PREIN" in yum.failure(dead + failed, 1).what


REFUSED = recorded.run("yum/12", "10.77.0.1:81", failed=True).output


def test_an_expired_certificate_speaks_of_the_clock() -> None:
    expired = REFUSED.replace(
        'curl#7 - "Failed to connect to 10.77.0.1 port 81: Connection refused"',
        'curl#60 - "Peer\'s Certificate has expired."',
    )
    reason = yum.failure(expired, 1)
    assert "out of date" in reason.what
    assert "clock" in reason.remedy


def test_no_user_or_password_of_a_url_is_repeated() -> None:
    reason = yum.failure(REFUSED.replace("http://10.77.0.1", "http://me:s3cret@10.77.0.1"), 1)
    assert "10.77.0.1:81" in reason.what
    assert "s3cret" not in reason.what + reason.remedy


@pytest.mark.parametrize("damage", ["truncate -s 90112", ": > Packages", "rm Packages"])
def test_a_damaged_database(damage: str) -> None:
    said = (
        recorded.text("yum/70").split("# ---- the same for yum")[1].split(f"== {damage}")[1].split("\n== ")[0]
    )
    assert "rpm database is damaged" in yum.failure(said, 1).what


def test_unknown_words_are_passed_on() -> None:
    reason = yum.failure("Loaded plugins: x\nError: something new\nbye\n", 1)
    assert reason.what == "yum failed with status 1: Error: something new"
    assert yum.failure("", 3).what == "yum failed with status 3: it said nothing"
