"""Checks of what the daemon is to run with: its files, and what of them is in effect."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from provision import templating
from provision.verify.look import SETUP, Check, docker_info, expect, holds, unit

if TYPE_CHECKING:
    from testinfra.host import Host

    from provision.handed import Handed
    from provision.spec import Spec

DAEMON_JSON = "/etc/docker/daemon.json"
DROP_IN = "/etc/systemd/system/docker.service.d/docker-provision.conf"
SYSCTLS = "/etc/sysctl.d/docker-provision.conf"
MODULES = "/etc/modules-load.d/docker-provision.conf"
SHOWN = {
    "data-root": "DockerRootDir",
    "debug": "Debug",
    "default-runtime": "DefaultRuntime",
    "experimental": "ExperimentalBuild",
    "labels": "Labels",
    "live-restore": "LiveRestoreEnabled",
    "log-driver": "LoggingDriver",
    "storage-driver": "Driver",
}
"""Keys of daemon.json whose effective value docker info shows, and its name there (18.06.3 and 26.1.5, run)."""


def daemon_json(host: Host, spec: Spec) -> None:
    """Valid, and it holds what is asked for. Values aren't shown: there may be passwords among them."""
    present = _settings(host)
    wrong = []
    for name, value in spec.settings().items():
        if value is None and name in present:
            wrong.append(f"{name} is still there")
        elif value is not None and name not in present:
            wrong.append(f"{name} is missing")
        elif value is not None and _json(_part(present[name], value, spec, name)) != _json(value):
            wrong.append(f"{name} isn't as asked for")
    expect(not wrong, f"{DAEMON_JSON}: {', '.join(wrong)}; {SETUP}")


def _part(present: Any, asked: Any, spec: Spec, name: str) -> Any:
    """What is there of what is asked for, where only a part of a mapping is."""
    if name in spec.widened and isinstance(present, dict) and isinstance(asked, dict):
        return {key: present[key] for key in asked if key in present}
    return present


def _settings(host: Host) -> dict[str, Any]:
    file = host.file(DAEMON_JSON)
    if not file.exists:
        return {}
    try:
        found = json.loads(file.content_string)
    except ValueError as error:
        raise AssertionError(f"{DAEMON_JSON} isn't valid JSON ({error}); mend it, then {SETUP}") from None
    expect(isinstance(found, dict | None), f"{DAEMON_JSON} holds no object; mend it, then {SETUP}")
    return found or {}  # null is as good to dockerd (18.06.3, run)


def _json(value: object) -> str:
    """To compare by: Python takes 1, 1.0 and True for equal, dockerd doesn't."""
    return json.dumps(value, sort_keys=True)


def drop_in(host: Host, _spec: Spec) -> None:
    """What records which configuration a start took up is there, and systemd knows it."""
    file = host.file(DROP_IN)
    expect(file.exists, f"{DROP_IN} is missing; {SETUP}")
    same = file.sha256sum == hashlib.sha256(templating.shipped(DROP_IN.lstrip("/"))).hexdigest()
    expect(same, f"{DROP_IN} was changed; {SETUP}")
    found = unit(host, "docker.service", "DropInPaths", "NeedDaemonReload")
    known = DROP_IN in found["DropInPaths"].split() and found["NeedDaemonReload"] == "no"
    expect(known, f"systemd hasn't read {DROP_IN} or the unit anew; `systemctl daemon-reload`")


def registry_certificates(handed: Handed) -> Check:
    """The check that registries are known by these certificates."""

    def registry_certificate(host: Host, _spec: Spec) -> None:
        paths = {f"/etc/docker/certs.d/{name}/ca.crt": pem for name, pem in handed.registry_cas.items()}
        wrong = [path for path, pem in paths.items() if not holds(host.file(path), pem)]
        expect(not wrong, f"{', '.join(wrong)}: not the certificate that is asked for; {SETUP}")

    return registry_certificate


def registry_mirrors(host: Host, spec: Spec) -> None:
    """The mirrors in effect, in order; docker info shows them with a slash behind each (18.06.3, run)."""
    if spec.registry_mirrors is None:
        return
    shown = [mirror.rstrip("/") for mirror in docker_info(host)["RegistryConfig"]["Mirrors"] or ()]
    same = shown == list(spec.registry_mirrors)
    asked = ", ".join(spec.registry_mirrors) or "none"
    expect(same, f"the daemon uses {', '.join(shown) or 'no mirror'}, asked for: {asked}; {SETUP}")


def effective_settings(host: Host, spec: Spec) -> None:
    """The other settings in effect, as far as docker info shows them."""
    asked: dict[str, Any] = {
        name: value for name, value in spec.settings().items() if name in SHOWN and value is not None
    }
    if not asked:
        return
    info = docker_info(host)
    shown = {name: info[SHOWN[name]] for name in asked}
    if isinstance(labels := asked.get("labels"), list):
        # in any order, for they go through a map in the daemon
        asked["labels"], shown["labels"] = sorted({*map(str, labels)}), sorted(shown["labels"] or ())
    if "data-root" in asked:
        # the daemon shows where links lead, and one folder deeper with userns-remap
        asked["data-root"] = host.check_output("readlink -m -- %s", asked["data-root"])
        shown["data-root"] = re.sub(r"/[0-9]+\.[0-9]+$", "", shown["data-root"])
    wrong = [f"{name} is {shown[name]}, not {asked[name]}" for name in asked if shown[name] != asked[name]]
    expect(not wrong, f"in effect: {', '.join(wrong)}; {SETUP}")


def cgroup_driver(host: Host, spec: Spec) -> None:
    """The driver in effect, which isn't shown by its key's name."""
    if spec.cgroup_driver is None:
        return
    shown = docker_info(host)["CgroupDriver"]
    expect(shown == spec.cgroup_driver, f"the cgroup driver is {shown}, not {spec.cgroup_driver}; {SETUP}")


def bridge_filter(host: Host, spec: Spec) -> None:
    """The kernel's values, and the files that set them at the next boot."""
    if spec.bridge_nf is None:
        return
    asked = "1" if spec.bridge_nf else "0"
    kept = host.file(SYSCTLS).content_string if host.file(SYSCTLS).exists else ""
    wrong = [] if host.file(MODULES).exists else [f"{MODULES} is missing"]
    for name in ("bridge-nf-call-iptables", "bridge-nf-call-ip6tables"):
        found = host.file(f"/proc/sys/net/bridge/{name}")
        now = found.content_string.strip() if found.exists else "not there"
        if now != asked:
            wrong.append(f"{name} is {now}, not {asked}")
        if f"net.bridge.{name} = {asked}" not in kept:
            wrong.append(f"{SYSCTLS} doesn't set {name} at a boot")
    expect(not wrong, f"{', '.join(wrong)}; {SETUP}")
