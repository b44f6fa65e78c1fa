"""What a change of the service does to the containers that run."""

from __future__ import annotations

import shlex
from dataclasses import replace

from provision.resources.base import Change, Refusal
from provision.resources.daemon import Container
from tests.unit.core import steps_for
from tests.unit.model import INFO, UNIT
from tests.unit.resources.test_unit import CONVERGED, KEEPING, SERVICE, WEB, changed, states, unit_of


class TestContainers:
    LIVE = replace(INFO, live_restore=True, mirrors=("https://mirror.example/",))
    HARD = steps_for(registry_mirrors="https://mirror.example", daemon={"mtu": 1400})
    KEPT = steps_for(registry_mirrors="https://mirror.example", daemon={"mtu": 1400, "live-restore": True})

    def test_a_restart_that_would_stop_them_is_refused_by_name(self) -> None:
        (found,) = unit_of(self.HARD).compare(states(containers=(WEB, Container("db", "always"))))
        assert isinstance(found, Refusal)
        assert found.text == (
            "docker.service must restart (mtu takes effect only at a start), which stops running containers: web, db; "
            "stop them first, keep them over it by --enable-live-restore, or consent by --restart always"
        )

    def test_live_restore_that_is_asked_for_only_now_is_turned_on_by_a_reload_first(self) -> None:
        first, restart = unit_of(self.KEPT).compare(states(containers=(WEB,)))
        assert isinstance(first, Change)
        assert isinstance(restart, Change)
        assert first.first
        assert not first.stops_daemon
        assert first.desired == "running with live-restore: true, reload"
        assert "\nreload_unit docker.service " in first.script
        assert restart.desired.endswith(", restart")
        assert not restart.first

    def test_with_consent_live_restore_is_set_where_nobody_asked_for_it(self) -> None:
        consent = steps_for(registry_mirrors="https://mirror.example", daemon={"mtu": 1400}, policy=KEEPING)
        first, restart = unit_of(consent).compare(states(containers=(WEB,)))
        assert isinstance(first, Change)
        assert first.first
        assert changed([restart]).reason.endswith("live-restore keeps web")
        swarm = replace(INFO, swarm="active", mirrors=self.LIVE.mirrors)
        (refused,) = unit_of(consent).compare(states(containers=(WEB,), info=swarm))
        assert isinstance(refused, Refusal)
        assert refused.text.endswith("stop them first, or consent by --restart always")

    def test_live_restore_keeps_them(self) -> None:
        given = states(
            containers=(WEB,), info=self.LIVE, started={**CONVERGED[UNIT].started, "live-restore": True}
        )
        found = changed(unit_of(self.KEPT).compare(given))
        assert shlex.split(found.script)[-2:] == ["if-idle", "kept"]
        assert found.reason.endswith("live-restore keeps web")

    def test_live_restore_that_leaves_with_the_restart_does_not(self) -> None:
        (found,) = unit_of(self.HARD).compare(states(containers=(WEB,), info=self.LIVE))
        assert isinstance(found, Refusal)
        assert found.text.endswith(
            "keep them over it by --enable-live-restore, or consent by --restart always"
        )

    def test_a_reload_is_no_matter_to_them(self) -> None:
        other = replace(INFO, mirrors=())
        assert changed(SERVICE.compare(states(containers=(WEB,), info=other))).desired.endswith(", reload")
