"""The shell side of a bundle's images: loaded once, named only where no name is taken, and read again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from provision.resources import images
from provision.script import Mark
from tests.unit.shell import SHELLS, call

ONE, TWO = (f"sha256:{digit * 64}" for digit in "12")
DOCKER = """#!/bin/sh
echo "$1" >>calls
case "$1" in
  images) [ ! -e broken ] || { echo 'Cannot connect' >&2; exit 1; }; cat store ;;
  load) [ -e "$3" ] || { echo "open $3: no such file" >&2; exit 1; }; echo "$(cat "$3") <none>:<none>" >>store ;;
  tag) echo "$2 $3" >>store ;;
esac
"""
LIBRARY = 'docker_cli() { docker "$@"; }\n' + images.LIBRARY.replace(
    "docker -H unix:///var/run/docker.sock", "docker"
)


@pytest.fixture(params=SHELLS, ids=[shell[0] for shell in SHELLS])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    return Host(request.param, tmp_path)


class Host:
    """One whose docker has these images."""

    def __init__(self, shell: tuple[str, ...], folder: Path) -> None:
        self._shell, self.folder = shell, folder
        (folder / "bin").mkdir()
        (folder / "bin/docker").write_text(DOCKER)
        (folder / "bin/systemctl").write_text("#!/bin/sh\n[ ! -e down ]\n")
        for program in (folder / "bin").iterdir():
            program.chmod(0o755)
        (folder / "store").touch()
        (folder / "given").mkdir()
        (folder / "given/one.tar.gz").write_text(ONE)

    def run(self, text: str) -> tuple[str, str]:
        """What is printed, and why it failed."""
        words = f"cd {self.folder}\ngiven=given look=look\n{text}"
        said, frames = call(self._shell, self.folder, LIBRARY, words, path=self.folder / "bin")
        return said, "".join(each.rest for each in frames if each.mark is Mark.FAIL)

    def load(self, name: str = "redis:7") -> str:
        return self.run(f"load_image {ONE} {name} one.tar.gz")[1]

    @property
    def store(self) -> list[str]:
        return (self.folder / "store").read_text().splitlines()

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().split()


def test_one_that_lacks_is_loaded_and_named_and_its_file_goes(host: Host) -> None:
    assert host.load() == ""
    assert host.store == [f"{ONE} <none>:<none>", f"{ONE} redis:7"]
    assert not (host.folder / "given/one.tar.gz").exists()


def test_what_was_sent_with_packages_lies_with_them(host: Host) -> None:
    (host.folder / "look").mkdir()
    (host.folder / "given").rename(host.folder / "look/bundle")
    assert host.load() == ""
    assert host.store[-1] == f"{ONE} redis:7"


def test_one_without_a_tag_is_named_by_its_id_alone(host: Host) -> None:
    assert host.load(ONE) == ""
    assert host.store == [f"{ONE} <none>:<none>"]


def test_one_that_is_there_is_only_named(host: Host) -> None:
    (host.folder / "store").write_text(f"{ONE} mine:1\n")
    assert host.load() == ""
    assert host.store[-1] == f"{ONE} redis:7"
    assert "load" not in host.calls


def test_a_name_that_was_taken_meanwhile_is_not_moved(host: Host) -> None:
    (host.folder / "store").write_text(f"{TWO} redis:7\n")
    assert host.load() == f"redis:7 leads to another image by now ({TWO}): run again"
    assert set(host.calls) == {"images"}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "broken").touch(), "docker doesn't list its images"),
        (
            lambda folder: (folder / "given/one.tar.gz").unlink(),
            "docker can't load redis:7: open look/bundle/one.tar.gz",
        ),
        (
            lambda folder: (folder / "given/one.tar.gz").write_text(TWO),
            f"it has loaded redis:7, but {ONE} isn't there",
        ),
    ],
)
def test_what_goes_wrong_is_told_and_nothing_is_named(
    host: Host, spoil: Callable[[Path], object], words: str
) -> None:
    spoil(host.folder)
    assert words in host.load()
    assert "tag" not in host.calls


def test_a_probe_tells_down_from_broken_from_none(host: Host) -> None:
    probe = f"probe_images 'redis:7\n{ONE}'"
    (host.folder / "store").write_text(f"{TWO} other:1\n{ONE} <none>:<none>\n")
    assert host.run(probe)[0] == f"{ONE} <none>:<none>"
    (host.folder / "store").write_text("")
    assert host.run(f"( {probe} ); echo $?")[0] == "0"
    (host.folder / "broken").touch()
    assert host.run(f"( {probe} ); echo $?")[0] == "Cannot connect\n1"
    (host.folder / "down").touch()
    assert host.run(probe)[0] == "down"
