"""Access: who may use Docker without sudo. The group is as good as root."""

from __future__ import annotations

from provision.resources.base import Step
from provision.resources.membership import Membership
from provision.resources.packages import Packages
from provision.spec import Spec


def step(spec: Spec, packages: Packages) -> Step:
    return Step(
        "access",
        "the docker group and its users (as good as root)",
        (Membership("docker", spec.users, brought_by="engine", brings=packages),),
    )
