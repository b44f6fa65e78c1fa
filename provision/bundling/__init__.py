"""How a bundle is made: one host resolves and downloads by its own yum, its packages come over the connection, and the
images that its engine pulls.

Into an empty root, so that all comes that a package needs, whatever the host has (yum 3.4.3, run: with --installroot
and --releasever nothing counts as installed).

gathering.py    what the host does
images.py       the images, which its engine pulls
unpacking.py    what it passes on, as files here
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from provision import __version__, bundle, openpgp, script
from provision.bundle import (
    ARCH,
    DEPENDENCIES,
    DOCKER,
    FOLDERS,
    IMAGES,
    KEYS,
    MANIFEST,
    SUMS,
    Id,
    Image,
    Manifest,
    Package,
)
from provision.bundling.gathering import Order, gather_script
from provision.bundling.images import described
from provision.bundling.unpacking import Unpacking
from provision.converge import Remote
from provision.errors import OperatorError, Refused
from provision.resources.baserepos import KEY_PATH

__all__ = ["Made", "Order", "make", "metadata_maker", "target"]


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that was made: where, of how many packages, of which images, how many bytes of both."""

    folder: Path
    packages: int
    images: tuple[Image, ...]
    size: int

    def plain(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "folder": str(self.folder),
            "packages": self.packages,
            "images": [each.reference for each in self.images],
            "bytes": self.size,
        }

    def __str__(self) -> str:
        count = len(self.images)
        images = f" and {count} image{'' if count == 1 else 's'}" if count else ""
        return f"{self.folder}: {self.packages} packages{images}, {self.size / 1e6:.1f} MB"


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
            "bundle: createrepo_c isn't installed: `pip install 'docker-provision[bundle]'`, on Linux"
        ) from None
    found: ModuleType = createrepo_c
    return found


def make(remote: Remote, order: Order, folder: Path, tell: Callable[[str], None]) -> Made:
    """A bundle in `folder`, through this host. `tell` hears what it is at.

    Either all of it is there in the end, or nothing. Raises what `Remote.watch` raises, Refused where the host can't do
    it, and OperatorError where it can't be written.
    """
    maker = metadata_maker()
    with _aside(folder) as aside:
        if order.images:
            (aside / IMAGES).mkdir()
        _fetch(remote, order, aside, tell)
        _raise_if_foreign(aside, order.base_key)
        (aside / KEYS[DOCKER]).write_bytes(order.repository.key)
        images = described(aside, order.images)
        packages = [package for place in FOLDERS for package in _described(maker, aside, place)]
        manifest = Manifest(
            format=2 if images else 1,
            docker_versions=tuple(engine.version for engine in order.engines),
            arch=ARCH,
            mirror=order.mirror,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            made_by=__version__,
            through=order.host,
            packages=tuple(packages),
            images=images,
        )
        # older releases know no images
        text = manifest.model_dump_json(indent=1, exclude=set() if images else {"images"})
        (aside / MANIFEST).write_text(f"{text}\n", encoding="utf-8")
        (aside / SUMS).write_text(bundle.text_of_sums(aside), encoding="ascii")
        files = {*(package.path for package in packages), *(image.file for image in images)}
        size = sum((aside / file).stat().st_size for file in files)
        if folder.exists():
            folder.rmdir()  # it is empty
        aside.rename(folder)
    return Made(folder, len(packages), images, size)


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


def _fetch(remote: Remote, order: Order, aside: Path, tell: Callable[[str], None]) -> None:
    word = script.nonce()
    with Unpacking(word, aside, tell) as unpacking:
        remote.watch(gather_script(order, word), unpacking.hear)
        unpacking.raise_verdict()


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
