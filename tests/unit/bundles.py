"""Bundles for tests: laid out as `bundle` makes them, with files that nobody installs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provision import bundle, handed
from provision.bundle import ARCH, DEPENDENCIES, DOCKER, FOLDERS, KEYS, Id, Image, Manifest, Package

MIRROR = "https://mirror.example.com/docker-ce"


def package(repository: Id, name: str, version: str, release: str, epoch: int = 0) -> Package:
    return Package(
        repository=repository,
        file=f"{name}-{version}-{release}.{ARCH}.rpm",
        name=name,
        epoch=epoch,
        version=version,
        release=release,
        arch=ARCH,
    )


PACKAGES = (
    package(DOCKER, "docker-ce", "18.06.3.ce", "3.el7"),
    package(DOCKER, "containerd.io", "1.6.33", "3.1.el7"),
    package(DEPENDENCIES, "libcgroup", "0.41", "21.el7"),
    package(DEPENDENCIES, "container-selinux", "2.119.2", "1.911c772.el7_8", 2),
    package(DEPENDENCIES, "bash", "4.2.46", "34.el7"),
)


def image(reference: str, number: int, unpacked: int = 10**6) -> Image:
    """Its file has 1,000 bytes."""
    ident = f"sha256:{str(number) * 64}"
    file = bundle.image_file(ident)
    return Image(reference=reference, id=ident, file=file, size=1000, unpacked=unpacked)


def make(folder: Path, *, packages: Sequence[Package] = PACKAGES, images: Sequence[Image] = ()) -> Path:
    """A bundle of these, each of 1,000 bytes; both of its keys are Docker's own."""
    manifest = Manifest(
        format=2 if images else 1,
        docker_versions=("18.06.3",),
        arch=ARCH,
        mirror=MIRROR,
        made="2026-11-30T00:00:00+00:00",
        made_by="0.1.0",
        through="host1",
        packages=tuple(packages),
        images=tuple(images),
    )
    for place in FOLDERS.values():
        (folder / place / "repodata").mkdir(parents=True)
        (folder / place / "repodata/repomd.xml").write_text("<repomd/>\n")
        (folder / place / "Packages").mkdir()
    for each in packages:
        (folder / each.path).write_bytes(each.name[:1].encode() * 1000)
    for one in images:
        (folder / one.file).parent.mkdir(exist_ok=True)
        (folder / one.file).write_bytes(one.id[-1:].encode() * 1000)
    for name in KEYS.values():
        (folder / name).write_bytes(handed.pinned_key())
    (folder / bundle.MANIFEST).write_text(manifest.model_dump_json(exclude=set() if images else {"images"}))
    seal(folder)
    return folder


def seal(folder: Path) -> None:
    """Its checksums, as things are now."""
    (folder / bundle.SUMS).write_text(bundle.text_of_sums(folder))
