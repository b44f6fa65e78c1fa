"""Item 19: a password of ours and secrets of others, looked for in everything that runs leave on both machines."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import keys, proxy
from lab.host import LabHost
from lab.lab import Lab
from lab.proxy import Proxy
from tests.lab.support import fab, kill_base_repositories

USER, OURS = "alice", "Ours.geheim-23"
SPLUNK, CORPORATE, PERSONAL = "splunk-geheim-42", "corp-geheim-51", "bob-geheim-60"
THEIRS = (SPLUNK, CORPORATE, PERSONAL)
"""In daemon.json, in a repository's section, in the URL of a repository that is dead."""
DAEMON_JSON = {
    "log-driver": "splunk",
    "log-opts": {"splunk-token": SPLUNK, "splunk-url": "https://splunk.example:8088"},
}
CORPORATION = (
    f"[corp]\nbaseurl=http://127.0.0.1:9/corp/\nproxy_username=corp\nproxy_password={CORPORATE}\n"
    f"[dead]\nbaseurl=https://bob:{PERSONAL}@mirrors.aliyun.com/nothing/here/\n"
)
WHERE = "/etc /home /opt /root /run /srv /tmp /usr/local /var --exclude-dir=overlay2"
REPOSITORY, VAULT = "/etc/yum.repos.d/docker-ce.repo", "/etc/yum.repos.d/centos-vault.repo"
REPORTED = ("plan", "setup-docker", "verify", "uninstall-docker")
VARIABLES, CORP = "/etc/sysconfig/docker-provision", "/etc/yum.repos.d/corp.repo"


def shapes(secret: str) -> set[str]:
    """The secret as it is, and the middle of it in base64, wherever it stands in what was encoded."""
    found = {secret}
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + secret.encode()).decode()
        found.add(encoded[4 if shift else 0 : len(encoded) - 4])
    return found


def holding(host: LabHost, *secrets: str) -> dict[str, str]:
    """The files of a host that hold one of them, each with its mode and owner; and its journal, if that does."""
    patterns = " ".join(f"-e '{shape}'" for secret in secrets for shape in sorted(shapes(secret)))
    found = host.run(f"grep -rlaF {patterns} {WHERE} 2>/dev/null | sort -u", check=False).stdout.split()
    said = host.run(f"journalctl --no-pager -o cat | grep -aF {patterns}", check=False).stdout
    files = {path: host.run(f"stat -c '%a %U' {path}").stdout.strip() for path in found}
    return {**files, **({"journal": said} if said else {})}


def readable(host: LabHost, path: str) -> bool:
    """Whether a user like any other can read it."""
    return host.run(f"su plain -s /bin/sh -c 'cat {path}'", check=False).returncode == 0


class Watch:
    """The command lines of both machines, seen from the one that has the other in it; and the logs of its runs, which
    are to hold no secret at any moment."""

    def __init__(self, host: LabHost) -> None:
        self.seen: set[str] = set()
        self.logged: set[str] = set()
        self._runs = host.root / "var/lib/docker-provision/runs"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._over.is_set():
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    self.seen.add(process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            for log in self._runs.glob("*/log"):
                with contextlib.suppress(OSError):
                    self.logged |= {
                        line for line in log.read_text().splitlines() if "mirrors.aliyun.com" in line
                    }

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.fixture(scope="module")
def forward(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxy.running(lab, tmp_path_factory.mktemp("proxy"), user=USER, password=OURS) as found:
        yield found


@pytest.fixture
def flags(asked: tuple[str, ...], forward: Proxy, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    monkeypatch.setenv("COMPANY_PROXY", forward.url(f"{USER}:{OURS}"))
    return ("--proxy", "env:COMPANY_PROXY", "--fix-base-repos", "--base-key", str(keys.centos_key()), *asked)


@pytest.fixture
def full(host: LabHost) -> LabHost:
    """host1, fresh, with secrets of others in the files that a run reads, shows and changes."""
    kill_base_repositories(host)
    host.run(
        f"umask 077; mkdir -p /etc/docker; cat >/etc/docker/daemon.json <<'END'\n{json.dumps(DAEMON_JSON)}\nEND\n"
        f"cat >{CORP} <<'END'\n{CORPORATION}END\n"
    )
    return host


def test_item_19_no_run_leaves_a_secret_where_it_does_not_belong(
    lab: Lab, full: LabHost, flags: tuple[str, ...], asked: tuple[str, ...], tmp_path: Path
) -> None:
    junit = tmp_path / "results.xml"
    commands = (
        ("plan", *flags),
        ("plan", "--json", *flags),
        ("setup-docker", *flags),
        ("facts", *flags),
        ("facts", "--json", *flags),
        ("versions", *flags),
        ("verify", "--junit", str(junit), *flags),
        ("setup-docker", "--daemon-proxy", "none", "--json", *flags),
        ("setup-docker", *flags),
        ("uninstall-docker", "--dry-run", *asked[:2]),
    )
    said = ""
    with Watch(full) as watch:
        for number, words in enumerate(commands):
            folder = tmp_path / str(number)
            files = ("--report", str(folder), "--metrics", f"{folder}.prom") if words[0] in REPORTED else ()
            done = fab(lab, "--debug", "-H", "host1", *words, *files)
            assert done.returncode in (0, 3), done.stdout + done.stderr
            said += done.stdout + done.stderr
    said += junit.read_text()
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) >= 4 * 7, "reports, and their figures"
    said += "".join(path.read_text() for path in written)
    assert "***" in said, "they were read"
    lines = "\n".join(watch.seen)
    assert "yum" in lines, "the host's processes were seen"
    assert "setup-docker" in lines, "and the controller's"
    logged = "\n".join(watch.logged)
    assert "https://***@mirrors.aliyun.com/nothing/here/" in logged, "yum quoted that one"
    for secret in (OURS, *THEIRS):
        for shape in shapes(secret):
            assert shape not in said
            assert shape not in lines
            assert shape not in logged
    mine = holding(full, OURS)
    assert mine == dict.fromkeys((REPOSITORY, VAULT, VARIABLES), "600 root")
    theirs = holding(full, *THEIRS)
    assert [path for path in theirs if readable(full, path)] == []
    # where yum keeps others' sections (ours without its password)
    history = {path for path in theirs if path.startswith("/var/lib/yum/history/")}
    assert history
    kept = "/var/lib/docker-provision/originals/etc/docker/daemon.json"
    assert set(theirs) - history == {
        CORP,
        "/etc/docker/daemon.json",
        kept,
        "/run/docker-provision/started.json",
    }

    done = fab(lab, "-H", "host1", "uninstall-docker", *asked[:2])
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(holding(full, OURS)) == {VAULT}, "which stays as mended, and the run says so"
    assert VAULT in done.stdout
    assert set(holding(full, *THEIRS)) - history == {CORP, "/etc/docker/daemon.json"}
