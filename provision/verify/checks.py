"""What must be true of a host that was set up: each check a plain function over a testinfra Host.

A check raises AssertionError with one line, what is wrong and what to do about it. It looks with testinfra and
docker's own command line, and shares nothing with the code that sets hosts up: what that reads wrongly is seen
here. yum isn't called, since it waits for its lock without end.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from provision import engines, openpgp, templating
from provision.verify.look import docker, docker_info, expect, installed, is_on, sections, unit
from provision.verify.others import REPOSITORY, other_repositories

if TYPE_CHECKING:
    from testinfra.host import Host

    from provision.handed import Handed
    from provision.spec import Spec

Check = Callable[["Host", "Spec"], None]

SETUP = "run setup-docker"
SECTION = "docker-ce-stable"
KEY = "/etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce"
CERTIFICATE = "/etc/pki/tls/certs/docker-provision.pem"
DAEMON_JSON = "/etc/docker/daemon.json"
VARIABLES = "/etc/sysconfig/docker-provision"
DROP_IN = "/etc/systemd/system/docker.service.d/docker-provision.conf"
SYSCTLS = "/etc/sysctl.d/docker-provision.conf"
MODULES = "/etc/modules-load.d/docker-provision.conf"
SOCKET = "/var/run/docker.sock"
RIVALS = (
    *(
        "docker",
        "docker-common",
        "docker-client*",
        "docker-latest*",
        "docker-engine*",
        "docker-io",
        "docker-ee*",
    ),
    *("moby-*", "podman-docker"),
)
"""Other builds of Docker, as globs for rpm: CentOS's, Docker's before docker-ce, Docker's for enterprises."""
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


def checks(handed: Handed) -> tuple[Check, ...]:
    """All checks in the order of setting up. `handed` is what goes to hosts besides what Spec itself says."""
    return (
        repository,
        way_to_packages(handed),
        other_repositories,
        signed_by(handed.repo_key),
        packages,
        other_packages,
        daemon_json,
        drop_in,
        registry_certificates(handed),
        service,
        failed_units,
        answers,
        running_version,
        way_out(handed),
        registry_mirrors,
        effective_settings,
        cgroup_driver,
        bridge_filter,
        socket,
        users,
    )


# ── the repository ──


def repository(host: Host, spec: Spec) -> None:
    """Ours: stable alone, from where it was asked for, signed packages only, the pinned names held back."""
    expect(host.file(REPOSITORY).exists, f"{REPOSITORY} is missing; {SETUP}")
    found = sections(host, REPOSITORY)
    ours = found.pop(SECTION, {})
    wrong = [f"{name} is off" for name in ("enabled", "gpgcheck") if not is_on(ours.get(name, "0"))]
    for name, asked in (("baseurl", spec.baseurl), ("gpgkey", f"file://{KEY}")):
        if ours.get(name, "").rstrip("/") != asked:
            wrong.append(f"{name} is {ours.get(name, 'missing')}, not {asked}")
    held = re.split(r"[\s,]+", ours.get("exclude", ""))
    if loose := [name for name in {*engines.hold_names(), *spec.engine.names} if name not in held]:
        wrong.append(f"a plain `yum update` moves Docker, since exclude lacks {' '.join(sorted(loose))}")
    wrong += [f"[{name}] is on too" for name, options in found.items() if is_on(options.get("enabled", "1"))]
    expect(not wrong, f"[{SECTION}] of {REPOSITORY}: {', '.join(wrong)}; {SETUP}")


def way_to_packages(handed: Handed) -> Check:
    """The check that yum goes through this proxy, and knows the mirror by this certificate. Neither is shown."""

    def package_proxy(host: Host, _spec: Spec) -> None:
        if handed.package_proxy is None and handed.package_ca is None:
            return
        expect(host.file(REPOSITORY).exists, f"{REPOSITORY} is missing; {SETUP}")
        ours = sections(host, REPOSITORY).get(SECTION, {})
        wrong = []
        if handed.package_proxy is not None and ours.get("proxy") != (handed.package_proxy.value or "_none_"):
            wrong.append(f"{REPOSITORY} has another proxy than is asked for")
        if handed.package_ca is not None:
            file = host.file(CERTIFICATE)
            # yum passes a repository over whose certificate is missing (yum 3.4.3, run)
            if ours.get("sslcacert") != CERTIFICATE or not _holds(file, handed.package_ca):
                wrong.append(f"{CERTIFICATE} isn't the certificate that is asked for, or isn't used")
        if "@" in ours.get("proxy", "") and host.file(REPOSITORY).mode & 0o077:
            wrong.append(f"{REPOSITORY} shows the proxy's password to others than root")
        expect(not wrong, f"{', '.join(wrong)}; {SETUP}")

    return package_proxy


def _holds(file: Any, content: bytes) -> bool:
    return bool(file.exists and file.sha256sum == hashlib.sha256(content).hexdigest())


def signed_by(key: bytes) -> Check:
    """The check that packages are verified against this key, on the host before any package came."""
    asked = openpgp.read(key.decode())
    name = f"gpg-pubkey-{asked.rpm_version}"

    def signing_key(host: Host, _spec: Spec) -> None:
        file = host.file(KEY)
        expect(file.exists, f"{KEY} is missing; {SETUP}")
        same = file.sha256sum == hashlib.sha256(key).hexdigest()
        expect(same, f"{KEY} isn't the key asked for, byte for byte; {SETUP}")
        imported = installed(host, "gpg-pubkey").get("gpg-pubkey", [])
        there = any(version.startswith(asked.rpm_version) for version in imported)
        expect(there, f"rpm hasn't imported {name}; {SETUP}")
        try:
            found = openpgp.read(host.check_output("rpm -q --qf '%%{DESCRIPTION}' %s", name)).fingerprint
        except openpgp.NotAKey as error:
            found = str(error)
        same = found == asked.fingerprint
        expect(same, f"rpm's {name} isn't the key asked for ({found}); `rpm -e {name}`, then {SETUP}")

    return signing_key


# ── packages ──


def packages(host: Host, spec: Spec) -> None:
    """Each pinned package, once and at exactly its version; of what has versions of its own another does too."""
    found = installed(host, *spec.engine.names)
    wrong = []
    for name, package in zip(spec.engine.names, spec.engine.packages, strict=True):
        there = [f"{name}-{version}" for version in found.get(name, ())]
        if there != [package] and not (name in spec.engine.goes_with and len(there) == 1):
            wrong.append(f"{package} is asked for, {' and '.join(there) or 'none'} installed")
    expect(not wrong, f"{', '.join(wrong)}; {SETUP}")


def other_packages(host: Host, spec: Spec) -> None:
    """Nothing else of Docker's family: of another version it drifts, by another name it gets in the way."""
    pinned = spec.engine.package.removeprefix("docker-ce-")
    found = installed(host, "docker-ce*", *RIVALS)
    wrong = [
        f"{name}-{version}"
        for name, versions in found.items()
        for version in versions
        if name not in ("rpm", *spec.engine.names)
        and not (name.startswith("docker-ce") and version == pinned)
    ]
    expect(not wrong, f"{', '.join(wrong)} beside {spec.engine.package}; take it away by `yum remove`")


# ── the daemon's configuration ──


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


# ── the daemon ──


def registry_certificates(handed: Handed) -> Check:
    """The check that registries are known by these certificates."""

    def registry_certificate(host: Host, _spec: Spec) -> None:
        paths = {f"/etc/docker/certs.d/{name}/ca.crt": pem for name, pem in handed.registry_cas.items()}
        wrong = [path for path, pem in paths.items() if not _holds(host.file(path), pem)]
        expect(not wrong, f"{', '.join(wrong)}: not the certificate that is asked for; {SETUP}")

    return registry_certificate


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


# ── access ──


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
