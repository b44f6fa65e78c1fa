"""What must be true of a host that was set up: each check a plain function over a testinfra Host.

A check raises AssertionError with one line, what is wrong and what to do about it. It looks with testinfra and
docker's own command line, and shares nothing with the code that sets hosts up: what that reads wrongly is seen
here. yum isn't called, since it waits for its lock without end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.verify.configuration import (
    bridge_filter,
    cgroup_driver,
    daemon_json,
    drop_in,
    effective_settings,
    registry_certificates,
    registry_mirrors,
)
from provision.verify.look import Check
from provision.verify.others import other_repositories
from provision.verify.packages import other_packages, packages, repository_of, signed_by, way_to_packages
from provision.verify.service import (
    answers,
    failed_units,
    images_of,
    running_version,
    service,
    socket,
    users,
    way_out,
)

if TYPE_CHECKING:
    from provision.handed import Handed


def checks(handed: Handed) -> tuple[Check, ...]:
    """All checks in the order of setting up. `handed` is what goes to hosts besides what Spec itself says."""
    return (
        repository_of(handed),
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
        images_of(handed),
    )
