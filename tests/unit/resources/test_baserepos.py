"""CentOS's own repositories: which are dead, when that matters, and what mends them."""

from __future__ import annotations

import base64
import dataclasses
import shlex
from collections.abc import Mapping

import pytest

from provision import handed, spec, steps
from provision.resources.base import ABSENT, Change, Finding, Note, Refusal, State, Unknown
from provision.resources.baserepos import (
    ARCHIVE_PATH,
    FOLDER,
    KEY_PATH,
    BaseRepositories,
    BaseState,
    survey,
)
from provision.resources.file import FileState
from provision.resources.packages import PackagesState
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.repofiles import sections
from provision.script import Section
from tests.el7_repos import BASE
from tests.unit.core import HOST

PACKAGES = "packages docker-ce"
BASE_PATH = f"{FOLDER}/CentOS-Base.repo"
KEY = handed.pinned_key()
"""Any key stands for CentOS's where its fingerprint is the one that is asked for."""
FINGERPRINT = "060A61C51B558A7F742B77AAC52FEB6B621E9F35"
ALIVE = "[os]\nbaseurl=http://corp.example/centos/7/os/$basearch/\n[extras]\nbaseurl=http://corp.example/7/extras/x86_64\n"


def resource(archive: str | None = None, key: str = FINGERPRINT) -> BaseRepositories:
    asked = spec.build(spec.from_flags({"fix_base_repos": archive}))
    (step, *_) = steps.steps(asked, dataclasses.replace(handed.defaults(), base_key=key))
    (found,) = step.resources
    assert isinstance(found, BaseRepositories)
    return found


def host(key: bytes | None = KEY, release: str = HOST.release, **files: str) -> BaseState:
    """A host with these repository files: `Base` for CentOS-Base.repo, and others by their names."""
    paths = {"Base": BASE_PATH, "archive": ARCHIVE_PATH}
    states = {
        paths.get(name, f"{FOLDER}/{name}.repo"): FileState(text.encode(), "644", "root:root", 0)
        for name, text in files.items()
    }
    return BaseState(release, key, states)


def compared(
    read: State, asked: BaseRepositories, packages: State = ABSENT, record: State = ABSENT
) -> list[Finding]:
    return asked.compare({asked.id: read, PACKAGES: packages, RECORD_ID: record})


INSTALLED = PackagesState({"docker-ce": "18.06.3.ce-3.el7"})


class TestSurvey:
    def test_as_centos_shipped_them(self) -> None:
        found = survey(host(Base=BASE))
        assert found.dead == {BASE_PATH: ("base", "updates", "extras")}
        assert found.alive == ()
        assert found.lacking == {"os", "extras"}

    @pytest.mark.parametrize(
        ("text", "dead"),
        [
            ("baseurl=http://mirror.centos.org/centos/7/os/x86_64", True),
            ("baseurl=https://Mirror.CentOS.org:443/centos/7/os/x86_64", True),
            (
                "mirrorlist=http://mirrorlist.centos.org/?repo=os\nbaseurl=http://alive.example/os/x86_64/",
                False,
            ),
            ("baseurl=http://mirror.centos.org.corp.example/7/os/x86_64/", False),
            ("baseurl=http://proxy.example/mirror.centos.org/os/x86_64/", False),
            ("baseurl=https://vault.centos.org/7.9.2009/os/x86_64/", False),
            ("baseurl=http://mirror.centos.org/7/os/x86_64/\nenabled=0", None),
            ("gpgcheck=1", None),
        ],
    )
    def test_told_by_the_names_of_all_their_servers(self, text: str, dead: bool | None) -> None:
        found = survey(host(one=f"[one]\n{text}\n"))
        assert (bool(found.dead), bool(found.alive)) == (dead is True, dead is False)

    @pytest.mark.parametrize("end", ["$basearch", "${basearch}/", "x86_64/"])
    def test_who_serves_the_same_folders_stands_in(self, end: str) -> None:
        corp = "".join(f"[{name}]\nbaseurl=http://corp.example/7/{name}/{end}\n" for name in ("os", "extras"))
        assert survey(host(Base=BASE, corp=corp)).lacking == frozenset()

    def test_who_serves_something_else_does_not(self) -> None:
        epel = "[epel]\nmetalink=https://mirrors.fedoraproject.org/metalink?repo=epel-7&arch=x86_64\n"
        assert survey(host(Base=BASE, epel=epel)).lacking == {"os", "extras"}


class TestWithoutTheFlag:
    def test_refused_where_something_is_to_be_installed(self) -> None:
        (refusal,) = compared(host(Base=BASE), resource())
        assert isinstance(refusal, Refusal)
        for words in ("base, updates, extras", BASE_PATH, "--fix-base-repos", "enabled=0"):
            assert words in refusal.text

    @pytest.mark.parametrize(
        ("read", "packages"),
        [
            (host(Base=BASE), INSTALLED),
            (host(Base=BASE, corp=ALIVE), ABSENT),
            (host(Base=BASE.replace("gpgcheck=1", "gpgcheck=1\nenabled=0")), ABSENT),
            (host(Base=BASE, release="Red Hat Enterprise Linux Server release 7.9 (Maipo)"), ABSENT),
            (host(), ABSENT),  # what isn't there isn't dead: yum will tell whether it does without
            (Unknown("can't read"), INSTALLED),
        ],
        ids=["nothing to install", "others stand in", "switched off", "not CentOS", "none at all", "unread"],
    )
    def test_else_nothing_is_said(self, read: State, packages: State) -> None:
        assert compared(read, resource(), packages) == []

    def test_what_could_not_be_read_is_not_taken_for_good(self) -> None:
        (refusal,) = compared(Unknown("can't read /etc/yum.repos.d"), resource())
        assert isinstance(refusal, Refusal)


def change(found: list[Finding]) -> Change:
    (only,) = found
    assert isinstance(only, Change), only
    return only


class TestWithTheFlag:
    @pytest.mark.parametrize("packages", [ABSENT, INSTALLED])
    @pytest.mark.parametrize(
        ("name", "root"),
        [
            ("aliyun", "https://mirrors.aliyun.com/centos-vault/7.9.2009"),
            ("official", "https://vault.centos.org/7.9.2009"),
            ("tuna", "https://mirrors.tuna.tsinghua.edu.cn/centos-vault/7.9.2009"),
        ],
    )
    def test_the_dead_are_switched_off_and_an_archive_stands_in(
        self, name: str, root: str, packages: State
    ) -> None:
        asked = resource(name)
        found = change(compared(host(Base=BASE), asked, packages))
        assert asked.archive is not None
        added = sections(asked.archive.decode())
        assert [each.urls for each in added] == [
            (f"{root}/{f}/$basearch/",) for f in ("os", "updates", "extras")
        ]
        assert asked.archive.decode().count(f"gpgcheck=1\ngpgkey=file://{KEY_PATH}\n") == 3
        assert found.diff.count("+enabled=0") == 3
        assert found.diff.count(f"+++ {ARCHIVE_PATH}") == 1
        assert found.script.count("put_file ") == 2

    def test_a_second_run_finds_nothing(self) -> None:
        asked = resource("aliyun")
        mended, record = mend(host(Base=BASE), asked)
        assert compared(mended, asked, record=record) == []
        assert compared(mended, resource(), record=record) == []

    def test_another_archive_takes_the_place_of_the_first(self) -> None:
        mended, record = mend(host(Base=BASE), resource("aliyun"))
        found = change(compared(mended, resource("official"), record=record))
        assert found.script.count("put_file ") == 1
        assert {trace.key: trace.value for trace in found.traces} == {"files": [BASE_PATH, ARCHIVE_PATH]}

    def test_what_works_is_left_alone(self) -> None:
        assert compared(host(corp=ALIVE), resource("aliyun")) == []

    def test_a_host_without_any_gets_the_archive(self) -> None:
        assert change(compared(host(), resource("aliyun"))).script.count("put_file ") == 1

    def test_not_on_others_than_centos(self) -> None:
        assert compared(host(Base=BASE, release="Oracle Linux Server release 7.9"), resource("aliyun")) == []

    @pytest.mark.parametrize(
        ("key", "says"),
        [(None, "is missing"), (b"<html>", "holds no armoured"), (KEY, FINGERPRINT)],
    )
    def test_only_with_centos_own_key(self, key: bytes | None, says: str) -> None:
        (refusal,) = compared(host(key=key, Base=BASE), resource("aliyun", key=handed.CENTOS_7))
        assert isinstance(refusal, Refusal)
        assert KEY_PATH in refusal.text
        assert says in refusal.text


def mend(read: BaseState, asked: BaseRepositories) -> tuple[BaseState, RecordState]:
    """The host after the change, by what its script writes, and its record."""
    found = change(compared(read, asked))
    files = dict(read.files)
    for line in found.script.splitlines():
        _, path, _, _, _, content = shlex.split(line)
        files[path] = FileState(base64.b64decode(content), "644", "root:root", 0)
    return dataclasses.replace(read, files=files), RecordState({}).with_traces({}, found.traces)


class TestParse:
    def test_any_answer_that_is_no_whole_one_is_unknown(self) -> None:
        asked = resource()
        for section in (Section("release=x", 1), Section("release=x", 0, complete=False), Section("", 0)):
            assert isinstance(asked.parse(section), Unknown)
        assert isinstance(asked.parse(Section("release=x\npath=/a\nfile 644 r:r 1\n!!!", 0)), Unknown)

    def test_a_host_without_files(self) -> None:
        assert resource().parse(Section("release=CentOS", 0)) == BaseState("CentOS", None, {})

    def test_in_a_line(self) -> None:
        assert str(host(Base=BASE)) == "on: none; on, but dead: base, updates, extras"


class TestWithdraw:
    @pytest.mark.parametrize("entries", [{}, {"base repositories": {"before": None}}])
    def test_what_we_did_not_mend_is_not_spoken_of(self, entries: Mapping[str, Mapping[str, object]]) -> None:
        asked = resource()
        assert asked.withdraw({asked.id: host(Base=BASE), RECORD_ID: RecordState(entries)}) == []
        assert asked.withdraw({asked.id: host(Base=BASE), RECORD_ID: ABSENT}) == []

    def test_what_we_mended_stays_and_is_listed(self) -> None:
        asked = resource()
        mended, record = mend(host(Base=BASE), resource("aliyun"))
        (note,) = asked.withdraw({asked.id: mended, RECORD_ID: record})
        assert isinstance(note, Note)
        assert ARCHIVE_PATH in note.text
        assert BASE_PATH in note.text
