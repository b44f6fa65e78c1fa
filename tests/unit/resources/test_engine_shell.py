"""What is stopped before a change of version, and what comes back: run against stand-ins for what it calls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provision.resources.brought import PACKAGES_ID
from provision.resources.file_shell import LIBRARY as FILE_LIBRARY
from provision.resources.packages_shell import LIBRARY
from provision.resources.record import RecordState, writing
from provision.script import Frame, Mark, quote
from tests.unit.resources.servicehost import Host
from tests.unit.shell import SHELLS, programs

# a container is a file by its id: "PATIENCE POLICY NAME"
DOCKER = """[ "$1 $2" = "-H unix:///var/run/docker.sock" ] || exit 64
shift 2
for id; do :; done
case $* in
  info*LiveRestore*) cat "$ROOT/live" ;;
  info*) cat "$ROOT/loaded" ;;
  ps*) cat "$ROOT/containers" ;;
  inspect*)
    [ -e "$ROOT/c/$id" ] || exit 1
    read -r patience policy name <"$ROOT/c/$id"
    case $* in *StopTimeout*) printf '%s ' "$patience" ;; esac
    echo "$policy /$name" ;;
  *)
    echo "docker $*" >>"$ROOT/log"
    if [ -e "$ROOT/c/$id.$1" ]; then cat "$ROOT/c/$id.$1"; exit 1; fi ;;
esac"""
YUM = """echo "yum $*" >>"$ROOT/log"
if [ -e "$ROOT/yum" ]; then . "$ROOT/yum"; fi"""
# the packages that are installed are lines of a file, by name-version-release.arch
RPM = """case $1 in
  -qa) [ "$2" = gpg-pubkey ] || sed 's/-[^-]*-[^-]*$//' "$ROOT/rpms" ;;
  -q) for word; do :; done; grep -q "^$word" "$ROOT/rpms" ;;
  -V)
    if [ -e "$ROOT/spoilt" ]; then exit 1; fi
    for word; do case $word in -*) ;; *) grep -qx "$word" "$ROOT/rpms" || exit 1 ;; esac; done ;;
  -e) echo "rpm $*" >>"$ROOT/log"; shift 2; for name; do sed -i "/^$name-[^-]*-[^-]*$/d" "$ROOT/rpms"; done ;;
  -U)
    echo "rpm ${*##*/}" >>"$ROOT/log"
    for word; do
      case $word in *.rpm)
        word=${word##*/} name=${word%-*-*}
        sed -i "/^$name-[^-]*-[^-]*$/d" "$ROOT/rpms"
        echo "${word%.rpm}" >>"$ROOT/rpms" ;;
      esac
    done ;;
esac"""
OLD, NEW = "docker-ce-18.06.3.ce-3.el7.x86_64", "docker-ce-18.09.9-3.el7.x86_64"
CLI = "docker-ce-cli-18.09.9-3.el7.x86_64"
CHANGE = "change_engine if-idle ended 'docker-ce-18.09.9-3.el7 docker-ce-cli-18.09.9-3.el7' '' install it"
UPGRADE = f"printf '%s\\n' {NEW} {CLI} >\"$ROOT/rpms\"\n"


BROUGHT = RecordState({PACKAGES_ID: {"before": None, "ours": {"installed": [NEW, CLI]}}})
REMAINING = RecordState({PACKAGES_ID: {"before": None, "ours": {"installed": [OLD]}}})
RECORDED = writing(REMAINING, BROUGHT, REMAINING).script


class Engine(Host):
    """A host with docker-ce 18.06.3, and what the look has laid aside of it."""

    def __init__(self, shell: tuple[str, ...], root: Path) -> None:
        super().__init__(shell, root)
        texts = {"docker": DOCKER, "yum": YUM, "rpm": RPM, "pgrep": 'cat "$ROOT/shims" 2>/dev/null'}
        programs(self.bin, {name: f"ROOT={quote(str(root))}\n{text}" for name, text in texts.items()})
        look = root / "look"
        (look / "back").mkdir(parents=True)
        (look / "back" / f"{OLD}.rpm").touch()
        (root / "c").mkdir()
        (root / "state").mkdir()
        (root / "state/brought-packages").write_text("libcgroup\n")
        self.set(rpms=OLD, containers="")
        self.library += f"{LIBRARY}\nlook={quote(str(look))}\nlock_alive() {{ false; }}\n"

    def container(self, ident: str, policy: str, name: str, patience: str = "null") -> None:
        """One that runs, started after those before it."""
        (self.root / "c" / ident).write_text(f"{patience} {policy} {name}\n")
        path = self.root / "containers"
        path.write_text(f"{ident}\n{path.read_text()}")

    @property
    def record(self) -> str:
        return (self.root / "state/record.json").read_text()

    @property
    def rpms(self) -> list[str]:
        return (self.root / "rpms").read_text().split()

    @property
    def stopped(self) -> list[str]:
        path = self.root / "state/stopped-containers"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture(params=SHELLS, ids="-".join)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    made = Engine(request.param, tmp_path)
    made.container("aa", "always", "store")
    made.container("bb", "unless-stopped", "web", "30")
    made.container("cc", "no", "job")
    return made


def failed(words: str) -> list[Frame]:
    return [Frame(Mark.FAIL, words)]


class TestStop:
    def test_the_youngest_first_and_written_down_before(self, host: Engine) -> None:
        assert host.run("stop_containers") == ("stopping job\nstopping web\nstopping store", [])
        assert host.log("docker") == ["docker stop cc", "docker stop bb", "docker stop aa"]
        assert host.stopped == ["cc no job", "bb unless-stopped web", "aa always store"]

    def test_each_gets_the_time_that_it_is_given(self, host: Engine) -> None:
        programs(host.bin, {"timeout": f'echo "$*" >>{host.root}/times; shift 3; exec "$@"'})
        host.run("stop_containers")
        times = [
            line.split()[2] for line in (host.root / "times").read_text().splitlines() if " stop " in line
        ]
        assert times == ["70", "90", "70"]

    def test_one_that_does_not_stop_brings_the_others_back(self, host: Engine) -> None:
        (host.root / "c/aa.stop").write_text("tried to kill it\n")
        said, frames = host.run("stop_containers")
        assert said.splitlines()[3:] == ["starting store", "starting web", "starting job"]
        assert frames == failed(
            "the container store doesn't stop (tried to kill it): stop it by hand, then run again"
        )
        assert host.stopped == []

    def test_kept_ones_are_left_alone(self, host: Engine) -> None:
        host.set(live="true")
        assert host.run("halt_engine kept") == ("", [])
        assert host.active == "inactive"
        assert host.log("docker") == []

    def test_live_restore_that_is_only_asked_for_keeps_nothing(self, host: Engine) -> None:
        host.run("halt_engine kept")
        assert len(host.log("docker")) == 3

    def test_a_daemon_that_does_not_stop(self, host: Engine) -> None:
        (host.root / "stuck").touch()
        assert host.run("halt_engine ended")[1] == failed(
            "docker.service doesn't stop: see `journalctl -u docker`"
        )


class TestStart:
    @pytest.fixture(autouse=True)
    def _stopped(self, host: Engine) -> None:
        host.run("stop_containers")
        (host.root / "log").unlink()

    def test_those_with_a_restart_policy_come_back_the_oldest_first(self, host: Engine) -> None:
        assert host.run("start_owed") == ("starting store\nstarting web", [])
        assert host.log("docker") == ["docker start aa", "docker start bb"]
        assert host.stopped == []

    def test_one_that_was_taken_away_is_no_failure(self, host: Engine) -> None:
        (host.root / "c/aa").unlink()
        assert host.run("start_owed") == ("starting web", [])

    def test_one_that_does_not_start_is_told_and_still_owed(self, host: Engine) -> None:
        (host.root / "c/bb.start").write_text("port is already allocated\n")
        _, frames = host.run("start_owed")
        assert frames == failed(
            "the engine runs, but containers that were stopped for this don't start again; web: port is already "
            "allocated"
        )
        assert host.stopped

    def test_a_run_that_was_cut_off_owes_only_those(self, host: Engine) -> None:
        host.set(containers="")
        host.run("stop_containers")
        assert host.stopped == ["bb unless-stopped web", "aa always store"]


class TestChange:
    def test_a_change_leaves_the_engine_stopped_for_what_follows(self, host: Engine) -> None:
        (host.root / "yum").write_text(UPGRADE)
        host.set(containers="")
        assert host.run(CHANGE) == ("", [])
        assert host.active == "inactive"
        assert host.rpms == [NEW, CLI]

    def test_containers_that_were_started_meanwhile_are_a_reason_not_to(self, host: Engine) -> None:
        said, frames = host.run(CHANGE)
        assert said == ""
        assert "containers were started meanwhile and would be stopped" in frames[0].rest
        assert (host.active, host.rpms) == ("active", [OLD])

    @pytest.mark.parametrize(
        "then", ["exit 1", f'echo {OLD} >>"$ROOT/rpms"; exit 0', 'touch "$ROOT/spoilt"; exit 1']
    )
    def test_a_yum_that_breaks_off_is_put_back_with_all_that_ran(self, host: Engine, then: str) -> None:
        (host.root / "yum").write_text(f"{CLI_ALONE if 'rpms' in then else UPGRADE}{then}")
        _, (frame,) = host.run(CHANGE.replace("if-idle", "always"))
        assert frame.rest.endswith(" back")
        assert host.rpms == [OLD]
        assert host.active == "active"
        assert host.log("docker")[3:] == ["docker start aa", "docker start bb", "docker start cc"]
        assert host.stopped == []

    def test_a_yum_that_refused_has_nothing_to_be_put_back(self, host: Engine) -> None:
        (host.root / "yum").write_text("echo no; exit 1")
        _, frames = host.run(CHANGE.replace("if-idle", "always"))
        assert frames == failed("yum 1 back")
        assert host.log("rpm") == []
        assert host.active == "active"

    def test_what_came_with_it_goes_again(self, host: Engine) -> None:
        (host.root / "yum").write_text(f'{UPGRADE}echo slirp4netns-0.4.3-4.el7 >>"$ROOT/rpms"\n')
        host.set(containers="")
        (host.root / "etc/docker/daemon.json").write_text("bad")
        host.keep("[0]")
        _, frames = host.run(f"{RECORDED}\n{CHANGE}\nstart_changed_unit docker.service ''")
        assert frames == failed("engine back")
        assert host.record == REMAINING.text()
        assert host.rpms == [OLD]
        assert host.log("rpm")[0] == "rpm -e --nodeps -- docker-ce-cli slirp4netns"
        assert (host.root / "state/brought-packages").read_text() == "libcgroup\n"
        assert (host.daemon_json.read_text(), host.active) == ("[0]", "active")

    def test_one_that_comes_up_is_done(self, host: Engine) -> None:
        (host.root / "yum").write_text(UPGRADE)
        host.run(CHANGE.replace("if-idle", "always"))
        host.keep("[0]")
        said, frames = host.run(f"{RECORDED}\nstart_changed_unit docker.service ''")
        assert (said, frames) == ("starting store\nstarting web", [])
        assert host.record == BROUGHT.text()
        assert (host.active, host.rpms) == ("active", [NEW, CLI])
        assert not host.pending.exists()

    def test_what_cuts_the_host_off_goes_back_and_the_packages_stay(self, host: Engine) -> None:
        (host.root / "yum").write_text(UPGRADE)
        host.set(containers="")
        host.daemon_json.write_text("[1]")
        host.keep("[0]")
        nobody = "await_return() { return 1; }"
        starts = "watch_way 'bip changes'\nstart_changed_unit docker.service ''"
        _, frames = host.run(f"{nobody}\n{RECORDED}\n{CHANGE}\n{starts}")
        assert frames[0].rest.startswith("nobody came back over a new connection within 60 s")
        assert (
            "and the daemon runs with it; the packages stay as this run has changed them; look at"
            in frames[0].rest
        )
        assert (host.daemon_json.read_text(), host.active) == ("[0]", "active")
        assert host.rpms == [NEW, CLI]
        assert host.record == BROUGHT.text()


CLI_ALONE = f"printf '%s\\n' {CLI} >\"$ROOT/rpms\"\n"
"""As after a full disk: the CLI is new, the engine still the old one (yum 3.4.3, run)."""


class TestSettings:
    """daemon.json and what rpm puts aside, where they belong to a package that goes."""

    TAKEN = 'rm -f "$ROOT/etc/docker/daemon.json"\n'
    ASIDE = 'mv "$ROOT/etc/docker/daemon.json" "$ROOT/etc/docker/daemon.json.rpmsave"\n'

    def rooted(self, host: Engine) -> None:
        outside = rf"(?<!{re.escape(str(host.root))})(/etc/(?:sysconfig|docker)/)"
        host.library = FILE_LIBRARY + re.sub(outside, rf"{host.root}\1", host.library)
        (host.root / "etc/sysconfig").mkdir()

    @pytest.mark.parametrize("way", [TAKEN, ASIDE])
    def test_daemon_json_stays_as_it_was(self, host: Engine, way: str) -> None:
        self.rooted(host)
        host.daemon_json.write_text('{"labels":  ["mine"]}')
        host.daemon_json.chmod(0o600)
        earlier = host.root / "etc/docker/other.rpmsave"
        earlier.touch()
        host.set(yum=UPGRADE + way, containers="")
        host.run(CHANGE)
        assert host.daemon_json.read_text() == '{"labels":  ["mine"]}'
        assert host.daemon_json.stat().st_mode & 0o777 == 0o600
        assert [path.name for path in host.daemon_json.parent.glob("*.rpmsave")] == [earlier.name]

    def test_what_rpm_puts_aside_comes_back_with_the_packages(self, host: Engine) -> None:
        self.rooted(host)
        folder = host.root / "etc/sysconfig"
        (folder / "docker").write_text("OPTIONS=--debug")
        (folder / "docker-network.rpmsave").write_text("of long ago")
        host.set(yum=f"{UPGRADE}mv {folder}/docker {folder}/docker.rpmsave\nexit 1", containers="")
        host.run(CHANGE)
        assert (folder / "docker").read_text() == "OPTIONS=--debug"
        assert [path.name for path in folder.glob("*.rpmsave")] == ["docker-network.rpmsave"]
