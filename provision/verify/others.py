"""What other repositories of a host do to the pin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from provision.verify.look import expect, is_on, sections

if TYPE_CHECKING:
    from testinfra.host import Host

    from provision.spec import Spec

REPOSITORIES = "/etc/yum.repos.d"
REPOSITORY = f"{REPOSITORIES}/docker-ce.repo"
YUM_CONF = "/etc/yum.conf"
LOCKS = "/etc/yum/pluginconf.d/versionlock.list"


def other_repositories(host: Host, spec: Spec) -> None:
    """No other file offers Docker unhidden: what a second repository has comes past our exclude (yum 3.4.3, run)."""
    offered = list(_offered(host))
    if not offered:
        return
    locked = host.file(LOCKS).content_string if host.file(LOCKS).exists else ""
    pinned = zip(spec.engine.names, spec.engine.packages, strict=True)
    names = [name for name, package in pinned if f":{package}." not in locked]
    everywhere = sections(host, YUM_CONF).get("main", {}).get("exclude", "")
    wrong = [place for place, exclude in offered if not _hidden(names, f"{exclude} {everywhere}")]
    expect(
        not wrong,
        f"Docker is also offered, past the pin, by {', '.join(wrong)}; set up with --hold-everywhere, or put "
        "enabled=0 there",
    )


def _offered(host: Host) -> Iterator[tuple[str, str]]:
    """Sections that are on and offer Docker, each with what it excludes."""
    for name in host.file(REPOSITORIES).listdir():
        path = f"{REPOSITORIES}/{name}"
        if name.endswith(".repo") and path != REPOSITORY:
            for section, options in sections(host, path).items():
                if is_on(options.get("enabled", "1")) and _offers_docker(options):
                    yield f"[{section}] of {name}", options.get("exclude", "")


def _offers_docker(options: dict[str, str]) -> bool:
    """By the layout that Docker's repositories have on every mirror."""
    urls = " ".join(options.get(each, "") for each in ("baseurl", "mirrorlist", "metalink"))
    return bool(re.search(r"/linux/(centos|rhel|fedora)/\S+/(stable|edge|test|nightly)\b", urls))


def _hidden(names: list[str], exclude: str) -> bool:
    patterns = re.split(r"[\s,]+", exclude)
    return all(any(fnmatch(name, pattern) for pattern in patterns) for name in names)
