"""A package mirror and a registry of a company's own: at an address of theirs, known by a CA that no host trusts."""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab import images, network, registry, rpms, services
from lab.lab import Lab
from lab.process import LabError, run

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Private:
    """Where they are, and the authority by which they are known."""

    address: str
    ca: Path

    @property
    def package_mirror(self) -> str:
        """The URL for --package-mirror."""
        return f"https://{self.address}/docker-ce"

    @property
    def registry(self) -> str:
        """The registry as `docker pull` names it."""
        return f"{self.address}:{registry.PORT}"


@contextmanager
def serving(lab: Lab, folder: Path) -> Iterator[Private]:
    """Both of them for as long as the block lasts; `folder` is for their certificates, settings and logs."""
    services.prepare()
    address = f"{lab.address.rpartition('.')[0]}.2"  # below the hosts'
    certificate, key = _certificates(folder, address)
    settings = json.loads(
        registry.settings(images.folder() / "storage", f"{address}:{registry.PORT}", readonly=True)
    )
    settings["http"]["tls"] = {"certificate": str(certificate), "key": str(key)}
    (folder / "registry.json").write_text(json.dumps(settings))
    namespace = network.namespace(lab.name)
    served = str(rpms.repositories())
    commands = (
        [sys.executable, "-m", "lab.mirror", served, address, str(folder), str(certificate), str(key)],
        [str(images.folder() / "docker-registry"), "serve", str(folder / "registry.json")],
    )
    run("ip", "-n", namespace, "addr", "add", f"{address}/24", "dev", "br0")
    pids = []
    try:
        for number, command in enumerate(commands):
            log = folder / f"{number}.log"
            pids.append(services.spawn(command, namespace, log))
        for port in (443, registry.PORT):
            _wait_for(address, port)
        yield Private(address, folder / "ca.pem")
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        run("ip", "-n", namespace, "addr", "del", f"{address}/24", "dev", "br0")


def _wait_for(address: str, port: int) -> None:
    """Wait until someone listens there. Raises LabError if nobody does in time."""
    deadline = time.monotonic() + services.START
    while True:
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError as error:
            if time.monotonic() > deadline:
                raise LabError(f"nobody listens on {address} port {port}: {error}") from None
            time.sleep(0.02)
        else:
            return


def _certificates(folder: Path, address: str) -> tuple[Path, Path]:
    """A server's certificate and key for this address, signed by an authority of their own, ca.pem."""
    ca, ca_key, request = folder / "ca.pem", folder / "ca.key", folder / "server.csr"
    certificate, key, extensions = folder / "server.pem", folder / "server.key", folder / "extensions"
    run(*("openssl", "req", "-x509", *NEW_KEY, "-subj", "/CN=Company CA", "-days", "30"), *_to(ca, ca_key))
    run(*("openssl", "req", *NEW_KEY, "-subj", f"/CN={address}"), *_to(request, key))
    extensions.write_text(f"subjectAltName=IP:{address}\n")
    run(
        *("openssl", "x509", "-req", "-in", str(request), "-CA", str(ca), "-CAkey", str(ca_key)),
        *("-CAcreateserial", "-days", "30", "-extfile", str(extensions), "-out", str(certificate)),
    )
    return certificate, key


def _to(out: Path, key: Path) -> tuple[str, ...]:
    return "-out", str(out), "-keyout", str(key)
