"""Docker's data: it stays, or goes on request where nothing else can go with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from provision.facts.host_shell import LIBRARY as HOST_LIBRARY
from provision.resources import data_shell, file_shell
from provision.resources.base import ABSENT, Change, Finding, Note, Refusal, State, Unknown
from provision.resources.data import Data, DataState, Store
from provision.resources.record import RECORD_ID, RecordState
from provision.script import Frame, Mark, Section
from tests.unit.shell import SHELLS, WORD, call, programs

KEPT, PURGED = Data(purge=False), Data(purge=True)
ROOT = Store("docker", 1, 2, 0, "", "/var/lib/docker")
CONTAINERD = Store("containerd", 0, 0, 0, "", "/var/lib/containerd")
OURS = RecordState(
    {"packages docker-ce": {"before": None, "ours": {"installed": ["docker-ce-18.06.3.ce-3.el7"]}}}
)


def back(data: Data, *stores: Store, record: State = OURS) -> list[Finding]:
    return data.withdraw({data.id: DataState(stores), RECORD_ID: record})


class TestWithdraw:
    def test_it_stays_and_how_it_would_go_is_told(self) -> None:
        text = "/var/lib/docker stays (1 image, 2 containers, 0 volumes): --purge-data deletes it"
        assert back(KEPT, ROOT) == [Note("data", text)]
        assert back(KEPT) == []

    def test_it_goes_on_request(self) -> None:
        (found,) = back(PURGED, ROOT)
        assert isinstance(found, Change)
        assert (found.resource, found.desired) == ("data /var/lib/docker", "absent")
        assert found.script == "purge_data docker /var/lib/docker"

    def test_what_is_not_dockers_own_stays(self) -> None:
        (found,) = back(PURGED, Store("docker", 0, 0, 0, "mount point", "/my data"))
        assert isinstance(found, Change)
        assert found.desired == "empty, the mount point itself stays"
        assert found.script == "purge_data docker '/my data'"

    def test_an_obstacle_is_a_refusal(self) -> None:
        store = Store("docker", 0, 0, 0, "", "/var/lib/docker", "below it something is mounted")
        assert back(PURGED, store) == [Refusal("data", "--purge-data: below it something is mounted")]
        assert isinstance(back(KEPT, store)[0], Note)

    @pytest.mark.parametrize(
        ("record", "why"),
        [
            (ABSENT, "no record in /var/lib/docker-provision says that we brought it"),
            (RecordState({}), "it was there before us"),
            (Unknown("damaged"), "our record can't be read"),
        ],
    )
    def test_whose_engine_we_did_not_bring_is_never_deleted(self, record: State, why: str) -> None:
        told = f"/var/lib/docker stays (1 image, 2 containers, 0 volumes): {why}"
        assert back(PURGED, ROOT, record=record) == [Note("data", told)]

    def test_containerds_goes_only_with_a_containerd_of_ours(self) -> None:
        assert isinstance(back(PURGED, CONTAINERD)[0], Note)
        installed = ["docker-ce-26.1.4-1.el7", "containerd.io-1.6.33-3.1.el7"]
        ours = RecordState({"packages docker-ce": {"ours": {"installed": installed}}})
        (found,) = back(PURGED, CONTAINERD, record=ours)
        assert isinstance(found, Change)

    def test_what_could_not_be_read_is_not_deleted(self) -> None:
        states = {"data": Unknown("no"), RECORD_ID: OURS}
        assert PURGED.withdraw(states) == [Refusal("data", "no")]
        assert KEPT.withdraw(states) == [Note("data", "no")]


class TestParse:
    def test_stores(self) -> None:
        text = "docker\t1\t2\t0\t\t/var/lib/docker\t\ncontainerd\t0\t0\t0\t\t/var/lib/containerd\t"
        assert KEPT.parse(Section(text, 0)) == DataState((ROOT, CONTAINERD))
        assert KEPT.parse(Section("", 0)) == DataState(())

    @pytest.mark.parametrize("text", ["docker\t1", "docker\tx\t2\t0\t\t/\t", "other\t1\t2\t0\t\t/\t"])
    def test_a_spoilt_answer_is_unknown(self, text: str) -> None:
        assert isinstance(KEPT.parse(Section(text, 0)), Unknown)

    def test_a_failed_one_is_unknown(self) -> None:
        assert isinstance(KEPT.parse(Section("", 1)), Unknown)
        assert isinstance(KEPT.parse(Section("", 0, complete=False)), Unknown)


class Host:
    """A stand-in: folders below `root`, what is mounted where, and a docker that is stopped or says where data is."""

    def __init__(self, shell: tuple[str, ...], root: Path) -> None:
        self.shell, self.root = shell, root
        self.data = root / "lib/docker"
        self.mounts: list[Path] = []
        self.running = ""
        self.flags = ""

    def lay_out(self, data: Path) -> None:
        for name in ("image/overlay2/imagedb/content/sha256", "containers/c1", "volumes", "165536.165536"):
            (data / name).mkdir(parents=True)
        (data / "image/overlay2/imagedb/content/sha256/i1").touch()
        (data / "engine-id").touch()

    def run(self, text: str) -> tuple[str, list[Frame]]:
        mountinfo = self.root / "mountinfo"
        lines = [
            f"1 2 0:3 / {str(path).replace(' ', chr(92) + '040')} rw - ext4 d rw" for path in self.mounts
        ]
        mountinfo.write_text("".join(f"{line}\n" for line in lines))
        path = programs(
            self.root / "bin",
            {
                "systemctl": f"""
                    case $1 in
                      is-active) {"true" if self.running else "false"} ;;
                      show) echo "ExecStart={{ path=/usr/bin/dockerd ; argv[]=/usr/bin/dockerd {self.flags} ; }}" ;;
                    esac""",
                "docker": f"echo {self.running}",
            },
        )
        library = HOST_LIBRARY + file_shell.LIBRARY + data_shell.LIBRARY + "\ndocker_cli() { docker; }\n"
        library = library.replace("/proc/self/mountinfo", str(mountinfo))
        library = library.replace("/var/lib/docker\n", f"{self.data}\n")
        library = library.replace("/var/lib/containerd", f"{self.root}/lib/containerd")
        library = library.replace("/etc/docker/daemon.json", f"{self.root}/daemon.json")
        return call(self.shell, self.root / "state", library, text, path=path)

    def read(self) -> tuple[Store, ...]:
        said, frames = self.run("probe_data")
        assert frames == []
        state = KEPT.parse(Section(said, 0))
        assert isinstance(state, DataState)
        return state.stores

    def purge(self, path: Path, kind: str = "docker") -> str:
        """Why not; empty where it did."""
        said, frames = self.run(f"purge_data {kind} '{path}'")
        assert said == ""
        return "".join(frame.rest for frame in frames if frame.mark is Mark.FAIL)


@pytest.fixture(params=SHELLS, ids="-".join)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    assert WORD not in str(tmp_path)
    found = Host(request.param, tmp_path)
    found.lay_out(found.data)
    return found


class TestShell:
    def test_data_is_found_and_counted(self, host: Host) -> None:
        assert host.read() == (Store("docker", 1, 1, 0, "", str(host.data)),)

    def test_none_is_found(self, host: Host) -> None:
        host.data = host.root / "none"
        assert host.read() == ()
        host.data.mkdir()
        assert host.read() == ()

    def test_it_goes_whole(self, host: Host) -> None:
        assert host.purge(host.data) == ""
        assert not host.data.exists()
        assert host.purge(host.data) == ""

    def test_a_mount_point_is_emptied(self, host: Host) -> None:
        host.mounts = [host.data]
        (host.data / "lost+found").mkdir()
        (store,) = host.read()
        assert (store.stays, store.obstacle) == ("mount point", "")
        assert host.purge(host.data) == ""
        assert [path.name for path in host.data.iterdir()] == ["lost+found"]
        assert host.read() == ()

    def test_where_a_link_leads_is_emptied(self, host: Host) -> None:
        moved = host.root / "big disk"
        host.data.rename(moved)
        host.data.symlink_to(moved)
        (store,) = host.read()
        assert (store.stays, store.obstacle) == ("link", "")
        assert host.purge(host.data) == ""
        assert host.data.is_symlink()
        assert list(moved.iterdir()) == []

    def test_links_in_it_are_not_followed(self, host: Host) -> None:
        precious = host.root / "precious"
        precious.mkdir()
        (precious / "file").touch()
        (host.data / "volumes/theirs").symlink_to(precious)
        assert host.purge(host.data) == ""
        assert (precious / "file").exists()

    @pytest.mark.parametrize(
        ("spoil", "why"),
        [
            (
                lambda data: (data / "photos").mkdir(),
                "in DATA lies what isn't Docker's: move photos elsewhere first",
            ),
            (
                lambda data: (data / ".mine").touch(),
                "in DATA lies what isn't Docker's: move .mine elsewhere first",
            ),
            (
                lambda data: (data / "image").rename(data / "tmp"),
                "DATA isn't laid out as Docker's data is: look at it, and remove it by hand",
            ),
        ],
        ids=["folder", "hidden", "layout"],
    )
    def test_what_is_not_dockers_alone_is_left(
        self, host: Host, spoil: Callable[[Path], object], why: str
    ) -> None:
        spoil(host.data)
        why = why.replace("DATA", str(host.data))
        assert [store.obstacle for store in host.read()] == [why]
        assert host.purge(host.data) == why
        assert (host.data / "containers/c1").exists()

    def test_nothing_goes_while_something_is_mounted_below(self, host: Host) -> None:
        host.mounts = [host.data / "volumes/my nfs", Path("/other")]
        why = f"below {host.data} something is mounted: umount volumes/my nfs first"
        assert [store.obstacle for store in host.read()] == [why]
        assert host.purge(host.data) == why
        assert (host.data / "containers/c1").exists()

    def test_what_a_running_daemon_has_mounted_goes_with_it(self, host: Host) -> None:
        host.running = str(host.data)
        host.mounts = [host.data / "overlay2/abc/merged", host.data / "containers/c1/mounts/shm"]
        assert [store.obstacle for store in host.read()] == [""]
        host.mounts.append(host.data / "volumes/nfs")
        assert "volumes/nfs" in host.read()[0].obstacle

    def test_nothing_goes_while_docker_runs(self, host: Host) -> None:
        host.running = str(host.data)
        assert host.purge(host.data) == "docker was started meanwhile; run again"
        assert host.data.exists()

    def test_never_the_root_directory(self, host: Host) -> None:
        link = host.root / "link"
        link.symlink_to("/")
        assert host.purge(link) == f"{link} is the host's root directory"

    @pytest.mark.parametrize("way", ["running", "remapped", "flag", "short flag", "file", "record"])
    def test_data_is_where_the_engine_has_it(self, host: Host, way: str) -> None:
        elsewhere = host.root / "elsewhere"
        host.lay_out(elsewhere)
        document = f'{{"a": 1, "data-root": "{elsewhere}"}}\n'
        (host.root / "state").mkdir()
        if way in ("running", "remapped"):
            host.running = f"{elsewhere}{'/165536.165536' if way == 'remapped' else ''}"
        elif "flag" in way:
            host.flags = f"-H fd:// {'-g ' if way == 'short flag' else '--data-root='}{elsewhere} --debug"
        else:
            (host.root / ("daemon.json" if way == "file" else "state/record.json")).write_text(document)
        assert [store.path for store in host.read()] == [str(elsewhere)]

    def test_containerds_is_told_by_its_own_layout(self, host: Host) -> None:
        data = host.root / "lib/containerd"
        for name in ("io.containerd.metadata.v1.bolt", "io.containerd.runtime.v2.task/moby", "tmpmounts"):
            (data / name).mkdir(parents=True)
        assert host.read()[1] == Store("containerd", 0, 0, 0, "", str(data))
        (data / "io.containerd.runtime.v2.task/k8s.io").mkdir()
        why = f"{data} holds what others than Docker run: k8s.io"
        assert host.read()[1].obstacle == why
        assert host.purge(data, "containerd") == why
        (data / "io.containerd.runtime.v2.task/k8s.io").rmdir()
        assert host.purge(data, "containerd") == ""
        assert not data.exists()
