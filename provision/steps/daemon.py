"""The configuration: daemon.json merged with what is there, and a drop-in that records what a start took up."""

from __future__ import annotations

import json
from collections.abc import Mapping

from provision.resources.base import Step
from provision.resources.certificates import RegistryCertificates
from provision.resources.configuration import DaemonJson, EngineToRun
from provision.resources.daemonjson import PATH, MergedJson, Untouched
from provision.resources.file import Exactly, File, Left, mode_for
from provision.secret import Secret
from provision.spec import Spec
from provision.templating import render, shipped

RELOAD = "systemctl daemon-reload || fail 'systemctl daemon-reload failed'"
DROP_IN = "etc/systemd/system/docker.service.d/docker-provision.conf"
ENVIRONMENT = "etc/sysconfig/docker-provision"


def configuration(spec: Spec, engine: EngineToRun, *, keeps_containers: bool) -> File:
    """daemon.json; a copy from before the change is kept until the daemon is seen to run with it.

    `keeps_containers` sets live-restore too, where it goes.
    """
    return DaemonJson(
        path=PATH,
        content=MergedJson(spec.settings(), spec.engine, widened=spec.widened),
        mode=_mode(spec),
        before=f'keep {PATH} "$state/pending"',
        engine=engine,
        keeps_containers=keeps_containers,
    )


def environment(spec: Spec, proxy: Secret | None) -> Mapping[str, str] | None:
    """The variables by which dockerd goes through a proxy, or past any; None where nothing is said of it.

    In both spellings, since Go falls back to small letters, which others may have set.
    """
    if proxy is None:
        return None
    values = {"http_proxy": proxy.value, "https_proxy": proxy.value, "no_proxy": ",".join(spec.no_proxy)}
    return {name: values[name.lower()] for name in (*map(str.upper, values), *values)}


def as_it_is() -> File:
    """daemon.json as it is there: what the service runs with where the file isn't ours to change."""
    return File(PATH, Untouched(), mode=None)


def _mode(spec: Spec) -> str | None:
    """What there is stays, but for a setting that is a secret."""
    return "600" if mode_for(json.dumps(spec.settings()).encode()) == "600" else None


def step(daemon_json: File, variables: Mapping[str, str] | None, authorities: Mapping[str, bytes]) -> Step:
    """`variables` are those of the daemon's environment, `authorities` the certificates of registries."""
    return Step(
        "daemon",
        "daemon.json with the mirrors and settings, merged with what is there",
        (
            daemon_json,
            File(f"/{DROP_IN}", Exactly(shipped(DROP_IN)), then=RELOAD, removed=RELOAD),
            _environment_file(variables),
            RegistryCertificates(authorities),
        ),
        opens_stage=True,
        followed_by="service",
    )


def _environment_file(variables: Mapping[str, str] | None) -> File:
    if variables is None:
        return File(f"/{ENVIRONMENT}", Left(), mode=None)
    content = render(f"{ENVIRONMENT}.j2", variables=variables)
    return File(f"/{ENVIRONMENT}", Exactly(content), mode=mode_for(content))
