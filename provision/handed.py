"""What the files that an operator names hold, read on this machine before any host is touched."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from provision import bundle, openpgp
from provision.bundle import Bundle
from provision.errors import OperatorError
from provision.secret import Reference, Secret
from provision.spec import NONE, Spec
from provision.templating import shipped
from provision.urls import plain_proxy, proxy_trouble

CENTOS_7 = "6341AB2753D78A78A7C27BB124C6A8A7F4A80EB5"
"""Fingerprint of the key that signs CentOS 7 (centos.org, the project's list of its keys)."""

SHORTEST = 5
"""Characters of a password that is looked for by itself."""


@cache
def pinned_key() -> bytes:
    """Docker's own key, shipped with this program: nothing is fetched on trust."""
    return shipped("etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce")


@dataclass(frozen=True, slots=True)
class Handed:
    """What goes to the hosts besides what Spec itself says.

    `repo_key` is the armoured key that Docker's packages must be signed with, `base_key` the fingerprint of the one
    that CentOS's must be. `bundle` is where packages come from instead of a mirror. The proxies are
    whole URLs, with user and password where they have one; an empty one is no proxy at all, None says nothing of it.
    `package_ca` and `registry_cas` are certificates in PEM.
    """

    repo_key: bytes
    base_key: str
    package_proxy: Secret | None = None
    daemon_proxy: Secret | None = None
    package_ca: bytes | None = None
    registry_cas: Mapping[str, bytes] = field(default_factory=dict)
    bundle: Bundle | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log may hold, whatever stands around it: passwords, as they are and as URLs have them."""
        found = []
        for proxy in (self.package_proxy, self.daemon_proxy):
            password = urlsplit(proxy.value).password if proxy else None
            found += [password, unquote(password)] if password else []
        # a short one would take parts of other words along
        return tuple(sorted({each for each in found if len(each) >= SHORTEST}, key=len, reverse=True))


def defaults() -> Handed:
    """What goes where nothing was handed over."""
    return Handed(pinned_key(), CENTOS_7)


def read(spec: Spec) -> Handed:
    """Read all files that are named. Raises OperatorError for one that can't be read, or isn't what it should be."""
    usual = defaults()
    repo_key, base_key = usual.repo_key, usual.base_key
    if spec.repo_key is not None:
        repo_key = _key(spec.repo_key, "--repo-key")[0].encode()
    if spec.base_key is not None:
        base_key = _key(spec.base_key, "--base-key")[1]
    proxies = _proxies(spec)
    named = (entry.partition("=") for entry in spec.registry_ca)
    return Handed(
        repo_key,
        base_key,
        proxies.get(spec.proxy_for_packages),
        proxies.get(spec.proxy_for_daemon),
        None if spec.package_ca is None else _certificates(spec.package_ca, "--package-ca"),
        {name: _certificates(path, "--registry-ca") for name, _, path in named},
        None if spec.bundle is None else _bundle(spec, spec.bundle, repo_key, base_key),
    )


def _bundle(spec: Spec, path: str, repo_key: bytes, base_key: str) -> Bundle:
    flag = "--package-mirror"
    found = bundle.opened(path, flag, spec.docker_version)
    bundle.raise_if_foreign(found, flag, openpgp.read(repo_key.decode()).fingerprint, base_key)
    return found


def _proxies(spec: Spec) -> dict[str | None, Secret]:
    """Each proxy that is asked for, as a URL. What is referred to is fetched once, whoever needs it."""
    asked = {
        spec.proxy_for_packages: "--package-proxy" if spec.package_proxy else "--proxy",
        spec.proxy_for_daemon: "--daemon-proxy" if spec.daemon_proxy else "--proxy",
    }
    return {text: _proxy(text, flag) for text, flag in asked.items() if text is not None}


def _proxy(text: str, flag: str) -> Secret:
    if text == NONE:
        return Secret("")
    reference = Reference.parse(text)
    if reference is None:
        return Secret(plain_proxy(text))
    found = reference.resolve(flag).value
    if trouble := proxy_trouble(found):
        raise OperatorError(f"{flag}: what {reference.kind}:{reference.name} holds can't be used: {trouble}")
    return Secret(plain_proxy(found))


def _certificates(path: str, flag: str) -> bytes:
    """One or more certificates in PEM."""
    text = text_of(path, flag)
    if "PRIVATE KEY" in text:
        raise OperatorError(
            f"{flag}: {path} holds a private key, which belongs on no host: name the certificate alone"
        )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except ssl.SSLError as error:
        raise OperatorError(f"{flag}: {path} holds no certificate in PEM ({error.reason or error})") from None
    return text.encode()


def _key(path: str, flag: str) -> tuple[str, str]:
    """An armoured key and its fingerprint."""
    text = text_of(path, flag)
    try:
        return text, openpgp.read(text).fingerprint
    except openpgp.NotAKey as error:
        raise OperatorError(f"{flag}: {path}: {error}") from None


def path_of(said: str, flag: str) -> Path:
    """Where a file or folder is that the operator named. Raises OperatorError where its ~ leads nowhere."""
    try:
        return Path(said).expanduser()
    except RuntimeError:
        # what pathlib says to the ~ of a user who isn't there
        raise OperatorError(f"{flag}: can't find {said}: no home directory of that name") from None


def file_of(said: str, flag: str) -> Path:
    """The same of a file that is written in place, once it is known that it can be. Raises OperatorError."""
    path = path_of(said, flag).absolute()
    try:
        path.open("a").close()
    except OSError as error:
        raise OperatorError(f"{flag}: can't write {path}: {error.strerror}") from None
    return path


def text_of(path: str, flag: str) -> str:
    """A file that the operator named. Raises OperatorError where it can't be read."""
    try:
        return path_of(path, flag).read_text(encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"{flag}: can't read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OperatorError(f"{flag}: {path} isn't text in UTF-8") from None
