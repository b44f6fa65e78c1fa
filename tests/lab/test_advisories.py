"""What is known against a version is said once in a run, and --ack-eol ends that and stays on the host."""

from __future__ import annotations

import json

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.support import fab

SAYS = "Docker 18.06.3 on CentOS 7, as of "


def test_once_for_all_hosts_in_a_plan(lab: Lab, fresh_hosts: list[LabHost], asked: tuple[str, ...]) -> None:
    done = fab(lab, "-H", "host1,host2,host3", "plan", *asked)
    assert done.returncode == 3
    assert done.stdout.count(SAYS) == 1
    assert "CVE-2025-31133" in done.stdout


def test_as_data(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    done = fab(lab, "-H", "host1", "setup-docker", "--dry-run", "--json", *asked)
    found = json.loads(done.stdout)
    assert [end["host"] for end in found["hosts"]] == ["host1"]
    concerns = {row["cve"]: row["concerns"] for row in found["advisories"] if row["topic"] == "cve"}
    assert concerns["CVE-2025-31133"] is True
    assert concerns["CVE-2019-5736"] is False


def test_known_and_recorded(lab: Lab, converged: LabHost, asked: tuple[str, ...]) -> None:
    done = fab(lab, "-H", "host1", "setup-docker", "--ack-eol", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert SAYS not in done.stdout
    record = json.loads(converged.run("cat /var/lib/docker-provision/record.json").stdout)
    assert SAYS in record["resources"]["known"]["ours"]["end of life"]
    again = fab(lab, "-H", "host1", "setup-docker", "--ack-eol", "--json", *asked)
    assert json.loads(again.stdout)["advisories"] == []
    assert json.loads(again.stdout)["hosts"][0]["status"] == "unchanged"
    # whoever doesn't say it hears it
    assert SAYS in fab(lab, "-H", "host1", "plan", *asked).stdout


def test_an_end_is_no_subject_when_docker_is_taken_away(
    lab: Lab, converged: LabHost, asked: tuple[str, ...]
) -> None:
    done = fab(lab, "-H", "host1", "uninstall-docker", "--dry-run", *asked)
    assert done.returncode == 3
    assert SAYS not in done.stdout
