"""What can go wrong, as one tree.

    ProvisionError            one clear line: what is wrong, where, what to do
    ├── OperatorError         the operator's mistake: a flag, a file, a missing host      exit 2
    └── HostError             a host that was not served                                  exit 1
        ├── Unreachable       no session: network, host key, login; nothing was run
        ├── Refused           it can't be served, or not safely; it stays as it was
        └── Failed            a change failed; the host says where and why

Nothing else is meant to reach a user: any other exception is a defect of this program, shown as one line
with the advice to run again with --debug.
"""

from __future__ import annotations

from provision.masking import masked


class ProvisionError(Exception):
    """An error that is meant to be read by the operator: its text is one line and names the remedy.

    Hosts' words are part of many: secrets in them are masked.
    """

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(masked(message))


class OperatorError(ProvisionError):
    """The operator asked for something that can't be: bad flag, bad file, no host. Nothing was touched."""

    exit_code = 2


class HostError(ProvisionError):
    """One host was not served; the others of the run go on. `log` is the host's last lines about it."""

    outcome = "failed"

    def __init__(self, message: str, *, log: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.log = tuple(map(masked, log))


class Unreachable(HostError):
    """No session on the host: name resolution, connection, host key or login. Nothing was run on it.

    `passing`: it may be otherwise in a moment, as with a network's troubles; a wrong key stays wrong.
    """

    outcome = "unreachable"

    def __init__(self, message: str, *, log: tuple[str, ...] = (), passing: bool = False) -> None:
        super().__init__(message, log=log)
        self.passing = passing


class Refused(HostError):
    """The host can't be served, or not safely. It was left as it was; the text names the remedy."""

    outcome = "refused"


class Failed(HostError):
    """A change on the host failed, or a reading broke off."""


INTERRUPTED = 130
"""Exit code of a run that the operator broke off, as shells have it."""


class LetGo(BaseException):
    """The operator doesn't wait for the hosts in flight. No Exception: nothing on its way may take it for a failure."""
