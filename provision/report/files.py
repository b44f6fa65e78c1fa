"""What `--report` and `--metrics` name: looked at before any host is touched, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from errno import EISDIR
from pathlib import Path
from typing import TYPE_CHECKING

from provision.advisories import Advisories
from provision.errors import OperatorError, ProvisionError
from provision.handed import path_of
from provision.report.recorder import Recorder

if TYPE_CHECKING:
    from provision.report.document import Document


class Files:
    """The files about a run. `recorder` is an observer that has to hear it. The page begins in `language`, or as the
    browser has it.

    Raises OperatorError where one couldn't be written; the folder of the report is made.
    """

    def __init__(self, report: str = "", metrics: str = "", language: str = "") -> None:
        self.recorder = Recorder()
        self._language = language
        self._report = _folder(report) if report else None
        self._metrics = _file(metrics) if metrics else None

    def write(self, exit_code: int, known: Sequence[Advisories]) -> None:
        """Write them, about the run that the recorder heard to its end. Raises ProvisionError."""
        if self._report is None and self._metrics is None:
            return
        from provision.report.document import document  # noqa: PLC0415  what brings libraries, for who asks for it

        run = document(self.recorder, exit_code, known)
        if self._report is not None:
            self._write_report(self._report, run)
        if self._metrics is not None:
            from provision.report import metrics  # noqa: PLC0415  likewise

            _replace(self._metrics, metrics.text(run, self._metrics.name), "--metrics")

    def _write_report(self, folder: Path, run: Document) -> None:
        from provision.report import junit, page  # noqa: PLC0415  likewise

        contents = {
            "run.json": f"{run.model_dump_json(indent=1)}\n".encode(),
            "junit.xml": junit.text(run),
            "index.html": page.render(run, self._language).encode(),
        }
        for name, content in contents.items():
            _replace(folder / name, content, "--report")


def _folder(said: str) -> Path:
    """The folder, made where it wasn't there, once it is known that files can be written into it."""
    path = path_of(said, "--report").absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise OperatorError(
            f"--report: can't write into {path}: {error.strerror}; name a folder that you may write into"
        ) from None
    return path


def _file(said: str) -> Path:
    """The file, once it is known that it can be replaced."""
    path = path_of(said, "--metrics").absolute()
    try:
        if path.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        if path.exists() and not path.is_file():
            # root would put a file in the place of /dev/null
            raise OperatorError(f"--metrics: {path} is no file that can be replaced: name one that is")
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise OperatorError(
            f"--metrics: can't write {path}: {error.strerror}; name a file in a folder that you may write into"
        ) from None
    return path


def _replace(path: Path, content: bytes, flag: str) -> None:
    """Have the file hold this, from one moment to the next. Raises ProvisionError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ProvisionError(f"{flag}: can't write {path}: {error.strerror}") from None
