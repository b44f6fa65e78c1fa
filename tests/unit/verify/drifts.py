"""How hosts drift: what is changed, which checks that concerns, and words of what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provision.converge import Output
from provision.verify import configuration, others, packages
from tests.unit.verify.fakehost import BRIDGE, REPOSITORY, FakeHost

DAEMON = {"answers", "running_version", "registry_mirrors", "effective_settings", "cgroup_driver"}
"""The checks that ask the daemon."""


CORP_REPO = "[corp]\nbaseurl=http://10.0.0.5/docker/linux/centos/7/x86_64/stable\n"


def in_file(path: str, old: str, new: str) -> Callable[[FakeHost], None]:
    def change(fake: FakeHost) -> None:
        assert old in fake.files[path]
        fake.files[path] = fake.files[path].replace(old, new)

    return change


def without(path: str) -> Callable[[FakeHost], None]:
    return lambda fake: fake.files.__delitem__(path)


def with_file(path: str, text: str) -> Callable[[FakeHost], None]:
    return lambda fake: fake.files.__setitem__(path, text)


def with_files(files: dict[str, str]) -> Callable[[FakeHost], None]:
    return lambda fake: fake.files.update(files)


def having(**values: Any) -> Callable[[FakeHost], None]:
    def change(fake: FakeHost) -> None:
        for name, value in values.items():
            assert hasattr(fake, name)
            setattr(fake, name, value)

    return change


def unit(**properties: str) -> Callable[[FakeHost], None]:
    return lambda fake: fake.unit.update(properties)


def info(**values: Any) -> Callable[[FakeHost], None]:
    return lambda fake: fake.info.update(values)


def installed(*packages: str) -> Callable[[FakeHost], None]:
    return having(packages=["rpm 4.11.3-48.el7_9", "gpg-pubkey 621e9f35-58adea78", *packages])


DRIFTS: dict[str, tuple[Callable[[FakeHost], None], set[str], str]] = {
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
    "no daemon.json": (
        without(configuration.DAEMON_JSON),
        {"daemon_json"},
        "registry-mirrors is missing",
    ),
    "daemon.json damaged": (
        in_file(configuration.DAEMON_JSON, "}", ""),
        {"daemon_json"},
        "isn't valid JSON",
    ),
    "daemon.json with something behind it": (
        in_file(configuration.DAEMON_JSON, "}", "}}"),  # dockerd of 18.06 starts with it
        {"daemon_json"},
        "isn't valid JSON",
    ),
    "daemon.json no object": (with_file(configuration.DAEMON_JSON, "[]"), {"daemon_json"}, "holds no object"),
    "a value changed": (
        in_file(configuration.DAEMON_JSON, '"mtu": 1400', '"mtu": 1500'),
        {"daemon_json"},
        "mtu isn't as asked for",
    ),
    "a value equal to Python alone": (
        in_file(configuration.DAEMON_JSON, '"live-restore": true', '"live-restore": 1'),
        {"daemon_json"},
        "live-restore isn't as asked for",
    ),
    "a key that was taken out": (
        in_file(configuration.DAEMON_JSON, '"mtu"', '"bip": "10.0.0.1/24", "mtu"'),
        {"daemon_json"},
        "bip is still there",
    ),
    "no drop-in": (without(configuration.DROP_IN), {"drop_in"}, "docker-provision.conf is missing"),
    "drop-in changed": (in_file(configuration.DROP_IN, "umask 077; ", ""), {"drop_in"}, "was changed"),
    "drop-in not read": (unit(DropInPaths=""), {"drop_in"}, "`systemctl daemon-reload`"),
    "unit changed since": (unit(NeedDaemonReload="yes"), {"drop_in"}, "`systemctl daemon-reload`"),
    "service disabled": (unit(UnitFileState="disabled"), {"service"}, "is disabled and active"),
    "service stopped": (
        unit(ActiveState="inactive"),
        {"service", *DAEMON},
        "docker.service is enabled and inactive",
    ),
    "no service": (
        unit(ActiveState="inactive", UnitFileState=""),
        {"service", *DAEMON},
        "docker.service is not there and inactive",
    ),
    "failed unit": (
        having(failed_units="● docker.socket loaded failed failed Docker Socket for the API\n"),
        {"failed_units"},
        "failed: docker.socket;",
    ),
    "daemon hangs": (having(docker=Output("", "", 124)), DAEMON, "the daemon gives no answer within 20 s"),
    "daemon hangs, and docker too": (having(docker=Output("", "", 137)), DAEMON, "no answer within 20 s"),
    "docker fails": (
        having(docker=Output("", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.\n", 1)),
        DAEMON,
        "fails (Cannot connect to the Docker daemon at",
    ),
    "daemon gone between": (
        info(ServerErrors=["Cannot connect to the Docker daemon"]),
        DAEMON - {"running_version"},
        "the daemon says: Cannot connect",
    ),
    "another version runs": (
        having(server="17.12.1-ce"),
        {"running_version"},
        "17.12.1-ce runs, docker-ce 18.06.3-ce",
    ),
    "one mirror only": (
        info(RegistryConfig={"Mirrors": ["https://abc123.mirror.aliyuncs.com/"]}),
        {"registry_mirrors"},
        "the daemon uses https://abc123.mirror.aliyuncs.com, asked for: https://abc123.mirror.aliyuncs.com, https://",
    ),
    "no mirror": (info(RegistryConfig={"Mirrors": None}), {"registry_mirrors"}, "uses no mirror"),
    "mirrors in another order": (
        info(
            RegistryConfig={
                "Mirrors": ["https://registry.docker-cn.com/", "https://abc123.mirror.aliyuncs.com/"]
            }
        ),
        {"registry_mirrors"},
        "the daemon uses https://registry.docker-cn.com, https://abc123",
    ),
    "containers die with the daemon": (
        info(LiveRestoreEnabled=False),
        {"effective_settings"},
        "live-restore is False, not True",
    ),
    "logs elsewhere": (
        info(LoggingDriver="journald"),
        {"effective_settings"},
        "log-driver is journald, not json-file",
    ),
    "data elsewhere": (
        info(DockerRootDir="/var/lib/docker"),
        {"effective_settings"},
        "data-root is /var/lib/docker, not /data/docker",
    ),
    "data under a user namespace": (info(DockerRootDir="/data/docker/100000.100000"), set(), ""),
    "labels in another order": (info(Labels=["rack=7", "zone=a"]), set(), ""),
    "labels": (info(Labels=["zone=b"]), {"effective_settings"}, "labels is ['zone=b']"),
    "another cgroup driver": (
        info(CgroupDriver="systemd"),
        {"cgroup_driver"},
        "the cgroup driver is systemd, not cgroupfs",
    ),
    "logs rotated at another size": (
        in_file(configuration.DAEMON_JSON, "10m", "90m"),
        {"daemon_json"},
        "log-opts isn't as asked for",
    ),
    "another part of the logs' options": (
        in_file(configuration.DAEMON_JSON, '"max-size"', '"labels": "a", "max-size"'),
        set(),
        "",
    ),
    "bridged packets unfiltered": (
        with_file(f"{BRIDGE}/bridge-nf-call-iptables", "0\n"),
        {"bridge_filter"},
        "bridge-nf-call-iptables is 0, not 1",
    ),
    "no module": (without(f"{BRIDGE}/bridge-nf-call-iptables"), {"bridge_filter"}, "is not there, not 1"),
    "module not loaded at a boot": (without(configuration.MODULES), {"bridge_filter"}, "is missing"),
    "sysctls not set at a boot": (
        without(configuration.SYSCTLS),
        {"bridge_filter"},
        "doesn't set bridge-nf-call",
    ),
    "no socket": (having(socket=None), {"socket"}, "docker.sock is missing"),
    "socket for all": (
        having(socket=("root", "docker", "666")),
        {"socket"},
        "is root:docker 666, not root:docker 660",
    ),
    "socket of another group": (
        having(socket=("root", "root", "660")),
        {"socket"},
        "`chown root:docker /var/run",
    ),
    "no group": (having(groups=set()), {"users"}, "there is no group docker"),
    "no user": (having(users={}), {"users"}, "there is no user alice"),
    "user not in the group": (
        having(users={"alice": "alice dockeradmins"}),
        {"users"},
        "alice isn't in the group",
    ),
}
