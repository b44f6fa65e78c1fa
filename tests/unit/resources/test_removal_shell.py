"""The service taken away, really run against a stand-in for systemd and docker."""

from __future__ import annotations

import pytest

from tests.unit.resources.servicehost import Host, failed, host

__all__ = ["host"]


class TestRemove:
    REMOVE = "remove_unit docker.service {} '{}'"

    def test_an_idle_service_is_stopped_and_disabled(self, host: Host) -> None:
        assert host.run(self.REMOVE.format("idle", "")) == ("", [])
        assert host.active == "inactive"
        assert host.log("disable", "stop") == [
            *("disable docker.socket", "stop docker.socket"),
            *("disable docker.service", "stop docker.service"),
        ]

    def test_containers_are_not_stopped_without_consent(self, host: Host) -> None:
        host.set(containers="web")
        text = "containers were started meanwhile; stop them first, or say --stop-containers"
        assert host.run(self.REMOVE.format("idle", "")) == ("", failed(text))
        assert host.active == "active"

    def test_a_daemon_that_does_not_answer_is_left_alone(self, host: Host) -> None:
        host.set(silent="")
        text = "docker doesn't answer; restart it by hand, then run again"
        assert host.run(self.REMOVE.format("idle", "")) == ("", failed(text))
        assert host.active == "active"

    def test_with_consent_they_are_stopped_one_by_one(self, host: Host) -> None:
        host.set(containers="1a\n2b")
        assert host.run(self.REMOVE.format("stop", "")) == ("", [])
        assert host.log("docker") == ["docker stop 1a", "docker stop 2b"]

    def test_a_daemon_that_does_not_stop_is_a_failure(self, host: Host) -> None:
        host.set(stuck="")
        assert host.run(self.REMOVE.format("idle", ""))[1] == failed("docker.service doesn't stop")

    @pytest.mark.parametrize(
        ("forward", "back"), [("-P FORWARD ACCEPT", True), ("-P FORWARD DROP", False), ("", False)]
    )
    def test_forwarding_is_as_it_was(self, host: Host, forward: str, back: bool) -> None:
        host.run(self.REMOVE.format("idle", forward))
        assert ("iptables -w -P FORWARD ACCEPT" in host.log("iptables")) == back

    def test_its_bridge_goes(self, host: Host) -> None:
        (host.root / "sys/class/net/docker0").mkdir(parents=True)
        assert host.run(self.REMOVE.format("idle", "")) == ("", [])
        assert host.log("ip") == ["ip link delete docker0"]
