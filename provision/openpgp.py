"""As much of OpenPGP as it takes to name a key: its fingerprint, and what rpm calls it.

Sources: RFC 4880, sections 6.2 (armor), 4.2 (packet headers), 5.5.2 and 12.2 (version 4 keys, fingerprints);
rpm names an imported key gpg-pubkey-VERSION-RELEASE, VERSION being the last eight digits of the fingerprint.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_ARMOR = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----\s*?\n(?:[A-Za-z]+: [^\n]*\n)*\s*\n(.*?)-----END PGP PUBLIC KEY BLOCK-----",
    re.DOTALL,
)
_PUBLIC_KEY = 6


class NotAKey(ValueError):
    """The text isn't exactly one armoured public key; the message says what it is instead."""


@dataclass(frozen=True, slots=True)
class Key:
    """One public key, by its fingerprint in 40 capital digits."""

    fingerprint: str

    @property
    def rpm_version(self) -> str:
        """VERSION of the gpg-pubkey that rpm makes of it; not unique, so compare the fingerprint too."""
        return self.fingerprint[-8:].lower()


@lru_cache(maxsize=64)  # the same few keys are on all hosts of a fleet
def read(armored: str) -> Key:
    """The one key in an armoured text. Raises NotAKey for none, several, or one that isn't version 4."""
    blocks = _ARMOR.findall(armored.replace("\r\n", "\n"))
    if not blocks:
        raise NotAKey("it holds no armoured OpenPGP public key")
    keys = [body for block in blocks for tag, body in _packets(_dearmor(block)) if tag == _PUBLIC_KEY]
    if len(keys) != 1:
        # yum imports every key of the file it is pointed at, unasked (yum 3.4.3, run)
        raise NotAKey(f"it holds {len(keys)} public keys where one is wanted")
    body = keys[0]
    if body[:1] != b"\x04" or not 6 <= len(body) < 1 << 16:
        raise NotAKey("its key is not of version 4")
    digest = hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body, usedforsecurity=False)
    return Key(digest.hexdigest().upper())


def _dearmor(block: str) -> bytes:
    # the line that begins with '=' is a checksum of the armor, not of the key: rpm ignores it too
    lines = [line for line in block.split("\n") if not line.startswith("=")]
    try:
        return base64.b64decode("".join(lines), validate=True)
    except ValueError as error:
        raise NotAKey(f"its armor is damaged ({error})") from None


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(data):
        head = data[position]
        if not head & 0x80:
            raise NotAKey("its packets are damaged")
        new_format = bool(head & 0x40)
        tag = head & 0x3F if new_format else head >> 2 & 0x0F
        length, position = _length(data, position + 1, None if new_format else head & 3)
        if position + length > len(data):
            raise NotAKey("it is cut off")
        yield tag, data[position : position + length]
        position += length


def _length(data: bytes, position: int, old_type: int | None) -> tuple[int, int]:
    """A packet's length, and where its body begins."""
    first = data[position : position + 1]
    if old_type == 3:
        return len(data) - position, position
    if old_type is not None:
        size = 1 << old_type
        return int.from_bytes(data[position : position + size], "big"), position + size
    if not first:
        raise NotAKey("it is cut off")
    if first[0] < 192:
        return first[0], position + 1
    if first[0] < 224:
        return (first[0] - 192 << 8) + int.from_bytes(
            data[position + 1 : position + 2], "big"
        ) + 192, position + 2
    return int.from_bytes(data[position + 1 : position + 5], "big"), position + 5
