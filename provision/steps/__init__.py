"""What Docker needs, in order: the table of contents. A new step is one file and one line here."""

from __future__ import annotations

from collections.abc import Collection

from provision.handed import Handed
from provision.resources.base import Step
from provision.resources.bundled import Bundled
from provision.resources.configuration import EngineToRun
from provision.resources.hold import Hold
from provision.resources.packages import Packages
from provision.resources.restart import DEFAULT, Policy
from provision.resources.unit import Unit
from provision.resources.withdrawal import Withdrawal
from provision.spec import Spec
from provision.steps import access, base_repos, daemon, engine, images, kernel, repos, service


def steps(
    spec: Spec,
    handed: Handed,
    *,
    only: Collection[str] = (),
    policy: Policy = DEFAULT,
    withdrawal: Withdrawal | None = None,
) -> tuple[Step, ...]:
    """The steps for what is asked for, all of them: what isn't among `only` is read all the same.

    `handed` is what the files that `spec` names hold. `policy` says whether the daemon may be stopped,
    `withdrawal` what the operator consents to where all of it is to be taken away, and what was asked for earlier too.
    """
    repo = repos.repository(spec, handed)
    bundled = None if handed.bundle is None else Bundled(handed.bundle)
    packages = Packages(spec.engine, repo, policy, _live_restore(spec, policy), bundled)
    base = base_repos.repositories(spec, handed, packages)
    hold = Hold(packages, base, everywhere=spec.hold_everywhere)
    runs = EngineToRun(spec.engine, packages, adopts=bool(only) and "engine" not in only)
    daemon_json = daemon.configuration(spec, runs, keeps_containers=policy.enable_live_restore)
    stop = withdrawal is not None and withdrawal.stop_containers
    serves = not only or "service" in only
    configures = not only or "daemon" in only
    served = daemon_json if configures else daemon.as_it_is()
    variables = daemon.environment(spec, handed.daemon_proxy)
    unit = Unit(
        "docker.service",
        runs,
        served,
        policy,
        stop,
        environment=variables if configures else None,
        serves=serves,
    )
    return (
        base_repos.step(base),
        repos.step(repo),
        engine.step(packages, hold, withdrawal),
        kernel.step(spec, withdraw=withdrawal is not None),
        daemon.step(daemon_json, variables, handed.registry_cas),
        service.step(unit),
        access.step(spec, packages),
        images.step(handed),
    )


def _live_restore(spec: Spec, policy: Policy) -> bool | None:
    """What is asked for it; None leaves it as it is on the host."""
    if policy.enable_live_restore:
        return True
    settings = spec.settings()
    return settings["live-restore"] is True if "live-restore" in settings else None
