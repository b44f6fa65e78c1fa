"""Room for what is downloaded and unpacked, and whether a file system is fit for Docker's data."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from provision.daemon_settings import DEFAULT_ROOT
from provision.facts.host import DOWNLOADS, PACKAGES, Space
from provision.preflight.situation import Service, Situation
from provision.resources.transition import CLI

LISTS = 300
"""MB that yum's lists of base, updates and extras take once unpacked (estimated: updates alone is 27 MB packed)."""

OF_ONE_PACKAGE = (50, 180)
"""MB to download and to unpack up to 18.06, with dependencies (18.06.3 by yum 3.4.3: 44 and 168)."""

OF_SEVERAL = (130, 450)
"""The same from 18.09 on, where CLI, containerd and later the plugins come apart (estimated for 26.1.4)."""

LABELS = ("container_var_lib_t", "docker_var_lib_t")
"""What SELinux calls Docker's data; the second is the older name."""


def refusals(case: Situation) -> Iterator[str]:
    """Reasons that lie in file systems."""
    yield from _cramped(case)
    if case.service:
        yield from _untyped(case, case.service)
        if not _in_use(case.service):
            yield from _unlabelled(case, case.service)


def notes(case: Situation) -> Iterator[str]:
    """What is there already and works, but should be known."""
    if case.service and _in_use(case.service):
        yield from _unlabelled(case, case.service)


def _cramped(case: Situation) -> Iterator[str]:
    """By file system: what several folders need of one adds up. What couldn't be read is no reason."""
    needs: dict[Space, Counter[str]] = defaultdict(Counter)
    for path, needed in (*_for_packages(case), *_for_images(case)):
        if path in case.host.spaces:
            needs[case.host.spaces[path]][path] += needed
    for space, parts in needs.items():
        if space.free < parts.total() * 1024:
            yield (
                f"too little space on {space.mount}: {space.free // 1024} MB are free, "
                f"{' and '.join(f'{needed} MB for {path}' for path, needed in parts.items())} are needed; make room "
                f"(`du -xh {space.mount} | sort -h | tail`, `yum clean all`)"
            )


def _for_packages(case: Situation) -> Iterator[tuple[str, int]]:
    """Paths, and the MB that packages need there."""
    if case.installs is None:
        return
    download, unpack = OF_ONE_PACKAGE if len(case.installs.packages) == 1 else OF_SEVERAL
    if case.move and case.move.stops:
        # the packages that are there now, for the way back
        download += (OF_ONE_PACKAGE if CLI not in case.move.there else OF_SEVERAL)[0]
    yield DOWNLOADS, LISTS + download
    yield PACKAGES, unpack


def _for_images(case: Situation) -> Iterator[tuple[str, int]]:
    """The same of images: they come as files, and docker lays each out once more while it takes it up."""
    images = {image.id: image for image in case.images}.values()
    if not images:
        return
    unpacked = [image.unpacked for image in images]
    yield DOWNLOADS, _megabytes(sum(image.size for image in images))
    root = case.service.root.path if case.service else DEFAULT_ROOT
    yield root, _megabytes(sum(unpacked) + max(unpacked))


def _megabytes(size: int) -> int:
    """Rounded up, of 1024 x 1024 bytes as all here."""
    return -(-size // 2**20)


def _in_use(service: Service) -> bool:
    """A daemon runs with its data there: however it may be, it was good enough so far."""
    return service.running and service.root.real == service.root_now.real


def _untyped(case: Situation, service: Service) -> Iterator[str]:
    """overlay2 refuses a data-root on xfs without d_type (moby#36039)."""
    space = case.host.spaces.get(service.root.path) or case.host.spaces.get(service.root.real)
    driver = service.settings.get("storage-driver", "overlay2")
    if space is None or driver not in ("overlay", "overlay2") or _in_use(service):
        return
    if case.host.ftypes.get(space.mount) == "0":
        yield (
            f"{service.root.path} lies on an xfs made without d_type (ftype=0 on {space.mount}), which overlay2 "
            "refuses: name a folder on another file system by data-root, or make that one anew with `mkfs.xfs -n "
            "ftype=1`"
        )


def _unlabelled(case: Situation, service: Service) -> Iterator[str]:
    root = service.root
    # containers' labels are derived from the folder's; below the default one the policy itself sees to them
    if case.host.selinux != "Enforcing" or root.real == DEFAULT_ROOT:
        return
    if not any(f":{label}:" in f"{root.label}:" for label in LABELS):
        yield (
            f"data-root {root.path} hasn't Docker's SELinux label while SELinux is enforcing: `yum install "
            f"container-selinux policycoreutils-python`, `semanage fcontext -a -e {DEFAULT_ROOT} {root.real}`, "
            f"`mkdir -p {root.real}`, `restorecon -R {root.real}`"
        )
