"""What Docker needs, in order: the table of contents. A new step is one file and one line here."""

from __future__ import annotations

from provision.resources.base import Step
from provision.resources.packages import Packages
from provision.resources.unit import Unit
from provision.spec import Spec
from provision.steps import access, daemon, engine, repos, service


def steps(spec: Spec, key: bytes, *, stop_containers: bool = False) -> tuple[Step, ...]:
    """The steps for what is asked for.

    `key` is the armoured key that packages must be signed with. `stop_containers` is the operator's consent to
    end running containers when the engine is taken away.
    """
    repo = repos.repository(spec, key)
    packages = Packages(spec.engine, repo)
    daemon_json = daemon.configuration(spec)
    return (
        repos.step(repo),
        engine.step(packages),
        daemon.step(daemon_json),
        service.step(Unit("docker.service", spec.engine, daemon_json, packages, stop_containers)),
        access.step(spec),
    )
