"""Which hosts there are, how each is reached and what is asked for of it.

model        hosts as values
names        ranges in names, and many names in few words
tree         groups within groups, and whose word counts
ours         our own format
plain        hosts by their names alone: -H, and files with one a line
ansible      what Ansible reads, read by Ansible
ansiblevars  its variables in our words
vault        its values that are sealed one by one
source       which of these a file is
patterns     which hosts are meant: --limit, --shard
"""

from __future__ import annotations

from provision.inventory.model import Host, Inventory, Origin, Ssh
from provision.inventory.names import fold
from provision.inventory.patterns import choose, shard
from provision.inventory.plain import of_names
from provision.inventory.source import load

__all__ = ["Host", "Inventory", "Origin", "Ssh", "choose", "fold", "load", "of_names", "shard"]
