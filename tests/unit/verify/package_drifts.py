"""Drifts of where packages come from, of who signed them, and of which are there."""

from __future__ import annotations

from provision.verify import others, packages
from tests.unit.verify.drifting import (
    Drift,
    having,
    in_file,
    installed,
    with_file,
    with_files,
    without,
)
from tests.unit.verify.fakehost import REPOSITORY

CORP_REPO = "[corp]\nbaseurl=http://10.0.0.5/docker/linux/centos/7/x86_64/stable\n"

DRIFTS: dict[str, Drift] = {
    "no repository": (without(others.REPOSITORY), {"repository"}, "docker-ce.repo is missing"),
    "repository off": (
        in_file(others.REPOSITORY, "enabled=1", "enabled=0"),
        {"repository"},
        "enabled is off",
    ),
    "signatures not checked": (
        in_file(others.REPOSITORY, "gpgcheck=1", "gpgcheck=no"),
        {"repository"},
        "gpgcheck is off",
    ),
    "signatures left to yum.conf": (
        in_file(others.REPOSITORY, "gpgcheck=1\n", ""),
        {"repository"},
        "gpgcheck is off",
    ),
    "release not written out": (
        in_file(others.REPOSITORY, "/7/", "/$releasever/"),
        {"repository"},
        "baseurl is https://mirrors.aliyun.com/docker-ce/linux/centos/$releasever/$basearch/stable, not https://",
    ),
    "another mirror": (
        in_file(others.REPOSITORY, "mirrors.aliyun.com", "mirrors.ustc.edu.cn"),
        {"repository"},
        "baseurl is https://mirrors.ustc.edu.cn/",
    ),
    "key from the network": (
        in_file(others.REPOSITORY, "file:///etc/pki/rpm-gpg/", "https://mirrors.aliyun.com/docker-ce/linux/"),
        {"repository"},
        "gpgkey is https://",
    ),
    "pin not held": (
        in_file(others.REPOSITORY, "docker-ce-cli ", ""),
        {"repository"},
        "exclude lacks docker-ce-cli",
    ),
    "nothing held": (
        with_file(others.REPOSITORY, REPOSITORY[: REPOSITORY.index("exclude")]),
        {"repository"},
        "a plain `yum update` moves Docker",
    ),
    "not stable alone": (
        with_file(others.REPOSITORY, REPOSITORY + "[docker-ce-test]\nbaseurl=https://example.com/test\n"),
        {"repository"},
        "[docker-ce-test] is on too",
    ),
    "vendor's sections, off": (
        with_file(others.REPOSITORY, REPOSITORY + "[docker-ce-test]\nenabled=0\n"),
        set(),
        "",
    ),
    "Docker from another file": (
        with_file(f"{others.REPOSITORIES}/corp.repo", CORP_REPO),
        {"other_repositories"},
        "[corp] of corp.repo",
    ),
    "Docker from another file, off": (
        with_file(
            f"{others.REPOSITORIES}/corp.repo",
            "[corp]\nenabled=0\nbaseurl=http://10.0.0.5/docker/linux/centos/7/x86_64/stable\n",
        ),
        set(),
        "",
    ),
    "Docker from another file, hidden there": (
        with_files(
            {
                f"{others.REPOSITORIES}/corp.repo": "[corp]\nexclude=foo, docker-*\n"
                "baseurl=http://10.0.0.5/docker/linux/centos/7/x86_64/stable\n"
            }
        ),
        set(),
        "",
    ),
    "Docker from another file, hidden for all": (
        with_files(
            {
                f"{others.REPOSITORIES}/corp.repo": CORP_REPO,
                others.YUM_CONF: "[main]\nexclude=docker-ce\n",
            }
        ),
        set(),
        "",
    ),
    "Docker from another file, locked": (
        with_files(
            {
                f"{others.REPOSITORIES}/corp.repo": CORP_REPO,
                others.LOCKS: "0:docker-ce-18.06.3.ce-3.el7.*\n",
            }
        ),
        set(),
        "",
    ),
    "Docker from another file, another version locked": (
        with_files(
            {
                f"{others.REPOSITORIES}/corp.repo": CORP_REPO,
                others.LOCKS: "0:docker-ce-18.06.2.ce-3.el7.*\n",
            }
        ),
        {"other_repositories"},
        "[corp] of corp.repo; set up with --hold-everywhere",
    ),
    "a file that yum fails over": (
        with_file(f"{others.REPOSITORIES}/zz.repo", "garbage\n"),
        {"other_repositories"},
        "zz.repo is no file of yum's",
    ),
    "a file that yum doesn't read": (
        with_file(f"{others.REPOSITORIES}/docker-ce.repo.rpmsave", REPOSITORY),
        set(),
        "",
    ),
    "no key file": (without(packages.KEY), {"signing_key"}, "RPM-GPG-KEY-docker-ce is missing"),
    "another key file": (
        in_file(packages.KEY, "\n-----END", "\n\n-----END"),
        {"signing_key"},
        "isn't the key asked for, byte for byte",
    ),
    "key not imported": (
        having(
            packages=["rpm 4.11.3-48.el7_9", "docker-ce 18.06.3.ce-3.el7", "gpg-pubkey f4a80eb5-53a7ff4b"]
        ),
        {"signing_key"},
        "rpm hasn't imported gpg-pubkey-621e9f35",
    ),
    "another key by that name": (
        having(imported="no key\n"),
        {"signing_key"},
        "`rpm -e gpg-pubkey-621e9f35`",
    ),
    "rpm database unreadable": (
        having(packages=[]),
        {"signing_key", "packages", "other_packages", "running_version"},
        "the rpm database can't be read",
    ),
    "no package": (
        installed(),
        {"packages", "running_version"},
        "docker-ce-18.06.3.ce-3.el7 is asked for, none installed",
    ),
    "another version": (
        installed("docker-ce 26.1.4-1.el7"),
        {"packages", "running_version"},
        "docker-ce-18.06.3.ce-3.el7 is asked for, docker-ce-26.1.4-1.el7 installed",
    ),
    "another release": (
        installed("docker-ce 18.06.3.ce-1.el7"),
        {"packages"},
        "docker-ce-18.06.3.ce-1.el7 installed",
    ),
    "two versions": (
        installed("docker-ce 18.06.3.ce-3.el7", "docker-ce 26.1.4-1.el7"),
        {"packages"},
        "docker-ce-18.06.3.ce-3.el7 and docker-ce-26.1.4-1.el7 installed",
    ),
    "the CLI of another version": (
        installed("docker-ce 18.06.3.ce-3.el7", "docker-ce-cli 26.1.4-1.el7"),
        {"other_packages"},
        "docker-ce-cli-26.1.4-1.el7 beside docker-ce-18.06.3.ce-3.el7",
    ),
    "CentOS's docker": (
        installed("docker-ce 18.06.3.ce-3.el7", "docker-common 1.13.1-210.git7d71120.el7.centos"),
        {"other_packages"},
        "docker-common-1.13.1-210.git7d71120.el7.centos",
    ),
    "containerd of somebody else": (
        installed(
            "docker-ce 18.06.3.ce-3.el7", "containerd.io 1.6.33-3.1.el7", "docker-compose 1.18.0-4.el7"
        ),
        set(),
        "",
    ),
}
