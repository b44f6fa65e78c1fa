"""What docker and dockerd say: docker info, what a reload took up, and why a daemon failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provision.masking import masked
from provision.words.docker_failure import daemon_failure, reload_failure
from provision.words.docker_warnings import explained, warnings

__all__ = ["Info", "daemon_failure", "explained", "info", "reload_failure", "reloaded"]


@dataclass(frozen=True, slots=True)
class Info:
    """What a running daemon shows of itself. Of daemon.json it shows only a part: no log-opts, dns, mtu, limits."""

    server_version: str
    mirrors: tuple[str, ...]
    """With a slash behind each, and duplicates dropped, whatever the file says."""
    insecure_registries: tuple[str, ...]
    labels: tuple[str, ...]
    live_restore: bool
    debug: bool
    experimental: bool
    driver: str
    root_dir: str
    logging_driver: str
    cgroup_driver: str
    default_runtime: str
    runtimes: tuple[str, ...]
    swarm: str
    """The node's state: inactive, active, pending, locked or error."""
    running: int
    containers: int
    images: int
    proxies: Mapping[str, str]
    """http, https and none, without user and password, which docker info shows in clear."""
    warnings: tuple[str, ...]


def info(text: str) -> Info:
    """Read the output of `docker info -f '{{json .}}'`.

    Raises ValueError where a daemon didn't answer. From 20.10 on the command then exits 0 with JSON all the same,
    whose ServerErrors tell (20.10.24 and 26.1.5, run).
    """
    found = json.loads(text)
    try:
        if errors := found.get("ServerErrors"):
            raise ValueError(str(errors[0]))
        return _info(found)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"docker info printed an object that isn't its own: {error!r}") from None


def _info(found: Mapping[str, Any]) -> Info:
    registries = found["RegistryConfig"]
    insecure = [name for name, index in registries["IndexConfigs"].items() if not index["Secure"]]
    return Info(
        server_version=found["ServerVersion"],
        mirrors=tuple(registries["Mirrors"] or ()),
        insecure_registries=(*insecure, *registries["InsecureRegistryCIDRs"]),
        labels=tuple(found["Labels"] or ()),
        live_restore=found["LiveRestoreEnabled"],
        debug=found["Debug"],
        experimental=found["ExperimentalBuild"],
        driver=found["Driver"],
        root_dir=found["DockerRootDir"],
        logging_driver=found["LoggingDriver"],
        cgroup_driver=found["CgroupDriver"],
        default_runtime=found["DefaultRuntime"],
        runtimes=tuple(sorted(found["Runtimes"])),
        swarm=found["Swarm"]["LocalNodeState"],
        running=found["ContainersRunning"],
        containers=found["Containers"],
        images=found["Images"],
        proxies={
            "http": _proxy(found["HttpProxy"]),
            "https": _proxy(found["HttpsProxy"]),
            "none": found["NoProxy"],
        },
        warnings=tuple(warnings(found)),
    )


def _proxy(url: str) -> str:
    """Without user and password, also where Go needed no http:// before them."""
    return masked(f"proxy={url}").removeprefix("proxy=")


def reloaded(text: str) -> dict[str, Any]:
    """The values of the last reload, of all keys that a reload takes up.

    Reads `docker events --since T --until 0s --filter event=reload --format '{{json .Actor.Attributes}}'`. Empty if
    there was none. Values are strings there, most of them JSON; the others stay as they are.
    """
    lines = text.split("\n")
    events = [line for line in lines if line.startswith("{")]
    return {key: _json_or_text(value) for key, value in json.loads(events[-1]).items()} if events else {}


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
