"""The figures of a run, read back by Prometheus's own client; and that the dashboard asks for none but these."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from provision import __version__
from provision.report import metrics
from provision.report.document import Document
from tests.readme import CHECKOUT
from tests.unit.report.heard import CHANGES, Played, ten

DASHBOARD = json.loads((CHECKOUT / "docs/grafana.json").read_text())


FILE = "docker-plan.prom"


def figures(run: Document, file: str = FILE) -> dict[str, dict[str, float]]:
    """By metric, the values by the label beside the command's and the file's; the run's own figures have none."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(metrics.text(run, file).decode()):
        assert (family.type, bool(family.documentation)) == ("gauge", True)
        for sample in family.samples:
            assert sample.labels.pop("command") == run.command
            assert sample.labels.pop("file") == file
            (value,) = sample.labels.values() or [""]
            found.setdefault(family.name.removeprefix("docker_provision_"), {})[value] = sample.value
    return found


def planned() -> Document:
    """A plan: one host is right, two are not."""
    played = Played(["a", "b", "c"], command="plan", dry_run=True)
    played.at(0).wave(1, ["a", "b", "c"])
    played.ends("a", 0)
    played.pending("b", 0)
    played.pending("c", 1)
    return played.end(5, code=3)


def test_a_plan_tells_of_drift() -> None:
    found = figures(planned())
    waits = [*CHANGES, "service docker.service", "group docker"]
    assert {name: n for name, n in found["hosts"].items() if n} == {"unchanged": 1, "pending": 2}
    assert found["drifted_hosts"] == {"": 2}
    assert found["pending_changes"] == dict.fromkeys(waits, 2)
    assert found["host_pending_changes"] == {"a": 0, "b": len(waits), "c": len(waits)}
    assert found["engine_hosts"] == {"18.06.3": 1}
    assert found["last_run_exit_code"] == {"": 3}
    assert found["run_duration_seconds"] == {"": 5}
    assert found["host_duration_seconds"] == {"a": 1, "b": 1, "c": 1}
    assert found["last_run_timestamp_seconds"] == {"": planned().began.timestamp() + 5}
    assert found["build_info"] == {__version__: 1}
    assert "applied_changes" not in found


def test_every_outcome_is_there_also_where_no_host_has_it() -> None:
    assert set(figures(planned())["hosts"]) == {
        *("unchanged", "pending", "changed", "refused", "failed", "unreachable", "untouched", "in flight")
    }


def test_what_a_set_up_has_done_is_no_drift_and_what_it_has_not_is() -> None:
    found = figures(ten())
    assert found["drifted_hosts"] == {"": 1}
    assert found["host_pending_changes"]["n1"] == 0
    assert found["host_pending_changes"]["n2"] == 5
    assert found["pending_changes"]["packages docker-ce"] == 1
    assert found["applied_changes"]["packages docker-ce"] == 3
    assert "n10" not in found["host_duration_seconds"]


def test_a_hosts_name_can_not_break_out() -> None:
    played = Played(['a"}\n# x'], command="plan")
    played.at(0).wave(1, ['a"}\n# x'])
    played.ends('a"}\n# x', 0)
    assert figures(played.end(1))["host_duration_seconds"] == {'a"} # x': 1}


def test_two_jobs_of_one_command_have_no_series_in_common() -> None:
    series = [
        {
            (sample.name, *sorted(sample.labels.items()))
            for family in text_string_to_metric_families(metrics.text(planned(), file).decode())
            for sample in family.samples
        }
        for file in ("docker-web.prom", "docker-db.prom")
    ]
    assert len(series[0]) == len(series[1]) > 20
    assert not series[0] & series[1]


def test_a_files_name_may_be_any() -> None:
    assert '"docker\ufffd\\"}.prom"' in metrics.text(planned(), 'docker\udcff"}.prom').decode()


def queries(found: Any) -> Iterator[str]:
    """What the dashboard asks for."""
    for panel in found["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    for variable in found["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]


def test_the_dashboard_asks_for_what_is_written_and_for_all_of_it() -> None:
    written = {
        family.name: set(family.samples[0].labels)
        for run in (planned(), ten())
        for family in text_string_to_metric_families(metrics.text(run, FILE).decode())
        if family.samples
    }
    asked = list(queries(DASHBOARD))
    assert {name for text in asked for name in re.findall(r"docker_provision_\w+", text)} == set(written)
    for text in asked:
        (name,) = re.findall(r"docker_provision_\w+", text)
        labels = re.findall(r"(\w+)=~?\"", text) + re.findall(r"(?:by \(|, )(\w+)\)", text)
        assert set(labels) <= written[name], text
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            (name,) = re.findall(r"docker_provision_\w+", target["expr"])
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= written[name]


def test_the_dashboards_parts_lie_beside_one_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
