"""Spec as a value: each field with what is wrong with a value, and what several of them come to together."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    JsonValue,
    StrictBool,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from provision import daemon_settings, engines, shorthands
from provision.engines import Engine
from provision.errors import OperatorError
from provision.masking import masked
from provision.secret import Reference
from provision.shorthands import SHORTHANDS
from provision.spec.names import BASE_ARCHIVES, BUNDLE, DATA_CHANGES, NONE, PACKAGE_MIRRORS
from provision.urls import (
    bypass_trouble,
    has_login,
    is_network,
    package_mirror_trouble,
    proxy_trouble,
    registry_mirror_trouble,
    registry_trouble,
)

_USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,30}\$?")
"""The names that useradd of CentOS 7 lets pass (shadow-utils 4.6 as patched there)."""


def _digits(value: object) -> object:
    """A number as text, as daemon.json wants it; anybody would write it without quotes."""
    return str(value) if type(value) is int else value


class Spec(BaseModel):
    """What is asked for. Frozen; construct it by `build` to have errors name their place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    docker_version: str = engines.DEFAULT
    package_mirror: str = "aliyun"
    repo_key: str | None = None
    """Path of an armoured public key; None is Docker's own, which ships with us. Read by the caller."""
    fix_base_repos: str | None = None
    """One of BASE_ARCHIVES, to which CentOS's own repositories are led where they are dead."""
    base_key: str | None = None
    """Path of an armoured public key; None is the one that CentOS 7 is signed with. Read by the caller."""
    proxy: str | None = None
    """A proxy's URL, a reference to one (`secret`), or NONE: for packages, and for the daemon."""
    package_proxy: str | None = None
    """Likewise, for packages alone; outranks `proxy`."""
    daemon_proxy: str | None = None
    """Likewise, for the daemon alone. Where neither says anything the daemon keeps what it has."""
    no_proxy: tuple[str, ...] = ()
    """What the daemon reaches without the proxy."""
    package_ca: str | None = None
    """Path of the certificate, in PEM, by which the package mirror is known. Read by the caller."""
    registry_ca: tuple[str, ...] = ()
    """REGISTRY=FILE: certificates by which registries are known."""
    registry_mirrors: tuple[str, ...] | None = None
    """None leaves those on the host alone, an empty tuple takes them away."""
    log_max_size: str | None = None
    log_max_file: Annotated[
        str | None, BeforeValidator(_digits), WithJsonSchema({"type": ["string", "integer", "null"]})
    ] = None
    data_root: str | None = None
    cgroup_driver: str | None = None
    live_restore: StrictBool | None = None
    bridge_nf: StrictBool | None = None
    """None leaves the host's sysctls alone."""
    daemon: dict[str, JsonValue] = {}
    """Further keys of daemon.json; None takes one out."""
    users: tuple[str, ...] = ()
    any_el7: StrictBool = False
    accept_data_change: tuple[str, ...] = ()
    """Of DATA_CHANGES, those that may be made although there is data."""
    hold_everywhere: StrictBool = False
    """Consent to exclude Docker's packages in other people's repositories on the host, which offer them too."""
    ack_eol: StrictBool = False
    """The end of life is known to the operator: nothing is said of it, and the hosts' records keep that."""

    @property
    def engine(self) -> Engine:
        return engines.engine(self.docker_version)

    @property
    def bundle(self) -> str | None:
        """The folder of the bundle that packages come from; None where they come from a mirror."""
        return self.package_mirror.removeprefix(BUNDLE) if self.package_mirror.startswith(BUNDLE) else None

    @property
    def mirror_url(self) -> str:
        """The mirror's folder above linux/centos. A bundle knows its own."""
        return PACKAGE_MIRRORS.get(self.package_mirror, self.package_mirror)

    @property
    def baseurl(self) -> str:
        """The repository's baseurl. 7 is written out: $releasever is 7Server on relatives of CentOS."""
        return f"{self.mirror_url}/linux/centos/7/$basearch/stable"

    @property
    def proxy_for_packages(self) -> str | None:
        """What is said of the way to packages."""
        return self.package_proxy or self.proxy

    @property
    def proxy_for_daemon(self) -> str | None:
        """What is said of the daemon's way out."""
        return self.daemon_proxy or self.proxy

    @property
    def base_archive(self) -> str | None:
        """The folder above os, updates and extras of the archive that is asked for."""
        return None if self.fix_base_repos is None else BASE_ARCHIVES[self.fix_base_repos]

    def settings(self) -> dict[str, JsonValue]:
        """The keys of daemon.json that are asked for; None takes one out."""
        return shorthands.joined(self.daemon, self._shorthands)

    @property
    def widened(self) -> frozenset[str]:
        """The keys of `settings` of which only a part is asked for."""
        return shorthands.WIDENS - self.daemon.keys()

    @property
    def _shorthands(self) -> dict[str, Any]:
        options = {each.option: getattr(self, each.option) for each in SHORTHANDS}
        mirrors = options["registry_mirrors"]
        return {**options, "registry_mirrors": None if mirrors is None else list(mirrors)}

    @field_validator("docker_version")
    @classmethod
    def _version(cls, version: str) -> str:
        try:
            return engines.engine(version).version
        except OperatorError as error:
            raise ValueError(str(error)) from None

    @field_validator("package_mirror")
    @classmethod
    def _package_mirror(cls, mirror: str) -> str:
        if mirror in PACKAGE_MIRRORS:
            return mirror
        if mirror.startswith(BUNDLE):
            if not mirror.removeprefix(BUNDLE).strip():
                raise ValueError(f"{mirror!r} names no folder: write it like {BUNDLE}DIR")
            return mirror
        if re.fullmatch(r"[\w-]*", mirror):
            near = get_close_matches(mirror, PACKAGE_MIRRORS, n=1)
            names = ", ".join(PACKAGE_MIRRORS)
            advice = f"did you mean {near[0]}?" if near else f"choose one of {names}, or give a URL"
            raise ValueError(f"no mirror is called {mirror!r}: {advice}")
        if trouble := package_mirror_trouble(mirror):
            raise ValueError(trouble)
        return mirror.rstrip("/")

    @field_validator("fix_base_repos")
    @classmethod
    def _fix_base_repos(cls, archive: str | None) -> str | None:
        if archive is not None and archive not in BASE_ARCHIVES:
            near = get_close_matches(archive, BASE_ARCHIVES, n=1)
            advice = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(BASE_ARCHIVES)}"
            raise ValueError(f"no archive of CentOS 7 is called {archive!r}: {advice}")
        return archive

    @field_validator("repo_key", "base_key", "package_ca")
    @classmethod
    def _key_file(cls, path: str | None) -> str | None:
        if path is not None and not path.strip():
            raise ValueError("the file's name is empty: name the file, or leave the option out")
        return path

    @field_validator("proxy", "package_proxy", "daemon_proxy")
    @classmethod
    def _proxy(cls, proxy: str | None) -> str | None:
        if proxy is None or proxy == NONE or Reference.parse(proxy):
            return proxy
        if trouble := proxy_trouble(proxy):
            raise ValueError(f"{trouble}; or by reference, like env:PROXY_URL")
        if has_login(proxy):
            raise ValueError(
                f"{proxy!r} holds a user or password, which others would see: give the whole URL by reference, "
                "as env:NAME, file:PATH or command:WORDS"
            )
        return proxy

    @field_validator("no_proxy")
    @classmethod
    def _no_proxy(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        for index, entry in enumerate(entries):
            if trouble := bypass_trouble(entry):
                raise at((index,), trouble)
        return entries

    @field_validator("registry_ca")
    @classmethod
    def _registry_ca(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        names = []
        for index, entry in enumerate(given):
            name, _, path = entry.partition("=")
            if not path.strip():
                raise at((index,), f"{entry!r} names no file: write it like registry.example.com:5000=ca.pem")
            if trouble := registry_trouble(name):
                raise at((index,), trouble)
            if name in names:
                raise at((index,), f"{name} is given twice: one file may hold several certificates")
            names.append(name)
        return given

    @field_validator("registry_mirrors")
    @classmethod
    def _registry_mirrors(cls, mirrors: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if mirrors is None:
            return None
        for index, mirror in enumerate(mirrors):
            if trouble := registry_mirror_trouble(mirror):
                raise at((index,), trouble)
        return tuple(dict.fromkeys(mirror.rstrip("/") for mirror in mirrors))

    @field_validator("users")
    @classmethod
    def _users(cls, users: tuple[str, ...]) -> tuple[str, ...]:
        for index, user in enumerate(users):
            if not _USER.fullmatch(user) or user.isdigit() or user in (".", ".."):
                raise at(
                    (index,), f"{user!r} can't be a user's name: letters, digits, _ . and - only, 32 at most"
                )
        return tuple(dict.fromkeys(users))

    @field_validator("accept_data_change")
    @classmethod
    def _data_change(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        for index, key in enumerate(keys):
            if key not in DATA_CHANGES:
                raise at(
                    (index,),
                    f"{key!r} is nothing that puts data at risk: it is one of {', '.join(DATA_CHANGES)}",
                )
        return keys

    @model_validator(mode="after")
    def _way_out(self) -> Spec:
        proxied = self.proxy_for_daemon not in (None, NONE)
        if self.no_proxy and not proxied:
            raise at(
                ("no_proxy",), "no_proxy says what goes past the daemon's proxy: name that by --proxy too"
            )
        for index, entry in enumerate(self.no_proxy):
            if is_network(entry) and not self.engine.passes_networks:
                raise at(
                    ("no_proxy", index),
                    f"Docker {self.docker_version} doesn't know networks in NO_PROXY ({entry}): name hosts, domains "
                    "or addresses",
                )
        if self.daemon.get("proxies") and masked(str(self.daemon["proxies"])) != str(self.daemon["proxies"]):
            raise at(
                ("daemon", "proxies"),
                "proxies holds a user or password: give it by --daemon-proxy env:NAME instead",
            )
        if self.daemon.get("proxies") and self.proxy_for_daemon is not None:
            raise at(
                ("daemon", "proxies"),
                "the daemon's proxy is given twice: keep proxy or daemon_proxy, leave proxies",
            )
        return self

    @model_validator(mode="after")
    def _daemon(self, info: ValidationInfo) -> Spec:
        engine = self.engine if info.context is not False else None
        for problem in daemon_settings.problems(self.daemon, engine):
            raise at(("daemon", *problem.path), problem.text)
        options = self._shorthands
        for each in SHORTHANDS:
            if options[each.option] is not None:
                for problem in daemon_settings.problems(each.settings(options[each.option]), engine):
                    raise at((each.option,), problem.text)
        if clash := shorthands.clash(self.daemon, options):
            raise at(
                ("daemon", *clash.path),
                clash.text(options[clash.option], "{other}"),
                (clash.option,),
            )
        for problem in daemon_settings.problems(self.settings(), engine):
            given = [
                each.option for each in SHORTHANDS if each.key == problem.path[0] and options[each.option]
            ]
            raise at((given[0],) if given else ("daemon", *problem.path), problem.text)
        return self


def at(path: tuple[str | int, ...], text: str, other: tuple[str | int, ...] = ()) -> PydanticCustomError:
    """An error about what `path` leads to, seen from the validator that raises it.

    Where `other` leads is put in for {other}.
    """
    return PydanticCustomError("wrong", "{text}", {"text": text, "path": path, "second": other})
