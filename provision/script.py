"""Scripts as they go over the wire, and their answers: framed by a nonce, whole or not at all.

A script is functions first and one call on its last line, so that a cut connection runs nothing. All that the
host prints besides our frames (.bashrc, `BDB2053 Freeing read locks`, yum) can't be taken for one: each frame
begins with a nonce drawn for that run.

    NONCE begin ID          NONCE end ID STATUS       one section of a reading
    NONCE step ID           NONCE done ID             one change under way, and behind it
    NONCE refuse TEXT       NONCE fail TEXT           why it stopped: nothing was changed, or something was
    NONCE note TEXT           NONCE wait TEXT         for the operator to know: at the end, and at once
    NONCE confirm TEXT                                it waits for somebody who comes over a new connection
    NONCE leave ID                                    a run that is kept only until its end was heard
    NONCE stale                                       it did nothing: another changed the host since it was planned
"""

from __future__ import annotations

import getpass
import os
import re
import secrets
import shlex
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from provision.calls import needed

quote = shlex.quote
"""The one way by which a value gets into shell text."""

PREAMBLE = """\
# {title}
set -u
umask 022
LC_ALL=C LANGUAGE=
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL LANGUAGE PATH
unset DOCKER_HOST DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_CONFIG GREP_OPTIONS
exec 3>&1
frame() {{ printf '\\n{nonce} %s\\n' "$*" >&3; }}
"""
# 3: a frame reaches us from a command too whose output goes into a file.
# LANGUAGE: yum's gettext looks at it before LC_ALL (yum 3.4.3, run).

LOCK_TIMEOUT = 120
"""Seconds for which another run, and another yum, are waited for unless the operator says otherwise."""

COMMON = r"""
state=/var/lib/docker-provision
runs=$state/runs
# where runs download to; a reboot leaves it as it is
scratch=/var/tmp
# where files lie that were sent ahead of a run
given=
# for how long others are waited for, in seconds
lock_timeout=@LOCK_TIMEOUT@
# A hung daemon or a damaged database must not hang the run: seconds, then the command.
timed() { timeout -k 5 "$@"; }
one_line() { tr '\n' ' ' | sed 's/  */ /g; s/ *$//'; }
# Ends the run with a text for the operator: a refusal until the first change, for nothing was changed by then.
verdict=refuse
fail() { frame "$verdict" "$*"; exit 1; }
# What looks downloaded: those of runs that were killed hold hundreds of megabytes
sweep_looks() {
  each_left rm -rf --
  # sent ahead of a run that never began; another's may be on its way
  find "$scratch" -maxdepth 1 -name 'docker-provision.given-*' -mmin +1440 -exec rm -rf '{}' +
}
# COMMAND...: with each of them
each_left() {
  for old in "$scratch"/docker-provision.*.??????; do
    owner=${old##*/docker-provision.}
    if [ -d "$old" ] && ! may_own "${owner%.*}" "$old"; then "$@" "$old"; fi
  done
}
# PID FOLDER: whether that process may have made it. Behind a boot another one may have the number, which is no shell,
# or younger; ps may be wrong by a second.
may_own() {
  case $(ps -o comm= -p "$1" 2>/dev/null) in sh | dash | bash) ;; *) return 1 ;; esac
  begun=$(ps -o lstart= -p "$1" 2>/dev/null) || return 1
  [ "$(date -d "$begun" +%s)" -le $(($(stat -c %Y -- "$2") + 2)) ]
}
# WHAT: where a run that was asked to stop may do so; whoever only reads isn't asked
halt() { :; }
""".replace("@LOCK_TIMEOUT@", str(LOCK_TIMEOUT))


@dataclass(frozen=True, slots=True)
class Section:
    """What one probe printed, and its exit status; `complete` is False where the answer was cut."""

    text: str
    status: int
    complete: bool = True


class Mark(StrEnum):
    """The words of a frame."""

    BEGIN = "begin"
    END = "end"
    STEP = "step"
    DONE = "done"
    REFUSE = "refuse"
    FAIL = "fail"
    NOTE = "note"
    WAIT = "wait"
    CONFIRM = "confirm"
    LEAVE = "leave"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Frame:
    """One framed line of the host: its mark and the rest."""

    mark: Mark
    rest: str


def local_user() -> str:
    """Who runs this program; its number where it has no name, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # which of the two, Python's version says
        return f"uid {os.getuid()}"


def owner() -> str:
    """Who is at work, and on which machine: what a host says of whoever holds it."""
    return f"{local_user()} at {socket.gethostname()}"


def nonce() -> str:
    """A new word that nothing on the host can print by chance."""
    return f"@{secrets.token_hex(8)}"


def function_name(index: int, kind: str) -> str:
    """The shell function that holds one probe or change."""
    return f"{kind}_{index}"


def functions(kind: str, bodies: Sequence[str]) -> str:
    """Shell functions `KIND_0` and so on with these bodies."""
    return "".join(f"{function_name(i, kind)}() {{\n{body.rstrip()}\n}}\n" for i, body in enumerate(bodies))


def reading(probes: Sequence[tuple[str, str]]) -> str:
    """Shell functions `probe_N` and `reading`, which frames what each prints."""
    lines = [
        f"frame begin {quote(ident)}\n( {function_name(i, 'probe')} ) 2>&1\nframe end {quote(ident)} $?"
        for i, (ident, _) in enumerate(probes)
    ]
    body = "\n".join(lines)
    return functions("probe", [text for _, text in probes]) + f"reading() {{\n{body}\n}}\n"


def read_script(probes: Sequence[tuple[str, str]], libraries: Iterable[str], word: str) -> str:
    """A script that only reads: every probe in its own frame. `word` is the nonce.

    It has no function that no probe calls: all of them would be four times the bytes, which take several flights of
    packets at the beginning of a connection. What it prints goes out in large blocks: each of the many small ones would
    be a packet, encrypted, decrypted and waited for by itself.
    """
    return PREAMBLE.format(title="docker-provision: read", nonce=word) + _body(
        tuple(probes), tuple(libraries)
    )


@lru_cache(maxsize=64)  # most of a fleet's hosts are read alike
def _body(probes: tuple[tuple[str, str], ...], libraries: tuple[str, ...]) -> str:
    calls = reading(probes) + "reading </dev/null 3>&1 | dd bs=64k iflag=fullblock 2>/dev/null\n"
    return needed((COMMON, *libraries), calls) + calls


_FRAME = re.compile(
    r"^(@[0-9a-f]{16}) (begin|end|step|done|refuse|fail|note|wait|confirm|leave|stale) ?(.*)$"
)


def frame(line: str, word: str) -> Frame | None:
    """The frame in a line of output, or None where the host talks."""
    if not line.startswith(word):
        return None
    match = _FRAME.match(line.rstrip("\r\n"))
    if match is None or match.group(1) != word:
        return None
    return Frame(Mark(match.group(2)), match.group(3))


def sections(output: str, word: str) -> dict[str, Section]:
    """The sections of a reading by id. One without its end is kept as incomplete."""
    found: dict[str, Section] = {}
    ident: str | None = None
    lines: list[str] = []
    # a last line without its end may be cut, within the digits of a status for one: no frame
    for line in output.split("\n")[:-1]:
        mark = frame(line, word)
        if mark is None:
            lines.append(line)
        elif mark.mark is Mark.BEGIN:
            ident, lines = mark.rest, []
            found[ident] = Section("", 1, complete=False)
        elif mark.mark is not Mark.END:
            lines.append(line)
        elif ident is not None:
            name, _, status = mark.rest.rpartition(" ")
            if name == ident and status.isdigit():
                # frame() writes a newline before each frame: that one is not the probe's
                found[ident] = Section("\n".join(lines[:-1] if lines[-1:] == [""] else lines), int(status))
            ident = None
    return found


def cut_before(found: Mapping[str, Section], probes: Sequence[tuple[str, str]]) -> str | None:
    """The first probe whose section isn't whole; None where all of them are."""
    return next((ident for ident, _ in probes if ident not in found or not found[ident].complete), None)
