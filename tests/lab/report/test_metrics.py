"""The file of figures, and what the dashboard asks for, by Prometheus's own tool."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lab import cache, debs
from provision.report import metrics
from tests.readme import CHECKOUT
from tests.unit.report.heard import ten
from tests.unit.report.test_metrics import FILE, planned, queries


@pytest.fixture(scope="module")
def promtool() -> Path:
    """Debian's, unpacked: installed, its package would have a server run."""

    def fetch(folder: Path) -> None:
        archive = debs.Archive(folder / "apt", "bookworm")
        debs.unpack(archive.download("prometheus"), folder / "root")
        cache.remove_tree(folder / "apt")

    return cache.cached("promtool", "prometheus of bookworm", fetch) / "root/usr/bin/promtool"


def test_prometheus_takes_the_figures_and_finds_their_names_good(promtool: Path) -> None:
    for run in (planned(), ten()):
        done = subprocess.run(
            [promtool, "check", "metrics"], input=metrics.text(run, FILE), capture_output=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_prometheus_takes_what_the_dashboard_asks_for(promtool: Path, tmp_path: Path) -> None:
    dashboard = json.loads((CHECKOUT / "docs/grafana.json").read_text())
    asked = [
        text.replace("$command", ".*").replace("$file", ".*")
        for text in queries(dashboard)
        if not text.startswith("label_values")
    ]
    rules = [{"record": f"asked:{number}", "expr": text} for number, text in enumerate(asked)]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(
        [promtool, "check", "rules", "--lint=all", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(asked)} rules found" in done.stdout
