"""How long an inventory of 10,000 hosts takes to load: hosts with words of their own, groups, a Spec for each.

python -m bench.inventory [HOSTS]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from provision.asked import Wishes
from provision.inventory import load

TIMES = 5


def text(count: int) -> str:
    """An inventory in racks of a hundred; every host has an address, every tenth a Spec of its own."""
    lines = ["ssh: {user: deploy}", "spec: {docker_version: '18.06.3'}", "groups:"]
    for number in range(count):
        rack, place = divmod(number, 100)
        if place == 0:
            lines += [f"  rack{rack}:", f"    spec: {{users: [rack{rack}]}}", "    hosts:"]
        lines += [
            f"      n{number}.example.com:",
            f"        ssh: {{address: 10.{rack // 256}.{rack % 256}.{place}}}",
        ]
        if place % 10 == 0:
            lines.append(f"        spec: {{users: [u{number}]}}")
    return "\n".join(lines) + "\n"


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "inventory.yaml")
        path.write_text(text(count))
        rows = []
        for _ in range(TIMES):
            wall, cpu = time.perf_counter(), time.process_time()
            wishes = Wishes()
            hosts = load(str(path)).hosts
            asked = [(host.ssh, wishes.of(host.specs)) for host in hosts]
            rows.append((time.perf_counter() - wall, time.process_time() - cpu))
            assert len(asked) == count  # noqa: S101  else it isn't what was measured
    for index, kind in enumerate(("wall", "processor")):
        values = sorted(row[index] for row in rows)
        middle, least, most = statistics.median(values), values[0], values[-1]
        print(f"{count} hosts, {kind}: median of {TIMES} {middle:.2f} s ({least:.2f} to {most:.2f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
