"""Item 8: repositories that are dead, CentOS's own and other people's."""

from __future__ import annotations

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.support import fab

# -- other people's

HOLES = ("192.0.2.1", "192.0.2.2", "192.0.2.3")
"""Addresses for documentation (RFC 5737): nobody has them, and what goes there is dropped."""

BLACK_HOLES = "".join(
    f"[hole{number}]\nbaseurl=http://{address}/{number}/\n" for number, address in enumerate(HOLES)
)
THIRD_PARTIES = {
    "black holes": BLACK_HOLES,
    "a name that is gone": "[gone]\nmirrorlist=http://mirrors.gone.example/list\n",
    "a port that refuses": "[refuses]\nbaseurl=http://127.0.0.1:9/\n",
    "a server without the files": "[empty]\nbaseurl=https://mirrors.aliyun.com/nothing/here/\n",
    "a certificate that nobody trusts": "[strange]\nbaseurl=https://mirrors.aliyun.com/x/\nsslcacert=/etc/hostname\n",
}


@pytest.mark.parametrize("name", THIRD_PARTIES)
def test_item_8_other_peoples_dead_repositories_stop_nothing(
    lab: Lab, host: LabHost, asked: tuple[str, ...], name: str
) -> None:
    host.run(f"cat >/etc/yum.repos.d/epel.repo <<'END'\n{THIRD_PARTIES[name]}END\n")
    for address in HOLES:
        host.run(f"iptables -A OUTPUT -d {address} -j DROP")
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert host.run("systemctl is-active docker").stdout == "active\n"
    if name == "black holes":
        assert "left out, for nobody answers there within 15 s: hole0,hole1,hole2" in done.stdout
    else:
        assert "left out" not in done.stdout
