"""What is pulled for a while goes by its name alone: an image that was there stays, whatever it was called."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.prove.shell import LIBRARY
from provision.script import Mark
from tests.unit.shell import SHELLS, call

ID = "sha256:" + "7" * 64
DIGEST = "a@sha256:" + "8" * 64
DOCKER = """#!/bin/sh
case "$*" in
  *RepoTags*) echo "$TAGS" ;;
  *inspect*) echo {ident} ;;
  *) shift 2; echo "$*" >>{log} ;;
esac
"""


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("name", "tags", "was_there", "goes"),
    [
        ("a:1", 1, False, True),
        ("a:1", 2, True, True),
        ("a:1", 1, True, False),
        (DIGEST, 0, False, True),
        (DIGEST, 1, True, True),
        (DIGEST, 0, True, False),
    ],
)
def test_the_last_name_of_an_image_that_was_there_is_not_taken(  # noqa: PLR0917
    tmp_path: Path, shell: tuple[str, ...], name: str, tags: int, was_there: bool, goes: bool
) -> None:
    log, program = tmp_path / "log", tmp_path / "bin/docker"
    program.parent.mkdir()
    program.write_text(DOCKER.format(ident=ID, log=log))
    program.chmod(0o755)
    (tmp_path / "prove").mkdir()
    (tmp_path / "prove/before").write_text(f"<none>:<none> <none>@<none> {ID}\n" if was_there else "")
    text = f"exec 4>&2\nexport TAGS={tags}\nput_back {name} -"
    _, frames = call(shell, tmp_path, LIBRARY, text, path=program.parent)
    assert (log.read_text() if log.exists() else "") == (f"rmi {name}\n" if goes else "")
    assert [each.mark for each in frames] == ([] if goes else [Mark.NOTE])
