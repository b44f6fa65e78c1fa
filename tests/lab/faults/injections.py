"""What each fault does to a host, its repository or the operator's program; and how it is over."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from lab import mirror
from lab.host import LabHost
from lab.lab import Lab
from lab.mirror import Fault as Answer
from tests.lab.faults.cells import Cell, Fault, Moment

ENGINE = "docker-ce-18.06.3"
DOWNLOADED = f"/var/tmp/docker-provision.*/cache/*/packages/{ENGINE}*.part"  # noqa: S108  no file is made there
HELD_SCRIPTLET = r"""
mv /usr/bin/getent /usr/bin/getent.real
cat >/usr/bin/getent <<'END'
#!/bin/sh
if tr '\0' ' ' </proc/$PPID/cmdline | grep -q rpm-tmp; then touch /root/hangs; sleep 1000; fi
exec /usr/bin/getent.real "$@"
END
chmod 755 /usr/bin/getent
"""
"""The scriptlet of docker-ce that makes its group calls getent."""
FREE_SCRIPTLET = "mv -f /usr/bin/getent.real /usr/bin/getent; rm -f /root/hangs; pkill -xf 'sleep 1000'; true"
SMALL_DISK = r"""
set -e
running=$(systemctl is-active docker || true)
if [ %(folder)s = /var/lib/docker ] && [ "$running" = active ]; then systemctl stop docker; fi
mkdir -p %(folder)s /run/small
size=$(($(du -skx %(folder)s | cut -f1) * 5 / 4 + 16384))
mount -t tmpfs -o mode=755,size=${size}k small /run/small
cp -a %(folder)s/. /run/small/
mount --bind /run/small %(folder)s
umount /run/small
rmdir /run/small
if [ "$running" = active ]; then systemctl start docker; fi
"""
"""The folder moves to a file system of its own, which can be filled."""
FILL = "dd if=/dev/zero of=%s/filler bs=64k 2>/dev/null; dd if=/dev/zero bs=1k >>%s/filler 2>/dev/null"
FULL = {
    Fault.ETC_FULL: "/etc",
    Fault.RPM_FULL: "/var/lib/rpm",
    Fault.DATA_FULL: "/var/lib/docker",
}
NO_START = "/run/systemd/system/docker.service.d/fault.conf"
UNIT = "systemctl list-units --plain --no-legend 'docker-provision-*' | cut -d' ' -f1"
PORT_22 = "INPUT -p tcp --dport 22 -j DROP"
SERVER = "OUTPUT -p tcp -m multiport --dports 80,443 -j REJECT --reject-with tcp-reset"
WAITS = 'grep -qs " wait another run holds this host" /var/lib/docker-provision/runs/*/log'


class Missed(Exception):
    """A fault by which something else than the run came to harm."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a cell is played. `client` is the run that is disturbed, held by the time of a fault until `release`;
    `elsewhere` runs the same command on another machine to its end."""

    cell: Cell
    lab: Lab
    host: LabHost
    client: subprocess.Popen[str]
    release: Callable[[], None]
    elsewhere: Callable[[], subprocess.CompletedProcess[str]]


@contextmanager
def prepared(cell: Cell, lab: Lab, host: LabHost) -> Iterator[None]:
    """What has to be there before the run for the fault to come; once it is over, nothing of the fault is left but
    what it did."""
    if cell.moment is Moment.SCRIPTLET:
        host.run(HELD_SCRIPTLET)
    if cell.moment is Moment.DOWNLOADING:
        mirror.set_faults(lab.folder, Answer(path=ENGINE, rate=8_000_000))
    if cell.fault in FULL:
        host.run(SMALL_DISK % {"folder": FULL[cell.fault]})
    try:
        yield
    finally:
        mirror.set_faults(lab.folder)
        if cell.moment is Moment.SCRIPTLET:
            host.run(FREE_SCRIPTLET)
        if cell.fault in FULL:
            host.run(f"rm -f {FULL[cell.fault]}/filler")
        if cell.fault is Fault.DEAD:
            host.run(f"iptables -D {SERVER}")
        if cell.fault is Fault.DOWN:
            host.run(f"rm {NO_START}; systemctl daemon-reload")


def moment(cell: Cell) -> tuple[str, str]:
    """By what the run is known to have come to it: KIND and PATTERN of `onhost/hold.py`."""
    match cell.moment:
        case Moment.DOWNLOADING:
            return "there", DOWNLOADED
        case Moment.SCRIPTLET:
            return "there", "/root/hangs"
        case Moment.TRANSACTION:
            return "said", rf"^ +(Installing|Updating) +: {ENGINE}"
    return "said", rf"^@[0-9a-f]{{16}} step {cell.step}"


def strike(scene: Scene) -> None:
    """The fault happens to a run that is held, which then goes on, as far as it can. Raises Missed."""
    special = {
        Fault.CLIENT: _client,
        Fault.POWER: _power,
        Fault.SECOND: _second,
        Fault.LINK: _link,
        Fault.LONG: _link,
        Fault.TRUNCATED: _server,
        Fault.CORRUPTED: _server,
        Fault.SLOW: _server,
    }.get(scene.cell.fault, _on_host)
    special(scene)


def _client(scene: Scene) -> None:
    scene.client.kill()
    scene.release()


def _power(scene: Scene) -> None:
    scene.host.power_cut()
    scene.host.boot()


def _second(scene: Scene) -> None:
    """It has to meet the first one at its work, which is held until the host has told the second to wait."""
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(scene.elsewhere)
        met = False
        while not met and not other.done():
            met = scene.host.run(WAITS, check=False).returncode == 0
        scene.release()
        done = other.result()
    if done.returncode or not met:
        raise Missed(f"the second controller ended with: {last_word(done.stdout + done.stderr)}")


def _link(scene: Scene) -> None:
    seconds = 5 if scene.cell.fault is Fault.LINK else 90
    scene.host.run(f"iptables -I {PORT_22}")
    scene.release()
    time.sleep(seconds)
    scene.host.run(f"iptables -D {PORT_22}")


def _server(scene: Scene) -> None:
    answers = {
        Fault.TRUNCATED: Answer(path=ENGINE, cut=1_000_000),
        Fault.CORRUPTED: Answer(path=ENGINE, spoilt=1_000_000),
        Fault.SLOW: Answer(path="python-IPy", rate=1024),
    }
    mirror.set_faults(scene.lab.folder, answers[scene.cell.fault])
    scene.release()


ON_HOST = {
    Fault.SESSION: "pkill -KILL -f '^sshd: root@notty'",
    Fault.SSHD: "systemctl kill -s KILL ssh; systemctl reset-failed ssh; systemctl start ssh",
    Fault.SCRIPT: "pkill -KILL -f '^/bin/sh /var/lib/docker-provision/runs/'",
    Fault.UNIT: f"systemctl kill -s KILL $({UNIT})",
    Fault.YUM: "pkill -KILL -f '^/usr/bin/python3 /usr/bin/yum'",
    Fault.STOP: f"systemctl --no-block stop $({UNIT})",
    Fault.DEAD: f"iptables -I {SERVER}",
    Fault.DOWN: f"mkdir -p $(dirname {NO_START}); printf '[Service]\\nExecStartPre=/bin/false\\n' >{NO_START};"
    " systemctl daemon-reload",
    **{fault: FILL % (folder, folder) for fault, folder in FULL.items()},
}


def _on_host(scene: Scene) -> None:
    scene.host.run(ON_HOST[scene.cell.fault], check=False)
    if scene.cell.moment is Moment.SCRIPTLET:
        # the run puts back by rpm what was there, and would wait for the same scriptlet
        scene.host.run(FREE_SCRIPTLET, check=False)
    scene.release()


def last_word(said: str) -> str:
    """The line that says how a run ended, without the host's name."""
    lines = [line for line in said.splitlines() if line.startswith(("host1: ", "error: "))]
    return lines[-1].removeprefix("host1: ") if lines else "nothing"
