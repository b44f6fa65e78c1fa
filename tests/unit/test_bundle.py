"""A bundle is read and checked as a whole before any host is touched; each trouble is one line that names its file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from provision import bundle, handed, openpgp, spec
from provision.bundle import Bundle
from provision.errors import OperatorError
from tests.unit import bundles

FLAG = "--package-mirror"
ENGINE = "linux/centos/7/x86_64/stable/Packages/docker-ce-18.06.3.ce-3.el7.x86_64.rpm"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return bundles.make(tmp_path / "made")


def opened(folder: Path, version: str = "18.06.3") -> Bundle:
    return bundle.opened(str(folder), FLAG, version)


def test_a_whole_one_is_taken(made: Path) -> None:
    found = opened(made)
    assert found.baseurl == "https://mirror.example.com/docker-ce/linux/centos/7/$basearch/stable"
    assert {content.target: content.size for _, content in found.packages} == {
        "docker-ce-stable/Packages/docker-ce-18.06.3.ce-3.el7.x86_64.rpm": 1000,
        "docker-ce-stable/Packages/containerd.io-1.6.33-3.1.el7.x86_64.rpm": 1000,
        "docker-provision-dependencies/Packages/libcgroup-0.41-21.el7.x86_64.rpm": 1000,
        "docker-provision-dependencies/Packages/container-selinux-2.119.2-1.911c772.el7_8.x86_64.rpm": 1000,
        "docker-provision-dependencies/Packages/bash-4.2.46-34.el7.x86_64.rpm": 1000,
    }
    assert sorted(content.target for content in found.metadata) == [
        "docker-ce-stable/repodata/repomd.xml",
        "docker-provision-dependencies/repodata/repomd.xml",
    ]


def test_its_checksums_are_sha256sums_own(made: Path) -> None:
    done = subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "SHA256SUMS"], cwd=made, check=False)
    assert done.returncode == 0


def cut_off(folder: Path) -> None:
    (folder / ENGINE).write_bytes((folder / ENGINE).read_bytes()[:500])


def altered(folder: Path) -> None:
    content = (folder / ENGINE).read_bytes()
    (folder / ENGINE).write_bytes(content[:99] + b"!" + content[100:])


def other_manifest(folder: Path) -> None:
    (folder / "bundle.json").write_text((folder / "bundle.json").read_text() + " ")


def manifest(**said: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        told = json.loads((folder / "bundle.json").read_text())
        (folder / "bundle.json").write_text(json.dumps({**told, **said}))
        bundles.seal(folder)

    return change


def leads_away(folder: Path) -> None:
    sums = folder / "SHA256SUMS"
    sums.write_text(f"{'0' * 64}  ../../etc/passwd\n" + sums.read_text())


def lacks_metadata(folder: Path) -> None:
    (folder / "dependencies/repodata/repomd.xml").unlink()
    bundles.seal(folder)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: folder.rename(folder.with_name("away")), "there is no folder"),
        (lambda folder: (folder / "bundle.json").unlink(), "holds no bundle.json, so it is no bundle"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "can't read .*SHA256SUMS: No such file"),
        (lambda folder: (folder / ENGINE).unlink(), rf"{ENGINE} can't be read \(No such file"),
        (
            cut_off,
            f"{ENGINE} isn't as SHA256SUMS has it, so it was altered or cut off: copy the bundle again",
        ),
        (altered, f"{ENGINE} isn't as SHA256SUMS has it"),
        (other_manifest, "bundle.json isn't as SHA256SUMS has it"),
        (manifest(format=3), r"bundle.json is none of this program's \(format: "),
        (
            manifest(docker_versions=["26.1.4", "20.10.24"]),
            r"holds Docker 26\.1\.4 and 20\.10\.24, and 18\.06\.3 is asked for: say --docker",
        ),
        (manifest(arch="aarch64"), "is for aarch64, and hosts are x86_64"),
        (manifest(mirror="https://x.example/\n[evil]"), r"bundle.json is none of this program's \(mirror: "),
        (leads_away, r"SHA256SUMS, line 1 isn't a checksum"),
        (lacks_metadata, "SHA256SUMS lacks dependencies/repodata/repomd.xml"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(made: Path, spoil: Callable[[Path], object], words: str) -> None:
    spoil(made)
    with pytest.raises(OperatorError, match=words) as error:
        opened(made)
    assert str(error.value).startswith(FLAG)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["../x.rpm", "a/b.rpm", "-rf", ".hidden", "a b.rpm", "$(x).rpm", ""])
def test_no_name_leads_anywhere_else(made: Path, name: str) -> None:
    told = json.loads((made / "bundle.json").read_text())
    told["packages"][0]["file"] = name
    manifest(packages=told["packages"])(made)
    with pytest.raises(OperatorError, match="is none of this program's"):
        opened(made)
    assert not bundle.is_plain(name)


# -- images


@pytest.fixture
def pictured(tmp_path: Path) -> Path:
    images = (bundles.image("redis:7", 1), bundles.image(f"quay.io/a@sha256:{'2' * 64}", 2))
    return bundles.make(tmp_path / "pictured", images=images)


def test_images_are_taken_and_checked_as_all_files_are(pictured: Path) -> None:
    found = opened(pictured)
    assert [(image.name, content.target) for image, content in found.images] == [
        ("redis:7", f"images/{'1' * 64}.tar.gz"),
        (f"sha256:{'2' * 64}", f"images/{'2' * 64}.tar.gz"),
    ]
    file = pictured / found.images[0][0].file
    for content in (file.read_bytes()[:500], b"!" + file.read_bytes()[1:]):
        file.write_bytes(content)
        with pytest.raises(OperatorError, match=r"images/1+\.tar\.gz isn't as SHA256SUMS has it"):
            opened(pictured)
    file.unlink()
    with pytest.raises(OperatorError, match=r"images/1+\.tar\.gz can't be read"):
        opened(pictured)
    bundles.seal(pictured)
    with pytest.raises(OperatorError, match=r"SHA256SUMS lacks images/1+\.tar\.gz"):
        opened(pictured)


@pytest.mark.parametrize(
    "said",
    [
        {"reference": "-v"},
        {"id": "sha256:../../etc/passwd"},
        {"digest": "none"},
        {"file": "bundle.json"},
        {"file": f"images/{'2' * 64}.tar.gz"},
        {"size": -1},
        {"more": "1"},
    ],
)
def test_what_an_image_can_not_be(pictured: Path, said: dict[str, object]) -> None:
    told = json.loads((pictured / "bundle.json").read_text())
    manifest(images=[{**told["images"][0], **said}])(pictured)
    with pytest.raises(OperatorError, match="is none of this program's"):
        opened(pictured)


# -- whose packages they are isn't the bundle's own to say


def asked_for(folder: Path, **flags: str) -> Bundle | None:
    return handed.read(spec.build(spec.from_flags({"package_mirror": f"bundle:{folder}", **flags}))).bundle


def test_its_keys_must_be_those_that_are_asked_for(made: Path, tmp_path: Path) -> None:
    """Both are Docker's own here, so that the second isn't CentOS's."""
    with pytest.raises(OperatorError, match=r"dependencies/gpg isn't the key 6341AB27.* --base-key FILE"):
        asked_for(made)
    key = tmp_path / "key.asc"
    key.write_bytes(handed.pinned_key())
    assert asked_for(made, base_key=str(key)) == opened(made)
    found = opened(made)
    fingerprint = openpgp.read(handed.pinned_key().decode()).fingerprint
    with pytest.raises(OperatorError, match=r"linux/centos/gpg isn't the key 0000 that .* --repo-key FILE"):
        bundle.raise_if_foreign(found, FLAG, "0000", fingerprint)


def test_a_key_that_is_none(made: Path) -> None:
    (made / "linux/centos/gpg").write_text("no key\n")
    bundles.seal(made)
    with pytest.raises(OperatorError, match=r"linux/centos/gpg isn't the key .*it holds no armoured"):
        asked_for(made)


@pytest.mark.parametrize("said", ["bundle:", "bundle: "])
def test_a_bundle_without_its_folder_is_the_operators_mistake(said: str) -> None:
    with pytest.raises(
        OperatorError, match=r"--package-mirror: .* names no folder: write it like bundle:DIR"
    ):
        spec.build(spec.from_flags({"package_mirror": said}))
