"""The service: enabled, running, and running with this configuration."""

from __future__ import annotations

from provision.resources.base import Step
from provision.resources.unit import Unit


def step(unit: Unit) -> Step:
    return Step("service", "docker.service enabled, running, its effective settings read back", (unit,))
