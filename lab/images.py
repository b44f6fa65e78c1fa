"""The registry's images, made of Debian's packages: redis and nginx on a layer that they share, and busybox.

No maintainer script runs: what they would have made and the programs need is written here. So the packages
that only serve such scripts are left out.
"""

import gzip
import io
import shutil
import socket
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, Popen
from urllib.error import URLError
from urllib.request import urlopen

from lab import cache, debs, registry
from lab.process import LabError, run
from lab.registry import Layer

SUITE = "bookworm"
BASE = ("base-files", "bash", "coreutils", "dash", "findutils", "grep", "hostname", "libc-bin", "sed")
FOR_SCRIPTS_ONLY = ("adduser", "debconf", "init-system-helpers", "iproute2", "lsb-base")
# A package that ships /bin/x means /usr/bin/x: since bookworm these are links.
MERGED = ("bin", "lib", "lib64", "sbin")
UNREAD = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/lintian", "usr/share/info")
USERS = """\
root:x:0:0:root:/root:/bin/bash
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
redis:x:999:999:redis:/data:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = "root:x:0:\nwww-data:x:33:\nredis:x:999:\nnogroup:x:65534:\n"
NGINX = """\
access_log /dev/stdout;
server {
    listen 80 default_server;
    root /usr/share/nginx/html;
}
"""
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Image:
    """An image: Debian packages, files written beside them, and how it starts."""

    name: str
    tags: tuple[str, ...]
    packages: tuple[str, ...]
    config: dict[str, object]
    files: dict[str, str] = field(default_factory=dict)
    on_base: bool = True


IMAGES = (
    Image(
        "library/redis",
        ("latest", "7"),
        ("redis-server",),
        {
            "Cmd": ["redis-server", "--protected-mode", "no"],
            "WorkingDir": "/data",
            "Volumes": {"/data": {}},
            "ExposedPorts": {"6379/tcp": {}},
        },
    ),
    Image(
        "library/nginx",
        ("latest", "1.22"),
        ("nginx",),
        {"Cmd": ["nginx", "-g", "daemon off;"], "ExposedPorts": {"80/tcp": {}}, "StopSignal": "SIGQUIT"},
        {"etc/nginx/conf.d/default.conf": NGINX},
    ),
    Image("library/busybox", ("latest", "1.35"), ("busybox-static",), {"Cmd": ["sh"]}, on_base=False),
)


def folder() -> Path:
    """`storage` for a registry with all images, and the program `docker-registry`; made on first use, 10 s."""
    sources = (Path(module) for module in (__file__, registry.__file__, debs.__file__))
    return cache.cached("images", "".join(path.read_text() for path in sources), _build)


def _build(target: Path) -> None:
    archive = debs.Archive(target / "archive", SUITE, FOR_SCRIPTS_ONLY)
    debs.unpack(archive.download("docker-registry"), target / "archive/registry")
    (target / "archive/registry/usr/bin/docker-registry").rename(target / "docker-registry")
    base = archive.closure(*BASE)
    base_layer = _layer(base, {"etc/passwd": USERS, "etc/group": GROUP}, target / "archive/base")
    with _serving(target) as url:
        for image in IMAGES:
            below = base if image.on_base else []
            names = BASE if image.on_base else ()
            own = [deb for deb in archive.closure(*names, *image.packages) if deb not in below]
            layer = _layer(own, image.files, target / "archive" / image.name)
            layers = [base_layer, layer] if image.on_base else [layer]
            registry.push(url, image.name, image.tags, layers, {"Env": [PATH], **image.config})
    shutil.rmtree(archive.folder)


def _layer(packages: list[Path], files: dict[str, str], root: Path) -> Layer:
    root.mkdir(parents=True)
    for name in MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    debs.unpack(packages, root)
    for name in UNREAD:
        shutil.rmtree(root / name, ignore_errors=True)
    if (root / "usr/bin/busybox").exists():
        _link_applets(root / "usr/bin/busybox")
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return _pack(root)


def _link_applets(busybox: Path) -> None:
    for applet in set(run(str(busybox), "--list").split()) - {"busybox"}:
        busybox.with_name(applet).symlink_to("busybox")


def _pack(root: Path) -> Layer:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(root.rglob("*")):
            member = tar.gettarinfo(path, str(path.relative_to(root)))
            member.mtime = 0  # the same packages are the same layer, whenever it is made
            if member.isreg():
                with path.open("rb") as file:
                    tar.addfile(member, file)
            else:
                tar.addfile(member)
    content = plain.getvalue()
    return Layer(gzip.compress(content, compresslevel=1, mtime=0), registry.digest(content))


@contextmanager
def _serving(target: Path) -> Iterator[str]:
    """A registry on the loopback for as long as the block lasts; yields its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    (target / "archive/registry.yml").write_text(
        registry.settings(target / "storage", address, readonly=False)
    )
    command = [str(target / "docker-registry"), "serve", str(target / "archive/registry.yml")]
    with Popen(command, stdout=DEVNULL, stderr=DEVNULL) as process:
        try:
            _wait_for(f"http://{address}/v2/", process)
            yield f"http://{address}"
        finally:
            process.terminate()


def _wait_for(url: str, process: Popen[bytes], timeout: float = 20) -> None:
    deadline = time.monotonic() + timeout
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5):  # noqa: S310 - http to our own registry
                return
        except URLError:
            time.sleep(0.05)
    raise LabError(f"docker-registry does not answer at {url}")
