"""What is read of yum's settings on a host, and what hides packages in them."""

from __future__ import annotations

import gzip
import re
import sqlite3
from pathlib import Path

import pytest

from provision.resources.base import State, Unknown
from provision.resources.file import FileState
from provision.resources.file_shell import LIBRARY as FILE_LIBRARY
from provision.resources.hold import Cached, HoldState
from provision.resources.hold_shell import LIBRARY
from provision.script import Section
from tests.unit.resources.test_hold import CONF, hold
from tests.unit.shell import SHELLS, probed


class TestParse:
    def test_what_the_probe_prints(self) -> None:
        text = "yum\nplugin versionlock\ncached corp 123 26.1.4-1.el7 25.0.5-1.el7\ncached epel-x 5 \n"
        found = hold().parse(Section(f"{text}path=/etc/yum.conf\nfile 644 root:root 7\nW21haW5dCg==\n", 0))
        assert found == HoldState(
            {CONF: FileState(b"[main]\n", "644", "root:root", 7)},
            frozenset({"versionlock"}),
            {"corp": Cached(123, ("26.1.4-1.el7", "25.0.5-1.el7")), "epel-x": Cached(5, ())},
        )
        assert "corp (26.1.4-1.el7, 25.0.5-1.el7)" in str(found)

    @pytest.mark.parametrize(
        "section",
        [
            Section("", 0),
            Section("yum\n", 1),
            Section("yum\n", 0, complete=False),
            Section("yum\npath=/etc/yum.conf\nabsent\n", 0),
            Section("yum\npath=/etc/yum.conf\nother directory\n", 0),
        ],
    )
    def test_what_is_not_whole_is_unknown(self, section: Section) -> None:
        assert isinstance(hold().parse(section), Unknown)


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
class TestProbe:
    def probe(self, shell: tuple[str, ...], root: Path) -> State:
        library = re.sub(r"(?<![\w$}])/(etc|usr/lib|usr/share|var/cache)/", rf"{root}/\1/", LIBRARY)
        section = probed(shell, FILE_LIBRARY + library, hold().probe())
        return hold().parse(Section(section.text.replace(str(root), ""), section.status, section.complete))

    def test_a_bare_host(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        assert self.probe(shell, tmp_path) == HoldState({}, frozenset(), {})

    def test_all_that_matters_is_read(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        texts = {
            "etc/yum.conf": "[main]\n",
            "etc/yum/repos.d/x.repo": "[x]\n",
            "etc/yum/pluginconf.d/versionlock.conf": f"[main]\nlocklist = file:{tmp_path}/etc/locks\n",
            "etc/locks": "0:a-1-1.*\n",
            "usr/lib/yum-plugins/versionlock.py": "",
        }
        for path, text in texts.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        found = self.probe(shell, tmp_path)
        assert isinstance(found, HoldState)
        assert set(found.files) == {f"/{path}" for path in texts if path.startswith("etc/")}
        assert found.plugins == {"versionlock"}

    def test_metadata_are_read_as_yum_keeps_them(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        cache = tmp_path / "var/cache/yum/x86_64/7"
        for ident in ("sqlite", "packed", "xml", "nothing", "base", "docker-ce-stable"):
            (cache / ident / "gen").mkdir(parents=True)
            (cache / ident / "cachecookie").touch()
        database = cache / "sqlite/gen/primary_db.sqlite"
        with sqlite3.connect(database) as connection:
            connection.execute("CREATE TABLE packages (name TEXT, version TEXT, location_href TEXT)")
            connection.executemany(
                "INSERT INTO packages VALUES (?, ?, ?)",
                [
                    (name, version, f"Packages/{name}-{version}.x86_64.rpm")
                    for name in ("docker-ce", "docker-ce-cli", "podman")
                    for version in ("26.1.4-1.el7", "18.06.3.ce-3.el7")
                ],
            )
        connection.close()
        (cache / "packed/abc-primary.sqlite.gz").write_bytes(gzip.compress(database.read_bytes()))
        xml = '<location href="docker-ce-25.0.5-1.el7.x86_64.rpm"/><rpm:entry name="docker-ce"/>'
        for ident in ("xml", "base", "docker-ce-stable"):
            (cache / ident / "abc-primary.xml.gz").write_bytes(gzip.compress(xml.encode()))
        found = self.probe(shell, tmp_path)
        assert isinstance(found, HoldState)
        both = ("18.06.3.ce-3.el7", "26.1.4-1.el7")
        assert {ident: each.versions for ident, each in found.cached.items()} == {
            "sqlite": both,
            "packed": both,
            "xml": ("25.0.5-1.el7",),
            "nothing": (),
        }
        assert found.cached["xml"].at == int((cache / "xml/cachecookie").stat().st_mtime)
