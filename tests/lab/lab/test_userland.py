"""EL7's programs: what they never knew is refused in their own words, the rest works through every door."""

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.support import ssh

UNKNOWN_TO_CURL = "curl: try 'curl --help' or 'curl --manual' for more information"


@pytest.fixture(scope="module")
def host(lab: Lab) -> LabHost:
    """host1, fresh; these tests leave nothing on it that another would see."""
    host = lab.hosts["host1"]
    host.restore("fresh")
    return host


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("systemctl enable --now ssh", 1, "systemctl: unrecognized option '--now'"),
        ("systemctl show --value -p Id ssh", 1, "systemctl: unrecognized option '--value'"),
        ("systemctl is-system-running --wait", 1, "systemctl: unrecognized option '--wait'"),
        ("systemd-run --wait true", 1, "systemd-run: unrecognized option '--wait'"),
        ("systemd-run --unit=x --pipe true", 1, "systemd-run: unrecognized option '--pipe'"),
        ("systemd-run --unit x -p Nice=1 --collect true", 1, "systemd-run: unrecognized option '--collect'"),
        ("systemd-run -G true", 1, "systemd-run: invalid option -- 'G'"),
        ("journalctl --grep x", 1, "journalctl: unrecognized option '--grep'"),
        ("journalctl -u ssh -g x", 1, "journalctl: invalid option -- 'g'"),
        ("curl --retry-connrefused x", 2, f"curl: option --retry-connrefused: is unknown\n{UNKNOWN_TO_CURL}"),
        ("curl -s --fail-with-body x", 2, f"curl: option --fail-with-body: is unknown\n{UNKNOWN_TO_CURL}"),
        ("curl --connect-to a:1:b:2 x", 2, f"curl: option --connect-to: is unknown\n{UNKNOWN_TO_CURL}"),
        ("curl --unix-socket /s http://d/", 2, f"curl: option --unix-socket: is unknown\n{UNKNOWN_TO_CURL}"),
        ("curl -Z x", 2, f"curl: option -Z: is unknown\n{UNKNOWN_TO_CURL}"),
        (
            "curl --max-time 1.5 x",
            2,
            f"curl: option --max-time: expected a proper numerical parameter\n{UNKNOWN_TO_CURL}",
        ),
        ("curl -sm 0.5 x", 2, f"curl: option -sm: expected a proper numerical parameter\n{UNKNOWN_TO_CURL}"),
        (
            "sha256sum -c --ignore-missing x",
            1,
            "sha256sum: unrecognized option '--ignore-missing'\nTry 'sha256sum --help' for more information.",
        ),
        ("env -S 'a b'", 125, "env: invalid option -- 'S'\nTry 'env --help' for more information."),
        ("sync -f /etc/hosts", 1, "sync: invalid option -- 'f'\nTry 'sync --help' for more information."),
        ("sync /etc/hosts", 0, "sync: ignoring all arguments"),
        (
            "dd if=/dev/null of=/dev/null status=progress",
            1,
            "dd: invalid status level: 'progress'\nTry 'dd --help' for more information.",
        ),
        ("gpg --show-keys x", 2, 'gpg: invalid option "--show-keys"'),
    ],
)
def test_what_the_program_never_knew(host: LabHost, command: str, code: int, words: str) -> None:
    done = host.run(command, check=False)
    assert (done.returncode, done.stderr.strip(), done.stdout) == (code, words, "")


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("systemctl show -p Id --no-pager ssh.service", "Id=ssh.service"),
        ("systemctl is-active ssh -q; echo $?", "0"),
        ("systemctl --typ=service --no-legend --plain list-units ssh.service | cut -d' ' -f1", "ssh.service"),
        ("journalctl -u ssh -n 1 --no-pager -o cat -b | wc -l", "1"),
        (
            "curl -sS --max-time 5 -o /dev/null -w '%{http_code}' https://mirrors.aliyun.com/docker-ce/linux/centos/gpg",
            "200",
        ),
        ("printf x | sha256sum - | cut -c1-8", "2d711642"),
        ("env -i A=b sh -c 'echo $A ${HOME-none}'", "b none"),
        ("env -u HOME sh -c 'echo ${HOME-none} $USER'", "none root"),
        (
            "printf abc >/root/f; dd if=/dev/zero of=/root/f bs=1 count=1 conv=fsync,notrunc 2>&1 | head -1",
            "1+0 records in",
        ),
        ("sync; echo $?", "0"),
    ],
)
def test_what_it_knew_works(host: LabHost, command: str, output: str) -> None:
    assert host.run(command).stdout.strip() == output


def test_systemd_run_leaves_the_commands_own_words_alone(host: LabHost) -> None:
    host.run("systemd-run --unit=words /bin/sh -c 'echo \"$@\" >/root/words' sh --wait --pipe")
    host.run("for i in 1 2 3 4 5 6 7 8 9; do [ -s /root/words ] && break; sleep 0.2; done")
    assert host.run("cat /root/words").stdout == "--wait --pipe\n"


@pytest.mark.parametrize(("user", "prefix"), [("root", ""), ("deploy", "sudo "), ("deploy", "")])
def test_the_wrappers_stand_in_every_path(lab: Lab, host: LabHost, user: str, prefix: str) -> None:
    done = ssh(lab, "host1", f"{prefix}systemctl --value show ssh", "-l", user)
    assert (done.returncode, done.stderr) == (1, "systemctl: unrecognized option '--value'\n")


def test_reboot_is_still_systemctl_by_another_name(host: LabHost) -> None:
    boot = host.run("cat /proc/sys/kernel/random/boot_id").stdout
    host.run("reboot --help | grep -q Reboot && poweroff --help | grep -q Power")
    host.run("readlink -e /sbin/shutdown | grep -x /usr/libexec/el7/systemctl")
    assert host.run("cat /proc/sys/kernel/random/boot_id").stdout == boot


def test_a_boot_keeps_what_is_in_tmp(host: LabHost) -> None:
    host.run("echo kept >/tmp/kept")
    host.stop()
    host.boot()
    assert host.run("cat /tmp/kept").stdout == "kept\n"
