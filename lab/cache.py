"""Artifacts that take long to make, each kept in a folder named after a hash of its inputs.

A folder of the cache is complete or it isn't there: it is filled under another name and then renamed,
under a lock, so that two labs may build at once and a killed build leaves nothing that passes for a whole one.
"""

import fcntl
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

UNUSED = 3 * 86400  # seconds: who changes the lab's recipes makes some 300 MB with every change
KEY_LENGTH = 16  # hex digits of sha256: no chance of a clash among the few dozen artifacts of a machine


def root() -> Path:
    """The cache's folder: $DOCKER_PROVISION_LAB_CACHE, or /var/cache/docker-provision-lab."""
    folder = Path(os.environ.get("DOCKER_PROVISION_LAB_CACHE", "/var/cache/docker-provision-lab"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file, waiting as long as it takes; the kernel drops it if we die."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not inherited by children (PEP 446): a service that we start must not keep the lock after us.
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def cached(name: str, inputs: str, build: Callable[[Path], None]) -> Path:
    """The folder of artifact `name` made from `inputs`; `build` fills an empty folder if there is none yet.

    `inputs` is all that the result depends on, as text: the recipe's source, tables, keys of other artifacts.
    Whatever `build` raises is passed on and nothing is kept.
    """
    key = hashlib.sha256(inputs.encode()).hexdigest()[:KEY_LENGTH]
    final = root() / f"{name}-{key}"
    if final.is_dir():
        os.utime(final)  # when it was last of use
        return final
    with locked(root() / "locks" / name):
        if not final.is_dir():
            for leftover in root().glob(f".{name}.*"):  # of a builder that was killed
                remove_tree(leftover)
            # Named anew each time: what a killed builder had started may write to the old place for a moment.
            unfinished = Path(mkdtemp(prefix=f".{name}.", dir=root()))
            unfinished.chmod(0o755)
            sys.stderr.write(
                f"lab: making {name}, to be kept as {final}\n"
            )  # in one piece: builders run side by side
            try:
                build(unfinished)
                unfinished.rename(final)
            except BaseException:
                remove_tree(unfinished)
                raise
    return final


def forget() -> None:
    """Delete artifacts that nobody asked for in the last days. Call it when there is no lab that may live on one."""
    for artifact in root().glob(f"*-{'[0-9a-f]' * KEY_LENGTH}"):
        if time.time() - artifact.stat().st_mtime > UNUSED:
            remove_tree(artifact)


def remove_tree(folder: Path) -> None:
    """Delete a folder if it exists.

    Raises OSError when something is mounted below it: deleting would reach through a bind mount.
    """
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    inside = [point for point in mounts if Path(point).is_relative_to(folder)]
    if inside:
        raise OSError(f"{inside[-1]} is mounted inside {folder}; unmount it first")
    if folder.exists():
        shutil.rmtree(folder)
