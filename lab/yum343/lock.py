"""/var/run/yum.pid: one yum at a time, whatever the command."""

import os
import time
from pathlib import Path

from .output import Error, Output

PID_FILE = Path("/var/run/yum.pid")
POLL = 2  # seconds


def acquire(out: Output, *, exit_on_lock: bool) -> None:
    """Become the one yum; wait for another one without limit, or raise Error if it was asked not to wait.

    Any live process counts, whatever it is; a dead number, rubbish or an empty file are replaced.
    """
    told = False
    while not _create():
        pid = _holder()
        if pid is None:
            PID_FILE.unlink(missing_ok=True)
            continue
        if not told:
            out.warn(f"Existing lock {PID_FILE}: another copy is running as pid {pid}.")
            told = True
        if exit_on_lock:
            raise Error(
                "\n\nAnother app is currently holding the yum lock; exiting as configured by exit_on_lock"
            )
        out.warn("Another app is currently holding the yum lock; waiting for it to exit...")
        out.warn(_described(pid))
        time.sleep(POLL)


def release() -> None:
    """Let others in."""
    PID_FILE.unlink(missing_ok=True)


def _create() -> bool:
    try:
        handle = os.open(PID_FILE, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return False
    os.write(handle, str(os.getpid()).encode())  # no newline, as there
    os.close(handle)
    return True


def _holder() -> int | None:
    try:
        pid = int(PID_FILE.read_text())
    except (ValueError, FileNotFoundError):
        return None
    return pid if Path(f"/proc/{pid}").exists() else None


def _described(pid: int) -> str:
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        pages = [int(count) for count in Path(f"/proc/{pid}/statm").read_text().split()[:2]]
        state = Path(f"/proc/{pid}/status").read_text().partition("State:")[2].split()[1].strip("()")
    except OSError:
        return "  The other application is gone"
    virtual, resident = (count * os.sysconf("SC_PAGE_SIZE") // 2**20 for count in pages)
    return (
        f"  The other application is: {name}\n"
        f"    Memory : {resident:3} M RSS ({virtual:3} MB VSZ)\n"
        f"    State  : {state.capitalize()}, pid: {pid}"
    )
