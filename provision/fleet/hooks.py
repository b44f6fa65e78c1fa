"""Hooks: programs of the operator's, run on this machine for a host before and after it is changed.

    --before './drain.sh {host}'     takes it out of what it serves; where it fails the host stays as it was
    --after './undrain.sh {host}'    puts it back

The words are split as a shell would, and no shell is involved: what stands for {host} is one word, whatever it holds.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from provision.errors import HostError, OperatorError, Refused

TIMEOUT = 600.0
"""Seconds for one call."""
LOG_LINES = 20

NAMES = {"--before": ("host", "address"), "--after": ("host", "address", "status")}
"""What may stand in a hook: how a host ended isn't known before it is changed."""
_NAME = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True)
class Hook:
    """One of the two. `words` hold {host}, {address} (where it is reached) and, behind a change, {status}."""

    flag: str
    words: tuple[str, ...]

    def run(self, about: Mapping[str, str]) -> None:
        """Run it for a host. Raises HostError, with what it said last."""
        words = [_NAME.sub(lambda found: about.get(found[1], found[0]), word) for word in self.words]
        variables = {f"DOCKER_PROVISION_{name.upper()}": value for name, value in about.items()}
        try:
            # a session of its own: Ctrl-C is for us, and what drains a host isn't to be cut off in the middle
            done = subprocess.run(
                words,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise HostError(f"{self.flag}: no end within {TIMEOUT:g} s", log=_lines(error.stdout)) from None
        except OSError as error:
            raise HostError(f"{self.flag}: can't run {words[0]}: {error.strerror}") from None
        if done.returncode:
            lines = _lines(done.stdout)
            said = f": {lines[-1]}" if lines else ""
            raise HostError(f"{self.flag}: {words[0]} ended with {done.returncode}{said}", log=lines)


def _lines(output: bytes | None) -> tuple[str, ...]:
    return tuple((output or b"").decode(errors="replace").splitlines()[-LOG_LINES:])


def parse(text: str, flag: str) -> Hook | None:
    """The hook that a flag gives; None if it wasn't given. Raises OperatorError."""
    if not text:
        return None
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        raise OperatorError(f"{flag}: {text!r}: the quotes don't match") from None
    if not words or shutil.which(words[0]) is None:
        raise OperatorError(
            f"{flag}: there is no program {words[0] if words else text!r}: name one that can be run"
        )
    for word in words:
        for found in _NAME.finditer(word):
            if found[1] not in NAMES[flag]:
                known = ", ".join(f"{{{name}}}" for name in NAMES[flag])
                raise OperatorError(f"{flag}: {found[0]} stands for nothing: there are {known}")
    return Hook(flag, words)


def refusing(hook: Hook, about: Mapping[str, str]) -> None:
    """Run a hook that goes before a change. Raises Refused: nothing was changed by then."""
    try:
        hook.run(about)
    except HostError as error:
        raise Refused(f"{error}; the host was left as it was", log=error.log) from None
