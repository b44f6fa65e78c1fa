"""The package mirror: an HTTP and HTTPS server for static files, with an access log and faults at will.

Run in a process of its own inside the lab's network: `python -m lab.mirror ROOT ADDRESS STATE CERT KEY`.
"""

import json
import ssl
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

PORTS = (80, 443)
BLOCK = 65536
FAULTS = "mirror-faults.json"
ACCESS_LOG = "mirror-access.log"


@dataclass(frozen=True)
class Fault:
    """What goes wrong with requests whose host and path contain the given texts (empty: with all).

    `status`: answered with this HTTP status and nothing else. `rate`: the content comes with so many bytes a
    second. `cut`: the connection ends after so many bytes of content. `spoilt`: the byte there is another. `delay`:
    seconds of silence before the answer; longer than the client's patience, it is a server that hangs.
    """

    host: str = ""
    path: str = ""
    status: int = 200
    rate: int = 0
    cut: int = -1
    spoilt: int = -1
    delay: float = 0


def set_faults(state: Path, *faults: Fault) -> None:
    """From the next request on the mirror has these faults and no others; the first that fits counts."""
    unfinished = state / f"{FAULTS}.new"
    unfinished.write_text(json.dumps([asdict(fault) for fault in faults]))
    unfinished.rename(state / FAULTS)


def requests(state: Path) -> list[str]:
    """The access log: a line `TIME CLIENT HOST METHOD PATH STATUS BYTES` for each request."""
    log = state / ACCESS_LOG
    return log.read_text().splitlines() if log.exists() else []


class Server(ThreadingHTTPServer):
    """One port. A TLS handshake takes place in the connection's own thread: a silent client blocks no other."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], root: Path, state: Path, tls: ssl.SSLContext | None) -> None:
        self.root, self.state, self.tls = root.resolve(), state, tls
        super().__init__(address, Handler)

    def finish_request(self, request: socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        """Serve one connection."""
        if not self.tls:
            return super().finish_request(request, client_address)
        request.settimeout(30)
        with self.tls.wrap_socket(request, server_side=True) as wrapped:
            return super().finish_request(wrapped, client_address)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """One line for a client that hung up or whose handshake failed."""
        print(f"{client_address}: {sys.exc_info()[1]!r}", file=sys.stderr, flush=True)

    def fault(self, host: str, path: str) -> Fault:
        """The fault that this request is to meet; a default Fault is none."""
        control = self.state / FAULTS
        faults = [Fault(**entry) for entry in json.loads(control.read_text())] if control.exists() else []
        return next((fault for fault in faults if fault.host in host and fault.path in path), Fault())


class Handler(BaseHTTPRequestHandler):
    """GET and HEAD of files below the root."""

    protocol_version = "HTTP/1.1"
    server_version = "mirror"
    timeout = 60
    server: Server

    def do_GET(self) -> None:
        """Serve a file, or the fault that is set for it."""
        path = unquote(urlsplit(self.path).path)
        fault = self.server.fault(self.headers.get("Host", ""), path)
        time.sleep(fault.delay)
        file = (self.server.root / path.lstrip("/")).resolve()
        status = fault.status
        if status == 200 and not (file.is_relative_to(self.server.root) and file.is_file()):
            status = 404
        if status != 200:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return self._note(status, 0)
        with file.open("rb") as content:
            self.send_response(200)
            self.send_header("Content-Length", str(file.stat().st_size))
            self.end_headers()
            return self._note(200, self._send(content, fault) if self.command == "GET" else 0)

    do_HEAD = do_GET  # noqa: N815 - the base class finds methods by these names

    def _send(self, content: BinaryIO, fault: Fault) -> int:
        sent = 0
        block = min(BLOCK, fault.rate) or BLOCK  # a block a second, so slow that it can't be less
        while data := content.read(block):
            if 0 <= fault.spoilt - sent < len(data):
                at = fault.spoilt - sent
                data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            if 0 <= fault.cut < sent + len(data):
                self.wfile.write(data[: fault.cut - sent])
                self.close_connection = True
                return fault.cut
            self.wfile.write(data)
            sent += len(data)
            if fault.rate:
                time.sleep(len(data) / fault.rate)
        return sent

    def _note(self, status: int, size: int) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        words = (now, self.client_address[0], self.headers.get("Host", "-"), self.command, self.path)
        with (self.server.state / ACCESS_LOG).open("a") as log:  # one short write: lines of threads don't mix
            log.write(f"{' '.join(words)} {status} {size}\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silence the base class: _note writes the log."""


def main(root: str, address: str, state: str, certificate: str, key: str) -> None:
    """Serve until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    servers = [
        Server((address, port), Path(root), Path(state), context if port == 443 else None) for port in PORTS
    ]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
