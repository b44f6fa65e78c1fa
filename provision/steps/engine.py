"""The engine: exactly the pinned packages, and nothing that moves them."""

from __future__ import annotations

from provision.resources.base import Resource, Step
from provision.resources.data import Data
from provision.resources.dependencies import Dependencies
from provision.resources.hold import Hold
from provision.resources.packages import Packages
from provision.resources.unfinished import Unfinished
from provision.resources.withdrawal import Withdrawal


def step(packages: Packages, hold: Hold, withdrawal: Withdrawal | None) -> Step:
    """`withdrawal` where it is to be taken away: then, in reverse order, data and dependencies after the engine."""
    along: tuple[Resource, ...] = ()
    if withdrawal:
        along = (Dependencies(packages, withdrawal.with_dependencies), Data(withdrawal.purge_data))
    bundled: tuple[Resource, ...] = (packages.bundled,) if packages.bundled else ()
    title = "the pinned Docker packages, asserted with rpm -q, and held"
    return Step("engine", title, (*bundled, *along, hold, packages, Unfinished(packages)))
