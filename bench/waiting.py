"""What hosts cost their controller while they are at work, as in a long yum: python -m bench.waiting"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import fabric

from bench.field import Field, field
from provision.inventory import Ssh
from provision.remote import Session, connections

HOSTS = 50
SECONDS = 15
BEFORE = 8
"""Seconds in which all of them have begun."""
LONG = BEFORE + SECONDS + 5
SILENT = f"sleep {LONG}\n"
# as often as yum says something in the middle of its work
TALKING = f'n={LONG}; while [ $n -gt 0 ]; do echo "  Installing : $n"; sleep 1; n=$((n - 1)); done\n'


def measured(ground: Field, script: str) -> float:
    """Milliseconds of processor time that each host takes in a second."""
    config = fabric.Config(runtime_ssh_path=str(ground.ssh_config))
    sessions = [Session(each) for each in connections(config, [Ssh(one) for one in ground.addresses], {})]
    with ThreadPoolExecutor(HOSTS) as pool:
        watching = [pool.submit(each.watch, script, lambda _: None) for each in sessions]
        time.sleep(BEFORE)
        begun = time.process_time()
        time.sleep(SECONDS)
        taken = time.process_time() - begun
        for each in watching:
            each.result()
    for session in sessions:
        session.close()
    return taken * 1000 / HOSTS / SECONDS


def main() -> None:
    """Each kind of work once, by all hosts at a time."""
    with field(HOSTS) as ground:
        for name, script in (("silent", SILENT), ("a line a second", TALKING)):
            print(f"{HOSTS} hosts at work, {name}: {measured(ground, script):.2f} ms a second and host")


if __name__ == "__main__":
    main()
