"""The images of a bundle, where packages come from one. Last, for the daemon is as it will be then."""

from __future__ import annotations

from provision.handed import Handed
from provision.resources.base import Step
from provision.resources.images import Images


def step(handed: Handed) -> Step:
    found = handed.bundle.images if handed.bundle else ()
    title = "the images of a bundle, where packages come from one"
    return Step("images", title, (Images(found),) if found else (), opens_stage=bool(found))
