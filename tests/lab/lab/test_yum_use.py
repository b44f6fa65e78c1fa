"""What the tool relies on in the hosts' yum, held against what the true yum 3.4.3 printed."""

import pytest

from lab.host import LabHost
from tests.lab.lab import extra
from tests.lab.lab.extra import installed, yum


def test_list_has_two_headings_epochs_and_origins(yum_host: LabHost) -> None:
    yum(yum_host, "-y install era-1.0")
    lines = yum(yum_host, "-q list era tool --showduplicates").stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["Installed", "Packages"],
        ["era.noarch", "3:1.0-1.el7", "@extra"],
        ["Available", "Packages"],
        ["era.noarch", "3:1.0-1.el7", "extra"],
        ["era.noarch", "3:2.0-1.el7", "extra"],
        *(["tool.noarch", f"{version}-1.el7", "extra"] for version in ("1.0", "2.0", "3.0")),
    ]
    assert {len(line) for line in lines if "noarch" in line} == {80}


def test_list_without_a_match(yum_host: LabHost) -> None:
    for arguments in ("list nosuch", "list installed tool"):
        done = yum(yum_host, f"-q {arguments}")
        assert (done.returncode, done.stdout, done.stderr) == (1, "", "Error: No matching Packages to list\n")


def test_another_yum_conf_leaves_nothing_outside_its_folder(yum_host: LabHost) -> None:
    yum_host.run(
        "mkdir -p /opt/x/repos.d; cp /etc/yum.repos.d/extra.repo /opt/x/repos.d; rm -rf /var/cache/yum"
    )
    lines = [
        "[main]",
        "cachedir=/opt/x/cache",
        "logfile=/opt/x/yum.log",
        "plugins=0",
        "reposdir=/opt/x/repos.d",
    ]
    (yum_host.root / "opt/x/yum.conf").write_text("\n".join([*lines, "persistdir=/opt/x/persist\n"]))
    yum_host.run("touch /tmp/stamp; sleep 0.02")
    look = "-c /opt/x/yum.conf --disablerepo='*' --enablerepo=extra list tool --showduplicates"
    assert "Loaded plugins" not in yum(yum_host, look).stdout
    found = yum_host.run("find / -xdev -newer /tmp/stamp -type f -not -path '/proc/*'").stdout.splitlines()
    written = [path for path in found if not path.startswith(("/var/lib/rpm/", "/var/log/journal/"))]
    assert written
    assert all(path.startswith("/opt/x/cache/extra/") for path in written), written


def test_in_another_root_nothing_is_installed_and_nobody_holds_the_lock(yum_host: LabHost) -> None:
    yum(yum_host, "-y install tool-2.0")
    yum_host.run("printf 1 >/var/run/yum.pid")  # it lives
    aside = "--installroot=/opt/root --releasever=7 --setopt=cachedir=/opt/cache --setopt=exit_on_lock=1"
    done = yum(yum_host, f"-y {aside} --downloadonly install tool-2.0")
    yum_host.run("rm -f /var/run/yum.pid")
    assert done.returncode == 0, done.stderr
    below = yum_host.root / "opt/root/opt/cache"
    assert [path.name for path in below.rglob("*.rpm")] == ["tool-2.0-1.el7.noarch.rpm"]
    assert not (yum_host.root / "opt/cache").exists()


def test_enablerepo_and_disablerepo_count_in_their_order(yum_host: LabHost) -> None:
    assert yum(yum_host, "--disablerepo='*' --enablerepo=extra makecache").returncode == 0
    for options in ("--enablerepo=extra --disablerepo='*'", "--disablerepo=extra"):
        done = yum(yum_host, f"{options} makecache")
        assert (done.returncode, "There are no enabled repos." in done.stderr) == (1, True)
    unknown = yum(yum_host, "--enablerepo=nosuch makecache")
    assert unknown.returncode == 1
    assert "Error getting repository data for nosuch, repository not found" in unknown.stderr


@pytest.mark.parametrize("command", ["makecache", "makecache fast"])
def test_makecache_says_so(yum_host: LabHost, command: str) -> None:
    done = yum(yum_host, command)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Metadata Cache Created")


def newest_tool(host: LabHost) -> str:
    return yum(host, "-q list tool --showduplicates").stdout.split()[-2]


def test_list_never_refreshes_what_is_cached_but_others_do(yum_host: LabHost) -> None:
    yum(yum_host, "makecache")
    aged = "sed -i s,srv/extra,srv/fewer, extra.repo; touch -d '2 days ago' extra.repo"
    yum_host.run(f"cd /etc/yum.repos.d; {aged}")
    assert newest_tool(yum_host) == "3.0-1.el7"
    missing = yum(yum_host, "-y install tool")  # the old list's newest, from the new place
    assert (missing.returncode, "Error downloading packages:" in missing.stderr) == (1, True)
    yum_host.run("sleep 1.1; touch /etc/yum.repos.d/extra.repo")  # younger than the cache
    assert newest_tool(yum_host) == "3.0-1.el7"
    assert yum(yum_host, "-y install tool").returncode == 0
    assert installed(yum_host, "tool") == ["tool-2.0-1.el7.noarch"]
    assert newest_tool(yum_host) == "2.0-1.el7"


@pytest.mark.parametrize("command", ["makecache", "clean expire-cache", "clean metadata", "clean all"])
def test_what_mends_a_stale_cache(yum_host: LabHost, command: str) -> None:
    yum(yum_host, "makecache")
    yum_host.run("cd /etc/yum.repos.d; sed -i s,srv/extra,srv/fewer, *.repo; touch -d '2 days ago' *.repo")
    done = yum(yum_host, f"--disablerepo='*' --enablerepo=extra {command}")
    assert (done.returncode, done.stderr) == (0, "")
    assert newest_tool(yum_host) == "2.0-1.el7"


def test_what_cannot_be_refreshed_is_used_until_it_is_cleaned_away(yum_host: LabHost) -> None:
    yum(yum_host, "makecache")
    yum_host.run("sed -i s,srv/extra,srv/nothing, /etc/yum.repos.d/extra.repo")
    yum(yum_host, "clean expire-cache")
    assert newest_tool(yum_host) == "3.0-1.el7"
    yum(yum_host, "clean metadata")
    assert yum(yum_host, "list tool").returncode == 1
    assert yum(yum_host, "-y remove nosuch").returncode == 0  # asks no repository


def test_check_update_counts(yum_host: LabHost) -> None:
    assert yum(yum_host, "-q check-update tool").returncode == 0
    yum(yum_host, "-y install tool-1.0")
    done = yum(yum_host, "-q check-update tool")
    assert (done.returncode, done.stdout.split()) == (100, ["tool.noarch", "3.0-1.el7", "extra"])


def test_excluded_packages_are_held_until_their_repositorys_excludes_are_disabled(yum_host: LabHost) -> None:
    yum(yum_host, "-y install tool-1.0")
    extra.configure(yum_host, "exclude=tool tool-addon")
    for command in ("update", "check-update", "install tool", "install tool-1.0", "update tool"):
        done = yum(yum_host, f"-y {command}")
        assert (done.returncode, "Package" in done.stdout) == (0, False), done.stdout
    assert installed(yum_host, "tool") == ["tool-1.0-1.el7.noarch"]
    assert "Available" not in yum(yum_host, "list tool --showduplicates").stdout
    assert yum(yum_host, "-y install tool-addon").stderr == "Error: Nothing to do\n"
    assert yum(yum_host, "-q --disableexcludes=main check-update").returncode == 0
    assert yum(yum_host, "-q --disableexcludes=extra check-update").returncode == 100
    assert yum(yum_host, "-y -q --disableexcludes=extra install tool-2.0").returncode == 0
    assert installed(yum_host, "tool") == ["tool-2.0-1.el7.noarch"]


def test_an_exclude_may_be_a_pattern_with_an_epoch_and_repolist_counts_what_is_hidden(
    yum_host: LabHost,
) -> None:
    extra.configure(yum_host, "exclude=era-3:*")
    assert yum(yum_host, "-q list era").returncode == 1
    status = yum(yum_host, "-q repolist").stdout.split()[-1]
    assert status == f"{len(extra.PACKAGES) - 2}+2"


def test_swap_is_one_transaction_and_takes_dependents_along(yum_host: LabHost) -> None:
    yum(yum_host, "-y install tool-3.0 tool-modern era")
    swap = "swap -- remove tool era nosuch -- install tool-1.0"
    shown = yum(yum_host, f"--assumeno {swap}")
    assert shown.returncode == 1
    assert "Removing for dependencies:\n tool-modern" in shown.stdout
    assert installed(yum_host, "tool") == ["tool-3.0-1.el7.noarch"]
    done = yum(yum_host, f"-y {swap}")
    assert (done.returncode, done.stderr) == (0, "No Match for argument: nosuch\n")
    steps = [line.split()[:3:2] for line in done.stdout.splitlines() if line.endswith("/4 ")]
    assert steps[0] == ["Installing", "tool-1.0-1.el7.noarch"]
    assert ["Cleanup", "tool-3.0-1.el7.noarch"] in steps
    assert ["Erasing", "3:era-2.0-1.el7.noarch"] in steps
    assert installed(yum_host, "tool", "era", "tool-modern") == [
        "tool-1.0-1.el7.noarch",
        "package era is not installed",
        "package tool-modern is not installed",
    ]


def test_swap_for_what_is_there_or_unknown_changes_nothing(yum_host: LabHost) -> None:
    yum(yum_host, "-y install tool-1.0 era")
    there = yum(yum_host, "-y swap -- remove tool era -- install tool-1.0")
    assert (there.returncode, there.stdout.splitlines()[-1]) == (0, "swap install tool-1.0")
    unknown = yum(yum_host, "-y swap -- remove tool -- install nosuch")
    assert (unknown.returncode, unknown.stderr) == (1, "Error: swap install nosuch\n")
    assert installed(yum_host, "tool", "era") == ["tool-1.0-1.el7.noarch", "era-2.0-1.el7.noarch"]


def test_downgrade_goes_back_and_refuses_what_a_dependent_needs(yum_host: LabHost) -> None:
    yum(yum_host, "-y install tool-3.0")
    assert yum(yum_host, "-y -q downgrade tool-2.0").returncode == 0
    assert yum(yum_host, "-y -q install tool-modern").returncode == 0  # which updates tool
    refused = yum(yum_host, "-y downgrade tool-1.0")
    assert refused.returncode == 1
    lines = [line.strip() for line in refused.stderr.splitlines()]
    assert lines[:6] == [
        "Error: Package: tool-modern-1.0-1.el7.noarch (@extra)",
        "Requires: tool >= 3.0",
        "Removing: tool-3.0-1.el7.noarch (@extra)",
        "tool = 3.0-1.el7",
        "Downgraded By: tool-1.0-1.el7.noarch (extra)",
        "tool = 1.0-1.el7",
    ]
    unknown = yum(yum_host, "-y downgrade tool-9")
    assert (unknown.returncode, unknown.stderr) == (1, "Error: Nothing to do\n")
    assert "No package tool-9 available." in unknown.stdout


def test_install_update_to_the_newest_and_twice(yum_host: LabHost) -> None:
    yum(yum_host, "-y install tool-2.0")
    again = yum(yum_host, "-y -q -d0 -e0 install tool-2.0")
    words = "Package tool-2.0-1.el7.noarch already installed and latest version\n"
    assert (again.returncode, again.stdout) == (0, words)
    yum(yum_host, "-y update tool-2.0")  # goes on from the installed version: the reason to use install
    assert installed(yum_host, "tool") == ["tool-3.0-1.el7.noarch"]


def test_unknown_names_and_unmet_needs(yum_host: LabHost) -> None:
    unknown = yum(yum_host, "-y install nosuch-9")
    assert (unknown.returncode, unknown.stderr) == (1, "Error: Nothing to do\n")
    assert "No package nosuch-9 available.\n" in unknown.stdout
    unmet = yum(yum_host, "-y install lonely")
    assert unmet.returncode == 1
    assert unmet.stderr == (
        "Error: Package: lonely-1.0-1.el7.noarch (extra)\n           Requires: nobody-has-this\n"
    )
    yum(yum_host, "-y install tool")
    conflict = yum(yum_host, "-y install rival")
    assert (conflict.returncode, conflict.stderr) == (
        1,
        "Error: rival conflicts with tool-3.0-1.el7.noarch\n",
    )
    assert yum(yum_host, "-y remove nosuch").returncode == 0
    assert yum(yum_host, "nosuch").stderr == "No such command: nosuch. Please use /usr/bin/yum --help\n"


def test_assumeno_and_no_answer_change_nothing(yum_host: LabHost) -> None:
    for arguments in ("--assumeno install tool", "install tool", "-y --assumeno install tool"):
        done = yum(yum_host, arguments)
        assert (done.returncode, "Exiting on user command\n" in done.stdout) == (1, True), arguments
    assert installed(yum_host, "tool") == ["package tool is not installed"]


def test_progress_comes_in_yums_pieces(yum_host: LabHost) -> None:
    done = yum(yum_host, "-y install tool-addon")
    begin = done.stdout.index("Running transaction\n")
    lines = done.stdout[begin:].splitlines()
    assert lines[1] == f"{'  Installing : tool-3.0-1.el7.noarch':<76}1/2 "
    assert lines[2] == f"{'  Installing : tool-addon-1.0-1.el7.noarch':<76}2/2 "
    assert lines[3].startswith("  Verifying  : ")
    assert [line.strip() for line in lines[5:]] == [
        *("", "Installed:", "tool-addon.noarch 0:1.0-1.el7"),
        *("", "Dependency Installed:", "tool.noarch 0:3.0-1.el7", "", "Complete!"),
    ]
    assert yum(yum_host, "-y -q remove tool-addon").stdout == ""


def test_a_download_may_come_before_the_installation(yum_host: LabHost) -> None:
    first = yum(yum_host, "-y --downloadonly install tool")
    assert (first.returncode, first.stdout.splitlines()[-1]) == (
        0,
        'exiting because "Download Only" specified',
    )
    assert installed(yum_host, "tool") == ["package tool is not installed"]
    cached = "ls /var/cache/yum/x86_64/7/extra/packages"
    assert yum_host.run(cached).stdout == "tool-3.0-1.el7.noarch.rpm\n"
    yum_host.run("mv /srv/extra/Packages /srv/extra/elsewhere")
    try:
        assert yum(yum_host, "-y -q install tool").returncode == 0  # from the cache, which it empties
    finally:
        yum_host.run("mv /srv/extra/elsewhere /srv/extra/Packages")
    assert yum_host.run(cached).stdout == ""


@pytest.mark.parametrize(("signal", "code"), [("TERM", "1"), ("HUP", "1"), ("KILL", "137")])
def test_a_killed_transaction_stays_where_it_was(yum_host: LabHost, signal: str, code: str) -> None:
    start = "setsid sh -c 'yum -y install after-slow >/tmp/out 2>&1; echo $? >/tmp/code' </dev/null >/dev/null 2>&1 &"
    reached = "until grep -q 'Installing : slow' /tmp/out; do sleep 0.1; done"
    yum_host.run(f"rm -f /tmp/out /tmp/code; {start} until [ -e /tmp/out ]; do sleep 0.1; done; {reached}")
    yum_host.run(f"kill -{signal} $(cat /var/run/yum.pid); until [ -s /tmp/code ]; do sleep 0.1; done")
    yum_host.run("until [ -e /var/tmp/slow ]; do sleep 0.1; done")  # its %post runs to its end in any case
    assert (yum_host.root / "tmp/code").read_text() == f"{code}\n"
    assert installed(yum_host, "slow", "after-slow") == [
        "slow-1.0-1.el7.noarch",
        "package after-slow is not installed",
    ]
    assert (yum_host.root / "run/yum.pid").exists() or yum_host.run("ls /var/run/yum.pid").stdout
    journal = yum_host.run("cat /var/lib/yum/transaction-all.*").stdout.splitlines()
    assert journal == ["install 0:after-slow-1.0-1.el7.noarch", "install 0:slow-1.0-1.el7.noarch"]
    again = yum(yum_host, "-y install after-slow")
    assert (again.returncode, "There are unfinished transactions remaining." in again.stdout) == (0, True)


def test_what_a_scriptlet_prints_comes_after_its_packages_line(yum_host: LabHost) -> None:
    lines = yum(yum_host, "-y install slow").stdout.splitlines()
    (said,) = [number for number, line in enumerate(lines) if line == "slow is done"]
    assert lines[said - 1].startswith("  Installing : slow-1.0-1.el7.noarch")


def test_a_failed_post_is_no_failure_and_a_failed_pre_is_one_but_both_end_complete(yum_host: LabHost) -> None:
    post = yum(yum_host, "-y install bad-post")
    assert (post.returncode, post.stdout.splitlines()[-1]) == (0, "Complete!")
    assert "Non-fatal POSTIN scriptlet failure in rpm package bad-post-1.0-1.el7.noarch" in post.stderr
    pre = yum(yum_host, "-y install bad-pre")
    assert (pre.returncode, pre.stdout.splitlines()[-1]) == (1, "Complete!")
    assert "Error in PREIN scriptlet in rpm package bad-pre-1.0-1.el7.noarch" in pre.stderr
    assert "Failed:\n  bad-pre.noarch 0:1.0-1.el7" in pre.stdout
