"""A Docker registry (Debian's docker-registry): how it is configured, started and filled."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

PORT = 5000
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@dataclass(frozen=True)
class Layer:
    """A layer: its gzipped tar, and the digest that the tar has unpacked, by which an image names it."""

    packed: bytes
    diff_id: str


def settings(storage: Path, address: str, *, readonly: bool) -> str:
    """The configuration file of `docker-registry serve`; JSON, which is YAML too."""
    return json.dumps(
        {
            "version": 0.1,
            "log": {"accesslog": {"disabled": False}, "level": "warn"},
            "storage": {
                "filesystem": {"rootdirectory": str(storage)},
                "maintenance": {"readonly": {"enabled": readonly}},
            },
            "http": {"addr": address},
        }
    )


def push(url: str, name: str, tags: tuple[str, ...], layers: list[Layer], config: dict[str, object]) -> None:
    """Put an image into a registry. Raises urllib.error.HTTPError if it is refused."""
    image = {
        "architecture": "amd64",
        "os": "linux",
        "config": config,
        "created": "2026-01-01T00:00:00Z",  # fixed: the same recipe is the same image
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": [{"created_by": "docker-provision lab"} for _ in layers],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _push_blob(url, name, json.dumps(image).encode(), CONFIG),
        "layers": [_push_blob(url, name, layer.packed, LAYER) for layer in layers],
    }
    for tag in tags:
        _send("PUT", f"{url}/v2/{name}/manifests/{tag}", json.dumps(manifest).encode(), MANIFEST)


def digest(content: bytes) -> str:
    """The name by which a registry knows some content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _push_blob(url: str, name: str, content: bytes, media_type: str) -> dict[str, object]:
    place = _send("POST", f"{url}/v2/{name}/blobs/uploads/")
    separator = "&" if urlsplit(place).query else "?"
    _send("PUT", f"{place}{separator}digest={digest(content)}", content, "application/octet-stream")
    return {"mediaType": media_type, "size": len(content), "digest": digest(content)}


def _send(method: str, url: str, content: bytes = b"", media_type: str = "application/octet-stream") -> str:
    """Send a request and return the answer's Location."""
    request = Request(url, data=content, method=method, headers={"Content-Type": media_type})  # noqa: S310
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - http to our own registry
        return str(answer.headers["Location"])
