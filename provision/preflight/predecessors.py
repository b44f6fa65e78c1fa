"""Another build of Docker that makes way for docker-ce: what becomes of what it kept, and of its settings.

Sources: the unit of CentOS's docker-1.13.1 (its default runtime is docker-runc), its files in /etc/sysconfig; rpm keeps
changed files as .rpmsave; dockerd takes up a driver whose folder isn't empty (moby, daemon/graphdriver).
"""

from __future__ import annotations

from collections.abc import Iterator

from provision.preflight.situation import Situation
from provision.resources.transition import RIVALS

OF_CENTOS = frozenset({"docker", "docker-latest"})
"""Those of the distribution, with settings and a runtime of their own."""


def notes(case: Situation) -> Iterator[str]:
    """What should be known before it goes."""
    found = [name for name in RIVALS if name in (case.packages or ())]
    if case.installs is None or not found:
        return
    yield from _hidden(case)
    if not OF_CENTOS.isdisjoint(found):
        yield (
            "docker-ce reads none of /etc/sysconfig/docker, docker-network, docker-storage and docker-storage-setup: "
            "of these what is as it was shipped goes with its package, what was changed is kept as .rpmsave; what is "
            "asked for there belongs under daemon. daemon.json stays as it is"
        )


def _hidden(case: Situation) -> Iterator[str]:
    asked = case.service.settings.get("storage-driver") if case.service else None
    for root in case.host.roots:
        if "devicemapper" in root.drivers and asked != "devicemapper":
            yield (
                f"what lies in {root.path} by devicemapper ({root.images} images, {root.containers} containers) isn't "
                "seen by docker-ce any more, and stays on the disk: `docker save` what is needed before; set "
                "storage-driver to overlay2 under daemon, else dockerd may take devicemapper up again without its "
                "options"
            )
        elif root.containers and not OF_CENTOS.isdisjoint(case.packages or ()):
            yield (
                f"the {root.containers} containers in {root.path} name CentOS's runtime docker-runc, if it made them, "
                "which docker-ce doesn't have: make them anew"
            )
