"""Reading a public key: exactly one, or the reason why not."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from provision.openpgp import Key, NotAKey, read
from provision.templating import shipped

SHIPPED = shipped("etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce").decode()
FINGERPRINT = "060A61C51B558A7F742B77AAC52FEB6B621E9F35"
BODY = b"\x04" + bytes(range(60))
"""A key's packet by its form: version 4, then what no reader of ours looks into."""


def armored(data: bytes, *, head: str = "", checksum: str = "=AAAA\n") -> str:
    lines = base64.encodebytes(data).decode()
    block = "PGP PUBLIC KEY BLOCK-----"
    return f"-----BEGIN {block}\n{head}\n{lines}{checksum}-----END {block}\n"


def old(tag: int, body: bytes, size: int = 1) -> bytes:
    """A packet with a header of the old format, its length in so many bytes."""
    return bytes([0x80 | tag << 2 | {1: 0, 2: 1, 4: 2}[size]]) + len(body).to_bytes(size, "big") + body


def new(tag: int, body: bytes, length: bytes) -> bytes:
    return bytes([0xC0 | tag]) + length + body


def of(body: bytes) -> str:
    """The fingerprint of a key with this body, by RFC 4880, 12.2."""
    head = b"\x99" + len(body).to_bytes(2, "big")
    return hashlib.sha1(head + body, usedforsecurity=False).hexdigest().upper()


LONG, LONGER = BODY.ljust(1000, b"\x01"), BODY.ljust(9000, b"\x01")


def test_the_shipped_key() -> None:
    assert read(SHIPPED) == Key(FINGERPRINT)
    assert read(SHIPPED).rpm_version == "621e9f35"


@pytest.mark.parametrize(
    "text",
    [
        SHIPPED.replace("\n", "\r\n"),
        f"Docker's key:\n\n{SHIPPED}\nend\n",
        "\n".join(line for line in SHIPPED.split("\n") if not line.startswith("=")),
        SHIPPED.replace("\n\n", "\nVersion: GnuPG v2\nComment: a: b\n\n", 1),
        SHIPPED.replace("BLOCK-----\n", "BLOCK-----  \n"),
    ],
    ids=["CRLF", "text around it", "no checksum", "headers", "blanks behind"],
)
def test_armor_comes_in_many_ways(text: str) -> None:
    assert read(text) == Key(FINGERPRINT)


@pytest.mark.parametrize(
    ("packet", "body"),
    [
        (old(6, BODY), BODY),
        (old(6, LONG, 2), LONG),
        (old(6, LONG, 4), LONG),
        (b"\x9b" + BODY, BODY),
        (new(6, BODY, bytes([len(BODY)])), BODY),
        (new(6, LONG, (1000 - 192 + (192 << 8)).to_bytes(2, "big")), LONG),
        (new(6, LONGER, b"\xff" + (9000).to_bytes(4, "big")), LONGER),
    ],
    ids=["old, 1", "old, 2", "old, 4", "old, to the end", "new, 1", "new, 2", "new, 5"],
)
def test_a_packets_length_comes_in_many_ways(packet: bytes, body: bytes) -> None:
    assert read(armored(packet)) == Key(of(body))


def test_what_comes_with_a_key_is_no_key() -> None:
    data = old(6, BODY) + old(13, b"user") + old(2, b"signature") + old(14, BODY) + old(2, b"binding")
    assert read(armored(data)) == Key(of(BODY))


TWO = "it holds 2 public keys where one is wanted"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it holds no armoured OpenPGP public key"),
        ("<html>404</html>", "it holds no armoured OpenPGP public key"),
        (SHIPPED.replace("PUBLIC", "PRIVATE"), "it holds no armoured OpenPGP public key"),
        (SHIPPED[:-60], "it holds no armoured OpenPGP public key"),
        (SHIPPED + SHIPPED, TWO),
        (armored(old(6, BODY) + old(6, LONG, 2)), TWO),
        (armored(old(13, b"user")), "it holds 0 public keys where one is wanted"),
        (armored(b""), "it holds 0 public keys where one is wanted"),
        (armored(old(6, b"\x03" + BODY[1:])), "its key is not of version 4"),
        (armored(old(6, b"\x06" + BODY[1:])), "its key is not of version 4"),
        (armored(old(6, BODY.ljust(1 << 16), 4)), "its key is not of version 4"),
        (armored(old(6, b"")), "its key is not of version 4"),
        (armored(old(6, BODY)[:-1]), "it is cut off"),
        (armored(b"\xc6"), "it is cut off"),
        (armored(b"no packets"), "its packets are damaged"),
    ],
)
def test_anything_else_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(NotAKey) as error:
        read(text)
    assert str(error.value) == why


@pytest.mark.parametrize("spoilt", ["!", "é", "A", "="])
def test_damaged_armor_is_refused(spoilt: str) -> None:
    lines = SHIPPED.split("\n")
    lines[5] = lines[5][:10] + spoilt + lines[5][10:]
    with pytest.raises(NotAKey):
        read("\n".join(lines))


def or_not(text: str) -> None:
    """Read it, or refuse it with a reason of one line."""
    try:
        assert len(read(text).fingerprint) == 40
    except NotAKey as error:
        reason = str(error)
    else:
        reason = "none"
    assert len(reason.splitlines()) == 1


@given(st.text())
def test_random_text_raises_nothing_else(text: str) -> None:
    or_not(text)
    or_not(f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{text}\n-----END PGP PUBLIC KEY BLOCK-----\n")


@given(st.binary())
def test_random_packets_raise_nothing_else(data: bytes) -> None:
    or_not(armored(data))
    or_not(armored(old(6, BODY) + data))


LINES = SHIPPED.partition("\n\n")[2]


@given(
    st.integers(8, 600), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)
def test_a_key_with_one_letter_changed_is_never_taken_for_the_shipped_one(place: int, letter: str) -> None:
    """Those places hold the key itself, behind the packet's header."""
    assume(LINES[place] not in (letter, "\n"))
    changed = LINES[:place] + letter + LINES[place + 1 :]
    assert read(SHIPPED.replace(LINES, changed)).fingerprint != FINGERPRINT
