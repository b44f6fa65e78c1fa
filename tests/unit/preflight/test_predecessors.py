"""What becomes of what another build of Docker kept, when docker-ce comes in its place."""

from __future__ import annotations

from dataclasses import replace

from provision.facts import Facts
from provision.facts.host import DataRoot
from provision.resources.packages import PackagesState
from provision.resources.restart import Policy
from tests.unit.core import fresh
from tests.unit.preflight import Said, holding, said, steps

CONSENT = Policy(replace_conflicting=True)


def replacing(*names: str, roots: tuple[DataRoot, ...] = (), driver: str | None = None) -> Said:
    asked = steps({"storage-driver": driver} if driver else None, policy=CONSENT)
    read = fresh(asked)
    there = PackagesState(dict.fromkeys(names, "1.13.1-209"))
    read = Facts(replace(read.host, roots=roots), {**read.states, "packages docker-ce": there})
    return said(read, asked)


def test_where_nothing_is_replaced_nothing_is_said() -> None:
    assert replacing().notes == ()
    assert replacing("docker-ce-cli").notes == ()


def test_settings_of_centos_docker() -> None:
    (note,) = replacing("docker", "docker-common").notes
    for words in ("/etc/sysconfig/docker", "docker-storage-setup", ".rpmsave", "daemon.json stays"):
        assert words in note
    assert replacing("podman-docker").notes == ()
    assert replacing("docker-engine").notes == ()


def test_data_that_is_not_seen_any_more() -> None:
    root = holding(images=3, containers=2, drivers=("devicemapper",))
    note, _ = replacing("docker", roots=(root,)).notes
    assert "3 images, 2 containers" in note
    for words in ("isn't seen by docker-ce any more", "stays on the disk", "storage-driver to overlay2"):
        assert words in note


def test_containers_of_a_runtime_that_is_gone() -> None:
    note, _ = replacing("docker", roots=(holding(containers=2),)).notes
    assert "the 2 containers in /var/lib/docker name CentOS's runtime docker-runc" in note
    assert replacing("docker-engine", roots=(holding(containers=2),)).notes == ()
