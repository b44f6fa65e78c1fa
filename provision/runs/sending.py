"""What a run needs on the host before it begins: files, sent over the connection that is open.

They lie in a folder of their own below /var/tmp, for root alone, until the run's look takes them; they go with the run,
and where none came of it with another one, a day later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from provision.errors import Failed
from provision.script import COMMON, PREAMBLE, quote

BLOCK = 32768  # bytes; OpenSSH's largest packet
ASKS = "content"
"""The section by whose beginning the host asks for the files: nothing is sent before its shell has read the script."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One file: where it lies here, its name on the host, its bytes and their sum. The name may have folders."""

    path: Path
    name: str
    size: int
    sha256: str


RECEIVE = r"""
# ID SUMS NAME SIZE...: the files of a run, out of standard input, one behind the other
receive() {
  given=$scratch/docker-provision.given-$1 sums=$2
  shift 2
  sweep_looks
  whole=
  trap 'if [ -z "$whole" ]; then rm -rf "$given"; fi' EXIT
  umask 077
  rm -rf "$given" && mkdir "$given" || fail "can't write under /var/tmp: is the file system full, or read-only?"
  frame begin @ASKS@
  while [ $# -gt 0 ]; do
    mkdir -p "$given/${1%/*}" && head -c "$2" >"$given/$1" ||
      fail "no room under /var/tmp for what is sent: make some (\`du -xh /var/tmp | sort -h | tail\`)"
    shift 2
  done
  printf %s "$sums" >"$given/SHA256SUMS"
  wrong=$(cd "$given" && sha256sum -c --quiet SHA256SUMS 2>&1) ||
    fail "what was sent didn't arrive as it is here ($(printf %s "$wrong" | one_line)): run again"
  whole=yes
}
""".replace("@ASKS@", ASKS)


def receiving(run_id: str, files: Sequence[Sent], word: str) -> str:
    """A script that takes these files for a run: it asks for them by a frame, then reads their bytes from its input."""
    sums = "".join(f"{each.sha256}  {each.name}\n" for each in files)
    words = [run_id, sums, *(text for each in files for text in (each.name, str(each.size)))]
    return (
        PREAMBLE.format(title="docker-provision: receive", nonce=word)
        + COMMON
        + RECEIVE
        + f"receive {' '.join(map(quote, words))}\n"
    )


def blocks(files: Sequence[Sent]) -> Iterator[bytes]:
    """The bytes of these files. Raises Failed where one has changed since it was looked at."""
    for each in files:
        left = each.size
        try:
            with each.path.open("rb") as file:
                while left and (block := file.read(min(BLOCK, left))):
                    left -= len(block)
                    yield block
        except OSError as error:
            raise Failed(f"can't read {each.path}: {error.strerror}; run again when it is there") from None
        if left:
            raise Failed(f"{each.path} became shorter while it was sent: run again")
