"""The program without a checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-S", "/nowhere/config", "-H", "a", "plan"], "/nowhere/config"),
        (["-H", "a", "plan", "--bogus"], "--bogus"),
        (["-H", "a", "plam"], "plam"),
        (["-t", "soon", "-H", "a", "plan"], "-t"),
        (["-H", "a:99999", "plan"], "a:99999"),
    ],
    ids=["ssh_config", "flag", "task", "seconds", "port"],
)
def test_the_program_tells_the_operators_mistakes_in_one_line(words: list[str], says: str) -> None:
    command = [str(Path(sys.executable).parent / "docker-provision"), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr
