"""How a bundle is made: one host resolves and downloads by its own yum, its packages come over the connection.

Into an empty root, so that all comes that a package needs, whatever the host has (yum 3.4.3, run: with --installroot
and --releasever nothing counts as installed).
"""

from __future__ import annotations

import base64
import binascii
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from provision import __version__, bundle, openpgp, script
from provision.bundle import (
    ARCH,
    DEPENDENCIES,
    DOCKER,
    FOLDERS,
    KEYS,
    MANIFEST,
    SUMS,
    Id,
    Manifest,
    Package,
)
from provision.converge import Remote
from provision.engines import Engine
from provision.errors import Failed, OperatorError, Refused
from provision.resources.baserepos import KEY_PATH
from provision.resources.yum import LIBRARY, Repository
from provision.script import COMMON, PREAMBLE, Mark, quote
from provision.verdicts import explain

GATHER = r"""
# REPO CA KEY HELD VERSION ARCHIVE BASE-KEY PACKAGE...: these packages and all that they need, each checked, then in
# base64 between two lines of its own. BASE-KEY is a file of the host, ARCHIVE one of repositories in base64, or empty.
gather() {
  lay_repository "$1" "$2"
  lay "$look/key" "$3"
  held=$4 version=$5
  if [ -n "$6" ]; then lay "$look/repos/centos-vault.repo" "$6"; fi
  cp "$7" "$look/base-key" ||
    fail "can't read $7, by which CentOS's packages are checked: \`yum reinstall centos-release\`"
  shift 7
  root=$look/root
  mkdir "$root" "$look/packages" || fail "can't write under /var/tmp"
  look_around
  load_ours
  look_offer
  yum_aside --setopt=obsoletes=0 --downloadonly install "$@" >"$look/transaction" 2>&1 ||
    { cat "$look/transaction"; fail "yum $yum_status"; }
  find "$look/root" "$look/cache" -name '*.rpm' -exec mv -t "$look/packages" '{}' + 2>/dev/null
  for package; do
    ls "$look/packages/$package".*.rpm >/dev/null 2>&1 || fail "yum says that it is done, but $package isn't there"
  done
  trust_alone "$look/key" "$look/rpm"
  trust_alone "$look/base-key" "$look/base-rpm"
  pass_on key "$look/base-key"
  for file in "$look"/packages/*.rpm; do
    name=$(basename "$file")
    package=${name%.*.rpm}
    if signed "$file" "$look/rpm"; then
      pass_on docker-ce-stable "$file"
    elif signed "$file" "$look/base-rpm"; then
      pass_on docker-provision-dependencies "$file"
    else
      case " $* " in *" $package "*) fail "signature $name" ;; *) fail "dependency $name" ;; esac
    fi
  done
  frame 'done' bundle
}
# KIND FILE
pass_on() {
  frame begin "$1 $(basename "$2")"
  base64 -w 4096 "$2"
  frame end "$1 $(basename "$2") $?"
}
# whoever watches has to hear something, and yum downloads without a word
gather_aloud() {
  (while sleep 1; do printf . >&2; done) </dev/null >/dev/null &
  beat=$!
  (gather "$@")
  status=$?
  kill "$beat" 2>/dev/null
  return "$status"
}
"""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be bundled: an engine, from this repository of this mirror, through this host.

    `base_key` is the fingerprint of the key that signs CentOS's packages, `archive` a file of repositories that stand
    in for CentOS's own; empty where these are alive.
    """

    host: str
    engine: Engine
    mirror: str
    repository: Repository
    base_key: str
    archive: bytes = b""


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that was made: where, of how many packages, how many bytes of them."""

    folder: Path
    packages: int
    size: int

    def plain(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"folder": str(self.folder), "packages": self.packages, "bytes": self.size}

    def __str__(self) -> str:
        return f"{self.folder}: {self.packages} packages, {self.size / 1e6:.1f} MB"


def target(path: str) -> Path:
    """The folder for a bundle. Raises OperatorError where there is something already, or none can be made."""
    if not path:
        raise OperatorError(
            "--output: say in which folder the bundle is to be made, like --output bundle-18.06.3"
        )
    folder = Path(path).expanduser().absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OperatorError(f"--output: {path} is there already: name a new folder, or take that one away")
    if not folder.parent.is_dir():
        raise OperatorError(f"--output: there is no folder {folder.parent}: make it, or name another")
    return folder


def metadata_maker() -> ModuleType:
    """The library that writes repositories' metadata. Raises OperatorError where it isn't installed."""
    try:
        import createrepo_c  # noqa: PLC0415  only those who make bundles have it
    except ImportError:
        raise OperatorError(
            "bundle: createrepo_c isn't installed: `pip install 'docker-provision[bundle]'`"
        ) from None
    found: ModuleType = createrepo_c
    return found


def make(remote: Remote, order: Order, folder: Path) -> Made:
    """A bundle in `folder`, through this host.

    Either all of it is there in the end, or nothing. Raises what `Remote.watch` raises, Refused where the host can't do
    it, and OperatorError where it can't be written.
    """
    maker = metadata_maker()
    with _aside(folder) as aside:
        _fetch(remote, order, aside)
        _raise_if_foreign(aside, order.base_key)
        (aside / KEYS[DOCKER]).write_bytes(order.repository.key)
        packages = [package for place in FOLDERS for package in _described(maker, aside, place)]
        manifest = Manifest(
            docker_version=order.engine.version,
            arch=ARCH,
            mirror=order.mirror,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            made_by=__version__,
            through=order.host,
            packages=tuple(packages),
        )
        (aside / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
        (aside / SUMS).write_text(bundle.text_of_sums(aside), encoding="ascii")
        size = sum((aside / package.path).stat().st_size for package in packages)
        if folder.exists():
            folder.rmdir()  # it is empty
        aside.rename(folder)
    return Made(folder, len(packages), size)


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A folder beside that one, laid out as a bundle; gone behind the block unless it was renamed."""
    try:
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        aside.chmod(0o755)  # any web server may serve it
        for place in FOLDERS.values():
            (aside / place / "Packages").mkdir(parents=True)
        yield aside
    except OSError as error:
        raise OperatorError(f"--output: can't write {folder}: {error.strerror or error}") from None
    finally:
        if "aside" in locals():
            shutil.rmtree(aside, ignore_errors=True)


def _fetch(remote: Remote, order: Order, aside: Path) -> None:
    word = script.nonce()
    with Unpacking(word, aside) as unpacking:
        remote.watch(gathering(order, word), unpacking.hear)
        unpacking.raise_verdict()


def gathering(order: Order, word: str) -> str:
    """The script that resolves, downloads, checks, and passes on."""
    words = (
        *(
            *order.repository.laid(),
            *order.repository.trusted(),
            order.engine.package.removeprefix("docker-ce-"),
        ),
        *(base64.b64encode(order.archive).decode(), KEY_PATH, *order.engine.packages),
    )
    return (
        PREAMBLE.format(title="docker-provision: bundle", nonce=word)
        + COMMON
        + LIBRARY
        + GATHER
        + f"gather_aloud {' '.join(map(quote, words))} </dev/null\n"
    )


class Unpacking:
    """Takes what a host passes on, piece by piece, into files of a bundle."""

    def __init__(self, word: str, folder: Path) -> None:
        self._word, self._folder = word, folder
        self._rest, self._log = "", list[str]()
        self._file: IO[bytes] | None = None
        self._verdict: tuple[Mark, str] | None = None

    def __enter__(self) -> Unpacking:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def hear(self, piece: str) -> None:
        """Take up the next piece. Raises Failed for what is no file of a bundle."""
        *lines, self._rest = (self._rest + piece).split("\n")
        for line in lines:
            self._line(line)

    def raise_verdict(self) -> None:
        """Raises Refused as the host said, and Failed if it didn't come to its end."""
        match self._verdict:
            case (Mark.DONE, _):
                return
            case (_, text):
                raise Refused(explain(text, self._log), log=tuple(self._log[-20:]))
        raise Failed(
            "the host ended before it had passed on all packages: run again", log=tuple(self._log[-20:])
        )

    def _line(self, line: str) -> None:
        frame = script.frame(line, self._word)
        if frame is None:
            if self._file is not None:
                self._file.write(_decoded(line))
            elif line:
                self._log.append(line)
        elif frame.mark is Mark.BEGIN:
            self._file = self._place(frame.rest).open("wb")
        elif frame.mark is Mark.END:
            self._close()
            if not frame.rest.endswith(" 0"):
                raise Failed(f"the host couldn't read {frame.rest.split(' ')[1]}: run again")
        elif frame.mark in (Mark.REFUSE, Mark.FAIL, Mark.DONE):
            self._verdict = frame.mark, frame.rest

    def _place(self, told: str) -> Path:
        kind, _, name = told.partition(" ")
        if kind == "key":
            return self._folder / KEYS[DEPENDENCIES]
        places = [place for repository, place in FOLDERS.items() if repository == kind]
        if not places or not bundle.is_plain(name):
            raise Failed(f"the host passed on {told!r}, which is no file of a bundle")
        return self._folder / places[0] / "Packages" / name

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _decoded(line: str) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error:
        raise Failed(
            "the host passed on what isn't base64: does a login shell there print while scripts run?"
        ) from None


def _raise_if_foreign(folder: Path, base_key: str) -> None:
    try:
        found = openpgp.read((folder / KEYS[DEPENDENCIES]).read_text(errors="replace")).fingerprint
    except openpgp.NotAKey as error:
        found = str(error)
    if found != base_key:
        raise Refused(
            f"{KEY_PATH} isn't the key {base_key} that signs CentOS 7 ({found}): choose another host, or hand over the "
            "key that your packages are signed by with --base-key FILE"
        )


def _described(maker: ModuleType, folder: Path, repository: Id) -> list[Package]:
    """The packages of one of the two repositories, whose metadata are written."""
    place = folder / FOLDERS[repository]
    files = sorted((place / "Packages").iterdir())
    found: list[Package] = []
    # gzip, for yum 3.4.3 knows no zstd
    with maker.RepositoryWriter(
        str(place), num_packages=len(files), changelog_limit=0, compression=maker.GZ_COMPRESSION
    ) as writer:
        for file in files:
            told = writer.add_pkg_from_file(str(file))
            found.append(
                Package(
                    repository=repository,
                    file=file.name,
                    name=told.name,
                    epoch=int(told.epoch or 0),
                    version=told.version,
                    release=told.release,
                    arch=told.arch,
                )
            )
    return found
