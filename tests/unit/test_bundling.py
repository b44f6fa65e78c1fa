"""Making a bundle: what the host passes on becomes files, and nothing else does."""

from __future__ import annotations

import base64
import dataclasses
import json
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provision import bundling, engines, openpgp
from provision.bundle import FOLDERS
from provision.bundling.gathering import Order
from provision.bundling.unpacking import Unpacking
from provision.errors import Failed, HostError, OperatorError, Refused
from provision.handed import pinned_key
from provision.references import several
from provision.resources.yum import Repository
from provision.run import Run
from tests.unit import bundles
from tests.unit.case import WORD
from tests.unit.fake import Remote
from tests.unit.running import Hosts, hosts

__all__ = ["hosts"]

RPM = "docker-ce-18.06.3.ce-3.el7.x86_64.rpm"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place in FOLDERS.values():
        (tmp_path / place / "Packages").mkdir(parents=True)
    return tmp_path


def passed_on(told: str, content: bytes, status: int = 0) -> str:
    encoded = base64.b64encode(content).decode()
    lines = "".join(f"{encoded[at : at + 4096]}\n" for at in range(0, len(encoded), 4096))
    return f"\n{WORD} begin {told}\n{lines}\n{WORD} end {told} {status}\n"


def heard(folder: Path, said: str, *, size: int = 1000) -> None:
    with Unpacking(WORD, folder, print) as unpacking:
        for at in range(0, len(said), size):
            unpacking.hear(said[at : at + size])
        unpacking.raise_verdict()


@pytest.mark.parametrize("size", [1, 7, 1000, 10**6])
def test_files_come_out_byte_for_byte_however_they_come_in(folder: Path, size: int) -> None:
    content = secrets.token_bytes(5000)
    said = passed_on("key base-key", b"a key") + passed_on(f"docker-ce-stable {RPM}", content)
    said += passed_on("docker-provision-dependencies tar-1.26-35.el7.x86_64.rpm", b"")
    heard(folder, f"motd\n{said}\n{WORD} done bundle\n", size=size)
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "dependencies/gpg": b"a key",
        f"linux/centos/7/x86_64/stable/Packages/{RPM}": content,
        "dependencies/Packages/tar-1.26-35.el7.x86_64.rpm": b"",
    }


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ("", Failed, "ended before it had passed on everything"),
        (passed_on(f"docker-ce-stable {RPM}", b"1"), Failed, "ended before it had passed on everything"),
        (passed_on(f"docker-ce-stable {RPM}", b"1", 1), Failed, f"the host couldn't read {RPM}"),
        (
            f"\n{WORD} begin docker-ce-stable ../../x\n",
            Failed,
            r"'docker-ce-stable \.\./\.\./x', which is no",
        ),
        (f"\n{WORD} begin image ../../x\n", Failed, r"'image \.\./\.\./x', which is no file of a bundle"),
        (f"\n{WORD} begin etc passwd\n", Failed, "'etc passwd', which is no file of a bundle"),
        (f"\n{WORD} begin docker-ce-stable {RPM}\n###\n", Failed, "what isn't base64"),
        (f"\n{WORD} refuse signature {RPM}\n", Refused, f"{RPM} isn't signed by the key that was asked for"),
        (f"\n{WORD} refuse dependency tar-1.rpm\n", Refused, "tar-1.rpm isn't signed by the key of CentOS"),
        (f"\n{WORD} refuse missing 18.06.9.ce-3.el7\n", Refused, "doesn't offer docker-ce 18.06.9"),
    ],
)
def test_what_goes_wrong_on_the_host(folder: Path, said: str, error: type[HostError], words: str) -> None:
    with pytest.raises(error, match=words):
        heard(folder, said)


class Host:
    """A host that passes this on, whatever it is asked."""

    def __init__(self, said: str) -> None:
        self._said = said

    def watch(self, script: str, on_piece: Callable[[str], None]) -> None:
        word = script.split("frame() { printf '\\n")[1][:17]
        on_piece(self._said.replace(WORD, word))


def order() -> Order:
    repository = Repository(b"[docker-ce-stable]\n", b"key", ("docker-ce",))
    return Order("host1", (engines.engine("18.06.3"),), "https://mirror.example", repository, "0" * 40)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "ended before"),
        (
            passed_on("key base-key", b"no key") + f"\n{WORD} done bundle\n",
            "RPM-GPG-KEY-CentOS-7 isn't the key 0000",
        ),
    ],
)
def test_nothing_is_left_where_no_bundle_could_be_made(tmp_path: Path, said: str, words: str) -> None:
    with pytest.raises(HostError, match=words):
        bundling.make(Host(said), order(), tmp_path / "new", print)  # type: ignore[arg-type]  # no more of it is asked
    assert list(tmp_path.iterdir()) == []


def image(number: int) -> tuple[str, bytes]:
    """An ID, and a file."""
    return f"{number:064x}", secrets.token_bytes(1000)


PULLED = f"quay.io/a/b@sha256:{'7' * 64}"
DIGESTS = f"x/redis@sha256:{'3' * 64},redis@sha256:{'4' * 64},"


def with_images(told: bytes, *, files: bool = True) -> tuple[Order, str, dict[str, bytes]]:
    """What was asked for, what the host says, and the files that it passes on."""
    asked = dataclasses.replace(
        order(),
        base_key=openpgp.read(pinned_key().decode()).fingerprint,
        images=several(f"redis,{PULLED}", ""),
    )
    sent = dict(image(number) for number in (1, 2)) if files else {}
    said = "".join(passed_on(f"image {ident}", content) for ident, content in sent.items())
    said += passed_on("images told", told) + passed_on("key base-key", pinned_key())
    return asked, f"\n{WORD} step it pulls redis:latest\n{said}\n{WORD} done bundle\n", sent


TOLD = f"redis:latest sha256:{1:064x} 5000 {DIGESTS}\n{PULLED} sha256:{2:064x} 6000 \n"


def test_images_lie_in_it_as_they_came_and_are_listed(tmp_path: Path) -> None:
    asked, said, sent = with_images(TOLD.encode())
    heard: list[str] = []
    made = bundling.make(Host(said), asked, tmp_path / "new", heard.append)  # type: ignore[arg-type]  # likewise
    assert heard == ["it pulls redis:latest"]
    assert str(made) == f"{tmp_path}/new: 0 packages and 2 images, 0.0 MB"
    assert made.plain()["images"] == ["redis:latest", PULLED]
    assert made.size == 2000
    files = {f"images/{ident}.tar.gz": content for ident, content in sent.items()}
    assert {
        str(path.relative_to(tmp_path / "new")): path.read_bytes() for path in tmp_path.rglob("images/*")
    } == files
    told = json.loads((tmp_path / "new/bundle.json").read_text())
    assert told["format"] == 2
    assert told["images"][0] == {
        "reference": "redis:latest",
        "id": f"sha256:{1:064x}",
        "digest": f"sha256:{'4' * 64}",
        "file": f"images/{1:064x}.tar.gz",
        "size": 1000,
        "unpacked": 5000,
    }
    assert told["images"][1]["digest"] is None
    assert all(name in (tmp_path / "new/SHA256SUMS").read_text() for name in files)


@pytest.mark.parametrize(
    ("told", "files"),
    [
        ("", True),
        (TOLD, False),
        (TOLD.replace("redis:latest", "redis:7"), True),
        (TOLD.replace("5000", "much"), True),
        (TOLD.replace("sha256:0", "sha256:../0"), True),
    ],
)
def test_a_host_that_does_not_say_what_images_are(tmp_path: Path, told: str, files: bool) -> None:
    asked, said, _ = with_images(told.encode(), files=files)
    with pytest.raises(Failed, match="the host didn't say what its images are: run again"):
        bundling.make(Host(said), asked, tmp_path / "new", print)  # type: ignore[arg-type]  # likewise
    assert list(tmp_path.iterdir()) == []


def test_without_images_it_is_as_older_releases_know_it(tmp_path: Path) -> None:
    asked, _, _ = with_images(b"")
    said = passed_on("key base-key", pinned_key()) + f"\n{WORD} done bundle\n"
    plain = dataclasses.replace(asked, images=())
    bundling.make(Host(said), plain, tmp_path / "new", print)  # type: ignore[arg-type]  # likewise
    told = json.loads((tmp_path / "new/bundle.json").read_text())
    assert told["format"] == 1
    assert "images" not in told
    assert not (tmp_path / "new/images").exists()


def test_where_it_is_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine")
    assert bundling.target(str(tmp_path / "new")) == tmp_path / "new"
    assert bundling.target(str(tmp_path / "empty")) == tmp_path / "empty"
    for path, words in {
        "": "--output: say in which folder",
        str(tmp_path / "full"): "--output: .* is there already: name a new folder",
        str(tmp_path / "full/file"): "--output: .* is there already",
        str(tmp_path / "no/new"): "--output: there is no folder",
    }.items():
        with pytest.raises(OperatorError, match=words):
            bundling.target(path)


def test_a_folder_that_can_not_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(**_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.raises(OperatorError, match=r"--output: can't write .*/new: No space left"):
        bundling.make(Host(""), order(), tmp_path / "new", print)  # type: ignore[arg-type]  # likewise


def test_the_library_that_writes_metadata_is_named_where_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "createrepo_c", None)
    with pytest.raises(
        OperatorError, match=r"createrepo_c isn't installed: `pip install 'docker-provision\[b"
    ):
        bundling.metadata_maker()


class TestBundles:
    """What is asked for wrongly is told before the host is asked anything."""

    @pytest.mark.parametrize(
        ("names", "flags", "words"),
        [
            (("a",), {}, "--output: say in which folder"),
            (("a", "b"), {"output": "new"}, "bundle: one host makes it, and 2 are named"),
            (("a",), {"output": "new", "also": "18.6"}, "'18.6' is not a Docker version"),
            (("a",), {"output": "new", "images": "redis,-v"}, "--images: '-v' is no image's name"),
            (
                ("a",),
                {"output": "new", "package_mirror": "bundle:made"},
                "is a bundle already: name a mirror",
            ),
        ],
    )
    def test_mistakes(  # noqa: PLR0917
        self,
        hosts: Hosts,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        names: tuple[str, ...],
        flags: dict[str, str],
        words: str,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        bundles.make(tmp_path / "made")
        (tmp_path / "key").write_bytes(pinned_key())
        hosts.update({name: Remote() for name in names})
        with pytest.raises(OperatorError, match=words):
            hosts.run(Run.bundle, base_key="key", **flags)
        assert not (tmp_path / "new").exists()

    def test_a_bundle_has_no_list_of_versions(self, hosts: Hosts, tmp_path: Path) -> None:
        folder, key = bundles.make(tmp_path / "made"), tmp_path / "key"
        key.write_bytes(pinned_key())
        hosts["a"] = Remote()
        with pytest.raises(
            OperatorError, match=r"versions: the bundle holds 18\.06\.3 and no more: name a mirror"
        ):
            hosts.run(Run.versions, package_mirror=f"bundle:{folder}", base_key=str(key))
