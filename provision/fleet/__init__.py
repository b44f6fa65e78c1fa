"""The hosts of a run and how they get their turn.

runners    hosts at a time: small classes behind one seam
rollout    a run from its first host to its last
"""

from __future__ import annotations

from provision.fleet.rollout import Rollout
from provision.fleet.runners import FORKS, Runner, Threads

__all__ = ["FORKS", "Rollout", "Runner", "Threads"]
