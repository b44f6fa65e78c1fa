"""A first run on a host that has nothing: by us, by hand over one ssh, and by peers: python -m bench.first [NAME...]

Before each run the host is put back to what it was before the first, so that all do the same work. They take turns.
"""

from __future__ import annotations

import sys

from bench.contenders import Contender, ansible, fabric, ours, pyinfra
from bench.field import Field, grow
from bench.speed import OURS, TIMES, Row, adopt_orphans, keep, measured, ratios
from lab.disk import FRESH
from lab.lab import Lab

RTTS = (0.0, 0.1)
SETTINGS = '{"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}}'
BY_HAND = (
    "uname -r",
    "curl -fsSo /etc/yum.repos.d/docker-ce.repo https://mirrors.aliyun.com/docker-ce/linux/centos/docker-ce.repo",
    "yum clean all && yum makecache",
    "yum list docker-ce --showduplicates | sort -r",
    "yum install --setopt=obsoletes=0 docker-ce-18.06.3.ce-3.el7 -y",
    f"mkdir -p /etc/docker && echo '{SETTINGS}' >/etc/docker/daemon.json",
    "systemctl restart docker && systemctl enable docker",
    "docker version",
)
"""What README tells of by hand, but for the removal at its end; in its place a look whether Docker answers."""


def _openssh(field: Field, count: int) -> list[str]:  # noqa: ARG001  one host
    script = field.folder / "by-hand.sh"
    script.write_text("set -e\n" + "\n".join(BY_HAND))
    return ["sh", "-c", f"exec ssh -F {field.ssh_config} {field.addresses[0]} sh -s <{script}"]


CONTENDERS = (
    Contender(OURS, ours("setup-docker")),
    Contender("openssh", _openssh),
    Contender("fabric", fabric(BY_HAND)),
    Contender("pyinfra", pyinfra("pyinfra_first.py")),
    Contender("ansible", ansible("linear", "ansible_first.yml")),
    Contender("ansible-mitogen", ansible("mitogen_linear", "ansible_first.yml")),
)


def main(*beside: str) -> None:
    """Measure, keep the rows, print the ratios last."""
    adopt_orphans()
    chosen = [each for each in CONTENDERS if not beside or each.name in (OURS, *beside)]
    rows: list[Row] = []
    lab = Lab.up("bench", hosts=1, owned=True)
    try:
        host = lab.hosts["host1"]
        for rtt in RTTS:
            for _ in range(TIMES):
                for contender in chosen:
                    host.restore(FRESH)
                    ground = grow(lab, host, 1)
                    with ground.delayed(rtt):
                        rows.append(measured(contender, ground, 1, rtt))
                    print(rows[-1], flush=True)
    finally:
        lab.down()
    keep(rows, "first")
    print("\n".join(ratios(rows)))


if __name__ == "__main__":
    main(*sys.argv[1:])
