"""The registry mirror: real images on a shared layer, through an engine that knows nothing but the mirror."""

import json
from contextlib import closing
from http.client import HTTPConnection

import pytest

from lab.host import LabHost
from lab.lab import Lab
from lab.registry import PORT
from tests.lab.lab import engines


@pytest.fixture(scope="module")
def puller(lab: Lab) -> LabHost:
    """host2 with the oldest engine, running."""
    host = lab.hosts["host2"]
    host.restore("fresh")
    engines.install(host, "docker-ce-18.06.3.ce-3.el7")
    engines.start(host, lab)
    return host


def test_nginx_shares_the_layer_that_redis_brought(puller: LabHost) -> None:
    assert "Already exists" not in puller.run("docker pull redis").stdout
    lines = puller.run("docker pull nginx").stdout.splitlines()
    assert sum("Already exists" in line for line in lines) == 1
    assert sum("Pull complete" in line for line in lines) == 2


def test_redis_answers_and_is_debian_on_the_hosts_kernel(puller: LabHost) -> None:
    puller.run("docker run --detach --name red redis")
    ping = "docker exec red redis-cli ping"
    assert puller.run(f"for n in 1 2 3 4 5 6 7 8 9; do {ping} && break; sleep 0.3; done").stdout == "PONG\n"
    assert "Debian" in puller.run("docker exec red cat /etc/os-release").stdout
    assert puller.run("docker exec red uname -r").stdout == puller.run("uname -r").stdout
    puller.run("docker rm --force red")


def test_nginx_serves_a_page_on_a_published_port(puller: LabHost) -> None:
    puller.run("docker run --detach --name web --publish 8080:80 nginx")
    page = puller.run(
        "for n in 1 2 3 4 5 6 7 8 9; do curl -fs localhost:8080 && break; sleep 0.3; done"
    ).stdout
    assert "Welcome to nginx" in page
    assert "GET / HTTP" in puller.run("docker logs web").stdout
    puller.run("docker rm --force web")


def test_busybox_has_its_applets(puller: LabHost) -> None:
    done = puller.run("docker run --rm busybox sh -c 'echo $((6 * 7)) | tee /etc/answer; readlink /bin'")
    assert done.stdout.split() == ["42", "usr/bin"]


def request(lab: Lab, method: str, path: str) -> tuple[int, bytes]:
    """Ask the registry itself; status and content."""
    connection = HTTPConnection(lab.address, PORT, timeout=10)
    with closing(connection):
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize(
    ("name", "tags"), [("redis", {"latest", "7", "7.0.11-bullseye"}), ("nginx", {"latest", "1.22", "1.25.0"})]
)
def test_tags(lab: Lab, name: str, tags: set[str]) -> None:
    status, content = request(lab, "GET", f"/v2/library/{name}/tags/list")
    assert (status, set(json.loads(content)["tags"])) == (200, tags)


def test_the_mirror_takes_nothing_in(lab: Lab) -> None:
    assert request(lab, "POST", "/v2/library/redis/blobs/uploads/")[0] == 405
