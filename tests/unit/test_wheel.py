"""The wheel, as `pipx install .` makes it: the same commands and templates without a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from invoke import Collection

from provision import tasks, templating

CHECKOUT = Path(__file__).parents[2]
# what the program that pip makes of [project.scripts] holds
PROGRAM = "from provision.cli import main; main()"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files as they lie in site-packages."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (
        "pip",
        "wheel",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--wheel-dir",
        str(folder),
    )
    subprocess.run([sys.executable, "-m", *build, str(CHECKOUT)], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site-packages")
    return folder / "site-packages"


def run(installed: Path, *words: str) -> str:
    """What the installed program prints, away from the checkout."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, *words],
        cwd=installed.parent,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_everything_is_inside_with_the_templates(installed: Path) -> None:
    program = contents(CHECKOUT / "provision")
    templates = {f"templates/{name}": content for name, content in contents(templating.folder()).items()}
    assert contents(installed / "provision") == program | templates


def test_the_program_is_named_and_lists_the_same_tasks(installed: Path) -> None:
    (entry_points,) = installed.glob("*.dist-info/entry_points.txt")
    assert entry_points.read_text().split() == [
        "[console_scripts]",
        "docker-provision",
        "=",
        "provision.cli:main",
    ]
    listed = [
        line.split()[0]
        for line in run(installed, "--list").splitlines()
        if line.startswith("  ") and line[2] != " "
    ]
    assert listed == sorted(Collection.from_module(tasks).task_names)


def test_a_command_runs_on_its_own_templates(installed: Path) -> None:
    (installed / "provision/templates/etc/yum.repos.d/docker-ce.repo.j2").write_text("{{ not_given }}")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run(installed, "steps")
    assert "not_given" in failed.value.stderr
