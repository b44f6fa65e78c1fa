"""Each drift of a host fails the checks that it concerns, and no other, each with one line and a remedy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from provision.converge import Output
from provision.spec import Spec
from provision.verify import backend, checks
from tests.unit.verify.fakehost import ASKED, BASE, PINNED_KEY, REPOSITORY, FakeHost

DAEMON = {"answers", "running_version", "registry_mirrors", "effective_settings"}
"""The checks that ask the daemon."""


def failures(fake: FakeHost, spec: Spec = ASKED) -> dict[str, str]:
    """The texts of the checks that fail, by the check's name."""
    host = backend.host("host1", fake)
    found = {}
    for check in checks.checks(PINNED_KEY):
        try:
            check(host, spec)
        except AssertionError as error:
            found[check.__name__] = str(error)
    return found


def in_file(path: str, old: str, new: str) -> Callable[[FakeHost], None]:
    def change(fake: FakeHost) -> None:
        assert old in fake.files[path]
        fake.files[path] = fake.files[path].replace(old, new)

    return change


def without(path: str) -> Callable[[FakeHost], None]:
    return lambda fake: fake.files.__delitem__(path)


def with_file(path: str, text: str) -> Callable[[FakeHost], None]:
    return lambda fake: fake.files.__setitem__(path, text)


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


def test_a_host_as_asked_for_passes() -> None:
    assert failures(FakeHost()) == {}


def test_nothing_else_than_the_package_is_asked_for() -> None:
    fake = FakeHost()
    fake.files.pop(checks.DAEMON_JSON)
    assert failures(fake, Spec()) == {}


DRIFTS: dict[str, tuple[Callable[[FakeHost], None], set[str], str]] = {
    "no repository": (without(checks.REPOSITORY), {"repository"}, "docker-ce.repo is missing"),
    "repository off": (
        in_file(checks.REPOSITORY, "enabled=1", "enabled=0"),
        {"repository"},
        "enabled is off",
    ),
    "signatures not checked": (
        in_file(checks.REPOSITORY, "gpgcheck=1", "gpgcheck=no"),
        {"repository"},
        "gpgcheck is off",
    ),
    "signatures left to yum.conf": (
        in_file(checks.REPOSITORY, "gpgcheck=1\n", ""),
        {"repository"},
        "gpgcheck is off",
    ),
    "release not written out": (
        in_file(checks.REPOSITORY, "/7/", "/$releasever/"),
        {"repository"},
        "baseurl is https://mirrors.aliyun.com/docker-ce/linux/centos/$releasever/$basearch/stable, not https://",
    ),
    "another mirror": (
        in_file(checks.REPOSITORY, "mirrors.aliyun.com", "mirrors.ustc.edu.cn"),
        {"repository"},
        "baseurl is https://mirrors.ustc.edu.cn/",
    ),
    "key from the network": (
        in_file(checks.REPOSITORY, "file:///etc/pki/rpm-gpg/", "https://mirrors.aliyun.com/docker-ce/linux/"),
        {"repository"},
        "gpgkey is https://",
    ),
    "pin not held": (
        in_file(checks.REPOSITORY, "docker-ce-cli ", ""),
        {"repository"},
        "exclude lacks docker-ce-cli",
    ),
    "nothing held": (
        with_file(checks.REPOSITORY, REPOSITORY[: REPOSITORY.index("exclude")]),
        {"repository"},
        "a plain `yum update` moves Docker",
    ),
    "not stable alone": (
        with_file(checks.REPOSITORY, REPOSITORY + "[docker-ce-test]\nbaseurl=https://example.com/test\n"),
        {"repository"},
        "[docker-ce-test] is on too",
    ),
    "vendor's sections, off": (
        with_file(checks.REPOSITORY, REPOSITORY + "[docker-ce-test]\nenabled=0\n"),
        set(),
        "",
    ),
    "Docker from another file": (
        with_file(
            f"{checks.REPOSITORIES}/corp.repo",
            "[corp]\nbaseurl=http://10.0.0.5/docker/linux/centos/7/x86_64/stable\n",
        ),
        {"other_repositories"},
        "[corp] of corp.repo",
    ),
    "Docker from another file, off": (
        with_file(
            f"{checks.REPOSITORIES}/corp.repo",
            "[corp]\nenabled=0\nbaseurl=http://10.0.0.5/docker/linux/centos/7/x86_64/stable\n",
        ),
        set(),
        "",
    ),
    "a file that yum fails over": (
        with_file(f"{checks.REPOSITORIES}/zz.repo", "garbage\n"),
        {"other_repositories"},
        "zz.repo is no file of yum's",
    ),
    "a file that yum doesn't read": (
        with_file(f"{checks.REPOSITORIES}/docker-ce.repo.rpmsave", REPOSITORY),
        set(),
        "",
    ),
    "no key file": (without(checks.KEY), {"signing_key"}, "RPM-GPG-KEY-docker-ce is missing"),
    "another key file": (
        in_file(checks.KEY, "\n-----END", "\n\n-----END"),
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
        without(checks.DAEMON_JSON),
        {"daemon_json"},
        "registry-mirrors is missing",
    ),
    "daemon.json damaged": (
        in_file(checks.DAEMON_JSON, "}", ""),
        {"daemon_json"},
        "isn't valid JSON",
    ),
    "daemon.json with something behind it": (
        in_file(checks.DAEMON_JSON, "}", "}}"),  # dockerd of 18.06 starts with it
        {"daemon_json"},
        "isn't valid JSON",
    ),
    "daemon.json no object": (with_file(checks.DAEMON_JSON, "[]"), {"daemon_json"}, "holds no object"),
    "a value changed": (
        in_file(checks.DAEMON_JSON, '"mtu": 1400', '"mtu": 1500'),
        {"daemon_json"},
        "mtu isn't as asked for",
    ),
    "a value equal to Python alone": (
        in_file(checks.DAEMON_JSON, '"live-restore": true', '"live-restore": 1'),
        {"daemon_json"},
        "live-restore isn't as asked for",
    ),
    "a key that was taken out": (
        in_file(checks.DAEMON_JSON, '"mtu"', '"bip": "10.0.0.1/24", "mtu"'),
        {"daemon_json"},
        "bip is still there",
    ),
    "no drop-in": (without(checks.DROP_IN), {"drop_in"}, "docker-provision.conf is missing"),
    "drop-in changed": (in_file(checks.DROP_IN, "umask 077; ", ""), {"drop_in"}, "was changed"),
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
        {"answers", "registry_mirrors", "effective_settings"},
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
    "labels": (info(Labels=["zone=b"]), {"effective_settings"}, "labels is ['zone=b']"),
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


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_drift_fails_its_checks_alone(drift: str) -> None:
    change, failing, words = DRIFTS[drift]
    fake = FakeHost()
    change(fake)
    found = failures(fake)
    assert set(found) == failing
    assert words in " ".join(found.values())


@pytest.mark.parametrize("drift", [name for name, (_, failing, _) in DRIFTS.items() if failing])
def test_a_failure_is_one_line_with_a_remedy(drift: str) -> None:
    fake = FakeHost()
    DRIFTS[drift][0](fake)
    for text in failures(fake).values():
        assert "\n" not in text
        assert re.fullmatch(r".+[;:] .+", text)
        assert re.search(r"run setup-docker|`[^`]+`|mend it|enabled=0", text.rpartition(";")[2]), text


def test_companions_are_pinned_too() -> None:
    spec = Spec(docker_version="26.1.4")
    fake = FakeHost()
    fake.files.pop(checks.DAEMON_JSON)
    fake.server = "26.1.4"
    fake.packages = ["rpm 4.11.3-48.el7_9", "gpg-pubkey 621e9f35-58adea78"]
    fake.packages += [" ".join(re.split(r"-(?=\d)", package, maxsplit=1)) for package in spec.engine.packages]
    assert failures(fake, spec) == {}
    fake.packages = [package.replace("1.6.33-3.1", "1.6.32-3.1") for package in fake.packages]
    text = (
        "containerd.io-1.6.33-3.1.el7 is asked for, containerd.io-1.6.32-3.1.el7 installed; run setup-docker"
    )
    assert failures(fake, spec) == {"packages": text}


def test_the_key_that_was_handed_over_is_looked_for() -> None:
    host = backend.host("host1", FakeHost())
    other = PINNED_KEY + b"\n"
    check = next(check for check in checks.checks(other) if check.__name__ == "signing_key")
    with pytest.raises(AssertionError, match="isn't the key asked for, byte for byte"):
        check(host, ASKED)


def test_mirrors_that_are_to_be_gone() -> None:
    fake = FakeHost()
    spec = Spec(registry_mirrors=())
    fake.files[checks.DAEMON_JSON] = '{"registry-mirrors": []}'
    assert set(failures(fake, spec)) == {"registry_mirrors"}
    fake.info["RegistryConfig"]["Mirrors"] = None  # as 26.1 says it
    assert failures(fake, spec) == {}


def test_the_socket_has_the_group_that_was_asked_for() -> None:
    fake = FakeHost()
    fake.files[checks.DAEMON_JSON] = '{"group": "containers"}'
    spec = Spec(daemon={"group": "containers"})
    assert set(failures(fake, spec)) == {"socket"}
    fake.socket = ("root", "containers", "660")
    assert failures(fake, spec) == {}


def test_values_of_daemon_json_are_not_shown() -> None:
    fake = FakeHost()
    fake.files[checks.DAEMON_JSON] = '{"log-opts": {"splunk-token": "hunter2"}}'
    spec = Spec(daemon={"log-opts": {"splunk-token": "hunter3"}})
    assert "hunter" not in str(failures(fake, spec))


def test_yum_is_never_called_and_docker_never_without_a_bound() -> None:
    fake = FakeHost()
    failures(fake)
    assert not [command for command in fake.commands if re.match(r"(\S*/)?yum\b", command)]
    asking = [command for command in fake.commands if re.search(r"\bdocker (-H|info|version|ps)\b", command)]
    assert len(asking) >= 3
    assert all(
        command.startswith("timeout -k 5 20 docker -H unix:///var/run/docker.sock ") for command in asking
    )
    # from 18.09 on docker itself would start a stopped daemon
    before = [fake.commands[fake.commands.index(command) - 1] for command in asking]
    assert set(before) == {"systemctl show -p ActiveState -- docker.service"}


def test_a_foreign_base_repository_without_enabled_is_no_offer() -> None:
    fake = FakeHost()
    fake.files[f"{checks.REPOSITORIES}/epel.repo"] = BASE.replace("base", "epel")
    assert failures(fake) == {}
