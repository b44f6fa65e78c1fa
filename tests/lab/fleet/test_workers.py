"""Fleets by Dask's workers: real processes that talk TLS, one of them killed in the middle."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.fleet.cluster import Cluster, cluster
from tests.lab.fleet.controller import Fleet

pytestmark = pytest.mark.timeout(480)


@pytest.fixture
def dask(fleet: Fleet, tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "dask"
    folder.mkdir()
    with cluster(folder, fleet.lab.ssh_config) as found:
        fleet.environment.update(found.environment)
        yield found


def test_a_worker_that_is_killed_loses_nothing(fleet: Fleet, dask: Cluster) -> None:
    words = (
        "--inventory",
        str(fleet.inventory),
        "--limit",
        "n[1:4]",
        "--runner",
        "dask",
        "--scheduler",
        dask.address,
    )

    # what can't be is told before any host is asked
    before = fleet.logins()
    refused = fleet.fab("plan", *words)
    assert (refused.returncode, "has no workers: start some by `dask worker`" in refused.stderr) == (2, True)
    other = dask.folder / "other" / "provision"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text('__version__ = "0.0.9"\n')
    stranger = dask.worker("stranger", PYTHONPATH=str(other.parent))
    refused = fleet.fab("plan", *words)
    assert refused.returncode == 2
    assert re.search(
        r"workers must have this program in version \S+: tls://\S+ has 0\.0\.9; install it", refused.stderr
    )
    stranger.kill()
    assert fleet.logins() == before

    first, _second = dask.worker("first"), dask.worker("second")
    with fleet.begun("setup-docker", *words) as run:
        for _ in range(4):
            run.until(r"^n[1-4]: look ")
        first.kill()
        assert run.end() == 0, "".join(run.lines)
    for name in ("n1", "n2", "n3", "n4"):
        assert fleet.hosts[name].run("systemctl is-active docker").stdout == "active\n"
        assert sum(bool(re.match(rf"{name}: changed ", line)) for line in run.lines) == 1, "".join(run.lines)
    newest = fleet.newest()
    assert (newest["state"], newest["left"], newest["failed"]) == ("done", [], [])

    # each worker logs in by itself, once for a host that is as asked for
    before = fleet.logins()
    done = fleet.fab("setup-docker", *words, "--waves", "1,100%", "--json")
    assert done.returncode == 0, done.stderr
    assert {each["status"] for each in json.loads(done.stdout)["hosts"]} == {"unchanged"}
