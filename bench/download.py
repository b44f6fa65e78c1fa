"""What a fleet downloads: each host by itself, or all from one bundle: python -m bench.download [HOSTS]"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from lab import keys, mirror
from lab.disk import FRESH
from lab.lab import Lab
from tests.lab.support import fab

HOSTS = 8


def served(lab: Lab) -> int:
    """Bytes that the mirror has given out so far."""
    return sum(int(line.split()[-1]) for line in mirror.requests(lab.folder))


def told(lab: Lab, what: str, *words: str) -> None:
    """What a command takes, in megabytes of the mirror and in seconds."""
    trusted = ("--repo-key", str(lab.repo_key), "--base-key", str(keys.centos_key()))
    before, begun = served(lab), time.monotonic()
    done = fab(lab, *words, *trusted, timeout=900)
    if done.returncode:
        raise SystemExit(f"bench: {what}:\n{done.stdout}{done.stderr}")
    print(f"{what}: {(served(lab) - before) / 1e6:.1f} MB of the mirror, {time.monotonic() - begun:.1f} s")


def main(count: int) -> None:
    """So many fresh hosts, both ways."""
    lab = Lab.up("bench", hosts=count, owned=True)
    try:
        names = ",".join(lab.hosts)
        bundle = lab.folder / "bundle"
        told(lab, f"{count} hosts, each by itself", "-H", names, "setup-docker")
        for host in lab.hosts.values():
            host.restore(FRESH)
        told(lab, "a bundle, through one host", "-H", "host1", "bundle", "--output", str(bundle))
        packages = [file.stat().st_size for file in Path(bundle).rglob("*.rpm")]
        print(f"in it: {len(packages)} packages, {sum(packages) / 1e6:.1f} MB")
        told(
            lab, f"{count} hosts from it", "-H", names, "setup-docker", "--package-mirror", f"bundle:{bundle}"
        )
    finally:
        lab.down()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]) if sys.argv[1:] else (HOSTS,))
