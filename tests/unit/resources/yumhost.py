"""A stand-in for yum and rpm, as programs for shell text to call."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.resources.yum import LIBRARY, Repository
from provision.script import Frame, Mark
from tests.unit.shell import SHELLS, call, programs

TEXT = b"# ours\n[docker-ce-stable]\nenabled=1\nexclude=docker-ce docker-ce-cli\n"


REPOSITORY = Repository(TEXT, b"the key", ("docker-ce", "docker-ce-cli"))


VERSION = "18.06.3.ce-3.el7"


OFFERED = f"docker-ce-{VERSION}"


LISTED = "docker-ce.x86_64   18.06.3.ce-3.el7   docker-ce-stable"


BOUNDS = (
    "-y",
    *("--setopt=exit_on_lock=1", "--setopt=*.retries=2", "--setopt=*.timeout=15"),
    *("--setopt=*.skip_if_unavailable=1", "--setopt=docker-ce-stable.skip_if_unavailable=0"),
)


# a yum that lists and downloads one package, unless a file beside it has something else to do for a word of its own
YUM = f"""echo "$*" >>"${{0%/*}}/yum.log"
for word; do
  case $word in
    --setopt=cachedir=*) cache=${{word#*=}}; cache=${{cache#*=}} ;;
    list | install | reinstall | swap | shell) if [ -e "$0.$word" ]; then . "$0.$word"; fi ;;
  esac
  case $word in
    list) echo '{LISTED}' ;;
    install)
      mkdir -p "$cache/docker-ce-stable" "$cache/base"
      touch "$cache/docker-ce-stable/{OFFERED}.x86_64.rpm" "$cache/base/other.rpm" ;;
  esac
done
exit 0"""


RPM = """echo "$*" >>"${0%/*}/rpm.log"
for word; do
  case $word in
    -K) if [ -e "$0.K" ]; then . "$0.K"; else echo "it: rsa sha1 (md5) pgp md5 OK"; fi ;;
    --import) if [ -e "$0.import" ]; then exit 1; fi ;;
    --whatrequires)
      if [ -e "$0.whatrequires" ]; then echo wrapper; else echo 'no package requires it'; fi ;;
  esac
done"""


class Host:
    """A host's yum and rpm, and the folders that they know."""

    def __init__(self, shell: tuple[str, ...], folder: Path) -> None:
        self._shell = shell
        self.bin = programs(folder / "bin", {"yum": YUM, "rpm": RPM, "sleep": "exit 0"})
        self.pid, self.repos, self.temporary = folder / "yum.pid", folder / "yum.repos.d", folder / "tmp"
        self.repos.mkdir()
        self.temporary.mkdir()
        library = LIBRARY.replace("/var/run/yum.pid", str(self.pid))
        library = library.replace("/etc/yum.repos.d", str(self.repos))
        self._library = f"scratch={self.temporary}\n{library}"

    def run(self, text: str) -> tuple[str, list[Frame]]:
        return call(self._shell, self.bin, self._library, text, path=self.bin)

    def instead(self, name: str, text: str) -> None:
        """What a program does for a word of its own: `yum.install`, `rpm.K`."""
        (self.bin / name).write_text(text)

    @property
    def calls(self) -> list[list[str]]:
        """yum's words, without the bounds that every call has."""
        lines = [line.split(" ") for line in (self.bin / "yum.log").read_text().splitlines()]
        assert all(tuple(words[: len(BOUNDS)]) == BOUNDS for words in lines)
        return [words[len(BOUNDS) :] for words in lines]

    def look(self, *packages: str) -> tuple[str, list[Frame]]:
        return self.run(REPOSITORY.look(VERSION, ("install", OFFERED, *packages)))


@pytest.fixture(params=SHELLS, ids="-".join)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    return Host(request.param, tmp_path)


def failed(words: str) -> list[Frame]:
    return [Frame(Mark.FAIL, words)]
