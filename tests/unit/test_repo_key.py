"""The key that ships with us is Docker's own, and the only one in its file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from provision import openpgp
from provision.templating import shipped

FINGERPRINT = "060A61C51B558A7F742B77AAC52FEB6B621E9F35"
RPM_NAME = "gpg-pubkey-621e9f35-58adea78"
TEXT = shipped("etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce").decode("ascii")


def packets(armored: str) -> Iterator[tuple[int, bytes]]:
    """Tag and body of each packet. Read here once more: the program's reader must not vouch for itself."""
    (block,) = armored.split("-----BEGIN PGP PUBLIC KEY BLOCK-----")[1:]
    data = base64.b64decode(block.partition("\n\n")[2].partition("\n=")[0])
    while data:
        size = {0: 1, 1: 2, 2: 4}[data[0] & 3]  # all of this key's packets have headers of the old format
        length = int.from_bytes(data[1 : 1 + size], "big")
        yield data[0] >> 2 & 15, data[1 + size : 1 + size + length]
        data = data[1 + size + length :]


def test_one_key_with_dockers_fingerprint() -> None:
    keys = [body for tag, body in packets(TEXT) if tag == 6]
    assert len(keys) == 1
    digest = hashlib.sha1(b"\x99" + len(keys[0]).to_bytes(2, "big") + keys[0], usedforsecurity=False)
    assert digest.hexdigest().upper() == FINGERPRINT


def test_no_subkey_that_could_sign_in_its_place() -> None:
    assert [tag for tag, _ in packets(TEXT)] == [6, 13, 2]  # key, user id, its signature


def test_the_program_reads_the_same() -> None:
    assert openpgp.read(TEXT).fingerprint == FINGERPRINT


def test_rpms_name_for_it() -> None:
    """gpg-pubkey-VERSION-RELEASE: the end of the fingerprint, and the time of the signature."""
    (signature,) = [body for tag, body in packets(TEXT) if tag == 2]
    hashed = signature[6 : 6 + int.from_bytes(signature[4:6], "big")]
    length, kind, created = hashed[0], hashed[1], hashed[2:6]
    assert (length, kind) == (5, 2)  # the first subpacket is the creation time
    assert f"gpg-pubkey-{FINGERPRINT[-8:].lower()}-{created.hex()}" == RPM_NAME
    assert openpgp.read(TEXT).rpm_version == RPM_NAME.split("-")[2]
