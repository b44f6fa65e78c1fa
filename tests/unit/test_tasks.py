"""A checkout's modules are compiled once, and not at each start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("switched_off", [False, True])
def test_what_a_command_imports_is_kept_compiled_unless_python_is_told_not_to(
    tmp_path: Path, switched_off: bool
) -> None:
    for name in ("provision", "templates"):
        shutil.copytree(CHECKOUT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("fabfile.py", "fabric.yaml"):
        shutil.copy(CHECKOUT / name, tmp_path)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"} if switched_off else {}
    command = [str(Path(sys.executable).parent / "fab"), "steps"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert any((tmp_path / "provision").rglob("run.*.pyc")) is not switched_off
