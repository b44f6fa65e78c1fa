"""The only SSH of this program.

    transport.py    paramiko's transport, tuned
    sshconfig.py    the ssh_config options that neither paramiko nor Fabric honours
    hostkeys.py     known_hosts, and the judgement on every key that a host or jump host shows
    identities.py   keys from files and agent, passphrases asked for once
    login.py        what is tried to log in, and what is said if nothing is taken
    explain.py      a failed connection in one line, with its remedy
    connection.py   Fabric's Connection with all of the above; jump hosts shared
    become.py       root or sudo, and what sudo's refusals mean
    exchange.py     one exec: script in, output out
    session.py      read() and apply(), as converging asks for

`connections()` makes them in one thread; a `Session` then reads and changes one host, from any thread.
"""

from __future__ import annotations

import logging

from provision.remote.connection import connections
from provision.remote.session import Session

# paramiko logs tracebacks of what it also raises; without a handler Python would print them on stderr.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
# likewise each attempt to come back to a host
logging.getLogger("stamina").addHandler(logging.NullHandler())

__all__ = ["Session", "connections"]
