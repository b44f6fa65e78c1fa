"""How hosts drift, each drift by a name of its own."""

from __future__ import annotations

from provision.converge import Output
from provision.verify import configuration
from tests.unit.verify import package_drifts
from tests.unit.verify.drifting import (
    Drift,
    having,
    in_file,
    info,
    unit,
    with_file,
    without,
)
from tests.unit.verify.fakehost import BRIDGE

DAEMON = {"answers", "running_version", "registry_mirrors", "effective_settings", "cgroup_driver"}
"""The checks that ask the daemon."""

DRIFTS: dict[str, Drift] = {
    **package_drifts.DRIFTS,
    "no daemon.json": (
        without(configuration.DAEMON_JSON),
        {"daemon_json"},
        "registry-mirrors is missing",
    ),
    "daemon.json damaged": (
        in_file(configuration.DAEMON_JSON, "}", ""),
        {"daemon_json"},
        "isn't valid JSON",
    ),
    "daemon.json with something behind it": (
        in_file(configuration.DAEMON_JSON, "}", "}}"),  # dockerd of 18.06 starts with it
        {"daemon_json"},
        "isn't valid JSON",
    ),
    "daemon.json no object": (with_file(configuration.DAEMON_JSON, "[]"), {"daemon_json"}, "holds no object"),
    "a value changed": (
        in_file(configuration.DAEMON_JSON, '"mtu": 1400', '"mtu": 1500'),
        {"daemon_json"},
        "mtu isn't as asked for",
    ),
    "a value equal to Python alone": (
        in_file(configuration.DAEMON_JSON, '"live-restore": true', '"live-restore": 1'),
        {"daemon_json"},
        "live-restore isn't as asked for",
    ),
    "a key that was taken out": (
        in_file(configuration.DAEMON_JSON, '"mtu"', '"bip": "10.0.0.1/24", "mtu"'),
        {"daemon_json"},
        "bip is still there",
    ),
    "no drop-in": (without(configuration.DROP_IN), {"drop_in"}, "docker-provision.conf is missing"),
    "drop-in changed": (in_file(configuration.DROP_IN, "umask 077; ", ""), {"drop_in"}, "was changed"),
    "drop-in not read": (unit(DropInPaths=""), {"drop_in"}, "`systemctl daemon-reload`"),
    "unit changed since": (unit(NeedDaemonReload="yes"), {"drop_in"}, "`systemctl daemon-reload`"),
    "service disabled": (unit(UnitFileState="disabled"), {"service"}, "is disabled and active"),
    "service stopped": (
        unit(ActiveState="inactive"),
        {"service", *DAEMON},
        "docker.service is enabled and inactive",
    ),
    "no service": (
        unit(ActiveState="inactive", UnitFileState=""),
        {"service", *DAEMON},
        "docker.service is not there and inactive",
    ),
    "failed unit": (
        having(failed_units="● docker.socket loaded failed failed Docker Socket for the API\n"),
        {"failed_units"},
        "failed: docker.socket;",
    ),
    "daemon hangs": (having(docker=Output("", "", 124)), DAEMON, "the daemon gives no answer within 20 s"),
    "daemon hangs, and docker too": (having(docker=Output("", "", 137)), DAEMON, "no answer within 20 s"),
    "docker fails": (
        having(docker=Output("", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.\n", 1)),
        DAEMON,
        "fails (Cannot connect to the Docker daemon at",
    ),
    "daemon gone between": (
        info(ServerErrors=["Cannot connect to the Docker daemon"]),
        DAEMON - {"running_version"},
        "the daemon says: Cannot connect",
    ),
    "another version runs": (
        having(server="17.12.1-ce"),
        {"running_version"},
        "17.12.1-ce runs, docker-ce 18.06.3-ce",
    ),
    "one mirror only": (
        info(RegistryConfig={"Mirrors": ["https://abc123.mirror.aliyuncs.com/"]}),
        {"registry_mirrors"},
        "the daemon uses https://abc123.mirror.aliyuncs.com, asked for: https://abc123.mirror.aliyuncs.com, https://",
    ),
    "no mirror": (info(RegistryConfig={"Mirrors": None}), {"registry_mirrors"}, "uses no mirror"),
    "mirrors in another order": (
        info(
            RegistryConfig={
                "Mirrors": ["https://registry.docker-cn.com/", "https://abc123.mirror.aliyuncs.com/"]
            }
        ),
        {"registry_mirrors"},
        "the daemon uses https://registry.docker-cn.com, https://abc123",
    ),
    "containers die with the daemon": (
        info(LiveRestoreEnabled=False),
        {"effective_settings"},
        "live-restore is False, not True",
    ),
    "logs elsewhere": (
        info(LoggingDriver="journald"),
        {"effective_settings"},
        "log-driver is journald, not json-file",
    ),
    "data elsewhere": (
        info(DockerRootDir="/var/lib/docker"),
        {"effective_settings"},
        "data-root is /var/lib/docker, not /data/docker",
    ),
    "data under a user namespace": (info(DockerRootDir="/data/docker/100000.100000"), set(), ""),
    "labels in another order": (info(Labels=["rack=7", "zone=a"]), set(), ""),
    "labels": (info(Labels=["zone=b"]), {"effective_settings"}, "labels is ['zone=b']"),
    "another cgroup driver": (
        info(CgroupDriver="systemd"),
        {"cgroup_driver"},
        "the cgroup driver is systemd, not cgroupfs",
    ),
    "logs rotated at another size": (
        in_file(configuration.DAEMON_JSON, "10m", "90m"),
        {"daemon_json"},
        "log-opts isn't as asked for",
    ),
    "another part of the logs' options": (
        in_file(configuration.DAEMON_JSON, '"max-size"', '"labels": "a", "max-size"'),
        set(),
        "",
    ),
    "bridged packets unfiltered": (
        with_file(f"{BRIDGE}/bridge-nf-call-iptables", "0\n"),
        {"bridge_filter"},
        "bridge-nf-call-iptables is 0, not 1",
    ),
    "no module": (without(f"{BRIDGE}/bridge-nf-call-iptables"), {"bridge_filter"}, "is not there, not 1"),
    "module not loaded at a boot": (without(configuration.MODULES), {"bridge_filter"}, "is missing"),
    "sysctls not set at a boot": (
        without(configuration.SYSCTLS),
        {"bridge_filter"},
        "doesn't set bridge-nf-call",
    ),
    "no socket": (having(socket=None), {"socket"}, "docker.sock is missing"),
    "socket for all": (
        having(socket=("root", "docker", "666")),
        {"socket"},
        "is root:docker 666, not root:docker 660",
    ),
    "socket of another group": (
        having(socket=("root", "root", "660")),
        {"socket"},
        "`chown root:docker /var/run",
    ),
    "no group": (having(groups=set()), {"users"}, "there is no group docker"),
    "no user": (having(users={}), {"users"}, "there is no user alice"),
    "user not in the group": (
        having(users={"alice": "alice dockeradmins"}),
        {"users"},
        "alice isn't in the group",
    ),
}
