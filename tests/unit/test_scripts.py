"""The scripts as they go over the wire: right in every sh that they may meet, and within EL7's userland."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

from provision import engines, facts, plan, references, runs, script
from provision.bundling.gathering import Order, gather_script
from provision.prove import asked, recipe
from provision.resources import bundled, images, yum
from provision.resources.withdrawal import Withdrawal
from provision.runs import history
from tests.unit.core import MIRROR, fresh, steps_for
from tests.unit.prove import recorded

WORD = "@0123456789abcdef"
SHELLCHECK = Path(sys.executable).parent / "shellcheck"

# what the host's userland lacks: coreutils 8.22, util-linux 2.23, systemd 219, curl 7.29, bash 4.2, gawk 4, tar 1.26
LACKING = {
    r"systemctl\s+(?:enable|disable|mask)\s+[^\n|;&]*--now": "systemd 220",
    r"systemctl\s+[^\n|;&]*--value\b": "systemd 230",
    r"systemd-run\s+[^\n|;&]*--(?:wait|pipe|collect)\b": "systemd 232",
    r"journalctl\s+[^\n|;&]*--grep\b": "systemd 237",
    r"\bNRestarts\b|StandardOutput=file:|\bStateDirectory=|\bRuntimeMaxSec=": "systemd 229 and later",
    r"(?:^|[;&|]\s*)sync\s+\S": "coreutils 8.24",
    r"sha256sum\s+[^\n|;&]*--ignore-missing": "coreutils 8.25",
    r"\benv\s+-S\b": "coreutils 8.30",
    r"status=progress": "coreutils 8.24",
    r"\blsns\b|\b(?:lsblk|findmnt)\s+[^\n|;&]*-J": "util-linux 2.27",
    r"\bip\s+-j\b": "iproute2 4.11",
    r"--retry-connrefused|--fail-with-body|--connect-to": "curl 7.52",
    r"\bwait\s+-n\b|\blocal\s+-n\b|\$\{\w+@\w\}": "bash 4.3",
    r"\b(?:wget|jq|semanage|dig|nslookup|ifconfig|netstat|lsof|repoquery|yum-config-manager)\b": "a minimal install",
}


WEAKENING = (
    r"\bset(?:enforce|sebool)\b",
    r"\bSELINUX=",
    r"systemctl\s+[^\n|;&]*\b(?:stop|disable|mask)\b[^\n|;&]*(?:firewalld|iptables|auditd)",
    r"iptables\s+(?:-w\s+)?(?:-t\s+\w+\s+)?-P\b",
    r"iptables\s+(?:-w\s+)?(?:-t\s+\w+\s+)?-F\s*(?:$|[;&|])",
    r"--nogpgcheck|\bgpgcheck=0|\bsslverify=(?:0|no|false)|curl\s+[^\n|;&]*(?:\s-k\b|--insecure)",
    r"\bchmod\s+(?:0?777|a\+rwx|o\+w)\b",
)
"""What would switch off what protects a host: its firewall, SELinux, signatures, certificates."""
FOR_A_REASON = {
    "iptables -w -P FORWARD ACCEPT": "uninstalling: as it was before Docker's start set it, by the record",
    "yum_bounded --noplugins --nogpgcheck": "it only downloads; signatures are checked against the pinned key alone",
}


def bundled_repository() -> yum.Repository:
    """One whose packages come from a bundle."""
    return yum.Repository(b"[docker-ce-stable]\n", b"key", ("docker-ce",), base_key=b"key of CentOS")


def rendered() -> list[tuple[str, str]]:
    """Every kind of script that a host gets, with the most in it."""
    found = []
    for version in ("18.06.3", "26.1.4"):
        chosen = steps_for(
            docker_version=version, registry_mirrors=MIRROR, users="alice,bob", bridge_nf="yes"
        )
        found.append((f"read {version}", facts.probe_script(chosen, WORD)))
        changes = plan.plan(fresh(chosen), chosen).changes
        tasks = [runs.Task(change.resource, change.script, change.look) for change in changes]
        text = runs.apply_script(
            tasks, facts.probes(chosen), facts.libraries(chosen), WORD, runs.Claim("who at desk")
        )
        found.append((f"apply {version}", f"{text}supervise\n"))
    look = bundled_repository().look("18.06.3.ce-3.el7", ["install", "docker-ce-18.06.3.ce-3.el7"])
    tasks = [runs.Task("packages", "change_packages docker-ce '' install docker-ce", look)]
    probes = [("bundle", "probe_bundled bash docker-ce")]
    libraries = (*facts.libraries(chosen), bundled.LIBRARY)
    text = runs.apply_script(tasks, probes, libraries, WORD, runs.Claim("who at desk"))
    found.append(("apply from a bundle", f"{text}supervise\n"))
    tasks = [runs.Task("image redis:7", f"load_image sha256:{'0' * 64} redis:7 images/{'0' * 64}.tar.gz")]
    probes = [("images", f"probe_images 'redis:7\nsha256:{'0' * 64}'")]
    libraries = (*facts.libraries(chosen), images.LIBRARY)
    text = runs.apply_script(tasks, probes, libraries, WORD, runs.Claim("who at desk"))
    found.append(("apply images", f"{text}supervise\n"))
    engine = recorded.seen("18.06.3").engine
    ask = recipe.Ask(owner="somebody at there")
    found += [
        ("prove, read", recipe.reading(WORD)),
        ("prove", recipe.proving(ask, engine, recorded.RUN, WORD)),
    ]
    back = steps_for(withdrawal=Withdrawal(purge_data=True, with_dependencies=True))
    found.append(("uninstall", facts.probe_script(back, WORD)))
    # what none of these calls, some other one does; uninstalling has all that setting up has, and its own
    opening = script.PREAMBLE.format(title="all", nonce=WORD)
    found.append(("all functions", "".join((opening, script.COMMON, *facts.libraries(back)))))
    probes = [("https://mirror.example", "ask_mirror https://mirror.example library/redis 7")]
    found.append(("mirrors", script.read_script(probes, (asked.LIBRARY,), WORD)))
    # without a text of its own: it is quoted, and read above
    about = runs.About("setup-docker", "who at desk", "1", ["what"])
    found.append(("launch", runs.HostRun(WORD, "reading() { :; }", about).begin))
    files = (runs.Sent(Path("here"), "docker-ce-stable/Packages/a.rpm", 7, "0" * 64),)
    found.append(("receive", runs.HostRun(WORD, "text", about, files).receive))
    order = Order(
        "host1",
        tuple(map(engines.engine, ("26.1.4", "18.06.3"))),
        MIRROR,
        bundled_repository(),
        "KEY",
        b"[vault]",
    )
    found.append(("bundle", gather_script(order, WORD)))
    pictured = dataclasses.replace(
        order, images=references.several("redis,a/b@sha256:" + "0" * 64, "--images")
    )
    found.append(("bundle with images", gather_script(pictured, WORD)))
    found.append(("follow", runs.HostRun(WORD).follow(7)))
    forget = runs.HostRun(WORD).ended(f"{WORD} leave {WORD[1:]}\n")
    assert forget
    found.append(("forget", forget))
    found.append(("history", history.history_script(WORD)))
    found.append(("unlock", history.unlock_script(WORD[1:], 120, WORD)))
    return found


SCRIPTS = rendered()


@pytest.mark.parametrize("text", [text for _, text in SCRIPTS], ids=[name for name, _ in SCRIPTS])
class TestScript:
    def test_shellcheck_finds_nothing(self, text: str) -> None:
        # SC2015: `A && B || fail` is meant as it reads, since fail never returns
        # SC2034, SC2317, SC2329: a script holds the names of all its resources, not all are used in each
        command = [str(SHELLCHECK), "-s", "sh", "-e", "SC2015,SC2034,SC2317,SC2329", "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.stdout == ""
        assert done.returncode == 0

    @pytest.mark.parametrize(
        "shell", [["dash", "-n"], ["bash", "--posix", "-n"], ["bash", "-n"]], ids=" ".join
    )
    def test_shells_parse_it(self, text: str, shell: list[str]) -> None:
        done = subprocess.run([*shell, "/dev/stdin"], input=text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.parametrize("pattern", LACKING)
    def test_uses_only_what_el7_has(self, text: str, pattern: str) -> None:
        code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
        assert re.findall(pattern, code, re.MULTILINE) == [], f"needs {LACKING[pattern]}"

    @pytest.mark.parametrize("pattern", WEAKENING)
    def test_switches_nothing_off_that_protects_a_host(self, text: str, pattern: str) -> None:
        code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
        for words in FOR_A_REASON:
            code = code.replace(words, "")
        assert re.findall(pattern, code, re.MULTILINE) == []

    def test_runs_nothing_when_it_is_cut(self, text: str) -> None:
        """A connection that dies in the middle of the script leaves functions that nobody calls."""
        lines = text.splitlines(keepends=True)
        for cut in range(0, len(lines) - 1, 7):
            part = "".join(lines[:cut])
            done = subprocess.run(["dash", "-s"], input=part, capture_output=True, text=True, check=False)
            assert done.stdout == ""
