"""CentOS's own repositories: led to an archive where that is asked for, for the old servers are gone."""

from __future__ import annotations

from provision.handed import Handed
from provision.resources.base import Step
from provision.resources.baserepos import ARCHIVED, KEY_PATH, BaseRepositories
from provision.resources.packages import Packages
from provision.spec import Spec
from provision.templating import render


def archive(spec: Spec, handed: Handed) -> bytes | None:
    """The file of repositories that leads to the archive; None where none is asked for."""
    if spec.base_archive is None:
        return None
    return render(
        "etc/yum.repos.d/centos-vault.repo.j2",
        folders=ARCHIVED,
        archive=spec.base_archive,
        key_path=KEY_PATH,
        proxy=None if handed.package_proxy is None else handed.package_proxy.value,
    )


def repositories(spec: Spec, handed: Handed, packages: Packages) -> BaseRepositories:
    """They matter where `packages` are to be installed."""
    return BaseRepositories(packages, handed.base_key, archive(spec, handed))


def step(repositories: BaseRepositories) -> Step:
    return Step(
        "base", "CentOS's own repositories, led to an archive where that is asked for", (repositories,)
    )
