"""Items 1, 2 and 8: runs go on apart from their connection, hosts say who holds them, and keep what was done."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import begun, fab

HOLD_YUM = "setsid sh -c 'echo $$ >/var/run/yum.pid; exec sleep 600' >/dev/null 2>&1 & sleep 0.3"
LET_GO = "kill $(cat /var/run/yum.pid)"
FREE = "flock -n /run/docker-provision.lock true"
TRIGGER = """
mkdir -p /root/rpm && cd /root/rpm && cat >trigger.spec <<'END'
Name: trigger
Version: 1
Release: 1
Summary: starts a daemon when docker-ce comes
License: MIT
BuildArch: noarch
%description
It does.
%triggerin -- docker-ce
setsid sleep 777 >/dev/null 2>&1 </dev/null &
%files
END
rpmbuild -bb --define '_rpmdir /root/rpm' trigger.spec && rpm -i --nosignature noarch/trigger-1-1.noarch.rpm
"""


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What it prints, up to the line with these words."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def units(host: LabHost) -> str:
    """Units of ours that are at work, and any that failed."""
    ours = "systemctl list-units --plain --no-legend 'docker-provision-*'"
    return host.run(f"{ours}; systemctl --failed --plain --no-legend").stdout


def kept(lab: Lab) -> list[dict[str, object]]:
    """What host1 keeps of its runs."""
    done = fab(lab, "-H", "host1", "history", "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)["host1"]
    return found


def test_item_1_a_run_goes_on_when_its_client_is_killed_and_is_joined(
    lab: Lab, host: LabHost, asked: tuple[str, ...]
) -> None:
    """And a daemon that a scriptlet of its transaction starts neither dies with it nor holds the host."""
    host.run(TRIGGER)
    host.run(HOLD_YUM)
    with begun(lab, "-H", "host1", "setup-docker", *asked) as client:
        read_until(client, "yum's lock is held by")
    with begun(lab, "-H", "host1", "attach") as joined:
        said = read_until(joined, "yum's lock is held by")
        host.run(LET_GO)
        said += read_until(joined, "host1: packages docker-ce")
        assert joined.wait() == 0
    assert re.search(r"host1: run [0-9a-f]{16}: setup-docker by root at \S+, since ", said)
    assert host.run("rpm -q docker-ce").returncode == 0
    assert host.run(f"pgrep -x -f 'sleep 777' && {FREE}").returncode == 0
    assert units(host) == ""
    # the next run goes on from there
    again = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "changed" in again.stdout
    assert [run["end"] for run in kept(lab)] == ["done", "done"]


def test_item_2_a_holder_is_named_and_its_lock_is_taken_by_its_id_alone(
    lab: Lab, host: LabHost, asked: tuple[str, ...], tmp_path: Path
) -> None:
    before = whole(host)
    host.run(HOLD_YUM)
    with begun(lab, "-H", "host1", "setup-docker", *asked) as client:
        read_until(client, "yum's lock is held by")
        other = fab(lab, "-H", "host1", "setup-docker", "--lock-timeout", "1", *asked, home=tmp_path)
        assert other.returncode == 1
        named = re.search(
            r"another run holds this host: root at \S+ since \S+ \S+ \S+ \(run (\w+)\), still after 1 s",
            other.stdout,
        )
        assert named, other.stdout
        wrong = fab(lab, "-H", "host1", "unlock", "00ff00ff00ff00ff")
        assert wrong.returncode == 1
        assert "isn't held by run 00ff00ff00ff00ff: root at" in wrong.stderr
        taken = fab(lab, "-H", "host1", "unlock", named[1])
        assert (taken.returncode, taken.stderr) == (0, "")
        assert "stopped on the host" in read_until(client, "stopped on the host")
        assert client.wait() == 1
    assert host.run(f"{FREE}; test -e /run/docker-provision.lock").returncode == 0
    assert units(host) == ""
    assert difference(before, whole(host)) == {}
    assert host.run("ls /var/lib/docker-provision", check=False).returncode != 0


def test_item_1_a_unit_that_is_killed_as_a_whole_leaves_nothing_that_failed(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    converged.run("sed -i '/^exclude/d' /etc/yum.repos.d/docker-ce.repo")
    converged.run(HOLD_YUM)
    with begun(lab, "-H", "host1", "setup-docker", *asked) as client:
        read_until(client, "yum's lock is held by")
        converged.run(
            "systemctl kill -s KILL $(systemctl list-units --plain --no-legend 'docker-provision-*' | cut -d' ' -f1)"
        )
        assert "was cut off; run again" in read_until(client, "was cut off")
        assert client.wait() == 1
    converged.run(LET_GO)
    assert units(converged) == ""
    assert converged.run("ls /var/lib/docker-provision/runs/*/script", check=False).returncode != 0
    assert fab(lab, "-H", "host1", "setup-docker", *asked).returncode == 0
    assert [run["end"] for run in kept(lab)][:2] == ["done", "died"]


def test_item_1_a_host_that_takes_no_unit_is_refused(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    before = whole(host)
    broken = "#!/bin/sh\\necho no bus >&2; exit 1\\n"
    host.run(
        f"mv /usr/bin/systemd-run /root; printf '{broken}' >/usr/bin/systemd-run; chmod 755 /usr/bin/systemd-run"
    )
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 1
    assert "host1: refused" in done.stdout
    assert "systemd-run can't begin the run: no bus" in done.stdout
    assert difference(before, whole(host)) == {}
    assert host.run("ls /var/lib/docker-provision", check=False).returncode != 0


def test_item_8_who_changed_what_is_kept_and_a_run_without_changes_writes_nothing(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    tree = "find /var/lib/docker-provision -printf '%p %T@ %s\\n' | sort"
    before = converged.run(tree).stdout
    assert fab(lab, "-H", "host1", "setup-docker", *asked).returncode == 0
    assert converged.run(tree).stdout == before
    told = fab(lab, "-H", "host1", "setup-docker", "--ack-eol", "--users", "plain", *asked)
    assert told.returncode == 0, told.stdout
    newest, *older = kept(lab)
    assert (newest["command"], newest["end"], newest["verdict"]) == ("setup-docker", "done", None)
    assert re.fullmatch(r"root at \S+", str(newest["by"]))
    assert any("group docker" in str(change) for change in newest["changes"])  # type: ignore[attr-defined]  # a list
    assert "Docker 18.06.3 on CentOS 7" in str(newest["known"])
    assert len(older) == 2
    assert (
        f"run {newest['run']}: setup-docker by"
        in converged.run("journalctl -t docker-provision -o cat").stdout
    )
    # what is left of it all once Docker is taken away again
    assert fab(lab, "-H", "host1", "uninstall-docker", *asked[:2]).returncode == 0
    assert kept(lab) == []
    assert "uninstall-docker by root at" in converged.run("journalctl -t docker-provision -o cat").stdout


@pytest.mark.parametrize("words", [("attach",), ("attach", "--run", "00ff00ff00ff00ff")], ids=" ".join)
def test_item_1_where_there_is_no_run_it_is_said(lab: Lab, host: LabHost, words: tuple[str, ...]) -> None:
    done = fab(lab, "-H", "host1", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("host1: this host keeps no run")
