"""The URLs an operator may give: what is wrong with one, in a few words that never repeat a password."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_network
from urllib.parse import SplitResult, quote, unquote, urlsplit

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


def proxy_trouble(url: str) -> str:
    """Why this can't be a proxy, apart from user and password; empty if it can.

    curl 7.29 speaks no TLS to a proxy, and takes port 1080 where none is given; Go takes 80.
    """
    text = repr(masked(url))
    found = _PROXY.fullmatch(url)
    if found is None:
        return f"{text} is not a proxy's URL: write it like http://proxy.example.com:3128"
    if not found["port"] or not 0 < int(found["port"]) < 65536:
        return f"{text} must name the proxy's port, from 1 to 65535, like http://proxy.example.com:3128"
    if not _is_host(found["host"]):
        return f"{text} names no host: write it like http://proxy.example.com:3128"
    return ""


_PROXY = re.compile(r"http://(?:(?P<login>.*)@)?(?P<host>[^@/]*?)(?::(?P<port>[0-9]{1,6}))?/?")
"""A login may hold anything: what it isn't encoded for is put right by `plain_proxy`."""


def has_login(proxy: str) -> bool:
    """Whether the URL of a proxy holds a user."""
    found = _PROXY.fullmatch(proxy)
    return found is not None and bool(found["login"])


def plain_proxy(url: str) -> str:
    """A good proxy's URL as yum, curl, systemd and Go all take it: the login encoded, nothing behind the port."""
    found = _PROXY.fullmatch(url)
    if found is None:
        raise ValueError("not a proxy's URL")
    login = ""
    if found["login"]:
        login = ":".join(quote(unquote(part), safe="") for part in found["login"].split(":", 1)) + "@"
    return f"http://{login}{found['host']}:{found['port']}"


def bypass_trouble(entry: str) -> str:
    """Why this can't be an entry of NO_PROXY; empty if it can. Go knows hosts, domains, addresses and networks."""
    if entry == "*":
        return ""
    if is_network(entry):
        return ""
    if _is_host(entry.removeprefix(".")):
        return ""
    return f"{entry!r} is no host, domain, address or network: write it like .example.com or 10.0.0.5"


def is_network(entry: str) -> bool:
    """Whether an entry of NO_PROXY is a network, as in 10.0.0.0/8."""
    try:
        return "/" in entry and bool(ip_network(entry, strict=False))
    except ValueError:
        return False


def registry_trouble(name: str) -> str:
    """Why this can't be a registry's name as `docker pull` has it, HOST or HOST:PORT; empty if it can."""
    if not _is_host(name) or _PORTS.search(name) is None:
        return f"{name!r} is no registry: write it like registry.example.com or registry.example.com:5000"
    return ""


_PORTS = re.compile(r"^(?:[^:]*|\[.*\])(?::[1-9][0-9]{0,4})?$")


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
