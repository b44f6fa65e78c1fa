"""The file of `--metrics`: a run in figures, in Prometheus's text format, for node_exporter's textfile collector.

Every figure has as labels the run's command, and the file's name, as node_exporter's own figures of a file's age have
it: of one series that stands in two files node_exporter serves nothing at all. Other labels are bounded by the
inventory (hosts) and by what is asked for of hosts (resources).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import get_args

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from provision.report.clean import one_line
from provision.report.document import Document, Host

OUTCOMES: tuple[str, ...] = get_args(Host.model_fields["status"].annotation)


def text(run: Document, file: str) -> bytes:
    """The content of a file of this name."""
    figures = _Figures(run.command, file)
    left = {host.host: left_to_do(host) for host in run.hosts}
    engines = Counter(host.engine for host in run.hosts if host.engine)
    ends = Counter[str](host.status for host in run.hosts)
    figures.many("hosts", "Hosts by how they ended.", "outcome", {name: ends[name] for name in OUTCOMES})
    figures.one("drifted_hosts", "Hosts on which something is left to do.", sum(map(bool, left.values())))
    figures.many(
        "pending_changes",
        "Hosts on which this resource isn't as asked for.",
        "resource",
        Counter(resource for each in left.values() for resource in each),
    )
    figures.many(
        "applied_changes",
        "Hosts on which the run has changed this resource.",
        "resource",
        Counter(resource for host in run.hosts for resource in dict.fromkeys(host.applied)),
    )
    figures.many("engine_hosts", "Hosts by the version of the engine that is installed.", "version", engines)
    figures.many(
        "host_pending_changes",
        "What is left to do on the host.",
        "host",
        {name: len(each) for name, each in left.items()},
    )
    figures.many(
        "host_duration_seconds",
        "How long the host's turn took.",
        "host",
        {host.host: host.seconds for host in run.hosts if host.seconds is not None},
    )
    figures.one("run_duration_seconds", "How long the run took.", run.seconds)
    figures.one("last_run_exit_code", "The exit code of the run.", run.exit_code)
    figures.one("last_run_timestamp_seconds", "When the run ended.", run.ended.timestamp())
    figures.many("build_info", "The version of docker-provision.", "version", {run.tool.version: 1})
    return generate_latest(figures.registry)


def left_to_do(host: Host) -> tuple[str, ...]:
    """The resources of a host that weren't as asked for when its turn was over."""
    if host.status == "changed":  # it was read again, and is as asked for
        return ()
    found = [*(each.resource for each in host.changes), *(each.resource for each in host.pending)]
    return tuple(dict.fromkeys(resource for resource in found if resource not in host.applied))


class _Figures:
    """Figures of one command in one file."""

    def __init__(self, command: str, file: str) -> None:
        self.registry = CollectorRegistry()
        self._of = {"command": command, "file": one_line(file)}

    def one(self, name: str, what: str, value: float) -> None:
        """A figure of the whole run."""
        self._gauge(name, what).labels(**self._of).set(value)

    def many(self, name: str, what: str, label: str, values: Mapping[str, float]) -> None:
        """A figure for each value of a label."""
        gauge = self._gauge(name, what, label)
        for key, value in values.items():
            gauge.labels(**self._of, **{label: one_line(key)}).set(value)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"docker_provision_{name}", what, [*self._of, *labels], registry=self.registry)
