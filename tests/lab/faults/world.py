"""What is compared of two hosts: the whole of what a run touches, what the daemon runs with, what it holds."""

from __future__ import annotations

from dataclasses import dataclass

from lab.host import LabHost
from tests.lab.state import difference, whole

OBJECTS = (
    "docker ps -aq --no-trunc; docker images -q --no-trunc; docker volume ls -q;"
    " docker network ls -q --no-trunc --filter type=custom"  # the others are drawn anew by a start
)
SETTLED = "timeout 60 sh -c 'until docker info >/dev/null 2>&1; do sleep 0.2; done'"
STARTED = "docker inspect -f '{{.State.StartedAt}} {{.State.Pid}}' kept"
PARTS = {
    "what packages have": "rpm -V docker-ce | grep -v '^.M'",
    "effective configuration": "docker info -f '{{json .RegistryConfig.Mirrors}} {{json .Labels}}"
    " {{.LiveRestoreEnabled}} {{.Driver}} {{.LoggingDriver}}'; docker version -f '{{.Server.Version}}'",
    "service": "systemctl is-enabled docker; systemctl show docker -p ActiveState -p NeedDaemonReload -p DropInPaths",
    "record": "cd /var/lib/docker-provision && find . -path ./runs -prune -o -type f"
    " ! -name brought-packages ! -name last-words"  # the daemon's, kept for whoever looks later
    " -exec sha256sum {} + | sort; sort -u brought-packages",
    "left over": "systemctl list-units --plain --no-legend 'docker-provision-*';"
    " systemctl --failed --plain --no-legend;"
    " find /var/tmp /etc /run -xdev -name '*.docker-provision.*' -o -name 'docker-provision.*.*' | grep -v conf;"
    " ls /var/lib/docker-provision/runs/*/script /var/lib/docker-provision/pending /var/lib/yum/transaction-*"
    " 2>/dev/null; find /etc/docker",
}
DRAWN = ("./group-", "./gshadow", "./passwd-", "./ld.so.cache", "./docker/key.json")
"""Files that the host's own tools keep as the last version of another, and what a start draws anew."""


@dataclass(frozen=True, slots=True)
class World:
    """One host at one moment."""

    parts: dict[str, list[str]]
    objects: frozenset[str]

    @classmethod
    def of(cls, host: LabHost) -> World:
        """As a host is now."""
        host.run(SETTLED, timeout=90)
        parts = whole(host)
        parts["etc"] = [line for line in parts["etc"] if not any(each in line for each in DRAWN)]
        # containers' cables have names that are drawn
        parts["links"] = [line for line in parts["links"] if not line.startswith("veth")]
        parts |= {name: host.run(text, check=False).stdout.splitlines() for name, text in PARTS.items()}
        return cls(parts, frozenset(host.run(OBJECTS).stdout.split()))

    def differences(self, other: World) -> list[str]:
        """A line for each part in which the other isn't the same. What they hold is named by ids, which are drawn."""
        found = difference(self.parts, other.parts)
        return [f"{part} differs: {', '.join(sorted(lines)[:5])}" for part, lines in found.items()]
