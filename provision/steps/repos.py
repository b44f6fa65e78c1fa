"""The repository: Docker's key as a file and in the rpm database, and a section that holds the pin."""

from __future__ import annotations

from provision import openpgp
from provision.engines import hold_names
from provision.handed import Handed
from provision.resources.base import Step
from provision.resources.file import Exactly, File, Left, mode_for
from provision.resources.rpmkey import RpmKey
from provision.resources.yum import FORGET, Repository
from provision.spec import Spec
from provision.templating import render

KEY_PATH = "/etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce"
REPO_PATH = "/etc/yum.repos.d/docker-ce.repo"
CA_PATH = "/etc/pki/tls/certs/docker-provision.pem"


def repository(spec: Spec, handed: Handed) -> Repository:
    """Our repository as the host will have it."""
    text = render(
        "etc/yum.repos.d/docker-ce.repo.j2",
        baseurl=spec.baseurl if handed.bundle is None else handed.bundle.baseurl,
        bundled=handed.bundle is not None,
        key_path=KEY_PATH,
        hold=hold_names(),
        proxy=None if handed.package_proxy is None else handed.package_proxy.value,
        ca_path=CA_PATH if handed.package_ca else "",
    )
    base_key = b"" if handed.bundle is None else handed.bundle.base_key
    return Repository(text, handed.repo_key, hold_names(), handed.package_ca or b"", base_key)


def step(repo: Repository) -> Step:
    return Step(
        "repos",
        "Docker's signing key and the package repository, stable only",
        (
            File(KEY_PATH, Exactly(repo.key), readable=False),
            RpmKey(openpgp.read(repo.key.decode()), KEY_PATH),
            File(CA_PATH, Exactly(repo.ca), readable=False) if repo.ca else File(CA_PATH, Left(), mode=None),
            File(
                REPO_PATH,
                Exactly(repo.text),
                mode=mode_for(repo.text),
                look="" if repo.bundled else repo.look_first(),
                then=FORGET,
                removed=FORGET,
            ),
        ),
    )
