"""The same checks by plain Fabric, one `run` for each, hosts in threads: python plain_fabric.py CONFIG HOST..."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import fabric

from bench.contenders import CHECKS, FORKS


def main(path: str, hosts: list[str]) -> None:
    """Ask each host all of them."""
    config = fabric.Config(runtime_ssh_path=path)
    connections = [fabric.Connection(host, config=config) for host in hosts]

    def ask(connection: fabric.Connection) -> None:
        with connection:
            for check in CHECKS:
                connection.run(check, hide=True, in_stream=False)

    with ThreadPoolExecutor(FORKS) as pool:
        list(pool.map(ask, connections))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
