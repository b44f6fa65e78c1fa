"""The URLs an operator may give: what is wrong with one, in a few words that never repeat a password."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit

from provision.masking import masked

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_ODD = re.compile(r"[^!-~]|[\"<>\\^`{|}$,]")
"""What has no place in a URL, and what yum would take for a variable or a second URL."""


def registry_mirror_trouble(url: str) -> str:
    """Why this can't be a registry mirror; empty if it can.

    Over a path, query, fragment or user dockerd doesn't start; a wrong port it takes without a word; and on a
    reload it takes a wrong mirror half up (18.06.3, run).
    """
    if trouble := _trouble(url):
        return trouble
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query or parts.fragment or "?" in url or "#" in url:
        return f"{url!r} must end behind the host or port: write {parts.scheme}://{parts.netloc}"
    return ""


def package_mirror_trouble(url: str) -> str:
    """Why this can't be the URL of a package mirror's docker-ce folder; empty if it can."""
    if trouble := _trouble(url):
        return trouble
    parts = urlsplit(url)
    if parts.query or parts.fragment or "?" in url or "#" in url:
        return f"{url!r} must be a folder, without ? and #"
    if "/linux/centos" in parts.path:
        root = url[: url.index("/linux/centos")]
        return f"{url!r} goes too deep: name the folder above linux/centos, {root}"
    return ""


def _trouble(url: str) -> str:
    text = repr(masked(url))
    if odd := _ODD.search(url):
        return f"{text} is not a URL: it holds {odd.group()!r}"
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        port_ok = False
        parts = SplitResult(url.partition(":")[0].lower(), "", "", "", "")
    if parts.scheme not in ("http", "https"):
        return f"{text} is not a URL: it must begin with https:// or http://"
    if not port_ok:
        return f"{text} has a port or address that is none: the port is a number from 1 to 65535"
    if "@" in parts.netloc:
        return f"{text} holds a user or password, which logs would show: leave it out, admit hosts by address"
    if not _is_host(parts.netloc):
        return f"{text} names no host: write it like https://mirror.example.com"
    return ""


def _is_host(netloc: str) -> bool:
    name = re.sub(r":[0-9]*$", "", netloc)
    if name.startswith("[") and name.endswith("]"):
        try:
            return bool(IPv6Address(name[1:-1]))
        except ValueError:
            return False
    return bool(_HOST.fullmatch(name))
