"""Making a bundle: what the host passes on becomes files, and nothing else does."""

from __future__ import annotations

import base64
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provision import bundling, engines
from provision.bundle import FOLDERS
from provision.bundling.gathering import Order
from provision.bundling.unpacking import Unpacking
from provision.errors import Failed, HostError, OperatorError, Refused
from provision.handed import pinned_key
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
    with Unpacking(WORD, folder) as unpacking:
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
        ("", Failed, "ended before it had passed on all packages"),
        (passed_on(f"docker-ce-stable {RPM}", b"1"), Failed, "ended before it had passed on all packages"),
        (passed_on(f"docker-ce-stable {RPM}", b"1", 1), Failed, f"the host couldn't read {RPM}"),
        (
            f"\n{WORD} begin docker-ce-stable ../../x\n",
            Failed,
            r"'docker-ce-stable \.\./\.\./x', which is no",
        ),
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
        bundling.make(Host(said), order(), tmp_path / "new")  # type: ignore[arg-type]  # no more of it is asked
    assert list(tmp_path.iterdir()) == []


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
        bundling.make(Host(""), order(), tmp_path / "new")  # type: ignore[arg-type]  # likewise


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
