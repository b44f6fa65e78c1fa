"""The engine's packages: exact versions, rivals refused, and yum's exit code never believed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from provision.engines import engine
from provision.resources.base import ABSENT, Change, Note, Refusal, State, Trace, Unknown
from provision.resources.daemon import SERVICE
from provision.resources.file import FileState
from provision.resources.packages import Packages, PackagesState
from provision.resources.packages_shell import LIBRARY
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.transition import RIVALS
from provision.resources.unfinished import Doubled
from provision.resources.yum import Repository
from provision.script import Section
from tests.unit.core import no_unit
from tests.unit.shell import SHELLS, probed, programs

HOLD = ("docker-ce", "docker-ce-cli", "containerd.io")
REPOSITORY = Repository(b"[docker-ce-stable]\n", b"key", HOLD)
OLD, NEW = Packages(engine("18.06.3"), REPOSITORY), Packages(engine("26.1.4"), REPOSITORY)
V18 = {"docker-ce": "18.06.3.ce-3.el7"}
V26 = {
    name: package.removeprefix(f"{name}-")
    for name, package in zip(NEW.engine.names, NEW.engine.packages, strict=True)
}
RPM = "rpm 0 4.11.3 45.el7 x86_64"


def states(versions: dict[str, str] | State, installed: list[str] | None = None) -> dict[str, State]:
    """`installed` are the packages that the record says we brought."""
    state = PackagesState(versions) if isinstance(versions, dict) else versions
    entries = {} if installed is None else {OLD.id: {"before": None, "ours": {"installed": installed}}}
    return {OLD.id: state, RECORD_ID: RecordState(entries)}


def refused(packages: Packages, versions: dict[str, str]) -> str:
    (found,) = packages.compare(states(versions))
    assert isinstance(found, Refusal)
    return found.text


class TestSpoilt:
    """An engine whose files a transaction overwrote that ended halfway (72-disk-full)."""

    def torn(self, **more: str) -> dict[str, State]:
        ours = ["docker-ce-18.06.3.ce-3.el7", "docker-ce-cli-18.09.9-3.el7"]
        state = PackagesState({**V18, "docker-ce-cli": "18.09.9-3.el7", **more}, ("/usr/bin/docker",))
        return states(state, ours)

    def test_it_is_installed_again_once_the_others_files_are_gone(self) -> None:
        (found,) = OLD.compare(self.torn())
        assert isinstance(found, Change)
        lines = [shlex.split(line) for line in found.script.splitlines()]
        # and goes before, with the engine stopped
        assert lines[0][-3:] == ["docker-ce-cli", "reinstall", "docker-ce-18.06.3.ce-3.el7"]
        assert lines[1] == ["assert_whole", "docker-ce"]
        assert "so it is installed again" in found.reason
        assert found.stops_daemon

    def test_forward_it_is_replaced_anyway(self) -> None:
        (found,) = NEW.compare(self.torn())
        assert not isinstance(found, Change) or "reinstall" not in found.script

    def test_it_is_read(self) -> None:
        text = f"{RPM}\ndocker-ce 0 18.06.3.ce 3.el7 x86_64\nspoilt /usr/bin/docker"
        found = OLD.parse(Section(text, 0))
        assert found == PackagesState(V18, ("/usr/bin/docker",))
        assert str(found) == "docker-ce-18.06.3.ce-3.el7 (spoilt: /usr/bin/docker)"

    DOCKER, PROXY = "S.5......    /usr/bin/docker", "missing     /usr/bin/docker-proxy"
    RUNC, CONFIG = "S.5......    /usr/bin/docker-runc", "S.5....T.  c /etc/x"

    @pytest.mark.parametrize("shell", SHELLS, ids="-".join)
    @pytest.mark.parametrize(
        ("cli", "differ", "spoilt"),
        [
            ("18.09.9", (DOCKER, CONFIG, PROXY), ("docker", "docker-proxy")),
            ("18.09.9", (RUNC,), ("docker-runc",)),
            ("", (DOCKER, CONFIG, PROXY), ("docker", "docker-proxy")),
            ("18.06.3.ce", (DOCKER, CONFIG, PROXY), ("docker", "docker-proxy")),
            # by hand, and meant: files come in the order of their names
            ("", (RUNC, PROXY), ()),
            ("", (DOCKER,), ()),
            ("", (CONFIG,), ()),
        ],
    )
    def test_files_are_read_only_where_they_may_be_anothers(
        self,
        shell: tuple[str, ...],
        tmp_path: Path,
        cli: str,
        differ: tuple[str, ...],
        spoilt: tuple[str, ...],
    ) -> None:
        beside = f"echo 'docker-ce-cli 1 {cli} 3.el7 x86_64'" if cli else ":"
        rpm = f"""
case "$*" in
  "-V docker-ce") printf '%s\\n' {" ".join(map(shlex.quote, differ))}; echo read >>"${{0%/*}}/all" ;;
  -V*) printf '%s\\n' {" ".join(map(shlex.quote, differ))} ;;
  -ql*) printf '/usr/bin/%s\\n' docker docker-proxy docker-runc dockerd ;;
  *) echo '{RPM}'; echo 'docker-ce 0 18.06.3.ce 3.el7 x86_64'; {beside} ;;
esac"""
        state = OLD.parse(probed(shell, LIBRARY, OLD.probe(), path=programs(tmp_path, {"rpm": rpm})))
        assert isinstance(state, PackagesState)
        assert state.spoilt == tuple(f"/usr/bin/{name}" for name in spoilt)
        assert (tmp_path / "all").exists() is bool(spoilt), "200 MB"

    @pytest.mark.parametrize("shell", SHELLS, ids="-".join)
    def test_of_two_versions_it_is_asked_which_came_last(
        self, shell: tuple[str, ...], tmp_path: Path
    ) -> None:
        rpm = f"""
case "$*" in
  *INSTALLTIME*docker-ce)
    echo twice:9 docker-ce 18.06.2.ce-3.el7 x86_64; echo twice:5 docker-ce 18.06.3.ce-3.el7 x86_64 ;;
  -q*) echo '{RPM}'; for version in 2 3; do echo "docker-ce 0 18.06.$version.ce 3.el7 x86_64"; done ;;
  *) exit 7 ;;
esac"""
        state = OLD.parse(probed(shell, LIBRARY, OLD.probe(), path=programs(tmp_path, {"rpm": rpm})))
        assert isinstance(state, Doubled)
        assert (state.names, state.makes_way) == (("docker-ce",), ("docker-ce-18.06.3.ce-3.el7.x86_64",))


class TestParse:
    def parse(self, *lines: str, status: int = 0) -> State:
        return OLD.parse(Section("\n".join((RPM, *lines)), status))

    def test_versions_by_name(self) -> None:
        found = self.parse("docker-ce 0 18.06.3.ce 3.el7 x86_64", "package podman-docker is not installed")
        assert found == PackagesState(V18)
        assert str(found) == "docker-ce-18.06.3.ce-3.el7"

    def test_none_is_absent(self) -> None:
        assert self.parse("package docker-ce is not installed") is ABSENT

    def test_two_versions_of_one_are_a_killed_yums(self) -> None:
        found = self.parse("docker-ce 3 26.1.4 1.el7 x86_64", "docker-ce 0 18.06.3.ce 3.el7 x86_64")
        assert isinstance(found, Unknown)
        assert isinstance(found, Doubled)
        assert found.why.startswith(
            "docker-ce installed twice, by a yum that was killed: finish it by hand first:"
        )
        assert not found.is_ours(OLD.family), "it can't be told which stays"

    @pytest.mark.parametrize(
        ("section", "why"),
        [
            (Section("package rpm is not installed", 0), "rpm finds not even itself in it"),
            (Section(f"error: rpmdb: BDB0113 Thread died\n{RPM}", 0), "rpmdb: BDB0113 Thread died"),
            (Section(RPM, 1), "rpm doesn't answer"),
            (Section(RPM, 0, complete=False), "rpm doesn't answer"),
        ],
    )
    def test_a_database_that_cannot_be_read_is_never_absence(self, section: Section, why: str) -> None:
        found = OLD.parse(section)
        assert isinstance(found, Unknown)
        assert why in found.why
        assert "look at `rpm -q rpm` on the host" in found.why


@pytest.mark.parametrize(
    ("content", "looks"), [(b'{"live-restore": true}', False), (b"{}", True), (b"{", True), (None, True)]
)
def test_containers_that_a_cut_off_run_left_go_on_if_the_start_finds_them(
    content: bytes | None, looks: bool
) -> None:
    """The daemon was stopped for the change and is down since: what it starts with decides, which daemon.json says."""
    given = states({"docker-ce": "18.06.2.ce-3.el7"}, ["docker-ce-18.06.2.ce-3.el7"])
    there = ABSENT if content is None else FileState(content, "644", "root:root", 1)
    (found,) = OLD.compare({**given, SERVICE: no_unit(), "file /etc/docker/daemon.json": there})
    assert isinstance(found, Change)
    assert ("look_alone" in found.look) is looks
    assert f" {'ended' if looks else 'kept'} " in found.script


class TestCompare:
    @pytest.mark.parametrize(
        ("packages", "versions"), [(OLD, V18), (NEW, V26), (NEW, {**V26, "docker-scan-plugin": "0.8"})]
    )
    def test_as_asked_for(self, packages: Packages, versions: dict[str, str]) -> None:
        assert packages.compare(states(versions, list(packages.engine.packages))) == []

    def test_what_was_there_before_us_is_adopted(self) -> None:
        for asked, versions in ((OLD, V18), (NEW, V26)):
            (note,) = asked.compare(states(versions))
            assert isinstance(note, Note)
            assert note.text.startswith(f"{', '.join(asked.engine.packages)}: adopted")
            assert asked.as_asked_for(states(versions))
        # of what is ours in part, only the rest
        (note,) = NEW.compare(states(V26, ["docker-ce-cli-26.1.4-1.el7"]))
        assert isinstance(note, Note)
        assert "docker-ce-cli" not in note.text

    def test_unknown_is_refused(self) -> None:
        assert OLD.compare(states(Unknown("no"))) == [Refusal(OLD.id, "no")]

    @pytest.mark.parametrize("packages", [OLD, NEW])
    def test_all_packages_are_named_with_their_versions(self, packages: Packages) -> None:
        (found,) = packages.compare(states(ABSENT))
        assert isinstance(found, Change)
        asked = packages.engine.packages
        assert shlex.split(found.script) == ["change_packages", " ".join(asked), "", "install", *asked]
        assert shlex.split(found.look)[0] == "look_packages"
        version = packages.engine.package.removeprefix("docker-ce-")
        assert shlex.split(found.look)[5:] == [version, "", "", "", "install", *asked]
        assert found.joins == ""
        assert found.traces == (Trace(OLD.id, "installed", sorted(packages.engine.packages)),)
        assert found.stops_daemon
        assert found.actual == "not installed"

    def test_what_is_there_in_the_right_version_is_not_ours(self) -> None:
        there = {"docker-ce-cli": V26["docker-ce-cli"], "containerd.io": V26["containerd.io"]}
        (found,) = NEW.compare(states(there))
        assert isinstance(found, Change)
        assert found.actual == "docker-ce-cli-26.1.4-1.el7, containerd.io-1.6.33-3.1.el7"
        assert set(found.traces[0].value) == {f"{name}-{V26[name]}" for name in set(V26) - set(there)}

    def test_what_an_earlier_run_brought_stays_ours(self) -> None:
        (found,) = OLD.compare(states(ABSENT, ["docker-ce-18.06.2.ce-3.el7"]))
        assert isinstance(found, Change)
        assert found.traces[0].value == ["docker-ce-18.06.3.ce-3.el7"]

    @pytest.mark.parametrize("rival", RIVALS)
    def test_a_rival_is_refused_with_the_way_out(self, rival: str) -> None:
        text = refused(OLD, {rival: "1.13.1-209.el7"})
        assert text.startswith(
            f"{rival}-1.13.1-209.el7 can't stay beside docker-ce: stop its containers and "
        )
        assert f"`yum remove {rival}` first" in text
        assert ("--replace-conflicting" in text) is (rival != "docker-ee")

    def test_others_use_of_containerd_is_no_obstacle(self) -> None:
        """18.06 brings a containerd of its own, under other names."""
        (found,) = OLD.compare(
            states({"containerd.io": "1.6.33-3.1.el7", "docker-compose-plugin": "2.27.1-1.el7"})
        )
        assert isinstance(found, Change)


def test_every_name_that_matters_is_asked_for() -> None:
    words = shlex.split(OLD.probe())
    assert words[0] == "probe_packages"
    assert {*HOLD, *RIVALS} <= set(words)


def test_before_us() -> None:
    assert OLD.remember(PackagesState(V18)) == V18
    assert OLD.remember(ABSENT) is None


def test_exactly_these_or_not() -> None:
    assert OLD.as_asked_for(states(V18))
    for state in ({"docker": "1.13.1"}, V26, {"docker-ce": "18.06.2.ce-3.el7"}, ABSENT, Unknown("no")):
        assert not OLD.as_asked_for(states(state))


class TestWithdraw:
    def test_what_we_brought_goes_in_the_order_of_a_family(self) -> None:
        (found,) = NEW.withdraw(states(V26, sorted(NEW.engine.packages)))
        assert isinstance(found, Change)
        assert shlex.split(found.script) == ["remove_packages", *NEW.engine.names, "forget_engine"]
        assert shlex.split(found.look) == ["look_removal", *NEW.engine.names]
        assert found.stops_daemon

    def test_what_was_there_before_us_stays(self) -> None:
        (found,) = NEW.withdraw(states(V26, ["docker-ce-26.1.4-1.el7"]))
        assert isinstance(found, Change)
        assert found.script == "remove_packages docker-ce\nforget_engine"

    @pytest.mark.parametrize("installed", [None, [], ["docker-ce-cli-26.1.4-1.el7"]])
    def test_nothing_of_ours_is_a_note(self, installed: list[str] | None) -> None:
        assert OLD.withdraw(states(V18, installed)) == [
            Note(OLD.id, "docker-ce-18.06.3.ce-3.el7 stays: it was there before us")
        ]

    def test_nothing_there_is_nothing_to_do(self) -> None:
        assert OLD.withdraw(states(ABSENT, ["docker-ce-18.06.3.ce-3.el7"])) == []

    def test_unknown_is_refused(self) -> None:
        assert OLD.withdraw(states(Unknown("no"), ["docker-ce-18.06.3.ce-3.el7"])) == [Refusal(OLD.id, "no")]
