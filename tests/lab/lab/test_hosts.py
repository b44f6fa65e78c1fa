"""Hosts: what they look like, who gets in, what a snapshot keeps, what a power cut does."""

import json
import os
import subprocess
from pathlib import Path

import paramiko
import pytest

from lab import network
from lab.host import LabHost
from lab.lab import Lab
from lab.process import LabError, run
from tests.lab.support import fab, ssh

IDENTITY = "cat /etc/machine-id /etc/ssh/ssh_host_*.pub; hostname"


@pytest.fixture
def reader(lab: Lab) -> LabHost:
    """host2, running, for tests that only look: it costs no restore."""
    host = lab.hosts["host2"]
    host.boot()
    return host


def test_a_host_looks_like_centos_7_9(reader: LabHost) -> None:
    release = reader.run(
        ". /etc/os-release; echo $ID $VERSION_ID; cat /etc/centos-release /etc/redhat-release"
    )
    assert release.stdout.splitlines() == ["centos 7", *["CentOS Linux release 7.9.2009 (Core)"] * 2]
    assert reader.run("hostname; uname -m").stdout.split() == ["host2", "x86_64"]
    assert reader.run("command -v dnf getenforce wget jq lsns", check=False).stdout == ""
    assert reader.run("systemctl is-system-running").stdout == "running\n"
    assert "/ssh.service" in reader.run("systemctl status --no-pager ssh").stdout


def test_ssh_reaches_a_host_from_the_machines_own_shell(lab: Lab, reader: LabHost) -> None:
    done = ssh(lab, "host2", "hostname; id -un; echo ${LC_ALL-} $LANG $PATH")
    assert done.returncode == 0, done.stderr
    name, user, surroundings = done.stdout.splitlines()
    assert (name, user) == ("host2", "root")
    assert "UTF" not in surroundings.upper()
    assert "/usr/sbin" in surroundings


def test_ssh_refuses_a_host_with_another_key(lab: Lab, reader: LabHost) -> None:
    done = ssh(lab, "host2", "true", "-o", "HostKeyAlias=unheard-of")
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr


def test_nothing_goes_to_the_users_own_ssh_folder(lab: Lab, reader: LabHost) -> None:
    own = Path("~root/.ssh").expanduser()
    before = {path: path.stat().st_mtime_ns for path in own.glob("*")}
    assert ssh(lab, "host2", "true").returncode == 0
    assert {path: path.stat().st_mtime_ns for path in own.glob("*")} == before


def test_fab_runs_in_the_checkout_with_the_labs_ssh_config(lab: Lab) -> None:
    done = fab(lab, "--version")
    assert done.returncode == 0
    assert "Fabric" in done.stdout


@pytest.mark.parametrize(("user", "sudo"), [("deploy", True), ("plain", False)])
def test_users_with_the_labs_key(lab: Lab, reader: LabHost, user: str, sudo: bool) -> None:
    assert ssh(lab, "host2", "id -un", "-l", user).stdout == f"{user}\n"
    done = ssh(lab, "host2", "sudo -n id -un", "-l", user)
    assert (done.stdout == "root\n") is sudo
    assert sudo or "a password is required" in done.stderr


def test_a_user_with_a_password(lab: Lab, reader: LabHost) -> None:
    client = paramiko.SSHClient()
    client.load_host_keys(str(lab.known_hosts))
    with client:
        client.connect(
            reader.address, username="pw", password=lab.password, allow_agent=False, look_for_keys=False
        )
        stdin, stdout, stderr = client.exec_command("sudo -n true; sudo -S -p '' id -un")
        stdin.write(f"{lab.password}\n")
        stdin.flush()
        stdin.channel.shutdown_write()
        assert stdout.read() == b"root\n"
        assert b"a password is required" in stderr.read()


def test_sshds_log_counts_connections_and_commands_and_run_is_not_among_them(
    lab: Lab, reader: LabHost
) -> None:
    def counted() -> tuple[int, int]:
        log = reader.ssh_log()
        starts = ("Connection from", "Starting session: command")
        return tuple(sum(line.startswith(start) for line in log) for start in starts)  # type: ignore[return-value]

    connections, commands = counted()
    reader.run("true")
    assert counted() == (connections, commands)
    ssh(lab, "host2", "true")
    assert counted() == (connections + 1, commands + 1)


def test_run_reports_failure_and_time(reader: LabHost) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        reader.run("echo words; exit 7")
    assert (failed.value.returncode, failed.value.stdout) == (7, "words\n")
    assert reader.run("exit 7", check=False).returncode == 7
    with pytest.raises(subprocess.TimeoutExpired):
        reader.run("sleep 60", timeout=0.2)


def test_hosts_differ_and_stay_themselves_whatever_is_restored(fresh_hosts: list[LabHost]) -> None:
    identities = [host.run(IDENTITY).stdout for host in fresh_hosts]
    lines = [line for identity in identities for line in identity.splitlines()]
    assert len(set(lines)) == len(lines)
    first = fresh_hosts[0]
    first.snapshot("kept")
    first.restore("fresh")
    assert first.run(IDENTITY).stdout == identities[0]
    first.restore("kept")
    assert first.run(IDENTITY).stdout == identities[0]


def test_a_restore_brings_back_files_and_dockers_data(host: LabHost) -> None:
    host.run(
        "echo one >/etc/new; rm /etc/issue; mkdir /srv/d; echo 1 >/srv/d/f; echo i >/var/lib/docker/image"
    )
    host.snapshot("one")
    host.run("echo two >/etc/new; rm -r /srv/d; rm /var/lib/docker/image; mv /etc/motd /etc/moved")
    host.snapshot("two")
    host.run("rm /etc/new")

    look = "cat /etc/new /srv/d/f /var/lib/docker/image /etc/moved; ls /etc/issue"
    host.restore("one")
    seen = host.run(look, check=False)
    assert seen.stdout.splitlines() == ["one", "1", "i"]
    host.restore("two")
    assert host.run(
        "cat /etc/new; ls -d /srv/d /var/lib/docker/* /etc/moved", check=False
    ).stdout.split() == [
        "two",
        "/etc/moved",
    ]
    host.restore("fresh")
    assert host.run("ls /etc/new /srv/d /var/lib/docker /etc/issue", check=False).stdout.split() == [
        "/etc/issue",
        "/var/lib/docker:",
    ]


def test_a_snapshot_of_the_same_name_takes_the_place_of_the_old(host: LabHost) -> None:
    for word in ("old", "new"):
        host.run(f"echo {word} >/etc/word")
        host.snapshot("named")
    host.restore("named")
    assert host.run("cat /etc/word").stdout == "new\n"
    assert host.disk.snapshots().count("named") == 1


def test_names_that_are_no_snapshots_leave_the_host_alone(host: LabHost) -> None:
    boot = host.run("cat /proc/sys/kernel/random/boot_id").stdout
    with pytest.raises(LabError, match="no snapshot 'missing'; there are: fresh"):
        host.restore("missing")
    for name in ("fresh", "../up", ""):
        with pytest.raises(LabError, match="no good as a snapshot's name"):
            host.snapshot(name)
    assert host.run("cat /proc/sys/kernel/random/boot_id").stdout == boot


def test_a_disk_whose_snapshot_was_cut_off_is_made_fresh_by_the_next_up(lab: Lab, host: LabHost) -> None:
    host.power_cut()
    (host.disk.folder / "base").unlink()  # as a kill -9 in the middle of snapshot or restore leaves it
    Lab.up(lab.name, hosts=3)
    assert host.run("hostname").stdout == "host1\n"
    assert host.disk.whole


def test_a_power_cut_gives_no_chance_and_a_stop_does(host: LabHost) -> None:
    unit = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nExecStop=/bin/touch /etc/stopped\n"
    host.run(
        f"printf '{unit}' >/etc/systemd/system/last.service; systemctl daemon-reload; systemctl start last"
    )
    boot = host.run("cat /proc/sys/kernel/random/boot_id").stdout
    host.power_cut()
    assert not host.running
    assert not (host.root / "etc/stopped").exists()
    host.boot()
    assert host.run("cat /proc/sys/kernel/random/boot_id").stdout != boot
    host.run("systemctl start last")
    host.stop()
    assert not host.running
    assert (host.root / "etc/stopped").exists()
    with pytest.raises(LabError, match="host1 isn't running"):
        host.run("true")
    host.boot()


def test_nothing_that_a_host_does_reaches_the_common_root(host: LabHost) -> None:
    def contents() -> list[tuple[str, int, int]]:
        found = []
        for folder, _, files in os.walk(host.disk.rootfs):
            for name in [".", *files]:
                status = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - 20,000 times
                found.append((f"{folder}/{name}", status.st_mtime_ns, status.st_size))
        return found

    before = contents()
    host.run(
        "rm -r /etc/skel; echo x >>/etc/passwd; chmod 700 /srv; touch /new; systemctl mask systemd-logind"
    )
    host.snapshot("wrecked")
    host.restore("wrecked")
    host.restore("fresh")
    assert contents() == before


def test_what_docker_needs(host: LabHost) -> None:
    groups = "/sys/fs/cgroup/cpuset/try /sys/fs/cgroup/memory/try"
    host.run(f"mkdir {groups} && rmdir {groups}")
    assert host.run("stat -f -c %T /var/lib/docker").stdout.strip() not in {"overlayfs", "tmpfs"}
    host.run("iptables -N TRY && iptables -t nat -A POSTROUTING -s 172.17.0.0/16 -j MASQUERADE")
    host.run("printf '[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/new.service")
    host.run("systemctl preset new.service")  # as a package's scriptlet does: it must not enable
    assert host.run("systemctl is-enabled new.service", check=False).stdout == "disabled\n"


def test_a_host_cannot_set_the_machines_clock(lab: Lab, reader: LabHost) -> None:
    done = ssh(lab, "host2", "date -s 2001-01-01")
    assert done.returncode != 0
    assert "Operation not permitted" in done.stderr


def test_hosts_reach_the_mirrors_by_the_names_of_the_real_ones(lab: Lab, reader: LabHost) -> None:
    key = reader.run("curl -sS --fail https://mirrors.aliyun.com/docker-ce/linux/centos/gpg").stdout
    assert key == lab.repo_key.read_text()
    assert reader.run(f"curl -sS -o /dev/null -w '%{{http_code}}' {lab.registry_url}/v2/").stdout == "200"
    assert reader.run("getent hosts registry-1.docker.io", check=False).returncode == 2


def test_the_mirrors_hardware_address_is_not_that_of_a_host(lab: Lab, fresh_hosts: list[LabHost]) -> None:
    links = json.loads(run("ip", "-n", network.namespace(lab.name), "-j", "link"))
    addresses = {
        name: link["address"] for link in links for name in (link["ifname"], *link.get("altnames", []))
    }
    bridge = addresses.pop("br0")
    assert {network.port(lab.name, host.name) for host in fresh_hosts} <= set(addresses)
    assert bridge not in addresses.values()


def test_a_host_may_be_added_and_a_lost_one_comes_back(lab: Lab, host: LabHost) -> None:
    added = lab.add_host("extra")
    assert ssh(lab, "extra", "hostname").stdout == "extra\n"
    with pytest.raises(LabError, match="extra is there already"):
        lab.add_host("extra")
    with pytest.raises(LabError, match="no good as a name"):
        lab.add_host("Not a name")
    boot = host.run("cat /proc/sys/kernel/random/boot_id").stdout
    added.power_cut()
    Lab.up(lab.name, hosts=3)
    assert added.running
    assert host.run("cat /proc/sys/kernel/random/boot_id").stdout == boot
    added.power_cut()
