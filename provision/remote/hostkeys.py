"""known_hosts: read once into a dictionary, and asked about every key that a host or a jump host shows.

paramiko's HostKeys takes 15 s to load 10,000 entries and 38 ms to find a hashed one among 2,000; this takes
milliseconds. Format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import logging
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import paramiko

from provision.errors import OperatorError, Unreachable
from provision.remote.sshconfig import HostOptions, Strictness

log = logging.getLogger("provision.remote")

_SHA1_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


@dataclass(frozen=True, slots=True)
class Entry:
    """One key in known_hosts, with the place where it stands."""

    kind: str
    blob: str
    path: Path
    line: int

    @property
    def place(self) -> str:
        """FILE:LINE, as editors take it."""
        return f"{self.path}:{self.line}"


class KnownHosts:
    """The keys of many hosts by name. Plain names are a dictionary; a hashed one costs two SHA-1 per look-up."""

    def __init__(self) -> None:
        self._plain: dict[str, list[Entry]] = {}
        self._hashed: list[tuple[bytes, bytes, bytes, Entry]] = []
        self._patterns: list[tuple[list[str], Entry]] = []
        self._revoked: set[str] = set()
        self._lock = threading.Lock()

    def read(self, path: Path) -> None:
        """Add a file; one that isn't there holds nothing. Raises OperatorError if it can't be read."""
        try:
            text = path.read_text(errors="replace")
        except FileNotFoundError:
            return
        except OSError as problem:
            raise OperatorError(f"can't read the known hosts in {path}: {problem.strerror}") from problem
        for number, line in enumerate(text.splitlines(), 1):
            self._add_line(line.split(), path, number)

    def _add_line(self, fields: list[str], path: Path, number: int) -> None:
        marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
        if len(fields) < 3 or fields[0].startswith("#"):
            return
        names, kind, blob = fields[:3]
        if marker == "@revoked":
            self._revoked.add(blob)
        elif not marker:  # @cert-authority: paramiko checks no host certificates, so it vouches for nothing
            self._add(names, Entry(kind, blob, path, number))

    def _add(self, names: str, entry: Entry) -> None:
        if names.startswith("|1|"):
            self._add_hashed(names, entry)
        elif set("*?!") & set(names):
            self._patterns.append((names.lower().split(","), entry))
        else:
            for name in names.lower().split(","):
                self._plain.setdefault(name, []).append(entry)

    def _add_hashed(self, name: str, entry: Entry) -> None:
        try:
            salt, digest = (base64.b64decode(field) for field in name[3:].split("|"))
        except ValueError:
            return
        key = salt.ljust(_SHA1_BLOCK, b"\0")
        self._hashed.append((key.translate(_INNER), key.translate(_OUTER), digest, entry))

    def entries(self, name: str) -> list[Entry]:
        """All keys known for a name, in the order plain, by pattern, hashed."""
        found = list(self._plain.get(name, ()))
        found += [entry for patterns, entry in self._patterns if _matches(patterns, name)]
        # HMAC-SHA1 written out: hmac.digest sets its key up anew each time and takes twice as long.
        sha1, text = hashlib.sha1, name.encode()
        for inner, outer, digest, entry in self._hashed:
            if sha1(outer + sha1(inner + text).digest()).digest() == digest:
                found.append(entry)
        return found

    def is_revoked(self, blob: str) -> bool:
        """Whether a line marked @revoked holds this key."""
        return blob in self._revoked

    def take(self, name: str, key: paramiko.PKey, path: Path | None, *, hashed: bool) -> None:
        """Know a new key from now on, and write it to `path` (made private if it isn't there)."""
        kind, blob = key.get_name(), key.get_base64()
        with self._lock:
            self._plain.setdefault(name, []).append(Entry(kind, blob, path or Path(os.devnull), 0))
            if path is not None:
                _append(path, f"{paramiko.HostKeys.hash_host(name) if hashed else name} {kind} {blob}\n")


def _matches(patterns: Iterable[str], name: str) -> bool:
    """A list of patterns as sshd(8) reads it: one that is negated and matches outweighs the others."""
    verdict = False
    for pattern in patterns:
        if fnmatchcase(name, pattern.removeprefix("!")):
            if pattern.startswith("!"):
                return False
            verdict = True
    return verdict


def _append(path: Path, line: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("rb+") as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                line = line if file.read(1) == b"\n" else f"\n{line}"
            file.write(line.encode())
    except OSError as problem:  # as ssh does: the key was taken, only not kept
        log.warning("can't add a host key to %s: %s", path, problem.strerror)


@functools.cache
def read_known_hosts(paths: tuple[Path, ...]) -> KnownHosts:
    """The known hosts of these files, read once per process. Raises OperatorError."""
    known = KnownHosts()
    for path in paths:
        known.read(path)
    return known


def fingerprint(blob: str) -> str:
    """`SHA256:…` as ssh-keygen -l prints it, of a key in base64."""
    try:
        digest = hashlib.sha256(base64.b64decode(blob)).digest()
    except binascii.Error:
        return "a damaged key"
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


class HostKeyPolicy(paramiko.MissingHostKeyPolicy):
    """Judges every key that one host shows.

    paramiko asks a policy about unknown keys alone. The client's own HostKeys therefore stay empty, so that it
    asks about each key, and everything that can be wrong with one is judged and worded in one place.
    """

    def __init__(self, host: str, port: int, options: HostOptions) -> None:
        self._options = options
        self._known = read_known_hosts(options.known_hosts)
        plain = (options.key_alias or host).lower()
        with_port = plain if options.key_alias or port == paramiko.config.SSH_PORT else f"[{plain}]:{port}"
        self._name = with_port
        # ssh also takes a key that is known for the host without its port, but never holds it against the host.
        self._fallback = plain if with_port != plain else None
        self._keyscan = f"ssh-keyscan -p {port} {host}"

    def known_kinds(self) -> Sequence[str]:
        """The types of the known keys, in the order of known_hosts, without repetition."""
        return tuple(dict.fromkeys(entry.kind for entry in self._entries or self._fallback_entries))

    @functools.cached_property
    def _entries(self) -> list[Entry]:
        return self._known.entries(self._name)

    @property
    def _fallback_entries(self) -> list[Entry]:
        return self._known.entries(self._fallback) if self._fallback else []

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002
        """Return if the key may be trusted. Raises Unreachable, with the remedy, if it may not."""
        blob = key.get_base64()
        if self._known.is_revoked(blob):
            raise Unreachable(f"host key {_shown(key)} of {self._name} is marked @revoked in known_hosts")
        if any(entry.blob == blob for entry in self._entries):
            return
        if self._entries:
            raise Unreachable(self._changed(key))
        if any(entry.blob == blob for entry in self._fallback_entries):
            return
        if self._options.strictness is Strictness.YES:
            raise Unreachable(self._unknown(key))
        self._known.take(self._name, key, self._options.record, hashed=self._options.hash_names)
        del self._entries  # so that a second connection is held to the key just taken

    def _unknown(self, key: paramiko.PKey) -> str:
        record = self._options.record or "known_hosts"
        return (
            f"host key of {self._name} is unknown: {_shown(key)}. Compare it with `ssh-keygen -lf"
            f" /etc/ssh/ssh_host_{key.algorithm_name.lower()}_key.pub` on the host, then"
            f" `{self._keyscan} >> {record}` (behind a jump host: log in once with ssh)"
        )

    def _changed(self, key: paramiko.PKey) -> str:
        entry = next((e for e in self._entries if e.kind == key.get_name()), self._entries[0])
        return (
            f"host key of {self._name} changed: {entry.place} holds {entry.kind} {fingerprint(entry.blob)}, but the"
            f" host shows {_shown(key)}. If it was installed anew: `ssh-keygen -R '{self._name}' -f {entry.path}`,"
            f" then `{self._keyscan} >> {entry.path}`; if not, someone may be listening in"
        )


def _shown(key: paramiko.PKey) -> str:
    return f"{key.get_name()} {fingerprint(key.get_base64())}"
