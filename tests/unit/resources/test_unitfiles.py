"""What systemd makes of unit files: the next start's command line, each word with the file and line it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.resources.unitfiles import CONFIG_FILE, LIBRARY, UnitFiles, keys_set, parse, unlike
from tests.unit.shell import SHELLS, probed

ETC, RUN, USR = "/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system"
UNIT = "docker.service"
STOCK = ("-H", "fd://", "--containerd=/run/containerd/containerd.sock")
SHELL = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)


class Host:
    """Files below a folder, read by the real shell text."""

    def __init__(self, shell: tuple[str, ...], root: Path) -> None:
        self._shell, self._root = shell, root

    def read(self, **files: str) -> UnitFiles:
        """`files` by path below the host's root; what they print names them by that."""
        for path, text in files.items():
            file = Path(f"{self._root}{path}")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace("ROOT", str(self._root)))
        library = LIBRARY
        for folder in (ETC, RUN, USR):
            library = library.replace(folder, f"{self._root}{folder}")
        section = probed(self._shell, library, f"probe_unit_files {UNIT}")
        assert (section.status, section.complete) == (0, True), section.text
        return parse(section.text.replace(str(self._root), ""))


@pytest.fixture(params=SHELLS, ids=" ".join)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    return Host(request.param, tmp_path)


def words(found: UnitFiles, stock: tuple[str, ...] | None = None) -> list[str]:
    command = found.command(stock)
    return [word.text for word in command.words] if command else []


def test_without_any_file_a_package_brings_its_own(host: Host) -> None:
    found = host.read()
    assert found == UnitFiles()
    assert found.command() is None
    assert words(found, STOCK) == ["/usr/bin/dockerd", *STOCK]
    assert keys_set(found.command(STOCK))["hosts"] == "-H in /usr/lib/systemd/system/docker.service"


def test_a_drop_in_with_a_dash_in_its_name_counts(host: Host) -> None:
    """systemd-escape writes it as \\x2d, which awk takes for one where a path is given to it by -v."""
    found = host.read(
        **{
            f"{USR}/{UNIT}": "[Service]\nExecStart=/usr/bin/dockerd\n",
            f"{ETC}/{UNIT}.d/my\\x2dproxy.conf": "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --debug\n",
        }
    )
    assert words(found) == ["/usr/bin/dockerd", "--debug"]


def test_each_word_knows_its_line(host: Host) -> None:
    text = (
        "[Unit]\nAfter=x\n[Service]\n# ExecStart=/no\nExecStart=/usr/bin/dockerd \\\n  --debug \\\n  -H fd://\n"
        "ExecReload=/bin/kill $MAINPID\n"
    )
    found = host.read(**{f"{USR}/{UNIT}": text})
    assert words(found) == ["/usr/bin/dockerd", "--debug", "-H", "fd://"]
    assert keys_set(found.command()) == {
        "debug": f"--debug in {USR}/{UNIT}:6",
        "hosts": f"-H in {USR}/{UNIT}:7",
    }
    # of another version's package its own flags count
    assert words(found, STOCK) == ["/usr/bin/dockerd", *STOCK]


def test_the_operators_whole_file_stands_in_for_the_packages(host: Host) -> None:
    found = host.read(
        **{
            f"{USR}/{UNIT}": "ExecStart=/usr/bin/dockerd -H fd://\n",
            f"{ETC}/{UNIT}": "ExecStart=/usr/bin/dockerd --mtu=1400\n",
        }
    )
    assert words(found) == words(found, STOCK) == ["/usr/bin/dockerd", "--mtu=1400"]


def test_drop_ins_in_their_order_forget_and_say_anew(host: Host) -> None:
    stock = "ExecStart=/usr/bin/dockerd -H fd://\n"
    found = host.read(
        **{
            f"{USR}/{UNIT}": stock,
            f"{ETC}/{UNIT}.d/20-last.conf": "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --debug\n",
            f"{ETC}/{UNIT}.d/10-first.conf": "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --icc=false\n",
            f"{ETC}/{UNIT}.d/docker-provision.conf": "[Service]\nExecStartPre=-/bin/true\n",
            f"{RUN}/{UNIT}.d/20-last.conf": "[Service]\nExecStart=/hidden\n",
        }
    )
    assert words(found) == words(found, STOCK) == ["/usr/bin/dockerd", "--debug"]
    assert keys_set(found.command()) == {"debug": f"--debug in {ETC}/{UNIT}.d/20-last.conf:3"}


def test_flags_out_of_a_file_of_variables_are_said_to_be_there(host: Host) -> None:
    """As the distribution's docker has them."""
    found = host.read(
        **{
            "/etc/sysconfig/docker": ("# x\nOPTIONS='--selinux-enabled --log-driver=journald'\nSECRET=x\n"),
            f"{USR}/{UNIT}": (
                "EnvironmentFile=-ROOT/etc/sysconfig/docker\nEnvironmentFile=-ROOT/etc/sysconfig/absent\n"
                "ExecStart=/usr/bin/dockerd-current $OPTIONS ${OPTIONS} $NONE\n"
            ),
        }
    )
    assert words(found)[:3] == ["/usr/bin/dockerd-current", "--selinux-enabled", "--log-driver=journald"]
    assert words(found)[3:] == ["--selinux-enabled --log-driver=journald"]
    assert keys_set(found.command())["log-driver"] == "--log-driver in /etc/sysconfig/docker:2"
    assert "SECRET" not in repr(found)


def test_what_a_drop_in_sets_comes_before_files_and_no_secret_is_printed(host: Host) -> None:
    found = host.read(
        **{
            f"{USR}/{UNIT}": "ExecStart=/usr/bin/dockerd $DOCKER_OPTS $MORE\n",
            f"{ETC}/{UNIT}.d/env.conf": (
                'Environment=HTTP_PROXY=http://u:hidden@p "DOCKER_OPTS=--debug --bip 10.1.1.1/24" MORE=--icc=false\n'
            ),
        }
    )
    assert words(found)[1:] == ["--debug", "--bip", "10.1.1.1/24", "--icc=false"]
    assert keys_set(found.command())["bip"] == f"--bip in {ETC}/{UNIT}.d/env.conf:1"
    assert "hidden" not in repr(found)
    given = ["dockerd", "--debug", "--bip", "10.1.1.1/24", "--icc=false"]
    assert unlike(given, found.command()) == ""


@SHELL
@pytest.mark.parametrize(
    "text",
    [
        "ExecStart=/usr/bin/dockerd --label=%H\n",
        "ExecStart=@/usr/bin/dockerd dockerd\n",
        "ExecStart=/usr/bin/dockerd --label=a\\x20b\n",
        "ExecStart=/usr/bin/dockerd\nExecStart=/usr/bin/other\n",
        "ExecStart=/bin/sh -c 'exec /usr/bin/dockerd'\n",
        'Environment="A=--debug \\\n --icc"\nExecStart=/usr/bin/dockerd $A\n',
    ],
)
def test_what_cannot_be_told_for_certain_is_no_difference(
    shell: tuple[str, ...], tmp_path: Path, text: str
) -> None:
    found = Host(shell, tmp_path).read(**{f"{USR}/{UNIT}": text})
    assert unlike(["/usr/bin/dockerd", "--other"], found.command()) == ""


def test_a_difference_is_told_by_the_flags_names_alone() -> None:
    found = parse(f"file={USR}/{UNIT}\nunit={USR}/{UNIT}\t1\tExecStart=/usr/bin/dockerd -H fd://\n")
    assert unlike(["/usr/bin/dockerd", "-H", "fd://"], found.command()) == ""
    assert unlike([], found.command()) == ""
    assert unlike(["/usr/bin/dockerd", "-H", "fd://", "--http-proxy=http://u:p@x"], found.command()) == (
        "it was started with other flags than its unit has (it runs with --http-proxy)"
    )
    assert unlike(["/usr/bin/dockerd"], found.command()) == (
        "it was started with other flags than its unit has (its unit says -H another value)"
    )
    assert unlike(["/usr/bin/dockerd", "fd://", "-H"], found.command()).endswith("(in another order)")


@pytest.mark.parametrize(
    ("flags", "place"),
    [
        ("--config-file=/etc/other.json", f"--config-file in {USR}/{UNIT}:1"),
        ("--debug --config-file /etc/other.json", f"--config-file in {USR}/{UNIT}:1"),
        ("--config-file=/etc/docker/daemon.json", None),
        ("--config-file /etc/docker/daemon.json -D", None),
    ],
)
def test_another_file_that_dockerd_reads(flags: str, place: str | None) -> None:
    found = parse(f"file={USR}/{UNIT}\nunit={USR}/{UNIT}\t1\tExecStart=/usr/bin/dockerd {flags}\n")
    assert keys_set(found.command()).get(CONFIG_FILE) == place


def test_noise_is_passed_over() -> None:
    assert (
        parse("bash: warning\nunit=x\nenv=y\t1\nunit=/a\tno\tExecStart=/x\nActiveState=active") == UnitFiles()
    )


def test_a_unit_that_starts_nothing_sets_no_key() -> None:
    """A masked one has no command at all."""
    assert keys_set(None) == {}
