"""From the packages that are there to those that are asked for: what comes, what goes, and yum's way. Pure decisions.

Facts relied on (yum 3.4.3, run): `install` passes over what would go down and `downgrade` over what would go up or
come anew, both with status 0; `update` with a version that is installed goes to the newest; only `swap` gets over a
file that two packages bring, and with a target that is installed it does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from provision import engines
from provision.engine_keys import Line
from provision.words.rpm import compare

DOCKER = "docker-ce"
CLI = "docker-ce-cli"
CLASHING = (CLI, "docker-ce-selinux")
"""What can't stay for a moment beside an engine that doesn't bring it: both have /usr/bin/docker; container-selinux,
which every later engine needs, conflicts with 17.03's docker-ce-selinux."""


RIVALS = (
    "docker",
    "docker-common",
    "docker-client",
    "docker-latest",
    "docker-engine",
    "docker-engine-selinux",
    "docker-io",
    "docker-ee",
    "podman-docker",
)
"""What can't be installed beside docker-ce: its Conflicts and Obsoletes, and what owns /usr/bin/docker."""

KEPT = frozenset({"docker-ee"})
"""Of these, what isn't replaced on request either: an engine of its own, with data that may be newer."""

KIN = ("docker-client-latest", "docker-latest-logrotate", "docker-logrotate")
"""What comes with rivals, and goes with them: by itself it is in nobody's way."""


@dataclass(frozen=True, slots=True)
class Transition:
    """`there` and `wanted` are VERSION-RELEASE by name; `goes` are names that are there and that are to go.

    `rivals` are those of them in whose place docker-ce comes.
    """

    there: Mapping[str, str]
    wanted: Mapping[str, str]
    goes: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    torn: bool = False
    """Files of the engine that is there aren't as its package has them."""

    @property
    def spoilt(self) -> tuple[str, ...]:
        """What is installed again, for nothing else takes its place."""
        return (DOCKER,) if self.torn and DOCKER in self.wanted and not self._order(DOCKER) else ()

    @property
    def new(self) -> tuple[str, ...]:
        return tuple(name for name in self.wanted if name not in self.there)

    @property
    def up(self) -> tuple[str, ...]:
        return tuple(name for name in self.wanted if self._order(name) < 0)

    @property
    def down(self) -> tuple[str, ...]:
        return tuple(name for name in self.wanted if self._order(name) > 0)

    def _order(self, name: str) -> int:
        return compare(self.there[name], self.wanted[name]) if name in self.there else 0

    @property
    def empty(self) -> bool:
        return not (self.new or self.up or self.down or self.goes or self.spoilt)

    @property
    def replaced(self) -> tuple[str, ...]:
        """Names of what is there now and won't be: what the way back needs, and all that yum may take away."""
        return (*self.up, *self.down, *self.goes, *self.spoilt)

    @property
    def lowered(self) -> tuple[str, ...]:
        """Packages that make way for older ones, by name-version-release; so does a CLI for an engine with its own."""
        makes_way = [
            name
            for name in self.goes
            if name == CLI and not self.torn and compare(self.there[CLI], self.wanted[DOCKER]) > 0
        ]
        return self.packages((*self.down, *makes_way))

    def packages(self, names: Iterable[str]) -> tuple[str, ...]:
        """What is there of these, by name-version-release."""
        return tuple(f"{name}-{self.there[name]}" for name in names)

    @property
    def installed(self) -> str:
        """The engine that is there, as operators write it: "18.06.3"; empty where there is none."""
        return plain(self.there.get(DOCKER, ""))

    @property
    def stops(self) -> bool:
        """Whether an engine that is there is stopped by it."""
        return bool(self.rivals) or (
            DOCKER in self.there
            and not {DOCKER, engines.CONTAINERD}.isdisjoint((*self.new, *self.up, *self.down, *self.spoilt))
        )

    @property
    def lines(self) -> tuple[Line | None, Line | None]:
        """The release lines of the engine that is there and of the one asked for."""
        return engines.release_line(self.installed), engines.release_line(plain(self.wanted[DOCKER]))

    @property
    def crosses(self) -> bool:
        """Whether no container can go on over it, live-restore or not."""
        here, there = self.lines
        return here is not None and there is not None and engines.crosses(here, there)

    @property
    def stays_in_line(self) -> bool:
        """Whether live-restore keeps containers over it: Docker promises that for patch releases alone."""
        here, there = self.lines
        return here == there

    @property
    def way(self) -> str:
        """yum's command: install, downgrade, swap or reinstall; empty where packages only go."""
        coming = bool(self.new or self.up)
        if self.spoilt:
            return "reinstall"
        if not coming and not self.down:
            return ""
        if (self.down and coming) or not {*CLASHING, *self.rivals}.isdisjoint(self.goes):
            return "swap"
        return "downgrade" if self.down else "install"

    @property
    def command(self) -> tuple[str, ...]:
        """yum's words for all that comes or changes, in one transaction."""
        coming = tuple(f"{name}-{self.wanted[name]}" for name in (*self.new, *self.up, *self.down))
        match self.way:
            case "reinstall":
                return ("reinstall", *self.packages(self.spoilt))
            case "install":
                # those too that are there: a name that is left out is taken for the newest
                return ("install", *(f"{name}-{version}" for name, version in self.wanted.items()))
            case "downgrade":
                return ("downgrade", *coming)
            case "swap":
                return ("swap", "--", "remove", *self.replaced, "--", "install", *coming)
        return ()

    @property
    def left_over(self) -> tuple[str, ...]:
        """What goes in a transaction behind it, for that command doesn't take it."""
        return () if self.way == "swap" else self.goes

    @property
    def title(self) -> str:
        """What happens to the engine, in words."""
        if self.rivals:
            return f"replacement of {', '.join(self.packages(self.rivals))} by docker-ce {plain(self.wanted[DOCKER])}"
        if DOCKER not in self.there:
            return "installation"
        old, new = self.installed, plain(self.wanted[DOCKER])
        order = compare(self.there[DOCKER], self.wanted[DOCKER])
        if not order:
            return f"change of what belongs to {new}"
        return f"{'upgrade' if order < 0 else 'downgrade'} from {old} to {new}"

    def __str__(self) -> str:
        """The whole of it, as a plan's reason."""
        said = [self.title if self.rivals or DOCKER in self.there else "not installed"]
        if self.way == "swap":
            said[0] += " by a swap"
        if self.spoilt:
            said.append("files of docker-ce are another package's, so it is installed again")
        if goes := [name for name in self.goes if name not in self.rivals]:
            one = len(goes) == 1
            lacking = f"for {plain(self.wanted[DOCKER])} doesn't bring {'it' if one else 'them'}"
            said.append(f"{', '.join(goes)} {'goes' if one else 'go'}, {lacking}")
        return "; ".join(said)


def plain(version: str) -> str:
    """A version as operators write it, from VERSION-RELEASE."""
    return version.partition("-")[0].removesuffix(".ce")
