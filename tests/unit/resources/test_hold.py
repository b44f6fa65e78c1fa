"""The hold on the pinned packages: who else offers them, what hides them, and how that is told and mended."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping
from dataclasses import replace

import pytest

from provision import handed
from provision.engines import hold_names
from provision.resources.base import ABSENT, Change, Finding, Note, Refusal, State, Unknown
from provision.resources.baserepos import BaseState
from provision.resources.file import FileState, put
from provision.resources.hold import Cached, Hold, HoldState
from provision.resources.packages import PackagesState
from provision.resources.record import RECORD_ID, RecordState
from tests.el7_repos import BASE
from tests.unit.core import HOST, steps_for

CORP = "/etc/yum.repos.d/corp.repo"
TREE = "baseurl=https://corp.example/docker-ce/linux/centos/7/$basearch/stable\n"
CORP_REPO = f"[corp]\n{TREE}"
CONF = "/etc/yum.conf"
V18 = PackagesState({"docker-ce": "18.06.3.ce-3.el7"})
OURS = " ".join(hold_names())
FINGERPRINT = "060A61C51B558A7F742B77AAC52FEB6B621E9F35"


def hold(version: str = "18.06.3", *, everywhere: bool = False) -> Hold:
    step = next(step for step in steps_for(docker_version=version) if step.name == "engine")
    found = step.resources[0]
    assert isinstance(found, Hold)
    return replace(found, everywhere=everywhere)


def file(text: str, changed: int = 100) -> FileState:
    return FileState(text.encode(), "644", "root:root", changed)


def read(
    repositories: Mapping[str, str] | None = None,
    conf: str = "[main]\n",
    cached: Mapping[str, Cached] | None = None,
    packages: State = V18,
    files: list[str] | None = None,
) -> dict[str, State]:
    """What was read of a host; `files` are those that the record says we hold in."""
    each = {path: file(text) for path, text in (repositories or {}).items()}
    entries = {} if files is None else {"hold docker-ce": {"before": None, "ours": {"files": files}}}
    return {
        "hold docker-ce": HoldState({CONF: file(conf)}, frozenset(), cached or {}),
        "base repositories": BaseState(HOST.release, None, each),
        "packages docker-ce": packages,
        RECORD_ID: RecordState(entries),
    }


def notes(found: list[Finding]) -> str:
    assert all(isinstance(each, Note) for each in found)
    return "\n".join(each.text for each in found if isinstance(each, Note))


class TestOthers:
    def test_where_nobody_else_offers_docker_nothing_is_said(self) -> None:
        assert hold().compare(read({"/etc/yum.repos.d/CentOS-Base.repo": BASE})) == []

    def test_one_that_does_is_told_with_the_line_that_holds_it(self) -> None:
        said = notes(hold().compare(read({CORP: f"[corp]\nexclude=x\n{TREE}"})))
        assert (
            f"the pin isn't held against {CORP}, line 1 ([corp]), which leads to where docker-ce is too"
            in said
        )
        assert f"write exclude=x {OURS} into that section, or say --hold-everywhere" in said

    @pytest.mark.parametrize(
        ("versions", "how"),
        [
            (("18.06.3.ce-3.el7", "26.1.4-1.el7", "25.0.5-1.el7"), "which offers docker-ce 26.1.4-1.el7 too"),
            (("18.06.3.ce-3.el7", "18.06.2.ce-3.el7"), "which offers docker-ce too"),
        ],
    )
    def test_what_yum_has_cached_of_it_is_told(self, versions: tuple[str, ...], how: str) -> None:
        """Wherever it leads."""
        repo = "[corp]\nbaseurl=http://corp.example/all\n"
        assert how in notes(hold().compare(read({CORP: repo}, cached={"corp": Cached(100, versions)})))

    def test_what_yum_has_cached_of_it_acquits_it_unless_it_is_older_than_the_file(self) -> None:
        def found(at: int) -> list[Finding]:
            return hold().compare(read({CORP: CORP_REPO}, cached={"corp": Cached(at, ())}))

        assert found(100) == []
        assert "leads to where docker-ce is" in notes(found(99))

    @pytest.mark.parametrize(
        ("repo", "conf"),
        [
            ("enabled=0\n", "[main]\n"),
            ("exclude=docker-ce\n", "[main]\n"),
            ("exclude=docker-ce-3:*\n", "[main]\n"),
            ("includepkgs=kubelet\n", "[main]\n"),
            ("", "[main]\nexclude=docker*\n"),
        ],
    )
    def test_one_that_is_held_already_is_no_matter(self, repo: str, conf: str) -> None:
        assert hold().compare(read({CORP: f"{CORP_REPO}{repo}"}, conf)) == []

    @pytest.mark.parametrize("exclude", ["docker-ce-cli", "docker-ce-26*", "docker-ce-26.1.4-1.el7"])
    def test_one_that_is_held_in_part_is_not(self, exclude: str) -> None:
        cached = {"corp": Cached(100, ("26.1.4-1.el7",))}
        found = hold().compare(read({CORP: f"{CORP_REPO}exclude={exclude}\n"}, cached=cached))
        assert "isn't held" in notes(found)

    def test_all_that_is_pinned_must_be_held(self) -> None:
        asked = hold("26.1.4")
        states = read({CORP: f"{CORP_REPO}exclude=docker-ce\n"}, packages=ABSENT)
        assert any("isn't held" in each.text for each in asked.compare(states) if isinstance(each, Note))
        states = read({CORP: f"{CORP_REPO}exclude=docker-* containerd.io\n"}, packages=ABSENT)
        assert asked.compare(states) == []

    def test_one_in_yum_conf_itself_counts_too(self) -> None:
        assert f"{CONF}, line 2 ([corp])" in notes(hold().compare(read(conf=f"[main]\n{CORP_REPO}")))


class TestEverywhere:
    def change(self, *found: Finding) -> Change:
        (change,) = found
        assert isinstance(change, Change)
        return change

    def test_it_is_excluded_there_too_beside_what_was(self) -> None:
        repo = f"[corp]\nexclude=x\npassword=secret\n{TREE}[other]\n"
        change = self.change(*hold(everywhere=True).compare(read({CORP: repo})))
        _, path, mode, _, _, encoded = shlex.split(change.script)
        assert (path, mode) == (CORP, "-")
        assert encoded
        assert f"+exclude=x {OURS}" in change.diff
        assert "secret" not in change.diff
        assert not change.stops_daemon
        assert [(trace.key, trace.value) for trace in change.traces] == [("files", [CORP])]

    def test_several_files_are_one_change_and_the_record_keeps_all_of_them(self) -> None:
        more = {"/etc/yum.repos.d/a.repo": f"[a]\n{TREE}[b]\n{TREE}"}
        asked = hold(everywhere=True)
        change = self.change(
            *asked.compare(read({CORP: CORP_REPO, **more}, files=["/etc/yum.repos.d/gone.repo"]))
        )
        assert len(change.script.splitlines()) == 2
        assert change.traces[0].value == ["/etc/yum.repos.d/a.repo", CORP, "/etc/yum.repos.d/gone.repo"]

    def test_a_file_that_is_mended_in_the_same_run_waits(self) -> None:
        asked = hold(everywhere=True)
        mending = replace(asked.base, key=FINGERPRINT, archive=b"[centos-vault-os]\n")
        states = read({"/etc/yum.repos.d/CentOS-Base.repo": BASE + CORP_REPO}, packages=ABSENT)
        states[mending.id] = replace(states[mending.id], key=handed.pinned_key())
        asked = replace(asked, base=mending)
        assert "the next one holds Docker there" in notes(asked.compare(states))

    def test_what_we_put_there_is_taken_back_and_nothing_else(self) -> None:
        asked = hold(everywhere=True)
        change = self.change(*asked.compare(read({CORP: CORP_REPO})))
        now = apply(change, CORP)
        other = "/etc/yum.repos.d/other.repo"
        states = read(
            {CORP: now, other: "[o]\nexclude=docker-ce\n"}, files=[CORP, other, "/etc/yum.repos.d/gone"]
        )
        back = self.change(*asked.withdraw(states))
        assert back.script == put(CORP, CORP_REPO.encode(), now.encode())

    def test_nothing_of_ours_is_nothing_to_take_back(self) -> None:
        assert hold().withdraw(read({CORP: CORP_REPO})) == []
        assert hold().withdraw(read({CORP: CORP_REPO}, files=[CORP])) == []


def apply(change: Change, path: str) -> str:
    """The file as the change writes it."""
    words = next(words for words in map(shlex.split, change.script.splitlines()) if words[1] == path)
    return base64.b64decode(words[-1]).decode()


class TestObstacles:
    @pytest.mark.parametrize(
        ("states", "said"),
        [
            (
                read(conf="[main]\nexclude=docker-ce\n", packages=ABSENT),
                "/etc/yum.conf, line 2 (exclude=docker-ce) hides docker-ce-18.06.3.ce-3.el7 from yum",
            ),
            (
                read(conf="[main]\nreposdir=/etc/corp\n", packages=ABSENT),
                "/etc/yum.conf, line 2 (reposdir=/etc/corp) keeps yum from reading /etc/yum.repos.d",
            ),
            (
                read({"/etc/yum.repos.d/a.repo": "[docker-ce-stable]\nenabled=0\n"}, packages=ABSENT),
                "/etc/yum.repos.d/a.repo, line 1 ([docker-ce-stable]) has the id of our repository",
            ),
        ],
    )
    def test_what_keeps_yum_from_finding_it_is_named(self, states: dict[str, State], said: str) -> None:
        (found,) = hold().compare(states)
        assert isinstance(found, Refusal)
        assert said in found.text

    def test_a_dependency_that_is_hidden_is_told(self) -> None:
        assert "hides container-selinux" in notes(
            hold().compare(read(conf="[main]\nexclude=container*\n", packages=ABSENT))
        )

    @pytest.mark.parametrize("conf", ["[main]\nexclude=docker-ce\n", "[main]\nreposdir=/etc/corp\n"])
    def test_where_nothing_is_to_be_installed_nothing_is_in_the_way(self, conf: str) -> None:
        assert hold().compare(read(conf=conf)) == []

    @pytest.mark.parametrize("ident", ["hold docker-ce", "base repositories"])
    def test_what_could_not_be_read_refuses_where_it_matters(self, ident: str) -> None:
        for packages, kind in ((ABSENT, Refusal), (V18, Note)):
            (found,) = hold().compare({**read(packages=packages), ident: Unknown("no answer")})
            assert isinstance(found, kind)
            assert "no answer" in found.text
        asked = {**read(files=[CORP]), ident: Unknown("no answer")}
        assert hold().withdraw(asked) == [Refusal("hold docker-ce", "no answer")]
