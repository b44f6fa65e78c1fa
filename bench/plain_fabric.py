"""The same by plain Fabric, one `run` for each line of a file, hosts in threads: plain_fabric.py CONFIG FILE HOST..."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fabric

FORKS = 50


def main(path: str, file: str, hosts: list[str]) -> None:
    """Have each host do all of them."""
    commands = Path(file).read_text().splitlines()
    config = fabric.Config(runtime_ssh_path=path)
    connections = [fabric.Connection(host, config=config) for host in hosts]

    def ask(connection: fabric.Connection) -> None:
        with connection:
            for command in commands:
                connection.run(command, hide=True, in_stream=False)

    with ThreadPoolExecutor(FORKS) as pool:
        list(pool.map(ask, connections))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
