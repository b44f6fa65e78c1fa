"""Item 9: hosts that reach packages and registries by a proxy alone, which wants a password."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import keys, proxy
from lab.host import LabHost
from lab.lab import Lab
from lab.proxy import Proxy
from provision.urls import plain_proxy
from tests.lab.state import difference, whole
from tests.lab.support import fab, kill_base_repositories

USER, PASSWORD = "alice", "ge.heim-23"  # tinyproxy takes no others
REPOSITORY = "/etc/yum.repos.d/docker-ce.repo"
VARIABLES = "/etc/sysconfig/docker-provision"
CUT = "iptables -A OUTPUT -d {address} -p tcp ! --dport 3128 -j DROP"
ENVIRON = (
    "tr '\\0' '\\n' </proc/$(systemctl show docker -p MainPID | cut -d= -f2)/environ | grep -i _proxy | sort"
)
STARTED = "systemctl show docker -p ExecMainStartTimestampMonotonic"


@pytest.fixture(scope="module")
def forward(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The only way out."""
    with proxy.running(lab, tmp_path_factory.mktemp("proxy"), user=USER, password=PASSWORD) as found:
        yield found


@pytest.fixture
def through(forward: Proxy, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is said for it; the URL with the password is in the environment."""
    monkeypatch.setenv("COMPANY_PROXY", forward.url(f"{USER}:{PASSWORD}"))
    return "env:COMPANY_PROXY"


def cut_off(lab: Lab, host: LabHost) -> LabHost:
    host.run(CUT.format(address=lab.address))
    return host


@pytest.fixture
def behind(lab: Lab, host: LabHost) -> LabHost:
    """host1, fresh, with its direct way cut and its base repositories as CentOS 7 left them: dead."""
    kill_base_repositories(host)
    return cut_off(lab, host)


def test_item_9_everything_goes_through_the_proxy_and_goes_away_again(
    lab: Lab, behind: LabHost, asked: tuple[str, ...], through: str, forward: Proxy
) -> None:
    before = whole(behind)
    flags = ("--proxy", through, "--fix-base-repos", "--base-key", str(keys.centos_key()), *asked)
    done = fab(lab, "-H", "host1", "setup-docker", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "proxy=http://***@" in done.stdout  # the plan's diff
    asked_for = "\n".join(forward.requests())
    assert "CONNECT mirrors.aliyun.com:443" in asked_for
    # root alone reads what holds the password
    url = plain_proxy(forward.url(f"{USER}:{PASSWORD}"))
    for path, line in ((REPOSITORY, f"proxy={url}"), (VARIABLES, f"HTTPS_PROXY={url}")):
        assert behind.run(f"stat -c '%a %U' {path}").stdout == "600 root\n"
        assert f"{line}\n" in behind.run(f"cat {path}").stdout
    vault = "/etc/yum.repos.d/centos-vault.repo"
    assert behind.run(f"stat -c %a {vault}; grep -c '^proxy={url}$' {vault}").stdout.split() == ["600", "3"]
    assert (
        behind.run("su plain -s /bin/sh -c 'systemctl show docker' | grep -c heim", check=False).stdout
        == "0\n"
    )
    # the daemon's own way
    assert f"HTTP_PROXY={url}\n" in behind.run(ENVIRON).stdout
    assert behind.run("docker run --rm busybox echo it runs").stdout == "it runs\n"
    assert any(lab.registry_url.removeprefix("http://") in line for line in forward.requests())
    # yum of the operator's own
    assert behind.run("yum -q makecache").stderr == ""
    again = fab(lab, "-H", "host1", "setup-docker", *flags)
    assert "nothing to do" in again.stdout, again.stdout
    assert fab(lab, "-H", "host1", "verify", *flags).returncode == 0
    # not asked for again, the daemon's stays; and uninstalling needs no word of it
    done = fab(lab, "-H", "host1", "uninstall-docker", *asked[:2])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{vault} holds the proxy with its password" in done.stdout
    left = difference(before, whole(behind))
    assert not any("sysconfig" in line or "docker" in line for line in left.get("etc", ())), left


def test_item_9_a_host_that_can_not_get_out_stays_as_it_was(
    lab: Lab, host: LabHost, asked: tuple[str, ...], forward: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(lab, host)
    before = whole(host)
    for login in (f"{USER}:wrong", ""):
        monkeypatch.setenv("COMPANY_PROXY", forward.url(login))
        done = fab(lab, "-H", "host1", "setup-docker", "--proxy", "env:COMPANY_PROXY", *asked)
        assert done.returncode == 1, done.stdout + done.stderr
        line = next(line for line in done.stdout.splitlines() if line.startswith("host1: refused"))
        assert "the proxy wants a user and a password" in line
        assert "wrong" not in done.stdout + done.stderr
    assert difference(before, whole(host)) == {}


def test_item_9_another_proxy_is_a_restart_that_is_observed(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], through: str, forward: Proxy
) -> None:
    """Also after a crash between writing the file and restarting, and where nothing is said of it any more."""
    flags = ("--daemon-proxy", through, "--no-proxy", "registry.example,10.1.2.3", *asked)
    converged.run("docker run -d --name kept busybox sleep 600")
    refused = fab(lab, "-H", "host1", "setup-docker", *flags)
    assert refused.returncode == 1
    assert "another proxy than is asked for (HTTP_PROXY" in refused.stdout
    assert "stops running containers: kept" in refused.stdout
    converged.run("docker rm -f kept")
    done = fab(lab, "-H", "host1", "setup-docker", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NO_PROXY=registry.example,10.1.2.3\n" in converged.run(ENVIRON).stdout
    assert "proxy" not in converged.run(f"cat {REPOSITORY}").stdout
    started = converged.run(STARTED).stdout
    assert "nothing to do" in fab(lab, "-H", "host1", "setup-docker", *asked).stdout
    assert converged.run(STARTED).stdout == started
    # written, and then cut off
    converged.run(f"sed -i 's/^NO_PROXY=.*/NO_PROXY=/' {VARIABLES}")
    planned = fab(lab, "-H", "host1", "plan", *asked)
    assert planned.returncode == 3
    assert "another proxy than is asked for (NO_PROXY)" in planned.stdout
    # and away with it, whatever others set
    converged.run(
        "printf '[Service]\\nEnvironment=HTTP_PROXY=http://other.example:1 http_proxy=http://other.example:1\\n' "
        ">/etc/systemd/system/docker.service.d/http-proxy.conf"
    )
    done = fab(lab, "-H", "host1", "setup-docker", "--daemon-proxy", "none", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {line.partition("=")[2] for line in converged.run(ENVIRON).stdout.splitlines()} == {""}
    assert "nothing to do" in fab(lab, "-H", "host1", "plan", "--daemon-proxy", "none", *asked).stdout


def test_item_9_others_behind_the_proxy_are_asked_through_it(
    lab: Lab, host: LabHost, asked: tuple[str, ...], forward: Proxy
) -> None:
    """yum.conf's own proxy, and a repository that nobody serves behind it: passed over, and nothing waits for it."""
    cut_off(lab, host)
    host.run(
        f"printf 'proxy={forward.url()}\\nproxy_username={USER}\\nproxy_password={PASSWORD}\\n' >>/etc/yum.conf; "
        "chmod 600 /etc/yum.conf; "
        "printf '[gone]\\nbaseurl=http://gone.example/\\n' >/etc/yum.repos.d/gone.repo"
    )
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "HEAD http://gone.example/ HTTP/1.1" in forward.requests()
    assert "heim" not in done.stdout + done.stderr


def test_item_9_a_password_on_the_command_line_is_refused(lab: Lab, host: LabHost) -> None:
    done = fab(lab, "-H", "host1", "plan", "--proxy", f"http://{USER}:{PASSWORD}@proxy.example:3128")
    assert done.returncode == 2
    assert done.stderr.startswith("error: --proxy: 'http://***@proxy.example:3128' holds a user or password")
    assert "env:NAME" in done.stderr


def test_item_9_a_file_and_a_command_hold_it_as_well(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], forward: Proxy, tmp_path: Path
) -> None:
    secret = tmp_path / "proxy-url"
    secret.write_text(forward.url(f"{USER}:{PASSWORD}") + "\n")
    spec = tmp_path / "site.yml"
    spec.write_text(f'package_proxy: "command:cat {secret}"\n')
    done = fab(lab, "-H", "host1", "setup-docker", "--spec", str(spec), *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    again = fab(lab, "-H", "host1", "plan", "--package-proxy", f"file:{secret}", *asked)
    assert "nothing to do" in again.stdout, again.stdout
    assert "heim" not in done.stdout + done.stderr + again.stdout
