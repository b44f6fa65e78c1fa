"""What the tests of other versions look at on a host: its packages, and what must outlive every change."""

from __future__ import annotations

from lab.host import LabHost

IDS = (
    "{ docker ps -aq --no-trunc; docker images -q --no-trunc; docker volume ls -q;"
    # the default bridge is made anew at each start of a daemon
    " docker network ls --no-trunc --format '{{.ID}} {{.Name}}' | grep -v ' bridge$'; } | sort"
)
RUNNING = "docker ps --format '{{.Names}}' | sort"
PIDS = "docker inspect -f '{{.Name}} {{.State.Pid}}' $(docker ps -q) | sort"
DOCKERS = "rpm -qa 'docker*' containerd.io | sort"


def lines(host: LabHost, command: str) -> list[str]:
    """What a command prints on the host, in lines."""
    return host.run(command).stdout.splitlines()


def peopled(host: LabHost) -> None:
    """Containers of every kind of fate, and what they hold: an image, a volume, a network, a port."""
    host.run(
        "docker network create backend; docker volume create data;"
        " docker run -d --name web --restart unless-stopped --network backend -p 8080:80 nginx;"
        " docker run -d --name store --restart always -v data:/data busybox sh -c 'trap exit TERM; sleep 600 & wait';"
        " docker run -d --name job busybox sh -c 'trap exit TERM; sleep 600 & wait';"
        " docker run --name done busybox true",
        timeout=120,
    )
