"""The probe of the host itself, run by both kinds of sh: with programs that answer as an EL7 would."""

from __future__ import annotations

import os
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from provision.facts import HostFacts
from provision.facts.host import SERVICES, DataRoot, Route, Space, parse
from provision.facts.host_shell import LIBRARY
from tests.unit.shell import SHELLS, call

XFS_INFO = """\
meta-data=/dev/mapper/centos-root isize=256    agcount=4, agsize=1245184 blks
         =                       sectsz=512   attr=2, projid32bit=1
         =                       crc=0        finobt=0 spinodes=0
data     =                       bsize=4096   blocks=4980736, imaxpct=25
naming   =version 2              bsize=4096   ascii-ci=0 ftype=0
log      =internal               bsize=4096   blocks=2560, version=2
realtime =none                   extsz=4096   blocks=0, rtextents=0"""
"""xfs_info of a CentOS 7.0 to 7.2, which made xfs without d_type."""

ROUTES = """\
default via 10.0.0.1 dev eth0 proto dhcp metric 100
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.7 metric 100
172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1
10.9.9.9 via 10.0.0.2 dev eth0
unreachable 192.168.7.0/24 proto static metric 4278198272"""


@pytest.fixture(params=SHELLS, ids=" ".join)
def shell(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return request.param  # type: ignore[no-any-return]


def asked(shell: tuple[str, ...], folder: Path, programs: str, call_: str) -> str:
    """What a call prints with these shell functions in place of programs."""
    text = f'timed() {{ shift; "$@"; }}\n{programs}\n{call_}'
    printed, _ = call(shell, folder, LIBRARY, text)
    return printed


def host(text: str) -> HostFacts:
    return parse(text)


def test_the_whole_probe_runs_on_this_machine(shell: tuple[str, ...], tmp_path: Path) -> None:
    printed = asked(shell, tmp_path, "", f"probe_host '{' '.join(SERVICES)}' '{tmp_path}'")
    found = host(printed)
    assert found.kernel == os.uname().release
    assert found.machine == os.uname().machine
    assert set(found.spaces) == {"/usr", "/var/tmp", "/var/lib/docker", str(tmp_path)}  # noqa: S108
    assert all(space.free > 0 for space in found.spaces.values())
    assert [root.path for root in found.roots] == ["/var/lib/docker", str(tmp_path)]


def test_services_are_told_apart(shell: tuple[str, ...], tmp_path: Path) -> None:
    systemctl = 'systemctl() { printf "active\\nunknown\\nactive\\n"; return 3; }'
    printed = asked(shell, tmp_path, systemctl, f"probe_host '{' '.join(SERVICES)}'")
    assert host(printed).active == {"firewalld", "kubelet"}


def test_routes_are_read(shell: tuple[str, ...], tmp_path: Path) -> None:
    printed = asked(
        shell, tmp_path, f"ip() {{ cat <<'X'\n{ROUTES}\nX\n}}", f"probe_host '{' '.join(SERVICES)}'"
    )
    assert host(printed).routes == (
        Route(IPv4Network("10.0.0.0/24"), "eth0"),
        Route(IPv4Network("172.17.0.0/16"), "docker0"),
        Route(IPv4Network("10.9.9.9/32"), "eth0"),
        Route(IPv4Network("192.168.7.0/24"), ""),
    )


def test_xfs_is_asked_whether_names_have_types(shell: tuple[str, ...], tmp_path: Path) -> None:
    programs = f"""\
df() {{ echo 'Type Avail Mounted on'; echo 'xfs 1000 /'; echo 'xfs 1000 /'; echo 'ext4 20 /with blank'; }}
xfs_info() {{ cat <<'X'
{XFS_INFO}
X
}}"""
    found = host(asked(shell, tmp_path, programs, "host_spaces /usr /var/lib/docker /data"))
    assert found.ftypes == {"/": "0"}
    assert found.spaces == {
        "/usr": Space("xfs", 1000, "/"),
        "/var/lib/docker": Space("xfs", 1000, "/"),
        "/data": Space("ext4", 20, "/with blank"),
    }


def test_an_answer_of_df_that_is_short_tells_nothing(shell: tuple[str, ...], tmp_path: Path) -> None:
    programs = "df() { echo 'Type Avail Mounted on'; echo 'ext4 1000 /'; }"
    assert host(asked(shell, tmp_path, programs, "host_spaces /usr /data")).spaces == {}


def test_what_is_not_there_yet_lies_on_the_folder_above(shell: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "to/come"
    found = host(asked(shell, tmp_path, "", f"host_spaces '{path}' '{tmp_path}'")).spaces
    assert found[str(path)].mount == found[str(tmp_path)].mount


def test_data_is_counted(shell: tuple[str, ...], tmp_path: Path) -> None:
    root = tmp_path / "docker root"
    for folder in (
        *("image/overlay2/imagedb/content/sha256", "containers/c1", "containers/c2", "volumes/v1/_data"),
        *("swarm", "100000.100000/image/overlay/imagedb/content/sha256", "100000.100000/containers/c3"),
    ):
        (root / folder).mkdir(parents=True)
    (root / "volumes/metadata.db").touch()
    (root / "image/overlay2/imagedb/content/sha256/aa").touch()
    (root / "swarm/docker-state.json").touch()
    link = tmp_path / "link"
    link.symlink_to(root)
    first, second = host(asked(shell, tmp_path, "", f"host_data '{link}'")).roots
    assert first == DataRoot(str(link), str(root), 1, 2, 1, ("overlay2",), swarm=True)
    assert (second.path, second.containers, second.drivers) == (f"{link}/100000.100000", 1, ("overlay",))


def test_a_folder_that_is_not_there_holds_nothing(shell: tuple[str, ...], tmp_path: Path) -> None:
    path = str(tmp_path / "none")
    assert host(asked(shell, tmp_path, "", f"host_data '{path}'")).roots == (DataRoot(path, path),)


def test_the_operators_address_is_found_behind_sudo(shell: tuple[str, ...], tmp_path: Path) -> None:
    programs = "SSH_CONNECTION='10.1.2.3 50000 10.0.0.7 22'"
    assert asked(shell, tmp_path, programs, "host_peer") == "10.1.2.3"
    environ = tmp_path / "environ"
    environ.write_bytes(b"PATH=/bin\0SSH_CONNECTION=10.4.5.6 1 10.0.0.7 22\0TERM=dumb\0")
    behind = LIBRARY.replace('"/proc/$PPID/environ"', f"'{environ}'")
    assert behind != LIBRARY
    printed, _ = call(shell, tmp_path, behind, "unset SSH_CONNECTION; host_peer")
    assert printed == "10.4.5.6"


def test_what_daemon_json_names_is_looked_at_too(shell: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "daemon.json"
    file.write_text('{"debug": true,\n  "data-root":"/srv/docker data",\n "dns": []}\n')
    library = LIBRARY.replace("/etc/docker/daemon.json", str(file))
    printed, _ = call(shell, tmp_path, library, f"probe_host '{' '.join(SERVICES)}'")
    assert [root.path for root in host(printed).roots] == ["/var/lib/docker", "/srv/docker data"]


def test_a_daemon_is_told_with_its_package_and_flags(shell: tuple[str, ...], tmp_path: Path) -> None:
    """A process of the machine stands for it: what is asked about is in /proc."""
    programs = f"pgrep() {{ echo {os.getpid()}; }}\nrpm() {{ return 1; }}"
    (found,) = host(asked(shell, tmp_path, programs, "host_daemons")).daemons
    assert found.program == str(Path("/proc/self/exe").readlink())
    assert found.package == ""
    line = "daemon=/usr/bin/dockerd\tdocker-ce\t/usr/bin/dockerd -H fd:// --data-root=/secret -g /x "
    (ours,) = host(line).daemons
    assert ours.keys == frozenset({"hosts", "data-root", "graph"})
    assert (ours.program, ours.package) == ("/usr/bin/dockerd", "docker-ce")
