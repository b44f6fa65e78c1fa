"""The registry's images, made of Debian's packages: redis and nginx on a layer that they share, and busybox.

The tags that `prove-docker` pulls unasked are of Debian 11, as on Docker Hub, so that they run on every engine; the
programs in them are Debian's own, of other versions than the tags name. The other tags are of Debian 12.

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
OLD_SUITE = "bullseye"  # of a C library that old engines' seccomp profiles know
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
    suite: str = SUITE


DATA = {"data/.keep": ""}  # the volume's place: docker would else make it in each container
REDIS: dict[str, object] = {
    "Cmd": ["redis-server", "--protected-mode", "no"],
    "WorkingDir": "/data",
    "Volumes": {"/data": {}},
    "ExposedPorts": {"6379/tcp": {}},
}
SERVE: dict[str, object] = {
    "Cmd": ["nginx", "-g", "daemon off;"],
    "ExposedPorts": {"80/tcp": {}},
    "StopSignal": "SIGQUIT",
}
PAGE = {"etc/nginx/conf.d/default.conf": NGINX}
IMAGES = (
    Image("library/redis", ("latest", "7"), ("redis-server",), REDIS, DATA),
    Image("library/redis", ("7.0.11-bullseye",), ("redis-server",), REDIS, DATA, suite=OLD_SUITE),
    Image("library/nginx", ("latest", "1.22"), ("nginx",), SERVE, PAGE),
    Image("library/nginx", ("1.25.0",), ("nginx",), SERVE, PAGE, suite=OLD_SUITE),
    # as its first process, `sleep` ignores SIGTERM, and each stop of a daemon would wait ten seconds for it
    Image(
        "library/busybox",
        ("latest", "1.35"),
        ("busybox-static",),
        {"Cmd": ["sh"], "StopSignal": "SIGKILL"},
        on_base=False,
    ),
)


def folder() -> Path:
    """`storage` for a registry with all images, and the program `docker-registry`; made on first use, 10 s."""
    sources = (Path(module) for module in (__file__, registry.__file__, debs.__file__))
    return cache.cached("images", "".join(path.read_text() for path in sources), _build)


def _build(target: Path) -> None:
    suites = {
        name: debs.Archive(target / "archive" / name, name, FOR_SCRIPTS_ONLY) for name in (SUITE, OLD_SUITE)
    }
    debs.unpack(suites[SUITE].download("docker-registry"), target / "archive/registry")
    (target / "archive/registry/usr/bin/docker-registry").rename(target / "docker-registry")
    bases = {name: _Base(archive, target / "archive/base" / name) for name, archive in suites.items()}
    with _serving(target) as url:
        for image in IMAGES:
            root = target / "archive" / image.name / image.tags[0]
            if image.on_base:
                layers = bases[image.suite].carry(image, root)
            else:
                layers = [_layer(suites[image.suite].closure(*image.packages), image.files, root)]
            registry.push(url, image.name, image.tags, layers, {"Env": [PATH], **image.config})
    shutil.rmtree(target / "archive")


class _Base:
    """The layer that images of one suite share."""

    def __init__(self, archive: debs.Archive, root: Path) -> None:
        self._archive = archive
        self._below = archive.closure(*BASE)
        self._layer = _layer(self._below, {"etc/passwd": USERS, "etc/group": GROUP}, root)

    def carry(self, image: Image, root: Path) -> list[Layer]:
        """The image's layers: this one, that with what its programs need, and that with the programs."""
        above = [deb for deb in self._archive.closure(*BASE, *image.packages) if deb not in self._below]
        own = [deb for deb in above if deb.name.partition("_")[0] in image.packages]
        needed = [deb for deb in above if deb not in own]
        return [self._layer, _layer(needed, {}, root / "needed"), _layer(own, image.files, root / "own")]


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
