"""An offline repository in a folder, as `bundle` makes it: read and checked before any host is touched.

    bundle.json                                        what it is: a Manifest
    SHA256SUMS                                         of every other file, as sha256sum reads it
    linux/centos/gpg                                   the key that signs Docker's packages
    linux/centos/7/x86_64/stable/{Packages,repodata}   these: any web server makes a --package-mirror of the folder
    dependencies/gpg                                   the key that signs CentOS's packages
    dependencies/{Packages,repodata}                   what Docker's need of them
    images/ID.tar.gz                                   images as `docker save` gives them, each once, without names

Nothing in it is trusted for its own word: the keys must be those that are asked for, and the host's rpm checks each
package against them before anything is installed. Images are signed by nobody: their checksums hold against damage
alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from provision import openpgp, references
from provision.errors import OperatorError
from provision.urls import package_mirror_trouble

MANIFEST, SUMS = "bundle.json", "SHA256SUMS"
ARCH = "x86_64"
"""What CentOS 7 and its Docker are served for here."""

Id = Literal["docker-ce-stable", "docker-provision-dependencies"]
DOCKER: Id = "docker-ce-stable"
DEPENDENCIES: Id = "docker-provision-dependencies"
FOLDERS: Mapping[Id, str] = {DOCKER: f"linux/centos/7/{ARCH}/stable", DEPENDENCIES: "dependencies"}
"""The two repositories of a bundle, by the id that each has on hosts."""
KEYS: Mapping[Id, str] = {DOCKER: "linux/centos/gpg", DEPENDENCIES: "dependencies/gpg"}

IMAGES = "images"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~^-]*")
_ID = re.compile(r"sha256:[0-9a-f]{64}")
_SUM = re.compile(r"([0-9a-f]{64})  (.+)")

# built where one is read, which few runs do
_MODEL = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Package(BaseModel):
    """One package of a bundle; `repository` is one of FOLDERS, `file` its name there below Packages."""

    model_config = _MODEL

    repository: Id
    file: str
    name: str
    epoch: int
    version: str
    release: str
    arch: str

    @field_validator("file", "name", "version", "release", "arch")
    @classmethod
    def _plain(cls, text: str) -> str:
        if not _NAME.fullmatch(text):
            raise ValueError(f"{text!r} is no part of a package's name")
        return text

    @property
    def nvr(self) -> str:
        """NAME-VERSION-RELEASE."""
        return f"{self.name}-{self.version}-{self.release}"

    @property
    def evr(self) -> str:
        """EPOCH:VERSION-RELEASE."""
        return f"{self.epoch}:{self.version}-{self.release}"

    @property
    def path(self) -> str:
        """Where it lies in the bundle."""
        return f"{FOLDERS[self.repository]}/Packages/{self.file}"


class Image(BaseModel):
    """One image of a bundle. `reference` is what was asked for, its tag said, `id` what docker calls it.

    `digest` is that of its manifest, by which its registry knows it, where docker told. `file` is where it lies in the
    bundle, `size` what that has, `unpacked` what docker says that the image takes, both in bytes.
    """

    model_config = _MODEL

    reference: str
    id: str
    digest: str | None = None
    file: str
    size: int = Field(ge=0)
    unpacked: int = Field(ge=0)

    @field_validator("reference")
    @classmethod
    def _named(cls, text: str) -> str:
        try:
            return str(references.parse(text, IMAGES))
        except OperatorError as error:
            raise ValueError(str(error)) from None

    @field_validator("id", "digest")
    @classmethod
    def _digest(cls, text: str | None) -> str | None:
        if text is not None and not _ID.fullmatch(text):
            raise ValueError(f"{text!r} is no digest")
        return text

    @field_validator("file")
    @classmethod
    def _its_own(cls, path: str, known: ValidationInfo) -> str:
        if path != image_file(known.data.get("id", "")):
            raise ValueError(f"{path!r} isn't the file of that image")
        return path

    @property
    def name(self) -> str:
        """What leads to it on a host: its tag, or its ID where none was asked for."""
        return references.parse(self.reference, IMAGES).tagged or self.id


class Manifest(BaseModel):
    """What a bundle is: of which versions, made when, by which release of this program, through which host, from where.

    `mirror` is the folder above linux/centos that Docker's packages came from, `made` a time in UTC. `format` is 2
    where there are images, which older releases of this program don't know.
    """

    model_config = _MODEL

    format: Literal[1, 2] = 1
    docker_versions: tuple[str, ...]
    arch: str
    mirror: str
    made: str
    made_by: str
    through: str
    packages: tuple[Package, ...]
    images: tuple[Image, ...] = ()

    @field_validator("mirror")
    @classmethod
    def _mirror(cls, url: str) -> str:
        if trouble := package_mirror_trouble(url):
            raise ValueError(trouble)
        return url


@dataclass(frozen=True, slots=True)
class Content:
    """A file of a bundle: where it lies here, where on a host below the folder of its run, its bytes and their sum."""

    path: Path
    target: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose files are all as its checksums have them. `base_key` signs its dependencies."""

    folder: Path
    manifest: Manifest
    repo_key: bytes
    base_key: bytes
    packages: tuple[tuple[Package, Content], ...]
    metadata: tuple[Content, ...]
    images: tuple[tuple[Image, Content], ...] = ()

    @property
    def baseurl(self) -> str:
        """Where Docker's packages came from, as a repository's baseurl."""
        return f"{self.manifest.mirror}/linux/centos/7/$basearch/stable"


def opened(path: str, flag: str, version: str) -> Bundle:
    """The bundle in a folder, for this version of Docker. Raises OperatorError with what is wrong with it."""
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise OperatorError(
            f"{flag}: there is no folder {path}: `bundle --output {path}` makes a bundle there"
        )
    if not (folder / MANIFEST).is_file():
        raise OperatorError(
            f"{flag}: {path} holds no {MANIFEST}, so it is no bundle: `bundle --output` makes one"
        )
    sums = _sums(folder, flag)
    for name, wanted in sums.items():
        if trouble := _trouble(folder / name, wanted):
            raise OperatorError(f"{flag}: {folder / name} {trouble}: copy the bundle again, or make it anew")
    manifest = _manifest(folder, flag)
    if version not in manifest.docker_versions:
        raise OperatorError(
            f"{flag}: {path} holds Docker {' and '.join(manifest.docker_versions)}, and {version} is asked for: say "
            f"--docker-version for what it holds, or make one by `bundle --docker-version {version}`"
        )
    if manifest.arch != ARCH:
        raise OperatorError(
            f"{flag}: {path} is for {manifest.arch}, and hosts are {ARCH}: make one through a host"
        )
    named = {MANIFEST, *KEYS.values(), *(package.path for package in manifest.packages)}
    named |= {image.file for image in manifest.images}
    named |= {f"{place}/repodata/repomd.xml" for place in FOLDERS.values()}
    if missing := sorted(named - sums.keys()):
        raise OperatorError(f"{flag}: {folder / SUMS} lacks {missing[0]}: make the bundle anew")
    return Bundle(
        folder,
        manifest,
        (folder / KEYS[DOCKER]).read_bytes(),
        (folder / KEYS[DEPENDENCIES]).read_bytes(),
        tuple((each, _content(folder, each.path, sums)) for each in manifest.packages),
        tuple(_content(folder, name, sums) for name in sums if "/repodata/" in name),
        tuple((each, _content(folder, each.file, sums)) for each in manifest.images),
    )


def raise_if_foreign(bundle: Bundle, flag: str, repo_key: str, base_key: str) -> None:
    """Raises OperatorError unless a bundle's keys have these fingerprints: a bundle isn't trusted for its own word."""
    asked = (
        (bundle.repo_key, KEYS[DOCKER], repo_key, "--repo-key"),
        (bundle.base_key, KEYS[DEPENDENCIES], base_key, "--base-key"),
    )
    for armored, name, wanted, option in asked:
        try:
            found = openpgp.read(armored.decode(errors="replace")).fingerprint
        except openpgp.NotAKey as error:
            found = str(error)
        if found != wanted:
            raise OperatorError(
                f"{flag}: {bundle.folder / name} isn't the key {wanted} that is asked for ({found}): if that is meant, "
                f"hand it over by {option} FILE"
            )


def image_file(ident: str) -> str:
    """Where the image of this ID lies in a bundle."""
    return f"{IMAGES}/{ident.removeprefix('sha256:')}.tar.gz"


def is_plain(name: str) -> bool:
    """Whether this can be the name of a file in a bundle: it leads nowhere else."""
    return bool(_NAME.fullmatch(name))


def text_of_sums(folder: Path) -> str:
    """SHA256SUMS for a folder that is laid out as a bundle."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return "".join(f"{_digest(folder / name)}  {name}\n" for name in names if name != SUMS)


def _sums(folder: Path, flag: str) -> dict[str, str]:
    """By name, which leads nowhere but below the folder."""
    try:
        lines = (folder / SUMS).read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it isn't plain text"
        raise OperatorError(f"{flag}: can't read {folder / SUMS}: {why}; make the bundle anew") from None
    found = {}
    for number, line in enumerate(lines, 1):
        match = _SUM.fullmatch(line)
        if match is None or not all(map(_NAME.fullmatch, match[2].split("/"))):
            raise OperatorError(
                f"{flag}: {folder / SUMS}, line {number} isn't a checksum: make the bundle anew"
            )
        found[match[2]] = match[1]
    return found


def _trouble(path: Path, wanted: str) -> str:
    try:
        found = _digest(path)
    except OSError as error:
        return f"can't be read ({error.strerror})"
    return "" if found == wanted else f"isn't as {SUMS} has it, so it was altered or cut off"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(folder: Path, flag: str) -> Manifest:
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise OperatorError(
            f"{flag}: {folder / MANIFEST} is none of this program's ({place}: {first['msg']}): make the bundle anew"
        ) from None


def _content(folder: Path, name: str, sums: dict[str, str]) -> Content:
    target = name
    for repository, place in FOLDERS.items():
        if name.startswith(f"{place}/"):
            target = f"{repository}/{name.removeprefix(f'{place}/')}"
    return Content(folder / name, target, (folder / name).stat().st_size, sums[name])
