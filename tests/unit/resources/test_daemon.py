"""What systemd and the daemon tell of it, as a value."""

from __future__ import annotations

import json

import pytest

from provision.resources.daemon import Container, parse
from provision.script import sections
from tests.unit.case import WORD, Case
from tests.unit.core import encoded

NOW = 1_000_000


class TestParse:
    TEXT = "\n".join(
        [
            *("LoadState=loaded", "ActiveState=active", "UnitFileState=enabled", "NeedDaemonReload=no"),
            *("now=1000000", "ip_forward=1", "forward=-P FORWARD DROP", "etc_docker=yes", "elapsed=77"),
            "started=" + encoded(b'{"debug": true}'),
            "container=web",
            "container=a=b",
        ]
    )

    def test_a_unit(self) -> None:
        found = parse(self.TEXT)
        assert (found.load, found.active, found.enabled, found.stale) == (
            "loaded",
            "active",
            "enabled",
            False,
        )
        assert (found.now, found.elapsed, found.containers) == (NOW, 77, (Container("web"), Container("a=b")))
        assert (found.started, found.reloaded, found.info) == ({"debug": True}, None, None)
        assert found.remembered == {
            "ip_forward": "1",
            "forward": "-P FORWARD DROP",
            "etc_docker": "yes",
            "key_json": "",
        }

    def test_a_recorded_unit(self) -> None:
        answer = sections(Case.load("converged").answer, WORD)["service docker.service"]
        found = parse(answer.text)
        assert found.runs
        assert found.info is not None
        assert found.info.mirrors == ("http://registry.example:5000/",)
        assert found.started == {"registry-mirrors": ["http://registry.example:5000"]}

    @pytest.mark.parametrize("gone", ["LoadState", "ActiveState", "now"])
    def test_what_systemd_does_not_say_is_an_error(self, gone: str) -> None:
        with pytest.raises(ValueError, match="systemd doesn't say"):
            parse("\n".join(line for line in self.TEXT.splitlines() if not line.startswith(f"{gone}=")))

    def test_noise_is_passed_over(self) -> None:
        assert parse(f"bash: warning\n{self.TEXT}\nWarning: unit file changed") == parse(self.TEXT)

    def test_units_that_changed_on_disk(self) -> None:
        assert parse(self.TEXT.replace("NeedDaemonReload=no", "NeedDaemonReload=yes")).stale

    @pytest.mark.parametrize("content", [b"{", b"\xff", b"[]", b""])
    def test_a_record_that_is_no_configuration_says_nothing(self, content: bytes) -> None:
        assert parse(f"{self.TEXT}\nreloaded={encoded(content)}").reloaded is None
        assert parse(f"{self.TEXT}\nreloaded=not base64").reloaded is None

    def test_an_info_that_is_none_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="Cannot connect"):
            parse(
                self.TEXT + "\ninfo=" + json.dumps({"ServerErrors": ["Cannot connect to the Docker daemon"]})
            )
