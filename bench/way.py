"""How long one host is on its way at 100 ms, without any program's start but ssh's own: python -m bench.way"""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable
from contextlib import closing

import fabric

from bench.contenders import CONTENDERS, SETTINGS
from bench.field import field
from provision.inventory import Ssh
from provision.remote import Session, connections

RTT = 0.1
TIMES = 5


def seconds(work: Callable[[str], object], script: str) -> float:
    """What it takes."""
    begun = time.perf_counter()
    work(script)
    return time.perf_counter() - begun


def main() -> None:
    """The probe, and a script that does nothing, by us and by OpenSSH in turn."""
    with field(1, *SETTINGS) as ground:
        by_ssh = next(each for each in CONTENDERS if each.name == "openssh").command(ground, 1)
        probe = (ground.folder / "probe.sh").read_text()
        config = fabric.Config(runtime_ssh_path=str(ground.ssh_config))

        def ours(script: str) -> None:
            (connection,) = connections(config, [Ssh(ground.addresses[0])], {})
            with closing(Session(connection)) as session:
                session.read(script)

        def openssh(script: str) -> None:
            (ground.folder / "probe.sh").write_text(script)
            subprocess.run(by_ssh, check=True)

        with ground.delayed(RTT):
            for name, script in (("nothing", "true\n"), ("the probe", probe)):
                turns = [(seconds(ours, script), seconds(openssh, script)) for _ in range(TIMES)]
                we, they = (statistics.median(each) for each in zip(*turns, strict=True))
                print(f"{name}: median of {TIMES} {we:.2f} s, OpenSSH {they:.2f} s: {we / they:.2f}")


if __name__ == "__main__":
    main()
