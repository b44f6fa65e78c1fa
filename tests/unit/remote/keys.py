"""Key pairs made for a test, and known_hosts lines about them."""

from __future__ import annotations

from pathlib import Path

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def ed25519(path: Path, passphrase: str | None = None) -> paramiko.PKey:
    """Write a new key in OpenSSH's format, its public half beside it; give it as paramiko has it."""
    private = Ed25519PrivateKey.generate()
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        lock = serialization.BestAvailableEncryption(passphrase.encode())
    path.write_bytes(
        private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, lock)
    )
    key = paramiko.Ed25519Key.from_private_key_file(str(path), passphrase)
    path.with_name(f"{path.name}.pub").write_text(f"{public_line(key)} someone@desk\n")
    return key


def public_line(key: paramiko.PKey) -> str:
    """`TYPE BASE64` as in a .pub file."""
    return f"{key.get_name()} {key.get_base64()}"


def known_line(names: str, key: paramiko.PKey) -> str:
    """A line of known_hosts."""
    return f"{names} {public_line(key)}\n"
