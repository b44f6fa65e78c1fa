"""The package mirror's RPMs: upstream's names, relations and scriptlets around engines that really run."""

import json
import runpy
import subprocess
from pathlib import Path

import pytest

from lab import keys, mirror, payload, rpms
from lab.host import LabHost
from lab.lab import Lab
from tests.lab.lab import engines

OLD, NEW = "docker-ce-18.06.3.ce-3.el7", "docker-ce-26.1.4-1.el7"
MIDDLE = "docker-ce-18.09.9-3.el7 docker-ce-cli-18.09.9-3.el7 containerd.io-1.2.13-3.2.el7"
STABLE = "docker-ce/linux/centos/7/x86_64/stable/Packages"
EXTRAS = "centos/7/extras/x86_64/Packages"


def query(nvr: str, *what: str) -> list[str]:
    file = rpms.repositories() / STABLE / f"{nvr}.x86_64.rpm"
    done = subprocess.run(
        ["rpm", "-qp", "--nosignature", *what, str(file)], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.fixture
def database(tmp_path: Path) -> str:
    """An rpm database that knows Docker's key of the lab."""
    option = f"--dbpath={tmp_path}"
    subprocess.run(["rpm", option, "--initdb"], check=True)
    subprocess.run(["rpm", option, "--import", str(keys.repo_key())], check=True)
    return option


@pytest.mark.parametrize(("folder", "good"), [(STABLE, True), (EXTRAS, False)])
def test_dockers_key_signs_dockers_packages_and_no_others(database: str, folder: str, good: bool) -> None:
    files = sorted((rpms.repositories() / folder).glob("*.rpm"))
    assert files
    for file in files:
        said = subprocess.run(
            ["rpmkeys", database, "--checksig", "--verbose", str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ("Signature" in said.stdout and "NOKEY" not in said.stdout) is good, said.stdout
        assert (said.returncode == 0) is good


@pytest.mark.parametrize(
    ("nvr", "what", "expected"),
    [
        (
            OLD,
            "--requires",
            """/bin/sh container-selinux>=2.9 libseccomp>=2.3 iptables libcgroup systemd-units tar xz
            device-mapper-libs>=1.02.90-1 libltdl.so.7()(64bit)""",
        ),
        (OLD, "--obsoletes", "docker-ce-selinux docker-engine-selinux docker-engine"),
        (OLD, "--conflicts", "docker docker-io docker-engine-cs docker-ee"),
        (
            NEW,
            "--requires",
            """/bin/sh /usr/sbin/groupadd docker-ce-cli docker-ce-rootless-extras container-selinux>=2:2.74
            libseccomp>=2.3 systemd iptables libcgroup containerd.io>=1.6.24 tar xz""",
        ),
        (NEW, "--conflicts", "docker docker-io docker-ee"),
        (
            "docker-ce-cli-26.1.4-1.el7",
            "--requires",
            "/bin/sh /usr/sbin/groupadd docker-buildx-plugin docker-compose-plugin",
        ),
        ("containerd.io-1.6.33-3.1.el7", "--obsoletes", "containerd runc"),
        (
            "docker-ce-18.09.0-3.el7",
            "--requires",
            "/bin/sh docker-ce-cli container-selinux>=2.9 systemd-units iptables containerd.io",
        ),
        (
            "docker-ce-20.10.24-3.el7",
            "--requires",
            """/bin/sh docker-ce-cli docker-ce-rootless-extras container-selinux>=2:2.74 libseccomp>=2.3
            systemd-units iptables libcgroup containerd.io>=1.4.1 tar xz device-mapper-libs>=1.02.90-1""",
        ),
    ],
)
def test_relations_are_upstreams(nvr: str, what: str, expected: str) -> None:
    found = {line.replace(" ", "") for line in query(nvr, what) if not line.startswith("rpmlib(")}
    assert found == set(expected.split())


ON_OFFER = (
    *("17.03.3.ce-1.el7", "17.12.1.ce-1.el7.centos", "18.06.2.ce-3.el7", "18.06.3.ce-3.el7"),
    *("3:18.09.0-3.el7", "3:18.09.9-3.el7", "3:19.03.15-3.el7", "3:20.10.24-3.el7", "3:26.1.4-1.el7"),
)


def test_the_mirror_offers_a_version_of_each_kind(scratch: LabHost) -> None:
    listed = scratch.run("yum list docker-ce --showduplicates").stdout.splitlines()
    assert [line.split()[1] for line in listed if line.startswith("docker-ce.x86_64")] == list(ON_OFFER)


def test_the_same_files_are_served_under_every_mirrors_name(lab: Lab) -> None:
    repomd = "7/x86_64/stable/repodata/repomd.xml"
    host = lab.hosts["host2"]
    host.boot()
    sums = {
        host.run(f"set -e; curl -sf https://{url} >/tmp/served; sha256sum </tmp/served").stdout
        for url in (
            f"mirrors.aliyun.com/docker-ce/linux/centos/{repomd}",
            f"mirrors.tuna.tsinghua.edu.cn/docker-ce/linux/centos/{repomd}",
            f"mirrors.ustc.edu.cn/docker-ce/linux/centos/{repomd}",
            f"download.docker.com/linux/centos/{repomd}",
        )
    }
    assert len(sums) == 1
    host.run("curl -sf https://vault.centos.org/7.9.2009/os/x86_64/repodata/repomd.xml")
    assert any("download.docker.com GET" in line for line in mirror.requests(lab.folder))


@pytest.fixture
def scratch(lab: Lab) -> LabHost:
    """host2, fresh, with docker's repository."""
    host = lab.hosts["host2"]
    host.restore("fresh")
    engines.add_repository(host)
    return host


@pytest.mark.parametrize(
    ("nvr", "says"), [(OLD, "18.06.3-ce+lab"), (MIDDLE, "18.09.9+lab000"), (NEW, "26.1.4+lab00")]
)
def test_an_engine_installs_starts_and_runs_a_container(
    lab: Lab, scratch: LabHost, nvr: str, says: str
) -> None:
    engines.install(scratch, nvr)
    assert scratch.run("rpm -q docker-ce").stdout == f"{nvr.split(maxsplit=1)[0]}.x86_64\n"
    assert scratch.run("systemctl is-enabled docker", check=False).stdout == "disabled\n"
    assert scratch.run("systemctl is-active docker", check=False).stdout == "inactive\n"
    assert scratch.run("getent group docker").stdout.startswith("docker:")
    engines.start(scratch, lab)
    both = "docker version --format '{{.Client.Version}} {{.Server.Version}}'"
    assert scratch.run(both).stdout.split() == [says, says]
    assert scratch.run("cat /proc/$(cat /var/run/docker.pid)/comm").stdout == "dockerd\n"
    assert scratch.run("docker run --rm busybox echo from inside").stdout == "from inside\n"
    assert scratch.run("rpm -V docker-ce").stdout == ""


def test_an_upgrade_restarts_the_daemon_and_a_removal_stops_it(lab: Lab, scratch: LabHost) -> None:
    engines.install(scratch, OLD)
    engines.start(scratch, lab)
    scratch.run("systemctl enable docker")
    before = scratch.run("systemctl show -p MainPID docker").stdout
    scratch.run(f"yum -y -q install {NEW}", timeout=120)
    assert scratch.run("systemctl is-active docker").stdout == "active\n"
    assert scratch.run("systemctl show -p MainPID docker").stdout != before
    assert scratch.run("docker version --format '{{.Server.Version}}'").stdout == "26.1.4+lab00\n"
    scratch.run("yum -y -q remove docker-ce")
    gone = scratch.run(
        "systemctl is-active docker; systemctl is-enabled docker; pgrep -x dockerd", check=False
    )
    assert gone.stdout == "inactive\n"
    scratch.run("getent group docker; rpm -q containerd.io docker-ce-cli")


def test_a_fresh_install_of_18_06_stops_a_docker_that_runs_and_starts_its_own(scratch: LabHost) -> None:
    """Upstream's %pre is meant for upgrades but takes a fresh install for one."""
    unit = "[Service]\nExecStart=/bin/sleep 1000\nExecStop=/bin/touch /var/tmp/stopped\n"
    (scratch.root / "etc/systemd/system/docker.service").write_text(unit)
    scratch.run("systemctl daemon-reload; systemctl start docker")
    scratch.run(f"yum -y -q install {OLD}", timeout=120)
    scratch.run("test -e /var/tmp/stopped; systemctl is-active docker")
    assert not (scratch.root / "var/lib/rpm-state/docker-is-active").exists()


@pytest.fixture(scope="module")
def shimmed(lab: Lab) -> LabHost:
    """host3 with 18.06.3, not running."""
    host = lab.hosts["host3"]
    host.restore("fresh")
    engines.install(host, OLD)
    (host.root / "etc/docker").mkdir()
    return host


def dockerd(host: LabHost, daemon_json: str, seconds: int = 10) -> "subprocess.CompletedProcess[str]":
    (host.root / "etc/docker/daemon.json").write_text(daemon_json)
    return host.run(f"timeout {seconds} dockerd", check=False, timeout=30)


def test_the_distributions_own_docker_runs_containers_too(lab: Lab, scratch: LabHost) -> None:
    scratch.run("yum -y -q install docker", timeout=120)
    engines.start(scratch, lab)
    assert scratch.run("docker version --format '{{.Server.Version}}'").stdout == "1.13.1+lab0000\n"
    assert scratch.run("docker run --rm busybox echo from inside").stdout == "from inside\n"
    assert scratch.run("rpm -qf --qf '%{NAME}\\n' /usr/bin/docker").stdout == "docker-common\n"


def test_keys_that_came_later_are_known_to_later_versions_alone() -> None:
    unknown = runpy.run_path(str(payload.RECIPE / "dockerd_shim.py"))["unknown_keys"]
    text = '{"features": {"buildkit": true}, "builder": {"gc": {"enabled": true}}, "ip6tables": true}'
    known = {line: (payload.RECIPE / line / "keys.txt").read_text().split() for line in ("18.06", "18.09")}
    assert unknown(text, known["18.06"]) == ["buildkit", "gc", "ip6tables"]
    assert unknown(text, known["18.09"]) == ["ip6tables"]


# What the true 18.06.3 said to the same files.
@pytest.mark.parametrize(
    ("daemon_json", "unknown"),
    [
        ('{"registry-mirorrs": ["https://a.example.com"]}', "registry-mirorrs"),
        ('{"foo": 1, "bar": {"baz": 2}, "debug": true}', "foo, baz"),
        ('{"Registry-Mirrors": ["https://a.example.com"]}', "Registry-Mirrors"),
        ('{"features": {"buildkit": true}, "builder": {"gc": {"enabled": true}}}', "buildkit, gc"),
        ('{"default-cgroupns-mode": "host"}', "default-cgroupns-mode"),
        ('{"proxies": {"http-proxy": "http://p:3128"}}', "http-proxy"),
        ('{"log-format": "json"}', "log-format"),
        ('{"labels": {"a": "b"}}', "a"),
        ('{"max-download-attempts": 3} rubbish', "max-download-attempts"),
    ],
)
def test_the_shim_refuses_keys_in_the_old_daemons_words(
    shimmed: LabHost, daemon_json: str, unknown: str
) -> None:
    done = dockerd(shimmed, daemon_json)
    assert done.returncode == 1
    assert done.stderr == (
        "unable to configure the Docker daemon with file /etc/docker/daemon.json: "
        f"the following directives don't match any configuration option: {unknown}\n"
    )


@pytest.mark.parametrize(
    ("daemon_json", "words"),
    [
        ("", "EOF"),
        ('{"debug": true "icc": true}', "invalid character '\"' after object key:value pair"),
        (
            '{"debug": "yes"}',
            "json: cannot unmarshal string into Go struct field Config.debug of type bool",
        ),
    ],
)
def test_other_mistakes_are_the_daemons_own_to_name(shimmed: LabHost, daemon_json: str, words: str) -> None:
    done = dockerd(shimmed, daemon_json)
    assert (done.returncode, words in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize(
    "daemon_json",
    [
        '{"registry-mirror": ["https://a.example.com"]}',  # a flag's name: known, and without any effect
        '{"x": {"debug": true}}',  # looked into, one level deep
        '{"log-opts": {"max-size": "10m"}, "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 9}}}',
        '{"live-restore": true}} and more',
        "null",
    ],
)
def test_the_shim_lets_pass_what_the_old_daemon_took(shimmed: LabHost, daemon_json: str) -> None:
    (shimmed.root / "etc/docker/daemon.json").write_text(daemon_json)
    shimmed.run("systemctl reset-failed docker; systemctl start docker; systemctl stop docker")


def test_the_shim_reads_the_file_that_config_file_names_and_answers_questions(shimmed: LabHost) -> None:
    (shimmed.root / "etc/docker/daemon.json").write_text('{"newer": 1}')
    (shimmed.root / "tmp/other.json").write_text(json.dumps({"newest": 1}))
    for option in ("--config-file /tmp/other.json", "--config-file=/tmp/other.json"):
        done = shimmed.run(f"dockerd {option}", check=False)
        assert (done.returncode, "file /tmp/other.json" in done.stderr, "newest" in done.stderr) == (
            1,
            True,
            True,
        )
    assert shimmed.run("dockerd --version").stdout.startswith("Docker version 18.06.3-ce+lab, build ")
