"""The configuration: daemon.json merged with what is there, and a drop-in that records what a start took up."""

from __future__ import annotations

from provision.resources.base import Step
from provision.resources.configuration import DaemonJson, EngineToRun
from provision.resources.daemonjson import PATH, MergedJson, Untouched
from provision.resources.file import Exactly, File
from provision.spec import Spec
from provision.templating import shipped

RELOAD = "systemctl daemon-reload || fail 'systemctl daemon-reload failed'"
DROP_IN = "etc/systemd/system/docker.service.d/docker-provision.conf"


def configuration(spec: Spec, engine: EngineToRun, *, keeps_containers: bool) -> File:
    """daemon.json; a copy from before the change is kept until the daemon is seen to run with it.

    `keeps_containers` sets live-restore too, where it goes.
    """
    return DaemonJson(
        path=PATH,
        content=MergedJson(spec.settings(), spec.engine, widened=spec.widened),
        mode=None,
        before=f'keep {PATH} "$state/pending"',
        engine=engine,
        keeps_containers=keeps_containers,
    )


def as_it_is() -> File:
    """daemon.json as it is there: what the service runs with where the file isn't ours to change."""
    return File(PATH, Untouched(), mode=None)


def step(daemon_json: File) -> Step:
    return Step(
        "daemon",
        "daemon.json with the mirrors and settings, merged with what is there",
        (daemon_json, File(f"/{DROP_IN}", Exactly(shipped(DROP_IN)), then=RELOAD, removed=RELOAD)),
        opens_stage=True,
        followed_by="service",
    )
