"""The repository: Docker's key as a file and in the rpm database, and a section that holds the pin."""

from __future__ import annotations

from provision import openpgp
from provision.engines import hold_names
from provision.resources.base import Step
from provision.resources.file import Exactly, File
from provision.resources.rpmkey import RpmKey
from provision.resources.yum import AWAIT, FORGET, REFRESH, Repository
from provision.spec import Spec
from provision.templating import render

KEY_PATH = "/etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce"
REPO_PATH = "/etc/yum.repos.d/docker-ce.repo"


def repository(spec: Spec, key: bytes) -> Repository:
    """Our repository as the host will have it."""
    text = render(
        "etc/yum.repos.d/docker-ce.repo.j2", baseurl=spec.baseurl, key_path=KEY_PATH, hold=hold_names()
    )
    return Repository(text, key, hold_names())


def step(repo: Repository) -> Step:
    return Step(
        "repos",
        "Docker's signing key and the package repository, stable only",
        (
            File(KEY_PATH, Exactly(repo.key), readable=False),
            RpmKey(openpgp.read(repo.key.decode()), KEY_PATH),
            File(REPO_PATH, Exactly(repo.text), look=AWAIT, then=REFRESH, removed=FORGET),
        ),
    )
