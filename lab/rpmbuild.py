"""RPMs and repositories made from tables: a spec file for each package, built, signed and indexed."""

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import apt, keys
from lab.process import run
from lab.scriptlets import scriptlets
from lab.table import Package

TOOLS = ("rpm", "createrepo-c", "gnupg", "zstd")
SPEC = """\
Name: {name}
{epoch}Version: {version}
Release: {release}
Summary: {name} of the lab
License: see upstream
URL: https://www.docker.com
AutoReqProv: no
{arch}{relations}
%description
Upstream's metadata; see lab/table.py for what is inside.
%install
mkdir -p %{{buildroot}}
{copy}
{scriptlets}
%files {files}
"""
DEFINES = {
    "_binary_payload": "w1.zstdio",  # of what was tried the fastest by far, for 190 MB of binaries
    "_build_id_links": "none",
    "__os_install_post": "%{nil}",  # no stripping, no compressing: the files stay what they are
    "debug_package": "%{nil}",
    "_buildhost": "lab",
}


def build(packages: Iterable[Package], content: dict[str, Path], folder: Path) -> list[Path]:
    """Unsigned RPMs of these packages in a folder; `content` has what is inside, by nvr, if anything is.

    Raises LabError with rpmbuild's words.
    """

    def one(package: Package) -> Path:
        work = folder / f".{package.nvr}"
        work.mkdir(parents=True)
        (work / "spec").write_text(spec(package, content.get(package.nvr)))
        defines = {**DEFINES, "_topdir": str(work), "_rpmdir": str(work), "_build_name_fmt": "%{nvra}.rpm"}
        options = [part for key, value in defines.items() for part in ("--define", f"{key} {value}")]
        run("rpmbuild", "-bb", "--quiet", "--target", package.arch, *options, str(work / "spec"))
        rpm = folder / f"{package.nvr}.{package.arch}.rpm"
        (work / rpm.name).rename(rpm)
        shutil.rmtree(work)
        return rpm

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, packages))


def spec(package: Package, content: Path | None) -> str:
    """The spec file of a package whose files lie in `content`, laid out as on the host."""
    relations = [
        f"{tag}: {other}\n"
        for tag in ("Requires", "Provides", "Obsoletes", "Conflicts")
        for other in getattr(package, tag.lower())
    ]
    files = [path for path in sorted(content.rglob("*")) if not path.is_dir()] if content else []
    return SPEC.format(
        name=package.name,
        epoch=f"Epoch: {package.epoch}\n" if package.epoch else "",
        version=package.version,
        release=package.release,
        arch="BuildArch: noarch\n" if package.arch == "noarch" else "",
        relations="".join(relations),
        copy=f"cp -al {content}/. %{{buildroot}}/" if content else "",
        scriptlets=package.scripts or scriptlets(package),
        files="\n" + "\n".join(_listed(path.relative_to(content)) for path in files) if content else "",
    )


def _listed(path: Path) -> str:
    """A file as the spec file lists it. What an operator may edit below /etc outlives an update."""
    return f"%config(noreplace) /{path}" if path.parts[0] == "etc" else f"/{path}"


def sign(rpms: Iterable[Path], public: Path) -> None:
    """Sign RPMs with the secret half of a key of lab.keys. Raises LabError."""
    with keys.gnupg(keys.secret_of(public)) as home:
        run(
            *(
                "rpmsign",
                "--addsign",
                "--define",
                "__gpg /usr/bin/gpg",
            ),  # unset, Debian's signs nothing and says 0
            *("--define", f"_gpg_path {home}", "--define", f"_gpg_name {keys.user_of(public)}"),
            *(str(rpm) for rpm in rpms),
        )


def repository(packages: Iterable[Package], content: dict[str, Path], folder: Path, key: Path) -> None:
    """A repository of these packages in a folder, signed with a key of lab.keys. Raises LabError."""
    apt.ensure(*TOOLS)
    rpms = build(packages, content, folder / "Packages")
    if rpms:
        sign(rpms, key)
    folder.mkdir(parents=True, exist_ok=True)
    run("createrepo_c", "--quiet", "--general-compress-type=gz", str(folder))
