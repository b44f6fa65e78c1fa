"""Becoming root: the command line that is sent, the words exchanged over stdin, and what sudo's refusals mean.

One exec serves every kind of login. The host itself decides: uid 0 goes on, anyone else goes through sudo. The
command line is read by the user's login shell, which may be csh or fish: no backslash, no exclamation mark, no
newline, and nothing but single quotes around words. It holds no secret.
"""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

from provision.errors import Refused

# sudo's words are matched below, so they have to be English. LANGUAGE would outweigh LC_ALL.
_SUDO = "LC_ALL=C; LANGUAGE=; export LC_ALL LANGUAGE; exec sudo"
_IF_ROOT = '[ "$(id -u)" = 0 ] && exec sh -c "$1" sh "$2"; '
_PLAIN = _IF_ROOT + _SUDO + ' -n sh -c "$1" sh "$2"'
# -k: the password is asked for whether or not an earlier one is remembered, so that a wrong one is always seen.
# sudo takes over the process whose number is told, so that it can be ended before it counts a second attempt.
_PASSWORD = _IF_ROOT + 'echo "pid-$2 $$" >&2; ' + _SUDO + ' -k -S -p "ask-$2" sh -c "$1" sh "$2"'

# Both streams say when the root shell begins: what came before is the login shell's noise.
_START = 'echo "run-$1"; echo "run-$1" >&2; '
_SHELL = _START + "exec sh -s"
# Where sudo needed no password, its line is still in the pipe: it must not reach the shell as a command.
_SHELL_BEHIND_PASSWORD = _START + (
    'while IFS= read -r line; do if [ "$line" = "go-$1" ]; then exec sh -s; fi; done; exit 1'
)


@dataclass(frozen=True, slots=True)
class Become:
    """One exec as root. The nonce tells our words from anything that the host may print."""

    user: str
    password: str | None = field(repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def command(self) -> str:
        """The command line, the same for root and for sudoers."""
        outer, inner = (_PLAIN, _SHELL) if self.password is None else (_PASSWORD, _SHELL_BEHIND_PASSWORD)
        return f"exec sh -c {shlex.quote(outer)} sh {shlex.quote(inner)} {self.nonce}"

    @property
    def opening(self) -> bytes:
        """What is sent at once: sudo's password, which waits in the pipe until sudo asks."""
        return b"" if self.password is None else f"{self.password}\n".encode()

    @property
    def release(self) -> bytes:
        """What is sent before the script, once the root shell has begun."""
        return b"" if self.password is None else f"go-{self.nonce}\n".encode()

    @property
    def started(self) -> bytes:
        """The line that begins both streams of the script."""
        return f"run-{self.nonce}\n".encode()

    def sudo_asks_again(self, stderr: bytes) -> bool:
        """Whether there was a second question: the password was wrong."""
        return stderr.count(f"ask-{self.nonce}".encode()) > 1

    def kill_sudo(self, stderr: bytes) -> str:
        """A command line that ends sudo while it waits for a second answer.

        The end of its input would count as a second wrong password, and pam_faillock locks a user out after
        three. sudo keeps the user's real uid while it asks, so the user may end it (1.9.13, run).
        """
        found = re.search(f"pid-{self.nonce} ([0-9]+)", stderr.decode(errors="replace"))
        return f"kill -9 {found[1]}" if found else "true"

    def wrong_password(self) -> Refused:
        """What a second question means."""
        return Refused(_wrong_password(self.user))

    def refusal(self, stdout: str, stderr: str) -> Refused:
        """Why no root shell began, from what was printed instead."""
        text = re.sub(f"ask-{self.nonce}|pid-{self.nonce} [0-9]+", "", stderr)
        for pattern, remedy in _REFUSALS:
            if re.search(pattern, text):
                return Refused(remedy(self.user))
        said = [line.strip() for line in (*text.splitlines(), *stdout.splitlines()) if line.strip()]
        return Refused(
            f"no root shell for {self.user}: {said[-1] if said else 'the login shell ended without a word'};"
            " log in as root, or as a user with a POSIX shell who may use sudo"
        )


def _wrong_password(user: str) -> str:
    return f"sudo did not take the password given for {user} (one attempt was made): check it and run again"


def _no_password(user: str) -> str:
    return (
        f"sudo wants a password for {user}: use --prompt-for-sudo-password, or sudo_password in an inventory, or give"
        f" {user} a NOPASSWD rule in sudoers, or log in as root"
    )


def _not_a_sudoer(user: str) -> str:
    return f"{user} may not become root by sudo: add {user} to sudoers (on CentOS the group wheel), or log in as root"


def _no_sudo(user: str) -> str:
    return f"{user} is not root and the host has no sudo: log in as root, or install sudo there"


def _no_terminal(user: str) -> str:
    return (
        f"sudo wants a terminal (requiretty): put 'Defaults:{user} !requiretty' into sudoers with visudo, or log in"
        " as root"
    )


# Texts of sudo 1.8.6 to 1.9.13 under LC_ALL=C; the first that matches counts.
_REFUSALS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"must have a tty", _no_terminal),
    (r"is not in the sudoers file|is not allowed to|may not run sudo", _not_a_sudoer),
    (r"incorrect password attempt|Sorry, try again|Authentication failure", _wrong_password),
    (r"a password is required|no password was provided|a terminal is required", _no_password),
    (r"sudo['\"]?: (not found|command not found|No such file)", _no_sudo),
)
