"""Registry mirrors with faults, on the machine that runs the tests, where the lab's hosts reach them."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lab import keys
from lab.lab import Lab


class Handler(BaseHTTPRequestHandler):
    """Does what its server's fault says, and else what the lab's registry does."""

    protocol_version = "HTTP/1.1"
    server: Mirror

    def do_GET(self) -> None:
        self.server.fault(self)

    do_HEAD = do_GET  # noqa: N815 - the base class finds methods by these names

    def pass_on(self, rate: int = 0) -> None:
        """As the lab's registry answers, with so many bytes a second if `rate` is given."""
        headers = {"Accept": ", ".join(self.headers.get_all("Accept", []))}
        request = Request(self.server.registry + self.path, headers=headers, method=self.command)  # noqa: S310  our own
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310
                status, got, content = answer.status, answer.headers, answer.read()
        except HTTPError as error:
            status, got, content = error.code, error.headers, error.read()
        self.send_response(status)
        for name in ("Content-Type", "Docker-Content-Digest", "Docker-Distribution-Api-Version"):
            if name in got:
                self.send_header(name, got[name])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self._write(content, rate)

    def _write(self, content: bytes, rate: int) -> None:
        step = rate // 10 or len(content) or 1
        for begin in range(0, len(content), step):
            self.wfile.write(content[begin : begin + step])
            if rate:
                time.sleep(0.1)

    def answer(self, status: int, content: str = "<html>no</html>") -> None:
        """That status, with a page as a proxy or an accelerator has it."""
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


Fault = Callable[[Handler], None]


def status(code: int) -> Fault:
    return lambda handler: handler.answer(code)


def silent(handler: Handler) -> None:
    """Answers /v2/, and then holds its tongue."""
    if handler.path == "/v2/":
        handler.pass_on()
    else:
        handler.server.released.wait(120)


def slow(handler: Handler) -> None:
    handler.pass_on(rate=40_000)


def healthy(handler: Handler) -> None:
    handler.pass_on()


class Mirror(ThreadingHTTPServer):
    """One mirror; `fault` may be changed while it runs."""

    daemon_threads = True

    def __init__(self, address: str, registry: str, fault: Fault, tls: ssl.SSLContext | None) -> None:
        self.registry, self.fault = registry, fault
        self.released = threading.Event()
        super().__init__((address, 0), Handler)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.place = f"{address}:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some faults are about."""


@contextmanager
def mirror(lab: Lab, fault: Fault = healthy, tls: ssl.SSLContext | None = None) -> Iterator[Mirror]:
    """A mirror for as long as the block lasts."""
    server = Mirror(near_end(lab), lab.registry_url, fault, tls)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()


def near_end(lab: Lab) -> str:
    """This machine's own address in the lab's network."""
    return lab.address.rpartition(".")[0] + ".254"


@dataclass(frozen=True)
class Certificate:
    """What is wrong with a certificate for the near end: who signed it, whose name it has, until when it holds."""

    trusted: bool = True
    expired: bool = False
    name: str = ""

    def context(self, lab: Lab, folder: Path) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        authority, signer = self._authority(key)
        now = datetime.now(UTC)
        named: x509.GeneralName = (
            x509.DNSName(self.name) if self.name else x509.IPAddress(ip_address(near_end(lab)))
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mirror")]))
            .issuer_name(authority)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=9))
            .not_valid_after(now - timedelta(days=2) if self.expired else now + timedelta(days=9))
            .add_extension(x509.SubjectAlternativeName([named]), critical=False)
            .sign(signer, hashes.SHA256())
        )
        folder.mkdir(exist_ok=True)
        pem = serialization.Encoding.PEM
        (folder / "mirror.pem").write_bytes(certificate.public_bytes(pem))
        (folder / "mirror.key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "mirror.pem", folder / "mirror.key")
        return context

    def _authority(self, own: ec.EllipticCurvePrivateKey) -> tuple[x509.Name, ec.EllipticCurvePrivateKey]:
        if not self.trusted:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody's CA")]), own
        public, private = keys.ca()
        signer = serialization.load_pem_private_key(private.read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        return x509.load_pem_x509_certificate(public.read_bytes()).subject, signer


def nameserver(lab: Lab, stop: threading.Event) -> None:
    """A name server on the near end that knows no name at all, until `stop` is set."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((near_end(lab), 53))
        server.settimeout(0.2)
        while not stop.is_set():
            try:
                question, client = server.recvfrom(512)
            except TimeoutError:
                continue
            end = question.index(b"\0", 12) + 5
            # the same number, an answer of an authority, NXDOMAIN, one question and nothing else
            server.sendto(question[:2] + b"\x85\x83\0\1\0\0\0\0\0\0" + question[12:end], client)
