"""The package mirror's content under Aliyun's paths, and the hosts' side: rpm database, yum, keys."""

import compileall
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import apt, cache, keys, payload, rpmbuild, table
from lab.process import run
from lab.table import ENGINES

DOCKER = "docker-ce/linux/centos/7/x86_64/stable"
CENTOS = "centos-vault/7.9.2009"
FOLDERS = {
    "docker-ce-stable": DOCKER,
    "os": f"{CENTOS}/os/x86_64",
    "updates": f"{CENTOS}/updates/x86_64",
    "extras": f"{CENTOS}/extras/x86_64",
    "docker-engine": "docker-engine/yum/repo/main/centos/7",
}
# The same files under other mirrors' paths, and where Aliyun had CentOS 7 before it went to the vault.
ALSO_AT = (
    ("centos/7", f"../{CENTOS}"),
    ("linux", "docker-ce/linux"),  # download.docker.com
    ("7.9.2009", CENTOS),  # vault.centos.org
)
DOCKER_REPO = """\
[docker-ce-{channel}]
name=Docker CE {title} - $basearch
baseurl=https://mirrors.aliyun.com/docker-ce/linux/centos/$releasever/$basearch/{channel}
enabled={enabled}
gpgcheck=1
gpgkey=https://mirrors.aliyun.com/docker-ce/linux/centos/gpg
"""
# A host that works in 2026: the vault instead of the mirror list, whose name is gone from DNS.
BASE_REPO = """\
[{id}]
name=CentOS-$releasever - {title}
baseurl=https://mirrors.aliyun.com/centos-vault/7.9.2009/{folder}/$basearch/
gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-CentOS-7
"""
BASE_REPOS = (("base", "os", "Base"), ("updates", "updates", "Updates"), ("extras", "extras", "Extras"))
YUM_CONF = """\
[main]
cachedir=/var/cache/yum/$basearch/$releasever
keepcache=0
debuglevel=2
logfile=/var/log/yum.log
exactarch=1
obsoletes=1
gpgcheck=1
plugins=1
installonly_limit=5
distroverpkg=centos-release
"""
CONTENTS = Path(__file__).with_name("contents")
"""What is inside of packages that aren't engines, a folder for each name."""
FACE = Path(__file__).with_name("yum343")


def repositories() -> Path:
    """The mirror's document root, with Aliyun's paths; built on first use, about 12 s on two cores.

    docker-ce/linux/centos/{7/x86_64/stable,gpg,docker-ce.repo}, centos-vault/7.9.2009/{os,updates,extras}
    /x86_64, docker-engine/yum/repo/main/centos/7, and links to these from the paths of the other mirrors that
    the lab plays.
    """
    recipe = [Path(__file__).with_name(f"{name}.py") for name in ("rpms", "rpmbuild", "scriptlets", "table")]
    recipe += sorted(path for path in CONTENTS.rglob("*") if path.is_file())
    sources = "".join(path.read_text() for path in (*recipe, table.METADATA))
    return cache.cached("repositories", sources + payload.inputs() + keys.inputs(), _build)


def dress(rootfs: Path) -> None:
    """Give a Debian root file system (with rpm and python3-dnf) CentOS 7's package side.

    The rpm database with the preinstalled packages (nothing but their metadata), /etc/yum.conf, base
    repositories, keys, the lab's CA in the trust store, and yum; dnf is there no more as a command.
    """
    apt.ensure("rpm")
    _write(rootfs / "etc/rpm/macros", "%_dbpath /var/lib/rpm\n")  # Debian's is in root's home
    installed = [package for package in table.packages() if package.preinstalled]
    files = [f"{repositories()}/{FOLDERS[p.repo]}/Packages/{p.nvr}.{p.arch}.rpm" for p in installed]
    rpm = ("rpm", "--root", str(rootfs), "--dbpath", "/var/lib/rpm")
    run(*rpm, "--initdb")
    run(*rpm, "--install", "--justdb", "--nodeps", "--noscripts", "--nosignature", *files)
    (rootfs / "var/lib/rpm-state").mkdir()
    _add_yum(rootfs)
    _add_trust(rootfs)


def inputs() -> str:
    """What the result of dress() depends on."""
    face = "".join(path.read_text() for path in sorted(FACE.iterdir()) if path.is_file())
    return face + repositories().name + keys.inputs()


def _add_yum(rootfs: Path) -> None:
    _write(rootfs / "etc/yum.conf", YUM_CONF)
    repos = [BASE_REPO.format(id=name, folder=folder, title=title) for name, folder, title in BASE_REPOS]
    _write(rootfs / "etc/yum.repos.d/CentOS-Base.repo", "\n".join(repos))
    for command in (*rootfs.glob("usr/bin/dnf*"), rootfs / "usr/bin/yum"):
        command.unlink(missing_ok=True)
    library = rootfs / "usr/lib/yum343"
    shutil.copytree(FACE, library / "yum343", ignore=shutil.ignore_patterns("__pycache__"))
    (library / "yum343/yum").rename(rootfs / "usr/bin/yum").chmod(0o755)
    # Else the first yum of each host would write them, and pay for it.
    compileall.compile_dir(library, quiet=1, stripdir=rootfs, prependdir="/")


def _add_trust(rootfs: Path) -> None:
    certificates = rootfs / "usr/local/share/ca-certificates"
    _write(certificates / "docker-provision-lab.crt", keys.ca()[0].read_text())
    run("chroot", str(rootfs), "update-ca-certificates")
    _write(rootfs / "etc/pki/rpm-gpg/RPM-GPG-KEY-CentOS-7", keys.centos_key().read_text())
    bundle = rootfs / "etc/pki/tls/certs/ca-bundle.crt"  # where EL7 has it
    bundle.parent.mkdir(parents=True)
    bundle.symlink_to("/etc/ssl/certs/ca-certificates.crt")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _build(root: Path) -> None:
    packages = table.packages()
    with ThreadPoolExecutor(2) as pool:
        trees = list(pool.map(lambda engine: payload.trees(engine, root / engine.says), ENGINES))
    content = _by_nvr(trees)
    others = shutil.copytree(CONTENTS, root / "contents")
    content |= {
        package.nvr: others / package.name for package in packages if (others / package.name).is_dir()
    }
    for repo, place in FOLDERS.items():
        key = keys.repo_key() if repo.startswith("docker") else keys.centos_key()
        wanted = [package for package in packages if package.repo == repo]
        rpmbuild.repository(wanted, content, root / place, key)
    for folder in (*(root / engine.says for engine in ENGINES), others):
        shutil.rmtree(folder)
    _add_key_and_repo_file(root / "docker-ce/linux/centos")
    for path, target in ALSO_AT:
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).symlink_to(target)


def _by_nvr(trees: list[dict[str, Path]]) -> dict[str, Path]:
    content = {}
    for engine, tree in zip(ENGINES, trees, strict=True):
        for nvr in (engine.nvr, *engine.companions):
            name = nvr.rsplit("-", 2)[0]
            if name in tree:
                content[nvr] = tree[name]
    return content


def _add_key_and_repo_file(folder: Path) -> None:
    shutil.copy(keys.repo_key(), folder / "gpg")
    channels = [("stable", "Stable", 1), ("test", "Test", 0), ("nightly", "Nightly", 0)]
    repo_file = [DOCKER_REPO.format(channel=name, title=title, enabled=on) for name, title, on in channels]
    _write(folder / "docker-ce.repo", "\n".join(repo_file))
