"""Checks of packages: where they come from, who signed them, and which are there."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from provision import engines, openpgp
from provision.verify.look import SETUP, Check, expect, holds, installed, is_on, sections
from provision.verify.others import REPOSITORY

if TYPE_CHECKING:
    from testinfra.host import Host

    from provision.handed import Handed
    from provision.spec import Spec

SECTION = "docker-ce-stable"
KEY = "/etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce"
CERTIFICATE = "/etc/pki/tls/certs/docker-provision.pem"
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


def repository_of(handed: Handed) -> Check:
    """The check of our repository: stable alone, from where it was asked for, signed packages only, the pinned names
    held back; on, unless all came from a bundle."""
    bundle = handed.bundle

    def repository(host: Host, spec: Spec) -> None:
        expect(host.file(REPOSITORY).exists, f"{REPOSITORY} is missing; {SETUP}")
        found = sections(host, REPOSITORY)
        ours = found.pop(SECTION, {})
        on = is_on(ours.get("enabled", "0"))
        wrong = [] if on is (bundle is None) else [f"enabled is {'on' if on else 'off'}"]
        wrong += [] if is_on(ours.get("gpgcheck", "0")) else ["gpgcheck is off"]
        place = spec.baseurl if bundle is None else bundle.baseurl
        for name, asked in (("baseurl", place), ("gpgkey", f"file://{KEY}")):
            if ours.get(name, "").rstrip("/") != asked:
                wrong.append(f"{name} is {ours.get(name, 'missing')}, not {asked}")
        held = re.split(r"[\s,]+", ours.get("exclude", ""))
        if loose := [name for name in {*engines.hold_names(), *spec.engine.names} if name not in held]:
            wrong.append(f"a plain `yum update` moves Docker, since exclude lacks {' '.join(sorted(loose))}")
        wrong += [
            f"[{name}] is on too" for name, options in found.items() if is_on(options.get("enabled", "1"))
        ]
        expect(not wrong, f"[{SECTION}] of {REPOSITORY}: {', '.join(wrong)}; {SETUP}")

    return repository


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
            if ours.get("sslcacert") != CERTIFICATE or not holds(file, handed.package_ca):
                wrong.append(f"{CERTIFICATE} isn't the certificate that is asked for, or isn't used")
        if "@" in ours.get("proxy", "") and host.file(REPOSITORY).mode & 0o077:
            wrong.append(f"{REPOSITORY} shows the proxy's password to others than root")
        expect(not wrong, f"{', '.join(wrong)}; {SETUP}")

    return package_proxy


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
