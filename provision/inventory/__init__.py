"""Which hosts there are, how each is reached and what is asked for of it.

model    hosts as values
"""

from __future__ import annotations

from provision.inventory.model import Host, Origin, Ssh, of_names

__all__ = ["Host", "Origin", "Ssh", "of_names"]
