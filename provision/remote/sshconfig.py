"""ssh_config as OpenSSH reads it: what neither paramiko nor Fabric honours.

paramiko ignores Include and tries every block for every host; neither of the two reads StrictHostKeyChecking,
UserKnownHostsFile, GlobalKnownHostsFile, HostKeyAlias, HashKnownHosts, IdentitiesOnly or ServerAliveInterval,
which `vagrant ssh-config` and bastions depend on. Source of each rule: ssh_config(5) of OpenSSH 9.2.
"""

from __future__ import annotations

import glob
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import paramiko
from paramiko.config import SSHConfigDict

from provision.errors import OperatorError

T = TypeVar("T")
Block = dict[str, Any]  # paramiko's own: "host" (patterns) or "matches" (conditions), and "config"

MAX_DEPTH = 16  # of Include, as in OpenSSH
SYSTEM_DIRECTORY = Path("/etc/ssh")
GLOBAL_KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"
USER_KNOWN_HOSTS = "~/.ssh/known_hosts ~/.ssh/known_hosts2"
KEEPALIVE = 30  # seconds; ssh has none by default, but a change may be silent for minutes behind a NAT


class SSHConfig(paramiko.SSHConfig):
    """Parsed blocks with an index: a look-up costs the same in a file of ten hosts and of ten thousand."""

    _config: list[Block]  # paramiko has no public way in; Fabric's Config.clone does the same

    def __init__(self, blocks: list[Block]) -> None:
        super().__init__()
        self._config = blocks
        self._by_name: dict[str, list[int]] = {}
        self._always: list[int] = []
        for index, block in enumerate(blocks):
            patterns = block.get("host")
            if patterns and not any(set("*?[!") & set(pattern) for pattern in patterns):
                for pattern in patterns:
                    self._by_name.setdefault(pattern, []).append(index)
            else:
                self._always.append(index)
        # Canonicalization looks again under another name, which the index can't foresee.
        self._whole = any("canonicalizehostname" in block["config"] for block in blocks)

    def lookup(self, hostname: str) -> SSHConfigDict:
        """The options for one host, as paramiko gives them."""
        if self._whole:
            return super().lookup(hostname)
        narrow: Any = paramiko.SSHConfig()
        indexes = sorted({*self._always, *self._by_name.get(hostname, ())})
        narrow._config = [self._config[i] for i in indexes]
        found: SSHConfigDict = narrow.lookup(hostname)
        return found


def complete(config: Any) -> None:
    """Put an index, and what Include names, in place of the ssh_config that a fabric.Config has parsed.

    The files are read again where paramiko met an Include and ignored it. Raises OperatorError if one of them
    can't be read or parsed.
    """
    blocks: list[Block] = config.base_ssh_config._config
    if any("include" in block["config"] for block in blocks):
        blocks = _read_again(config)
    config._set(base_ssh_config=SSHConfig(blocks))


def _read_again(config: Any) -> list[Block]:
    user_directory = Path("~/.ssh").expanduser()
    if config._runtime_ssh_path is not None:  # -S, which stands for both others
        return _read(Path(config._runtime_ssh_path).expanduser(), user_directory)
    return [
        *_read(Path(config._user_ssh_path).expanduser(), user_directory),
        *_read(Path(config._system_ssh_path).expanduser(), SYSTEM_DIRECTORY),
    ]


def _read(path: Path, relative_to: Path, depth: int = 0) -> list[Block]:
    """The blocks of a file and of what it includes, in order."""
    if not path.is_file():
        return []
    if depth > MAX_DEPTH:
        raise OperatorError(f"{path}: more than {MAX_DEPTH} files include each other")
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError as problem:
        raise OperatorError(f"can't read {path}: {problem.strerror}") from problem
    blocks: list[Block] = []
    header = "Host *"
    pending: list[str] = []
    for line in lines:
        keyword, value = _split(line)
        if keyword == "include":
            blocks += _parse(path, [header, *pending])
            pending = []
            outer = _parse(path, [header], keep_empty=True)[-1]
            for included in _included(value, relative_to):
                blocks += [_within(outer, block) for block in _read(included, relative_to, depth + 1)]
        elif keyword in ("host", "match"):
            blocks += _parse(path, [header, *pending])
            header, pending = line, []
        else:
            pending.append(line)
    return blocks + _parse(path, [header, *pending])


def _split(line: str) -> tuple[str, str]:
    match = paramiko.SSHConfig.SETTINGS_REGEX.match(line.strip())
    return (match.group(1).lower(), match.group(2)) if match else ("", "")


def _parse(path: Path, lines: list[str], *, keep_empty: bool = False) -> list[Block]:
    try:
        parsed: Any = paramiko.SSHConfig.from_text("\n".join(lines))
    except paramiko.ConfigParseError as problem:
        raise OperatorError(f"{path}: {problem}") from problem
    return [block for block in parsed._config if block["config"] or keep_empty]


def _included(value: str, relative_to: Path) -> Iterator[Path]:
    for word in shlex.split(value):
        pattern = os.path.expandvars(Path(word).expanduser())
        # glob and not Path.glob: the pattern may be absolute
        yield from (Path(name) for name in sorted(glob.glob(str(relative_to / pattern))))  # noqa: PTH207


def _within(outer: Block, inner: Block) -> Block:
    """A block of an included file holds only where the including block holds too."""
    # paramiko stops at `all`, so that the inner conditions behind it would be lost.
    conditions = [condition for condition in _conditions(outer) if condition["type"] != "all"]
    return {"matches": conditions + _conditions(inner), "config": inner["config"]}


def _conditions(block: Block) -> list[Block]:
    if "matches" in block:
        return list(block["matches"])
    return [{"type": "originalhost", "param": block["host"], "negate": False}]


class Strictness(StrEnum):
    """StrictHostKeyChecking. `ask` is YES here, for a fleet's run has nobody to ask."""

    YES = "yes"
    ACCEPT_NEW = "accept-new"
    NO = "no"


_STRICTNESS = {
    "yes": Strictness.YES,
    "ask": Strictness.YES,
    "accept-new": Strictness.ACCEPT_NEW,
    "no": Strictness.NO,
    "off": Strictness.NO,
}


@dataclass(frozen=True, slots=True)
class HostOptions:
    """The options of one host that Fabric doesn't look at."""

    strictness: Strictness
    known_hosts: tuple[Path, ...]
    record: Path | None  # where a newly taken key is written
    key_alias: str | None
    hash_names: bool
    identities_only: bool
    keepalive: int


def host_options(found: Mapping[str, str], tokens: Mapping[str, str]) -> HostOptions:
    """Read them from paramiko's look-up. `tokens` are the %-letters of file names, without the percent sign.

    Raises OperatorError for a value that OpenSSH wouldn't take.
    """
    strictness = _choice(found, "StrictHostKeyChecking", _STRICTNESS, Strictness.YES)
    user_files = _files(found.get("userknownhostsfile", USER_KNOWN_HOSTS), tokens)
    global_files = _files(found.get("globalknownhostsfile", GLOBAL_KNOWN_HOSTS), tokens)
    keepalive = found.get("serveraliveinterval", str(KEEPALIVE))
    if not keepalive.isdigit():
        raise OperatorError(f"ssh_config: ServerAliveInterval {keepalive}: a number of seconds is expected")
    return HostOptions(
        strictness=strictness,
        known_hosts=(*user_files, *global_files),
        record=user_files[0] if user_files else None,
        key_alias=found.get("hostkeyalias"),
        hash_names=_choice(found, "HashKnownHosts", _YES_NO, False),
        identities_only=_choice(found, "IdentitiesOnly", _YES_NO, False),
        keepalive=int(keepalive) or KEEPALIVE,
    )


_YES_NO = {"yes": True, "no": False}


def _choice(found: Mapping[str, str], keyword: str, meanings: Mapping[str, T], default: T) -> T:
    value = found.get(keyword.lower())
    if value is None:
        return default
    if value.lower() not in meanings:
        raise OperatorError(f"ssh_config: {keyword} {value}: one of {', '.join(meanings)} is expected")
    return meanings[value.lower()]


def _files(value: str, tokens: Mapping[str, str]) -> tuple[Path, ...]:
    """A list of files; `none` and /dev/null hold nothing and keep nothing."""
    # paramiko has taken the quotes off a single quoted name: a name with a space is tried whole first.
    words = [value] if Path(value).is_file() else shlex.split(value)
    paths = [Path(expand(word, tokens)).expanduser() for word in words if word != "none"]
    return tuple(path for path in paths if path != Path(os.devnull))


def expand(text: str, tokens: Mapping[str, str]) -> str:
    """Put the tokens of ssh_config(5) in: `%h` and its like, and `%%`. Others stay as they are."""
    return re.sub("%(.)", lambda found: {"%": "%", **tokens}.get(found[1], found[0]), text)
