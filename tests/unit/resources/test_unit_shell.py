"""The shell side of the service, really run against a stand-in for systemd and docker."""

from __future__ import annotations

import pytest

from provision.resources.daemon import Container, parse
from provision.resources.record import RecordState, writing
from tests.unit.core import encoded
from tests.unit.resources.servicehost import WORDS, Host, failed, host
from tests.unit.shell import probed

__all__ = ["host"]


ACTIONS = [
    "start_unit docker.service 'registry-mirrors=[1]'",
    "restart_unit docker.service 'registry-mirrors=[1]' if-idle ended",
    "reload_unit docker.service 'registry-mirrors=[1]'",
]
NAMES = [action.split("_", maxsplit=1)[0] for action in ACTIONS]


def test_what_a_start_took_up_is_recorded_where_it_recorded_nothing_itself(host: Host) -> None:
    started = host.root / "run/docker-provision/started.json"
    for content in ("{}", "[]"):
        assert host.run(f"record_start {encoded(content.encode())}") == ("", [])
        assert started.read_text() == "{}"
    assert started.stat().st_mode & 0o777 == 0o600


class TestConfirmed:
    @pytest.mark.parametrize("action", ACTIONS, ids=NAMES)
    def test_what_is_in_effect_needs_its_old_file_no_more(self, host: Host, action: str) -> None:
        host.keep("[0]")
        host.daemon_json.write_text("[1]")
        assert host.run(action) == ("", [])
        assert not host.pending.exists()
        assert host.log("start", "restart", "reload") == [
            f"{action.split('_', maxsplit=1)[0]} docker.service"
        ]

    @pytest.mark.parametrize(("action", "name"), [*zip(ACTIONS, NAMES, strict=True)], ids=NAMES)
    def test_what_is_not_taken_up_is_taken_back_once(self, host: Host, action: str, name: str) -> None:
        host.keep("[0]")
        host.daemon_json.write_text("bad")
        brought, remaining = RecordState({"x": {"ours": {}}}), RecordState({})
        recorded = writing(remaining, brought, remaining).script
        assert host.run(f"{recorded}\n{action}") == (WORDS, failed(f"daemon {name} taken-back"))
        assert (host.root / "state/record.json").read_text() == remaining.text()
        assert (host.daemon_json.read_text(), host.active) == ("[0]", "active")
        assert not host.pending.exists()
        assert host.log("start", "restart", "reload") == [f"{name} docker.service"] * 2

    def test_where_no_file_was_none_comes_back(self, host: Host) -> None:
        host.keep(None)
        host.daemon_json.write_text("bad")
        assert host.run(ACTIONS[0])[1] == failed("daemon start taken-back")
        assert not host.daemon_json.exists()

    def test_the_old_file_may_be_no_better(self, host: Host) -> None:
        host.keep("bad, too")
        host.daemon_json.write_text("bad")
        assert host.run(ACTIONS[0])[1] == failed("daemon start taken-back-in-vain")
        assert len(host.log("start")) == 2

    def test_a_file_that_we_did_not_change_stays(self, host: Host) -> None:
        host.daemon_json.write_text("bad")
        assert host.run(ACTIONS[0]) == (WORDS, failed("daemon start kept"))
        assert host.daemon_json.read_text() == "bad"
        assert len(host.log("start")) == 1

    def test_a_link_stays_one(self, host: Host) -> None:
        target = host.root / "daemon.json"
        host.daemon_json.unlink()
        host.daemon_json.symlink_to(target)
        target.write_text("bad")
        host.keep("[0]")
        host.run(ACTIONS[0])
        assert (host.daemon_json.is_symlink(), target.read_text()) == (True, "[0]")

    @pytest.mark.parametrize(
        ("asked", "shown"), [("", "[7]"), ("registry-mirrors=[]", "null"), ("registry-mirrors=[]", "[]")]
    )
    def test_what_counts_as_shown(self, host: Host, asked: str, shown: str) -> None:
        host.daemon_json.write_text(shown)
        assert host.run(f"start_unit docker.service '{asked}'") == ("", [])

    @pytest.mark.parametrize("action", ACTIONS, ids=NAMES)
    def test_what_runs_but_does_not_show_is_taken_back_once(self, host: Host, action: str) -> None:
        host.keep("[0]")
        host.daemon_json.write_text("[2]")
        unseen = encoded(b"registry-mirrors=[1]")
        verb = action.partition("_")[0]
        assert host.run(action)[1] == failed(f"daemon {verb} taken-back {unseen}")
        assert (host.daemon_json.read_text(), host.active) == ("[0]", "active")
        assert host.log("start", "restart", "reload") == [f"{verb} docker.service"] * 2

    def test_the_daemons_words_are_kept_for_root_alone(self, host: Host) -> None:
        host.daemon_json.write_text("bad")
        host.run(ACTIONS[0])
        kept = host.root / "state/last-words"
        assert (kept.read_text(), kept.stat().st_mode & 0o777) == (f"{WORDS}\n", 0o600)

    def test_a_daemon_that_does_not_answer_is_not_confirmed(self, host: Host) -> None:
        host.set(silent="")
        assert host.run(ACTIONS[0])[1] == failed("daemon start kept")


class TestReload:
    def test_what_was_taken_up_is_recorded_for_root_alone(self, host: Host) -> None:
        host.daemon_json.write_text("[1]")
        host.run(ACTIONS[2])
        record = host.root / "run/docker-provision/reloaded.json"
        assert (record.read_text(), record.stat().st_mode & 0o777) == ("[1]", 0o600)

    def test_the_daemons_own_word_is_recorded_beside_it(self, host: Host) -> None:
        host.daemon_json.write_text("[1]")
        host.run(ACTIONS[2])
        record = host.root / "run/docker-provision/event.json"
        assert (record.read_text(), record.stat().st_mode & 0o777) == ('{"debug":"true"}\n', 0o600)

    def test_without_the_daemons_word_it_is_not_taken_up(self, host: Host) -> None:
        """docker info shows the mirrors, but what it doesn't show may have been refused; an older event is none."""
        host.keep("[0]")
        host.daemon_json.write_text("[1]")
        host.set(mute="")
        assert host.run(ACTIONS[2])[1] == failed("daemon reload taken-back")
        assert not (host.root / "run/docker-provision").exists()

    def test_a_daemon_that_a_reload_ended_is_started_again(self, host: Host) -> None:
        """As over an authorization plugin that isn't there (18.06.3, run)."""
        host.keep("[0]")
        host.daemon_json.write_text("bad")
        host.set(ends="")
        host.run(ACTIONS[2])
        assert host.daemon_json.read_text() == "[0]"
        assert host.log("start", "reload") == [
            "reload docker.service",
            "start docker.service",
            "reload docker.service",
        ]

    def test_what_was_not_is_not_recorded(self, host: Host) -> None:
        host.daemon_json.write_text("bad")
        host.run(ACTIONS[2])
        assert not (host.root / "run/docker-provision").exists()


class TestPlugins:
    """A missing authorization plugin ends the daemon at a reload, so it is looked for before."""

    LOOK = "look_plugins here"

    @pytest.mark.parametrize("place", ["here.sock", "here/here.json", "here.spec"])
    def test_one_that_is_there(self, host: Host, place: str) -> None:
        path = host.root / "run/docker/plugins" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert host.run(self.LOOK) == ("", [])

    def test_one_that_docker_manages(self, host: Host) -> None:
        host.set(plugin="true")
        assert host.run(self.LOOK) == ("", [])

    @pytest.mark.parametrize("enabled", ["", "false"])
    def test_one_that_is_not(self, host: Host, enabled: str) -> None:
        host.set(plugin=enabled)
        text = "the authorization plugin here isn't there: install it first, or take it out of authorization-plugins"
        assert host.run(self.LOOK) == ("", failed(text))


class TestGuard:
    RESTART = "restart_unit docker.service '' if-idle {}"

    @pytest.mark.parametrize(
        "action", ["restart_unit docker.service '' always ended", "guard_restart always ended"]
    )
    def test_a_daemon_without_room_for_its_data_stays_up(self, host: Host, action: str) -> None:
        """It would start without its containers."""
        host.set(free="1023")
        _, (frame,) = host.run(action)
        assert f"no room is left under {host.root}/data" in frame.rest
        assert host.log("restart") == []
        host.set(free="1024")
        assert host.run(action) == ("", [])

    def test_one_that_is_down_does_not_start_over_containers_without_room(self, host: Host) -> None:
        host.set(active="inactive", free="1023")
        data = host.root / "data"
        assert host.run(f"look_room {data}") == ("", [])  # it has none yet
        (data / "containers/c0ffee").mkdir(parents=True)
        _, (frame,) = host.run(f"look_room {data}")
        assert f"no room is left under {data}" in frame.rest
        host.set(free="1024")
        assert host.run(f"look_room {data}") == ("", [])

    @pytest.mark.parametrize("word", ["ended", "kept"])
    def test_an_idle_daemon_is_restarted(self, host: Host, word: str) -> None:
        assert host.run(self.RESTART.format(word)) == ("", [])

    def test_live_restore_keeps_containers(self, host: Host) -> None:
        host.set(containers="web", live="true")
        assert host.run(self.RESTART.format("kept")) == ("", [])

    @pytest.mark.parametrize(("word", "live"), [("ended", "false"), ("ended", "true"), ("kept", "false")])
    def test_containers_that_were_started_meanwhile_are_not_stopped(
        self, host: Host, word: str, live: str
    ) -> None:
        host.set(containers="web\ndb", live=live)
        text = "containers were started meanwhile and would be stopped: web db"
        assert host.run(self.RESTART.format(word)) == ("", failed(text))
        assert host.log("restart") == []

    def test_a_daemon_that_does_not_answer_is_left_alone(self, host: Host) -> None:
        host.set(silent="")
        text = "docker doesn't answer; restart it by hand, then run again"
        assert host.run(self.RESTART.format("ended"))[1] == failed(text)
        assert host.log("restart") == []

    def test_consent_is_consent(self, host: Host) -> None:
        host.set(containers="web")
        assert host.run("restart_unit docker.service '' always ended") == ("", [])

    def test_never_is_never(self, host: Host) -> None:
        host.keep("[0]")
        _, (frame,) = host.run("restart_unit docker.service '' never ended")
        assert "--restart never was said" in frame.rest
        # what was written for the restart that doesn't come is taken back
        assert (host.log("restart"), host.daemon_json.read_text()) == ([], "[0]")

    def test_a_daemon_that_does_not_run_has_nothing_to_lose(self, host: Host) -> None:
        host.set(active="inactive", containers="web")
        assert host.run(self.RESTART.format("ended")) == ("", [])


class TestEnable:
    def test_it_is_looked_at_afterwards(self, host: Host) -> None:
        host.set(enabled="disabled")
        assert host.run("enable_unit docker.service") == ("", [])
        host.set(enabled="disabled", stuck="")
        assert host.run("enable_unit docker.service") == ("", failed("systemctl can't enable docker.service"))


class TestProbe:
    def test_a_running_unit(self, host: Host) -> None:
        info = r'{"Labels": ["a\\tb\n"], "ServerErrors": ["\\n"]}'
        host.set(info=info, containers="web")
        (host.root / "run/docker-provision").mkdir(parents=True)
        (host.root / "run/docker-provision/started.json").write_text('{"debug": true}')
        section = probed(host.shell, host.library, "probe_unit docker.service", path=host.bin)
        assert section.status == 0
        # a backslash is a backslash in every sh
        assert f"\ninfo={info}\n" in section.text
        found = parse(section.text.replace(f"info={info}", "info="))
        assert (found.active, found.enabled, found.containers) == (
            "active",
            "enabled",
            (Container("web", "always"),),
        )
        assert (found.started, found.reloaded) == ({"debug": True}, None)
        assert found.remembered["etc_docker"] == "yes"

    @pytest.mark.parametrize(
        ("info", "found"),
        [
            ('{"ID":"A","Containers":0,"ContainersRunning":0}', ()),
            ('{"ID":"A","Containers":1,"ContainersRunning":0}', (Container("web", "always"),)),
            (r'{"Name":"\"Containers\":0,","Containers":10,"Images":0}', (Container("web", "always"),)),
            ("", (Container("web", "always"),)),
        ],
        ids=["none", "one that restarts", "a name", "no answer"],
    )
    def test_where_there_are_no_containers_none_is_asked_for(
        self, host: Host, info: str, found: tuple[Container, ...]
    ) -> None:
        host.set(info=info, containers="web")
        section = probed(host.shell, host.library, "probe_unit docker.service", path=host.bin)
        assert parse(section.text.replace(f"info={info}", "info=")).containers == found

    def test_what_reloads_runs(self, host: Host) -> None:
        host.set(active="reloading", info="", containers="web")
        section = probed(host.shell, host.library, "probe_unit docker.service", path=host.bin)
        assert parse(section.text).containers == (Container("web", "always"),)

    def test_a_stopped_daemon_is_not_woken(self, host: Host) -> None:
        """From 18.09 on, docker info would start it by its socket."""
        host.set(active="inactive", info="woken", containers="woken")
        section = probed(host.shell, host.library, "probe_unit docker.service", path=host.bin)
        assert "woken" not in section.text
        assert parse(section.text).active == "inactive"
