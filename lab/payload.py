"""What docker-ce, its CLI and containerd.io contain: Debian's engines under upstream's file names.

A binary that is not of the version it stands for says so: every mention of its own version becomes the true
one's with `+lab` behind it. Go binaries carry strings with their length elsewhere, so the length must not
change; replacing all of them was run for 20.10.24 as 18.06.3 and breaks nothing.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from lab import cache, debs
from lab.table import Engine, Source

RECIPE = Path(__file__).with_name("engine")
LIBEXEC = "usr/libexec/docker-lab"

# Where a file is in Debian's packages, and where upstream's package has it.
COMPLETION = "usr/share/bash-completion/completions/docker"
CLI = (("usr/bin/docker", "usr/bin/docker"), (COMPLETION, COMPLETION))
DAEMON = (
    ("usr/sbin/dockerd", "usr/bin/dockerd"),
    ("usr/sbin/docker-proxy", "usr/bin/docker-proxy"),
    ("usr/bin/tini-static", "usr/bin/docker-init"),
)
CONTAINERD = (
    ("usr/bin/containerd", "usr/bin/containerd"),
    ("usr/bin/containerd-shim-runc-v2", "usr/bin/containerd-shim-runc-v2"),
    ("usr/sbin/runc", "usr/bin/runc"),
)
# Before 18.09 containerd came with docker-ce under names of its own. 20.10 looks for today's names.
OWN_CONTAINERD = (
    ("usr/bin/containerd", "usr/bin/docker-containerd"),
    ("usr/bin/containerd-shim-runc-v2", "usr/bin/docker-containerd-shim"),
    ("usr/sbin/runc", "usr/bin/docker-runc"),
)
# The distribution has all but the commands in a folder of its own; its unit puts that into PATH.
HELPERS = "usr/libexec/docker"
LAYOUTS: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "one": {"docker-ce": (*DAEMON, *CLI, *OWN_CONTAINERD)},
    "three": {"docker-ce": DAEMON, "docker-ce-cli": CLI, "containerd.io": CONTAINERD},
    "distribution": {
        "docker": (("usr/sbin/dockerd", "usr/bin/dockerd-current"),),
        "docker-client": (("usr/bin/docker", "usr/bin/docker-current"),),
        "docker-common": tuple(
            (old, f"{HELPERS}/{Path(new).name}") for old, new in (*DAEMON[1:], *CONTAINERD)
        ),
    },
}
"""Where each package's files come from, by layout and package."""
LOOKED_FOR = (
    ("containerd", "docker-containerd"),
    ("containerd-shim-runc-v2", "docker-containerd-shim"),
    ("runc", "docker-runc"),
)


def trees(engine: Engine, folder: Path) -> dict[str, Path]:
    """The content of an engine's packages, by package name, each laid out below `folder` as on a host."""
    unpacked = folder / "debian"
    debs.unpack(sorted(_fetched(engine.payload).glob("*.deb")), unpacked)
    for binary in ("usr/sbin/dockerd", "usr/bin/docker"):
        _label(unpacked / binary, engine.payload.says, label(engine))
    laid = {name: _lay(unpacked, files, folder / name) for name, files in LAYOUTS[engine.layout].items()}
    _add_units(engine, laid)
    if engine.keys_of:
        _add_shim(engine, laid["docker-ce"])
    shutil.rmtree(unpacked)
    return laid


def label(engine: Engine) -> str:
    """What the engine says it is: the true version, `+lab`, and zeros up to the payload's own length.

    Raises ValueError if that length doesn't suffice.
    """
    text = f"{engine.says}+lab".ljust(len(engine.payload.says), "0")
    if len(text) != len(engine.payload.says):
        raise ValueError(f"{text} is longer than the payload's own {engine.payload.says}")
    return text


def inputs() -> str:
    """All that decides what trees() makes."""
    sources = [Path(__file__), Path(debs.__file__), *RECIPE.rglob("*")]
    return "".join(path.read_text() for path in sorted(sources) if path.is_file() and path.suffix != ".pyc")


def _fetched(source: Source) -> Path:
    """The source's packages, kept in the cache: a change of recipe need not download them again."""

    def fetch(folder: Path) -> None:
        for suite, packages in source.debs:
            archive = debs.Archive(_made(folder / suite), suite)
            for deb in archive.download(*packages):
                deb.rename(folder / deb.name)
            shutil.rmtree(archive.folder)

    return cache.cached("debs", Path(debs.__file__).read_text() + repr(source), fetch)


def _label(binary: Path, old: str, new: str) -> None:
    content = binary.read_bytes()
    if old.encode() not in content:
        raise ValueError(f"{binary} does not mention {old}: another version than the table names")
    binary.write_bytes(content.replace(old.encode(), new.encode()))


def _lay(source: Path, files: Iterable[tuple[str, str]], target: Path) -> Path:
    for old, new in files:
        _made((target / new).parent)
        (source / old).rename(target / new)
    return target


def _add_units(engine: Engine, laid: dict[str, Path]) -> None:
    units = _made(laid[engine.name] / "usr/lib/systemd/system")
    shutil.copy(RECIPE / engine.units / "docker.service", units)
    if "docker-common" in laid:
        _add_distribution(laid["docker"], laid["docker-common"])
    if "containerd.io" in laid:
        shutil.copy(RECIPE / "docker.socket", units)
        root = laid["containerd.io"]
        shutil.copy(RECIPE / "containerd.service", _made(root / "usr/lib/systemd/system"))
        shutil.copy(RECIPE / "config.toml", _made(root / "etc/containerd"))


def _add_distribution(engine: Path, common: Path) -> None:
    """What the distribution's packages have besides binaries: a command that chooses, and settings."""
    (_made(common / "usr/bin") / "docker").symlink_to("docker-current")
    (_made(engine / "etc/docker") / "daemon.json").write_text("{}\n")


def _add_shim(engine: Engine, root: Path) -> None:
    libexec = _made(root / LIBEXEC)
    (root / "usr/bin/dockerd").rename(libexec / "dockerd")
    shutil.copy(RECIPE / "dockerd_shim.py", root / "usr/bin/dockerd")
    (root / "usr/bin/dockerd").chmod(0o755)
    shutil.copy(RECIPE / engine.keys_of / "keys.txt", libexec / "keys")
    for name, upstream in LOOKED_FOR if engine.layout == "one" else ():
        (libexec / name).symlink_to(f"/usr/bin/{upstream}")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
