"""Hosts as values: how each is reached, what is asked for of it, and where each word of that was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from provision.secret import Hidden, Password, Reference
from provision.spec import Layer
from provision.yamlmarks import Located


@dataclass(frozen=True, slots=True)
class Ssh:
    """The way to a host. `address` is as for `-H`: [user@]host[:port]; what is None, ssh_config says."""

    address: str
    user: str | None = None
    port: int | None = None
    identity: str | None = None
    """A private key's file."""
    gateway: str | None = None
    """Jump hosts as ProxyJump has them, or none."""
    password: Password | None = None
    """To log in, where no key is taken."""
    sudo_password: Password | None = None

    def fetched(self) -> Ssh:
        """The same with its passwords in memory. Raises OperatorError where one can't be had."""
        login, sudo = self.password, self.sudo_password
        if login is None and sudo is None:
            return self
        return replace(self, password=login and login.fetched(), sudo_password=sudo and sudo.fetched())


PASSWORDS = ("password", "sudo_password")


@dataclass(frozen=True, slots=True)
class Origin:
    """One place that says something of hosts: all of them, a group, a host. Many hosts share one."""

    name: str
    ssh: Layer = field(default_factory=dict)
    spec: Layer = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Host:
    """One host. `origins` go from the most general to the host's own, and later ones win."""

    name: str
    origins: tuple[Origin, ...] = ()
    groups: frozenset[str] = frozenset()

    @property
    def specs(self) -> tuple[Layer, ...]:
        """What Spec is built of, before `--spec` and flags."""
        return tuple(origin.spec for origin in self.origins if origin.spec)

    @property
    def ssh(self) -> Ssh:
        """The way to it."""
        said: dict[str, object] = {"address": self.name}
        for origin in self.origins:
            said |= {key: _meant(key, located) for key, located in origin.ssh.items()}
        return Ssh(**said)  # type: ignore[arg-type]  # whoever reads an inventory checks each value's kind

    def said(self) -> Iterator[tuple[str, str, Located]]:
        """What counts of all that its origins say: a dotted name, the origin's name, the value with its place."""
        for kind in ("ssh", "spec"):
            found: dict[str, tuple[str, Located]] = {}
            for origin in self.origins:
                layer: Mapping[str, Located] = getattr(origin, kind)
                found |= {key: (origin.name, located) for key, located in layer.items()}
            yield from ((f"{kind}.{key}", name, located) for key, (name, located) in found.items())


def _meant(key: str, located: Located) -> object:
    if key not in PASSWORDS:
        return located.plain()
    kept = located.value if isinstance(located.value, Hidden) else Reference.parse(str(located.value))
    assert kept is not None  # noqa: S101  whoever reads an inventory checks that
    return Password(kept, f"{located.place}: {key}")


@dataclass(frozen=True, slots=True)
class Inventory:
    """Hosts in order, and the names of all groups. `left` is what of the source couldn't be carried over, in words."""

    hosts: tuple[Host, ...]
    groups: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
