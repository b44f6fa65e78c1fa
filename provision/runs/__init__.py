"""Runs as hosts carry them out: by a unit of their own, apart from the connection that began them.

applying.py    the script of a run: the host's lock, looks, changes
detached.py    how it is handed to systemd, and followed
sending.py     files that go to the host ahead of it
hiding.py      what they say, without secrets
holding.py     whether one is under way
history.py     what hosts keep of their runs, and how a lock is taken from one
shell.py       the shell side of all three
"""

from __future__ import annotations

from provision.runs.applying import Claim, Task, apply_script
from provision.runs.detached import About, HostRun
from provision.runs.sending import Sent

__all__ = ["About", "Claim", "HostRun", "Sent", "Task", "apply_script"]
