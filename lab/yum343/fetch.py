"""Downloads, with failures in the words of yum's downloader."""

import http.client
import re
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from .config import Section

BLOCK = 1 << 16


class FetchError(Exception):
    """A download failed. `again`: another try might help, so that yum tries as often as `retries` says."""

    def __init__(self, words: str, *, again: bool) -> None:
        super().__init__(words)
        self.again = again


def fetch(url: str, target: Path, section: Section) -> None:
    """Download a URL to a file. Raises FetchError, and OSError if the file can't be written."""
    unfinished = target.with_name(f"{target.name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    timeout = float(section.text("timeout"))
    with unfinished.open("wb") as file:
        try:
            with _opener(section).open(url, timeout=timeout) as answer:
                size = int(answer.headers.get("Content-Length", -1))
                while block := answer.read(BLOCK):
                    _store(file.write, block)
        except _DiskError as error:
            unfinished.unlink()
            raise error.cause from None
        except (OSError, http.client.HTTPException) as error:
            raise _translated(error, url, section) from None
    if 0 <= unfinished.stat().st_size < size:
        left = size - unfinished.stat().st_size
        raise FetchError(
            f'[Errno 14] curl#18 - "transfer closed with {left} bytes remaining to read"', again=True
        )
    unfinished.rename(target)


class _DiskError(Exception):
    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _store(write: object, block: bytes) -> None:
    # The network's errors are OSErrors too: keep those of the disk apart.
    try:
        write(block)  # type: ignore[operator]
    except OSError as error:
        raise _DiskError(error) from None


def _opener(section: Section) -> urllib.request.OpenerDirector:
    certificates = section.text("sslcacert") or None
    context = ssl.create_default_context(cafile=certificates)
    if not section.true("sslverify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return urllib.request.build_opener(
        _proxies(section), urllib.request.HTTPSHandler(context=context), urllib.request.FileHandler()
    )


def _proxies(section: Section) -> urllib.request.ProxyHandler:
    proxy = section.text("proxy")
    if not proxy:
        return urllib.request.ProxyHandler()  # the environment's
    if proxy == "_none_":
        return urllib.request.ProxyHandler({})
    user = section.text("proxy_username")
    if user:
        scheme, _, host = proxy.partition("://")
        login = f"{urllib.parse.quote(user)}:{urllib.parse.quote(section.text('proxy_password'))}"
        proxy = f"{scheme}://{login}@{host}"
    return urllib.request.ProxyHandler({"http": proxy, "https": proxy})


def _translated(error: Exception, url: str, section: Section) -> FetchError:
    scheme = urllib.parse.urlsplit(url).scheme.upper()
    if isinstance(error, urllib.error.HTTPError):
        return FetchError(f"[Errno 14] {scheme} Error {error.code} - {error.reason}", again=False)
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        waited = int(float(section.text("timeout")) * 1000) + 1
        words = f"(28, 'Connection timed out after {waited} milliseconds')"
        return FetchError(f"[Errno 12] Timeout on {url}: {words}", again=True)
    if isinstance(cause, FileNotFoundError | IsADirectoryError) or scheme == "FILE":
        path = urllib.parse.urlsplit(url).path
        return FetchError(f'[Errno 14] curl#37 - "Couldn\'t open file {path}"', again=False)
    number, words, again = _curl(cause, url, section)
    return FetchError(f'[Errno 14] curl#{number} - "{words}"', again=again)


def _curl(cause: object, url: str, section: Section) -> tuple[int, str, bool]:
    """curl's number and words for a failed connection, and whether yum tries again."""
    proxy = section.text("proxy").removeprefix("_none_")
    place = urllib.parse.urlsplit(proxy or url)
    port = place.port or (443 if place.scheme == "https" else 80)
    if refused := re.search(r"Tunnel connection failed: (\d+)", str(cause)):
        return 56, f"Received HTTP code {refused[1]} from proxy after CONNECT", True
    if isinstance(cause, ssl.SSLCertVerificationError):
        if "match" in cause.verify_message:
            words = "requested domain name does not match the server's certificate."
            return 60, f"Unable to communicate securely with peer: {words}", True
        if "expired" in cause.verify_message:
            return 60, "Peer's Certificate has expired.", True
        return 60, "Peer's Certificate issuer is not recognized.", True
    if isinstance(cause, socket.gaierror):
        return 5 if proxy else 6, f"Could not resolve {'proxy' if proxy else 'host'}: {place.hostname}", False
    if isinstance(cause, ssl.SSLError | ConnectionResetError) or not isinstance(cause, OSError):
        return 56, "Failure when receiving data from the peer", True
    return 7, f"Failed to connect to {place.hostname} port {port}: {cause.strerror}", True
