"""The engine: exactly the pinned packages."""

from __future__ import annotations

from provision.resources.base import Step
from provision.resources.packages import Packages


def step(packages: Packages) -> Step:
    return Step("engine", "the pinned Docker packages, asserted with rpm -q", (packages,))
