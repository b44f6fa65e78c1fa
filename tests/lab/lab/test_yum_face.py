"""The eleven ways in which yum 3.4.3 does otherwise than dnf, shown on the hosts' yum; and what goes with them."""

import pytest

from lab.host import LabHost
from tests.lab.lab import engines, extra
from tests.lab.lab.extra import installed, yum

COMMANDS = ("list tool", "install tool", "makecache", "clean all", "check-update", "remove tool", "repolist")


def test_1_install_of_an_older_version_changes_nothing(yum_host: LabHost) -> None:
    yum(yum_host, "-y install tool-3.0")
    done = yum(yum_host, "-y install tool-1.0-1.el7")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-2:] == [
        "Package matching tool-1.0-1.el7.noarch already installed. Checking for update.",
        "Nothing to do",
    ]
    assert installed(yum_host, "tool") == ["tool-3.0-1.el7.noarch"]


def test_2_what_exists_of_a_list_is_installed(yum_host: LabHost) -> None:
    done = yum(yum_host, "-y install tool-1.0 nosuch")
    assert (done.returncode, "No package nosuch available." in done.stdout) == (0, True)
    assert installed(yum_host, "tool") == ["tool-1.0-1.el7.noarch"]
    strict = yum(yum_host, "-y --setopt=skip_missing_names_on_install=0 install era nosuch")
    assert strict.returncode == 1
    assert strict.stderr == "Error: Not tolerating missing names on install, stopping.\n"
    assert installed(yum_host, "era") == ["package era is not installed"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("downgrade tool-2.0", "Nothing to do"),
        ("downgrade tool-3.0", "Only Upgrade available on package: tool-3.0-1.el7.noarch"),
        ("downgrade era-1.0", "No Match for available package: 3:era-1.0-1.el7.noarch"),
        ("update-to tool-2.0", "No packages marked for update"),
        ("update tool-1.0", "No packages marked for update"),
        ("update era", "Package(s) era available, but not installed."),
        ("update nosuch", "No packages marked for update"),
    ],
)
def test_3_downgrade_and_update_with_nothing_to_do_are_no_failure(
    yum_host: LabHost, arguments: str, words: str
) -> None:
    yum(yum_host, "-y install tool-2.0")
    done = yum(yum_host, f"-y {arguments}")
    assert (done.returncode, words in done.stdout) == (0, True), done.stdout
    assert installed(yum_host, "tool") == ["tool-2.0-1.el7.noarch"]


def test_4_an_obsoleted_dependency_counts_as_missing_unless_obsoletes_are_off(yum_host: LabHost) -> None:
    done = yum(yum_host, "-y install engine-17.03")
    assert done.returncode == 1
    assert (
        "Package engine-policy is obsoleted by engine, but obsoleting package does not provide for requirements"
        in done.stdout
    )
    assert done.stderr.splitlines() == [
        "Error: Package: engine-17.03-1.el7.noarch (extra)",
        "           Requires: engine-policy >= 17.03",
        "           Available: engine-policy-17.03-1.el7.noarch (extra)",
        "               engine-policy = 17.03-1.el7",
    ]
    instead = yum(yum_host, "--assumeno install engine-policy")
    assert (
        "Package engine-policy is obsoleted by engine, trying to install engine-18.06-1.el7.noarch instead"
        in instead.stdout
    )
    assert yum(yum_host, "-y --setopt=obsoletes=0 install engine-17.03").returncode == 0
    assert installed(yum_host, "engine", "engine-policy") == [
        "engine-17.03-1.el7.noarch",
        "engine-policy-17.03-1.el7.noarch",
    ]
    yum(yum_host, "-y update engine")  # which is no hold
    assert installed(yum_host, "engine", "engine-policy") == [
        "engine-18.06-1.el7.noarch",
        "package engine-policy is not installed",
    ]


def test_5_remove_keeps_dependencies(yum_host: LabHost) -> None:
    yum(yum_host, "-y install tool-addon")
    assert yum(yum_host, "-y remove tool-addon").returncode == 0
    assert installed(yum_host, "tool", "tool-addon") == [
        "tool-3.0-1.el7.noarch",
        "package tool-addon is not installed",
    ]


def test_6_a_file_that_is_installed_already_is_a_failure(yum_host: LabHost) -> None:
    path = f"/{extra.FOLDER}/Packages/tool-2.0-1.el7.noarch.rpm"
    assert yum(yum_host, f"-y install {path}").returncode == 0
    assert "@/tool-2.0-1.el7.noarch" in yum(yum_host, "-q list installed tool").stdout
    for place in (path, f"file://{path}"):
        done = yum(yum_host, f"-y install {place}")
        assert (done.returncode, done.stderr) == (1, "Error: Nothing to do\n")
        assert "does not update installed package." in done.stdout


@pytest.fixture
def holder(yum_host: LabHost) -> str:
    """A process that holds yum's lock; ends with the test's last command or after 20 s."""
    yum_host.run("sleep 20 </dev/null >/dev/null 2>&1 & printf %s $! >/var/run/yum.pid")
    return yum_host.run("cat /var/run/yum.pid").stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_7_every_command_respects_the_lock(yum_host: LabHost, holder: str, command: str) -> None:
    done = yum(yum_host, f"-y -q --setopt=exit_on_lock=1 {command}")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"Existing lock /var/run/yum.pid: another copy is running as pid {holder}.",
        "",
        "",
        "Another app is currently holding the yum lock; exiting as configured by exit_on_lock",
    ]


def test_7_the_lock_is_waited_for(yum_host: LabHost, holder: str) -> None:
    waiting = yum_host.run("timeout 3 yum -q list tool", check=False)
    assert waiting.returncode == 124
    again = "Another app is currently holding the yum lock; waiting for it to exit..."
    assert waiting.stderr.count(again) == 2
    assert "  The other application is: sleep" in waiting.stderr
    yum_host.run(f"(sleep 1; kill {holder}) </dev/null >/dev/null 2>&1 &")
    assert yum(yum_host, "-q list tool").returncode == 0
    assert not (yum_host.root / "run/yum.pid").exists()


@pytest.mark.parametrize("content", ["999999", "rubbish", ""])
def test_7_a_stale_lock_is_replaced(yum_host: LabHost, content: str) -> None:
    yum_host.run(f"printf %s '{content}' >/var/run/yum.pid")
    assert yum(yum_host, "-q --setopt=exit_on_lock=1 list tool").returncode == 0


def test_8_skip_if_unavailable_is_a_repositorys_option(yum_host: LabHost) -> None:
    engines.add_repository(yum_host)
    yum_host.run("sed -i s,aliyun.com/,aliyun.com:81/, /etc/yum.repos.d/docker-ce.repo")
    failed = yum(yum_host, "-y -q --setopt=*.retries=2 --setopt=skip_if_unavailable=1 install tool")
    assert failed.returncode == 1
    refused = 'curl#7 - "Failed to connect to mirrors.aliyun.com port 81: Connection refused"\n'
    assert failed.stderr.count(f"repodata/repomd.xml: [Errno 14] {refused}Trying other mirror.\n") == 2
    assert "failure: repodata/repomd.xml from docker-ce-stable: [Errno 256] No more mirrors" in failed.stderr
    every, ours = "--setopt=*.skip_if_unavailable=1", "--setopt=docker-ce-stable.skip_if_unavailable=0"
    for options in (f"{ours} {every}", f"{every} {ours}"):
        assert yum(yum_host, f"-y -q {options} install tool").returncode == 1
    assert installed(yum_host, "tool") == ["package tool is not installed"]
    assert yum(yum_host, f"-y -q {every} install tool").returncode == 0


def test_9_an_epoch_stands_in_front_or_nowhere(yum_host: LabHost) -> None:
    assert yum(yum_host, "-y install era-3:1.0-1.el7").returncode == 1
    for name in ("3:era-1.0-1.el7.noarch", "era-1.0-1.el7"):
        assert yum(yum_host, f"-y install {name}").returncode == 0
        assert installed(yum_host, "era") == ["era-1.0-1.el7.noarch"]
        yum(yum_host, "-y remove era")


def test_10_what_a_killed_update_left_is_not_taken_for_done(yum_host: LabHost) -> None:
    for version in ("1.0", "2.0"):
        yum_host.run(
            f"rpm -i --force --justdb --nosignature /{extra.FOLDER}/Packages/tool-{version}-1.el7.noarch.rpm"
        )
    extra.configure(yum_host, "exclude=tool-3.0*")
    for command in ("update tool", "install tool-2.0"):
        done = yum(yum_host, f"-y {command}")
        assert done.returncode == 1
        assert (
            "Transaction check error:\n  package tool-2.0-1.el7.noarch is already installed\n" in done.stderr
        )
    assert len(installed(yum_host, "tool")) == 2


def test_10_an_unfinished_transaction_is_named_at_the_next(yum_host: LabHost) -> None:
    yum_host.run("mkdir /var/lib/yum; echo install 0:tool-3.0-1.el7.noarch >/var/lib/yum/transaction-all.X")
    assert "There are unfinished transactions remaining." in yum(yum_host, "-y -q install tool").stdout
    yum_host.run("rm /var/lib/yum/transaction-all.X")
    assert yum(yum_host, "-y -q remove tool").stdout == ""


def test_11_allowerasing_is_unknown(yum_host: LabHost) -> None:
    done = yum(yum_host, "-y install --allowerasing tool")
    assert (done.returncode, done.stderr) == (1, "Command line error: no such option: --allowerasing\n")
