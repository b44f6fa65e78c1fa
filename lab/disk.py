"""A host's disk: an overlay of its own layers on the common root, and a folder for /var/lib/docker.

From bottom to top: the common root, the host's identity (which no restore takes away), the layers of the
snapshot that the host stands on, and the upper layer that takes what the host writes. A snapshot freezes the
upper layer by renaming it; a restore begins an empty one on the frozen layers: neither copies the root, whatever
its size. /var/lib/docker is copied, since the engine needs a real file system there for overlays of its own.

The file `base` names the layers that the host stands on. It is gone while they change, so a disk without it was
left half-way by a process that was killed, and only a restore makes it usable again.
"""

import re
import shutil
from pathlib import Path

from lab.cache import remove_tree
from lab.process import LabError, run

FRESH = "fresh"  # the snapshot that every host has: nothing was ever written


class Disk:
    """The disk in `folder`, which lies on a real file system: an upper layer can't be on tmpfs or overlay."""

    def __init__(self, folder: Path, rootfs: Path) -> None:
        self.folder = folder
        self.rootfs = rootfs
        self.root = folder / "root"
        self.docker = folder / "docker"
        self.identity = folder / "identity"

    @property
    def whole(self) -> bool:
        """Whether the disk is usable: no change of its layers was cut off in the middle."""
        return self._base.exists()

    @property
    def _base(self) -> Path:
        return self.folder / "base"

    def mount(self) -> None:
        """Show the layers at `root`, unless they are shown already."""
        if self.root.is_mount():
            return
        layers = [self.folder / "layers" / name for name in self._base.read_text().split()]
        lower = ":".join(map(str, [*layers, self.identity, self.rootfs]))
        for folder in (self.root, self._upper, self.folder / "work", self.docker):
            folder.mkdir(exist_ok=True)
        options = f"lowerdir={lower},upperdir={self._upper},workdir={self.folder / 'work'}"
        run("mount", "-t", "overlay", "overlay", "-o", options, str(self.root))

    @property
    def _upper(self) -> Path:
        return self.folder / "upper"

    def unmount(self) -> None:
        """Take the view at `root` away; nothing may run on the disk."""
        if self.root.is_mount():
            run("umount", str(self.root))

    def snapshots(self) -> list[str]:
        """Names of all snapshots, the ever-present `fresh` first."""
        return [FRESH, *sorted(path.name for path in (self.folder / "snapshots").glob("*"))]

    def snapshot(self, name: str) -> None:
        """Keep what the disk holds now under a name; one that was taken before under it is replaced."""
        self.check_new(name)
        self.unmount()
        below = self._base.read_text().split()
        self._base.unlink()
        layers = self.folder / "layers"
        layers.mkdir(exist_ok=True)
        frozen = f"{len(list(layers.iterdir())) + 1}"
        self._upper.rename(layers / frozen)
        unfinished = self.folder / ".snapshot"
        remove_tree(unfinished)
        unfinished.mkdir()
        (unfinished / "base").write_text(" ".join([frozen, *below]))
        run("cp", "-a", "--reflink=auto", str(self.docker), str(unfinished / "docker"))
        place = self.folder / "snapshots" / name
        remove_tree(place)
        place.parent.mkdir(exist_ok=True)
        unfinished.rename(place)
        shutil.copyfile(place / "base", self._base)
        self.mount()

    def check_new(self, name: str) -> None:
        """Raise LabError if no snapshot can be taken under that name."""
        if name == FRESH or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            raise LabError(
                f"{name!r} is no good as a snapshot's name: letters, digits, . _ -, and not {FRESH!r}"
            )

    def check(self, name: str) -> None:
        """Raise LabError if there is no snapshot of that name."""
        if name not in self.snapshots():
            raise LabError(f"no snapshot {name!r}; there are: {', '.join(self.snapshots())}")

    def restore(self, name: str) -> None:
        """Make the disk what it was then; nothing may run on it. Raises LabError for an unknown name."""
        self.check(name)
        self.unmount()
        self._base.unlink(missing_ok=True)
        for folder in (self._upper, self.folder / "work", self.docker):
            remove_tree(folder)
        place = self.folder / "snapshots" / name
        if name == FRESH:
            self._base.write_text("")
        else:
            run("cp", "-a", "--reflink=auto", str(place / "docker"), str(self.docker))
            shutil.copyfile(place / "base", self._base)
        self.mount()
