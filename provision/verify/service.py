"""Checks of the daemon that runs, and of the way in to it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from provision.verify.look import DOCKER, SETUP, Check, docker, docker_info, expect, installed, unit

if TYPE_CHECKING:
    from testinfra.host import Host

    from provision.handed import Handed
    from provision.spec import Spec

VARIABLES = "/etc/sysconfig/docker-provision"
SOCKET = "/var/run/docker.sock"


def service(host: Host, _spec: Spec) -> None:
    """Enabled and running."""
    found = unit(host, "docker.service", "UnitFileState", "ActiveState")
    enabled, active = found["UnitFileState"] or "not there", found["ActiveState"]
    expect(
        (enabled, active) == ("enabled", "active"),
        f"docker.service is {enabled} and {active}, not enabled and active; {SETUP}, or look at `journalctl -u docker`",
    )


def failed_units(host: Host, _spec: Spec) -> None:
    """systemd has no failed unit of Docker's."""
    which = "--all --state=failed --no-legend --no-pager 'docker*' 'containerd*'"
    # a dot may stand before the name
    words = host.check_output(f"systemctl list-units {which}").split()
    failed = [word for word in words if re.fullmatch(r"(docker|containerd).*\.[a-z]+", word)]
    expect(
        not failed,
        f"failed: {', '.join(failed)}; look at `systemctl status`, end it by `systemctl reset-failed`",
    )


def answers(host: Host, _spec: Spec) -> None:
    """The daemon answers, and in time."""
    docker_info(host)


def running_version(host: Host, _spec: Spec) -> None:
    """What runs is what is installed: until a restart a daemon goes on with the program that it was started from."""
    running = docker(host, "version", "{{.Server.Version}}").partition("+")[0]  # behind it: build metadata
    versions = installed(host, "docker-ce").get("docker-ce", [])
    there = [each.rpartition("-")[0].replace(".ce", "-ce") for each in versions]
    expect(
        running in there, f"{running} runs, docker-ce {' and '.join(there) or 'is not'} installed; {SETUP}"
    )


def way_out(handed: Handed) -> Check:
    """The check that the daemon runs with this proxy. On the host its environment is compared, and never shown."""

    def daemon_proxy(host: Host, spec: Spec) -> None:
        if handed.daemon_proxy is None:
            return
        url = handed.daemon_proxy.value
        asked = {"HTTP_PROXY": url, "HTTPS_PROXY": url, "NO_PROXY": ",".join(spec.no_proxy)}
        pid = unit(host, "docker.service", "MainPID")["MainPID"]
        expect(pid != "0", f"docker.service doesn't run; {SETUP}")
        look = "tr '\\0' '\\n' <%s | sed -n %s | tr -d '\\n' | sha256sum"
        wrong = [
            name
            for name, value in asked.items()
            if host.check_output(look, f"/proc/{pid}/environ", f"s/^{name}=//p").split()[0]
            != hashlib.sha256(value.encode()).hexdigest()
        ]
        expect(not wrong, f"dockerd runs with another {', '.join(wrong)} than is asked for; {SETUP}")
        if "@" in url:
            mode = host.file(VARIABLES).mode
            expect(not mode & 0o077, f"{VARIABLES} shows the proxy's password to others than root; {SETUP}")

    return daemon_proxy


def images_of(handed: Handed) -> Check:
    """The check that images which a bundle brings are there. Another one under the same name is the host's own."""

    def images(host: Host, _spec: Spec) -> None:
        if handed.bundle is None or not handed.bundle.images:
            return
        docker(host, "version", "{{.Server.Version}}")  # it answers at all
        asked = [image.name for image, _ in handed.bundle.images]
        missing = [name for name in asked if host.run(f"{DOCKER} image inspect -- %s", name).rc != 0]
        expect(not missing, f"docker doesn't show {', '.join(missing)} of the bundle; {SETUP}")

    return images


def socket(host: Host, spec: Spec) -> None:
    """The way in is for root and the group alone."""
    file = host.file(SOCKET)
    expect(file.is_socket, f"{SOCKET} is missing; {SETUP}, or look at `journalctl -u docker`")
    group = spec.settings().get("group") or "docker"
    found, asked = f"{file.user}:{file.group} {file.mode:o}", f"root:{group} 660"
    remedy = f"`chown root:{group} {SOCKET} && chmod 660 {SOCKET}`"
    expect(found == asked, f"{SOCKET} is {found}, not {asked}; {remedy}")


def users(host: Host, spec: Spec) -> None:
    """The group is there, and those in it that were asked for."""
    expect(host.group("docker").exists, f"there is no group docker; {SETUP}")
    wrong = []
    for name in spec.users:
        user = host.user(name)
        if not user.exists:
            wrong.append(f"there is no user {name}")
        elif "docker" not in user.groups:
            wrong.append(f"{name} isn't in the group docker")
    expect(not wrong, f"{', '.join(wrong)}; {SETUP}")
