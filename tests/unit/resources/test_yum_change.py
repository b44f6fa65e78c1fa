"""The transaction that is looked at before: what it would bring, take along or leave out."""

from __future__ import annotations

from collections.abc import Sequence

from provision.script import Frame, Mark
from tests.unit.resources.yumhost import (
    LISTED,
    OFFERED,
    REPOSITORY,
    VERSION,
    Host,
    host,
)
from tests.unit.words import recorded

__all__ = ["host"]


DNF_TABLE = """\
Dependencies resolved.
==========================================
 Package        Arch    Version      Size
==========================================
Installing:
 containerd.io  x86_64  1.6.33-3.1   30 M
     replacing  runc.x86_64 1.0.0-69.rc10.el7_9
Upgrading:
 docker-ce      x86_64  3:26.1.4-1   27 M
Removing dependent packages:
 their-tool     noarch  1.0-1         0

Transaction Summary
==========================================
Remove  1 Package
"""


REPLACED = ("docker-ce", "docker-ce-cli", "containerd.io")


class TestChange:
    def look(self, host: Host, *command: str, **options: Sequence[str]) -> list[Frame]:
        host.instead("yum.list", f"echo '{LISTED}'; exit 0")
        return host.run(REPOSITORY.look(VERSION, command or ("install", OFFERED), **options))[1]

    def table(self, host: Host, text: str) -> None:
        downloaded = (
            f'mkdir -p "$cache/docker-ce-stable"; touch "$cache/docker-ce-stable/{OFFERED}.x86_64.rpm"'
        )
        for word in ("install", "swap", "shell"):
            host.instead(f"yum.{word}", f"{downloaded}\ncat <<'END'\n{text}\nEND\nexit 0")

    def test_what_needs_the_old_packages_is_named(self, host: Host) -> None:
        self.table(host, recorded.text("yum/76").split("yum --assumeno swap")[1].partition("[0]")[0])
        (frame,) = self.look(host, replaced=REPLACED)
        assert frame.rest == (
            "packages that aren't Docker's would be taken away or lowered by it: tool-new; if that is meant, take them "
            "away by hand before (`yum remove tool-new`)"
        )
        assert self.look(host, replaced=(*REPLACED, "tool-new")) == []

    def test_so_is_what_is_obsoleted_and_what_dnf_would_take_along(self, host: Host) -> None:
        self.table(host, DNF_TABLE)
        (frame,) = self.look(host, replaced=REPLACED)
        assert "lowered by it: runc their-tool; if" in frame.rest

    def test_rpm_is_asked_who_needs_what_goes(self, host: Host) -> None:
        host.instead("rpm.whatrequires", "")
        assert "lowered by it: wrapper; if" in self.look(host, gone=("docker-ce-cli",))[0].rest
        assert "--whatrequires docker-ce-cli\n" in (host.bin / "rpm.log").read_text()

    def test_the_packages_of_now_are_kept_for_the_way_back(self, host: Host) -> None:
        there = ("docker-ce-18.06.2.ce-3.el7",)
        host.instead("yum.reinstall", 'touch "$cache/docker-ce-stable/docker-ce-18.06.2.ce-3.el7.x86_64.rpm"')
        text = f'{REPOSITORY.look(VERSION, ("install", OFFERED), back=there)}; ls "$look/back"'
        assert host.run(text) == ("docker-ce-18.06.2.ce-3.el7.x86_64.rpm", [])
        assert host.calls[-1][-3:] == ["--downloadonly", "reinstall", *there]

    def test_without_them_there_is_no_way_back(self, host: Host) -> None:
        host.instead("yum.reinstall", "echo 'Installed package docker-ce not available.'; exit 0")
        (frame,) = self.look(host, back=("docker-ce-18.06.2.ce-3.el7",))
        assert "there would be no way back: docker-ce-18.06.2.ce-3.el7; name a --package-mirror" in frame.rest

    def test_for_what_nobody_offers_any_more_that_is_said(self, host: Host) -> None:
        text = f"back_needed=; {REPOSITORY.look(VERSION, ('install', OFFERED), back=('docker-engine-1-1',))}"
        assert host.run(text) == (
            "",
            [Frame(Mark.NOTE, "no way back: nobody offers docker-engine-1-1 any more")],
        )

    def test_dnf_swaps_several_by_its_shell(self, host: Host) -> None:
        (host.bin / "yum").rename(host.bin / "dnf-3")
        (host.bin / "yum").symlink_to("dnf-3")
        words = ("swap", "--", "remove", "a", "b", "--", "install", OFFERED)
        assert host.run(f"look={host.bin}; $(spelt {' '.join(words)}) 2>/dev/null; cat {host.bin}/words")[
            0
        ] == (f"remove a b\ninstall {OFFERED}\nrun")
        assert host.run(f"look={host.bin}; spelt {' '.join(words)}") == (f"shell {host.bin}/words", [])
        assert host.run("spelt downgrade a") == ("downgrade a", [])
