"""How yum is called: bounded in all that it waits for, and the repository looked at before anything is written."""

from __future__ import annotations

import base64
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from provision.resources.repofiles import sections
from provision.script import Mark
from tests.unit.resources.yumhost import (
    LISTED,
    OFFERED,
    REPOSITORY,
    VERSION,
    Host,
    failed,
    host,
)

__all__ = ["host"]


def test_a_look_takes_the_repository_along_without_its_hold() -> None:
    function, text, ca, key, held, *words = shlex.split(
        REPOSITORY.look(
            "26.1.4-1.el7", ("downgrade", OFFERED), replaced=("a", "b"), gone=("b",), back=("a-2", "b-1")
        )
    )
    assert (function, held) == ("look_packages", "docker-ce docker-ce-cli")
    assert words == ["26.1.4-1.el7", "a b", "b", "a-2 b-1", "downgrade", OFFERED]
    assert base64.b64decode(text) == b"# ours\n[docker-ce-stable]\nenabled=1\n"
    assert (ca, base64.b64decode(key)) == ("", b"the key")


def test_a_list_takes_it_along_too() -> None:
    function, text, ca = shlex.split(REPOSITORY.offers())
    assert (function, ca) == ("list_offers", "")
    assert base64.b64decode(text) == b"# ours\n[docker-ce-stable]\nenabled=1\n"


class TestBounded:
    def test_its_status_is_handed_on(self, host: Host) -> None:
        host.instead("yum.install", "exit 7")
        assert host.run("yum_bounded install x; echo $?") == ("7", [])
        assert host.calls == [["install", "x"]]

    def test_a_lock_is_waited_for(self, host: Host) -> None:
        host.pid.write_text(str(os.getpid()))
        (host.bin / "sleep").write_text(
            f'#!/bin/sh\necho >>"$0.log"; [ "$(wc -l <"$0.log")" -lt 3 ] || rm {host.pid}\n'
        )
        said, (frame,) = host.run("yum_bounded list; echo $?")
        assert said.strip() == f"{LISTED}\n0"
        assert frame.mark is Mark.WAIT
        assert len(host.calls) == 1

    def test_but_not_for_ever_and_its_holder_is_named(self, host: Host) -> None:
        host.pid.write_text(str(os.getpid()))
        said, (waits, frame) = host.run("yum_bounded list; echo goes on")
        assert said.strip() == ""
        assert (waits.mark, frame.mark) == (Mark.WAIT, Mark.FAIL)
        program = Path("/proc/self/cmdline").read_bytes().partition(b"\0")[0].decode()
        for words in (f"held by process {os.getpid()} ({program} ", ") since 2", "still after 120 s"):
            assert words in frame.rest
        assert not (host.bin / "yum.log").exists()

    def test_one_that_is_taken_between_the_look_and_the_call_is_waited_for_too(self, host: Host) -> None:
        host.instead(
            "yum.list",
            f'if [ ! -e "$0.once" ]; then touch "$0.once"; echo {os.getpid()} >{host.pid}; exit 1; fi',
        )
        (host.bin / "sleep").write_text(f"#!/bin/sh\nrm {host.pid}\n")
        said, _ = host.run("yum_bounded list; echo $?")
        assert said.strip() == f"{LISTED}\n0"
        assert len(host.calls) == 2

    @pytest.mark.parametrize("pid", ["", "not a number", "4194304000"])
    def test_a_dead_holder_is_none(self, host: Host, pid: str) -> None:
        host.pid.write_text(pid)
        host.instead("yum.list", "exit 1")
        assert host.run("yum_bounded list; echo $?") == ("1", [])
        assert len(host.calls) == 1


class TestLook:
    def test_what_can_be_installed_passes_without_a_word(self, host: Host) -> None:
        assert host.look("containerd.io-1.6.33-3.1.el7") == ("", [])
        *_, install = host.calls
        assert install[-3:] == ["install", OFFERED, "containerd.io-1.6.33-3.1.el7"]
        assert {"--downloadonly", "--setopt=obsoletes=0"} <= set(install)

    def test_nothing_is_written_beside_its_own_folder_which_goes(self, host: Host) -> None:
        host.look()
        assert list(host.temporary.iterdir()) == []
        for words in host.calls:
            own = [
                word.rpartition("=")[2]
                for word in words
                if word.startswith(("--setopt=cachedir", "--setopt=persistdir"))
            ]
            assert len(own) == 2
            assert all(folder.startswith(f"{host.temporary}/docker-provision.") for folder in own)
            assert {"--noplugins", "--nogpgcheck"} <= set(words)

    def test_what_a_killed_run_has_left_goes_and_what_a_living_one_may_have_stays(self, host: Host) -> None:
        dead = host.temporary / "docker-provision.4194305.aaaaaa"
        (dead / "cache").mkdir(parents=True)
        living = "docker-provision.$$.bbbbbb"
        look = REPOSITORY.look(VERSION, ("install", OFFERED))
        assert host.run(f'mkdir "{host.temporary}/{living}"\n{look}') == ("", [])
        (left,) = host.temporary.iterdir()
        assert left.name.endswith(".bbbbbb")

    def test_the_hosts_repositories_are_there_but_for_an_older_ours(self, host: Host) -> None:
        (host.repos / "CentOS-Base.repo").write_text("[base]\n")
        (host.repos / "docker-ce.repo").write_text("[docker-ce-stable]\nenabled=0\n")
        host.instead(
            "yum.install", 'cd "$cache/../repos"; for file in *; do echo "$file:"; cat "$file"; done'
        )
        said, _ = host.run(f'{REPOSITORY.look(VERSION, ("install", OFFERED))}; cat "$look/transaction"')
        hidden = "exclude = docker-ce docker-ce-cli"
        assert (
            said
            == f"CentOS-Base.repo:\n[base]\n{hidden}\ndocker-ce.repo:\n# ours\n[docker-ce-stable]\nenabled=1"
        )

    def test_the_packages_are_hidden_in_all_others_beside_what_is_hidden_there(self, host: Host) -> None:
        (host.repos / "corp.repo").write_text(
            "# mine\n[a]\nbaseurl=http://a/\n\n[b]\nExclude : x,\n  y\ncost=5\n[c]\nexclude=z\nname=c\n"
        )
        host.instead("yum.install", 'cd "$cache/../repos"; cat corp.repo')
        said, _ = host.run(f'{REPOSITORY.look(VERSION, ("install", OFFERED))}; cat "$look/transaction"')
        found = {section.id: section.words("exclude") for section in sections(said)}
        ours = ("docker-ce", "docker-ce-cli")
        assert found == {"a": ours, "b": (*ours, "x", "y"), "c": (*ours, "z")}
        assert [section.options["cost"].value for section in sections(said) if section.id == "b"] == ["5"]

    def test_a_version_that_is_not_on_offer_is_told_with_the_list(self, host: Host) -> None:
        said, frames = host.run(
            REPOSITORY.look("18.06.9.ce-3.el7", ("install", "docker-ce-18.06.9.ce-3.el7"))
        )
        assert frames == failed("missing 18.06.9.ce-3.el7")
        assert said == LISTED
        assert [words[-1] for words in host.calls] == ["--showduplicates"]

    @pytest.mark.parametrize("row", ["docker-ce.x86_64 3:18.06.3.ce-3.el7 docker-ce-stable", LISTED])
    def test_an_epoch_is_no_other_version(self, host: Host, row: str) -> None:
        host.instead("yum.list", f"echo '{row}'; exit 0")
        assert host.look() == ("", [])

    def test_a_longer_version_is_another_one(self, host: Host) -> None:
        host.instead("yum.list", "echo 'docker-ce.x86_64 18.06.3.ce-3.el7.centos docker-ce-stable'; exit 0")
        assert host.look()[1] == failed("missing 18.06.3.ce-3.el7")

    @pytest.mark.parametrize("word", ["list", "install"])
    def test_yum_that_fails_is_told_by_its_status(self, host: Host, word: str) -> None:
        host.instead(f"yum.{word}", "echo Error: no; exit 3")
        assert host.look() == ("Error: no", failed("yum 3"))

    @pytest.mark.parametrize(
        "answer",
        [
            "echo 'it: RSA sha1 (MD5) (PGP) (MISSING KEYS: PGP#621e9f35) NOT OK'; exit 1",
            "echo 'it: sha1 md5 OK'",
            "echo 'it: digests OK'",
        ],
        ids=["another key", "unsigned", "unsigned, in newer words"],
    )
    def test_a_package_must_be_signed_by_the_key(self, host: Host, answer: str) -> None:
        host.instead("rpm.K", answer)
        assert host.look() == ("", failed(f"signature {OFFERED}.x86_64.rpm"))

    def test_newer_words_for_a_signature(self, host: Host) -> None:
        host.instead("rpm.K", "echo 'it: digests signatures OK'")
        assert host.look() == ("", [])

    def test_only_the_engines_packages_are_ours_to_judge(self, host: Host) -> None:
        """Those of the base repositories are signed by CentOS; yum checks them when it installs."""
        host.look()
        checked = [
            line.split()[-1] for line in (host.bin / "rpm.log").read_text().splitlines() if " -K " in line
        ]
        assert [Path(path).name for path in checked] == [f"{OFFERED}.x86_64.rpm"]

    def test_the_key_is_the_only_one_in_a_database_of_its_own(self, host: Host) -> None:
        host.look()
        for line in (host.bin / "rpm.log").read_text().splitlines():
            assert line.startswith(f"--dbpath {host.temporary}/docker-provision.")

    def test_a_key_that_rpm_does_not_take(self, host: Host) -> None:
        host.instead("rpm.import", "")
        assert host.look() == ("", failed("rpm can't import the key"))

    def test_a_download_that_brought_nothing(self, host: Host) -> None:
        host.instead("yum.install", 'mkdir "$cache"; exit 0')
        assert host.look() == ("", failed("yum downloaded no package of docker-ce-stable"))

    def test_no_room_is_told(self, host: Host) -> None:
        host.temporary.rmdir()
        said, frames = host.look()
        assert "mktemp" in said
        assert frames == failed("can't write under /var/tmp")


class TestOthers:
    def words(self, calls: Sequence[list[str]]) -> list[list[str]]:
        return [[word for word in words if not word.startswith("-")] for words in calls]

    def test_offers_are_yums_own_list(self, host: Host) -> None:
        assert host.run(REPOSITORY.offers()) == (LISTED, [])
        assert self.words(host.calls) == [["list", "docker-ce"]]
        assert list(host.temporary.iterdir()) == []

    def test_a_dead_mirror_is_told_in_yums_words(self, host: Host) -> None:
        host.instead("yum.list", "echo no mirror; exit 1")
        assert host.run(REPOSITORY.offers()) == ("no mirror", failed("yum 1"))

    def test_one_that_offers_nothing_is_no_dead_one(self, host: Host) -> None:
        said = "Error: No matching Packages to list"
        host.instead("yum.list", f"echo {said}; exit 1")
        assert host.run(REPOSITORY.offers()) == (said, [])
        assert host.run(REPOSITORY.look_first()) == ("", [])
