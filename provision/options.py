"""What an operator may ask for, as words: the names, help and examples of Spec's fields.

Apart from `spec`, so that listing the commands doesn't import pydantic. A test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One field of Spec. `many` fields are written "a,b" as a flag and as a list in a file."""

    name: str
    metavar: str
    help: str
    many: bool = False
    flag: bool = True
    """False where only a file can say it."""

    @property
    def option(self) -> str:
        """The flag as it is typed: --docker-version."""
        return "--" + self.name.replace("_", "-")


OPTIONS: tuple[Option, ...] = (
    Option(
        "docker_version",
        "VERSION",
        "Docker Engine to install, exactly (default 18.06.3; `versions` lists what is on offer)",
    ),
    Option(
        "package_mirror",
        "MIRROR",
        "where packages come from: aliyun (default), tuna, ustc, official, or the URL of a docker-ce folder",
    ),
    Option(
        "repo_key",
        "FILE",
        "armoured public key that signs the packages, where the mirror doesn't serve Docker's own",
    ),
    Option(
        "registry_mirrors",
        "URL[,URL]",
        "registry mirrors, in order, like https://<id>.mirror.aliyuncs.com; none takes all away"
        " (not given: those on the host stay)",
        many=True,
    ),
    Option("daemon", "KEY: VALUE", "further settings of daemon.json; null takes a key out", flag=False),
    Option(
        "users", "USER[,USER]", "members of the group docker, which makes them root on the host", many=True
    ),
)

FLAGS: tuple[Option, ...] = tuple(option for option in OPTIONS if option.flag)
"""Those that a command line can say."""
