"""What an operator may consent to when Docker is taken away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """`stop_containers`: those that run may be ended. `purge_data`: images, containers and volumes are deleted.
    `with_dependencies`: the packages that came with Docker's go too."""

    stop_containers: bool = False
    purge_data: bool = False
    with_dependencies: bool = False
