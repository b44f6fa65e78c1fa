"""Why a pull failed at one endpoint, from what the daemon says of it: the fault, by name.

Whatever a mirror did wrong, `docker pull` prints the upstream's error only; the mirror's stands in the daemon's log,
in lines with `Attempting next endpoint for pull after error` (18.06.3, 20.10.24 and 26.1.5, run). Mirrors are tried in
their order, Docker Hub last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum


class Fault(StrEnum):
    """What can be wrong with an endpoint, or on the way to it."""

    NETWORK = "network"
    """The host has no way out at all."""
    ROUTE = "route"
    """A firewall on the way, or the gateway, says that there is no way there."""
    RESOLVER = "resolver"
    """The host's name server doesn't answer."""
    NAME = "name"
    """The name server doesn't know the name."""
    DEAD = "dead"
    TIMEOUT = "timeout"
    SILENT = "silent"
    """It began to answer and then said nothing."""
    SLOW = "slow"
    CUT = "cut"
    FORBIDDEN = "forbidden"
    RATE = "rate"
    UNAUTHORIZED = "unauthorized"
    TOKEN = "token"  # noqa: S105  the name of a fault
    """It sends the host elsewhere for a token, and there is none to be had."""
    SERVER = "server"
    UNTRUSTED = "untrusted"
    EXPIRED = "expired"
    MISNAMED = "misnamed"
    TLS = "tls"
    PLAIN = "plain"
    """It speaks HTTP where HTTPS is asked for."""
    LACKS = "lacks"
    """It is a registry, but hasn't the image."""
    NO_REGISTRY = "no-registry"
    BROKEN = "broken"
    DISK = "disk"
    FORMAT = "format"
    """The image's manifest is of a kind that this engine doesn't read."""
    UNKNOWN = "unknown"


_RULES: tuple[tuple[str, Fault], ...] = (
    (r"no space left on device", Fault.DISK),
    (r"network is unreachable", Fault.NETWORK),
    (r"[Gg]et \"?https?://\S+[?&]scope=repository", Fault.TOKEN),
    (r"no such host", Fault.NAME),
    (r"lookup \S+( on \S+)?: ", Fault.RESOLVER),
    (r"no route to host", Fault.ROUTE),
    (r"connection refused", Fault.DEAD),
    (r"x509: certificate signed by unknown authority", Fault.UNTRUSTED),
    (r"x509: certificate has expired or is not yet valid", Fault.EXPIRED),
    (r"x509: (certificate is (not )?valid for|cannot validate certificate|.*Common Name)", Fault.MISNAMED),
    (r"gave HTTP response to HTTPS client|oversized record|does not look like a TLS handshake", Fault.PLAIN),
    (r"TLS handshake timeout", Fault.TIMEOUT),
    (r"x509: |tls: ", Fault.TLS),
    (r"toomanyrequests|HTTP 429|429 Too Many", Fault.RATE),
    (r"HTTP 403|403 Forbidden", Fault.FORBIDDEN),
    (r"pull access denied|repository does not exist", Fault.LACKS),
    (r"(^|: )denied(:|$)", Fault.FORBIDDEN),
    (r"unauthorized|HTTP 401|401 Unauthorized|no basic auth credentials", Fault.UNAUTHORIZED),
    (r"HTTP status: 5\d\d|HTTP 5\d\d|50\d (Internal|Bad|Service|Gateway)", Fault.SERVER),
    (r"manifest unknown|(unknown blob|blob unknown)|name unknown|: not found$|NAME_UNKNOWN", Fault.LACKS),
    (r"HTTP 404 response body: no error details", Fault.LACKS),
    (r"missing signature key|unsupported manifest|mediaType in manifest", Fault.FORMAT),
    (r"Client\.Timeout|i/o timeout|request canceled|deadline exceeded|timed out", Fault.TIMEOUT),
    (r"verification failed|does not match", Fault.BROKEN),
    (r"connection reset|EOF$|broken pipe", Fault.CUT),
    (r"missing or empty Content-Type|unsupported manifest media type", Fault.NO_REGISTRY),
    (r"invalid character|error unmarshalling content|error parsing HTTP", Fault.NO_REGISTRY),
)


def fault(message: str) -> Fault:
    """What a message of the daemon's means."""
    return next((found for pattern, found in _RULES if re.search(pattern, message)), Fault.UNKNOWN)


_MESSAGE = re.compile(r'msg="Attempting next endpoint for pull after error: (?P<text>(?:[^"\\]|\\.)*)"')


def endpoint_failures(lines: Iterable[str]) -> list[str]:
    """What the daemon said of each endpoint that failed it, in order."""
    found = (_MESSAGE.search(each) for each in lines)
    return [re.sub(r"\\(.)", r"\1", each["text"]) for each in found if each]


def by_endpoint(messages: Sequence[str], endpoints: Sequence[str]) -> dict[str, str]:
    """The messages by the endpoint that each is about.

    Most name its URL; the others (`denied`, `manifest unknown`) come in the endpoints' order.
    """
    found: dict[str, str] = {}
    at = 0
    for message in messages:
        named = [i for i, each in enumerate(endpoints) if f"//{_place(each)}/" in message]
        index = named[0] if named else min(at, len(endpoints) - 1)
        found[endpoints[index]] = message
        at = index + 1
    return found


def _place(url: str) -> str:
    return url.partition("//")[2].strip("/")
