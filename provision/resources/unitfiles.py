"""What systemd makes of a service's files: the command line that its next start gets, word by word with its place.

Read from the files, not from `systemctl show`: that tells what was loaded, which may be older, and no place. A whole
file in /etc stands in for one in /usr/lib, as does a drop-in of the same name; an empty `ExecStart=` forgets those
before it (systemd.unit(5) and systemd.service(5) of systemd 219).
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from provision.engine_keys import set_by_flags

FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system")
"""Where units lie, the first that has one of a name wins."""

LIBRARY = r"""
# UNIT: "file=PATH" for each file that may make it up, and of the lines that say how it is started "unit=PATH NUMBER
# TEXT"; "env=PATH NUMBER NAME=VALUE" of the environment, which may hold secrets, only for what these lines name
probe_unit_files() {
  unit=$1
  set --
  for folder in @FOLDERS@; do
    for file in "$folder/$unit" "$folder/$unit.d"/*.conf; do
      if [ -e "$file" ]; then printf 'file=%s\n' "$file"; fi
      if [ -f "$file" ]; then set -- "$@" "$file"; fi
    done
  done
  if [ $# = 0 ]; then return 0; fi
  found=$(logical_lines unit '^[ \t]*(ExecStart|EnvironmentFile)[ \t]*=' "$@")
  printf '%s\n' "$found"
  case $found in *'$'*) ;; *) return 0 ;; esac
  names=$(printf %s "$found" | grep -o '[$][{]*[A-Za-z_][A-Za-z0-9_]*' | sed 's/^[${]*//' | sort -u | paste -s -d '|' -)
  if [ -z "$names" ]; then return 0; fi
  printf '%s\n' "$found" | sed -n 's/^.*\tEnvironmentFile[ \t]*=[ \t]*-*//p' | while read -r file; do
    if [ -f "$file" ]; then logical_lines env "^[ \\t]*(export[ \\t]+)?($names)=" "$file"; fi
  done
  set_in_unit "$names" "$@"
}
# KEY PATTERN FILE...: the lines that begin so, with those in which they go on
logical_lines() {
  key=$1 pattern=$2; shift 2
  # FILENAME, for -v takes a backslash for more than itself, and units have \x2d for a dash
  awk -v key="$key" -v pattern="$pattern" '
    FNR == 1 || !on { wanted = $0 ~ pattern }
    wanted { printf "%s=%s\t%d\t%s\n", key, FILENAME, FNR, $0 }
    { on = /\\$/ }' "$@"
}
# NAMES FILE...: what Environment= sets of these; a line that goes on is only said to be there
set_in_unit() {
  names=$1; shift
  awk -v names="$names" '
    BEGIN { word = "\"(" names ")=[^\"]*\"|\047(" names ")=[^\047]*\047|(^|[ \t=])(" names ")=[^ \t\"\047]*" }
    !/^[ \t]*Environment[ \t]*=/ { next }
    {
      rest = $0
      if (/\\$/) { printf "odd=%s\t%d\t\n", FILENAME, FNR }
      while (match(rest, word)) {
        found = substr(rest, RSTART, RLENGTH)
        sub(/^[ \t=]/, "", found)
        gsub(/^["\047]|["\047]$/, "", found)
        printf "env=%s\t%d\t%s\n", FILENAME, FNR, found
        rest = substr(rest, RSTART + RLENGTH)
      }
    }' "$@"
}
""".replace("@FOLDERS@", " ".join(FOLDERS))


CONFIG_FILE = "config-file"
"""No key, but a flag by which dockerd reads another file than ours."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, numbered from 1."""

    path: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.number}"


@dataclass(frozen=True, slots=True)
class Command:
    """The words of a command line, each with the line that it stands in. Not `exact`: it can't be told in full."""

    words: tuple[Line, ...]
    exact: bool = True


@dataclass(frozen=True, slots=True)
class UnitFiles:
    """A service's files as they were read: `paths` in the order of FOLDERS, of their contents what matters here."""

    paths: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    environment: tuple[Line, ...] = ()
    odd: bool = False

    def __str__(self) -> str:
        return ", ".join(self.paths)

    @property
    def whole(self) -> str:
        """The file that the drop-ins add to; empty where there is none."""
        return next((path for path in self.paths if not _is_drop_in(path)), "")

    @property
    def packaged(self) -> bool:
        """Whether that file is the package's own, or will be."""
        return not self.whole or self.whole.startswith(FOLDERS[-1])

    @property
    def drop_ins(self) -> tuple[str, ...]:
        """In the order in which they count."""
        names: dict[str, str] = {}
        for path in filter(_is_drop_in, self.paths):
            names.setdefault(posixpath.basename(path), path)
        return tuple(names[name] for name in sorted(names))

    def command(self, stock: Sequence[str] | None = None) -> Command | None:
        """What the next start runs, the program first; None where no file says it.

        `stock` are the flags of the package's own unit, where that isn't there yet or will be another one.
        """
        found: Command | None = None
        if stock is not None and self.packaged:
            place = posixpath.join(FOLDERS[-1], "docker.service")
            found = Command(tuple(Line(place, 0, word) for word in ("/usr/bin/dockerd", *stock)))
        elif self.whole:
            found = self._after(self.whole, None)
        for path in self.drop_ins:
            found = self._after(path, found)
        return found

    def _after(self, path: str, before: Command | None) -> Command | None:
        """The command behind this file, which says another one or leaves it as it was."""
        found = before
        for parts in _logical(line for line in self.lines if line.path == path):
            name, _, first = parts[0].text.partition("=")
            if name.strip() != "ExecStart":
                continue
            values = (replace(parts[0], text=first), *parts[1:])
            if not "".join(each.text for each in values).strip():
                found = None
            else:
                # of several only a oneshot service runs more than the first
                once = Command(tuple(self._words(values)), self._exact(values))
                found = once if found is None else replace(once, exact=False)
        return found

    def _words(self, values: Iterable[Line]) -> Iterator[Line]:
        for line in values:
            for word in _split(line.text):
                yield from self._expanded(replace(line, text=word))

    def _expanded(self, word: Line) -> Iterator[Line]:
        """A word that is a variable alone gives several, one in braces is put in where it stands."""
        if re.fullmatch(r"\$[A-Za-z_]\w*", word.text):
            for value in self._set(word.text[1:]):
                yield from (replace(value, text=each) for each in value.text.split())
            return
        text = re.sub(
            r"\$\{(\w+)\}", lambda found: "".join(each.text for each in self._set(found[1])), word.text
        )
        yield replace(word, text=text)

    def _set(self, name: str) -> Iterator[Line]:
        """The parts of the last value that this variable is given: files come behind what units say."""
        units = {*self.paths}
        ordered = sorted(self.environment, key=lambda line: line.path not in units)
        last: tuple[Line, ...] = ()
        for parts in _logical(ordered):
            given, equals, value = parts[0].text.strip().removeprefix("export ").partition("=")
            if equals and given.strip() == name:
                last = (replace(parts[0], text=value), *parts[1:])
        texts = [part.text.strip() for part in last]
        if texts:
            texts[0] = texts[0].lstrip(_QUOTES)
            texts[-1] = texts[-1].rstrip(_QUOTES)
        return (replace(part, text=text) for part, text in zip(last, texts, strict=True))

    def _exact(self, values: Iterable[Line]) -> bool:
        text = " ".join([*(each.text for each in values), *(each.text for each in self.environment)])
        quoted = any(_QUOTED.search(each.text) for each in self.environment)
        return not self.odd and not quoted and not re.search(r"[%\\]|\$\$|^\s*[-+!]?@", text)


_QUOTES = "'\""
_QUOTED = re.compile(r"=[\"']?[^\"']+[\"'].")
"""A value with quotes inside."""


def _is_drop_in(path: str) -> bool:
    return path.endswith(".conf")


def _logical(lines: Iterable[Line]) -> Iterator[tuple[Line, ...]]:
    """Lines with those in which they go on, without the backslashes that say so."""
    parts: list[Line] = []
    for line in lines:
        goes_on = line.text.endswith("\\")
        parts.append(replace(line, text=line.text[:-1]) if goes_on else line)
        if not goes_on:
            yield tuple(parts)
            parts = []
    if parts:
        yield tuple(parts)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that goes on in the next line
        return text.split()


def parse(text: str) -> UnitFiles:
    """Out of what `probe_unit_files` printed among other lines; what isn't of it is passed over."""
    paths: list[str] = []
    found: dict[str, list[Line]] = {"unit": [], "env": []}
    odd = False
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key == "file":
            paths.append(value)
        odd = odd or key == "odd"
        path, *rest = value.split("\t", 2)
        if key in found and len(rest) == 2 and rest[0].isdecimal():
            found[key].append(Line(path, int(rest[0]), rest[1]))
    return UnitFiles(tuple(paths), tuple(found["unit"]), tuple(found["env"]), odd)


def keys_set(command: Command | None) -> dict[str, str]:
    """The keys of daemon.json that this command line sets, each with the flag and its place, as people read it."""
    found: dict[str, str] = {}
    words = command.words if command else ()
    for word, after in zip(words, (*words, Line("", 0, ""))[1:], strict=True):
        flag, equals, value = word.text.partition("=")
        if flag == "--config-file" and (value if equals else after.text) != "/etc/docker/daemon.json":
            found[CONFIG_FILE] = f"{flag} in {word if word.number else word.path}"
        for key, flag in set_by_flags([word.text]).items():
            found.setdefault(key, f"{flag} in {word if word.number else word.path}")
    return found


def unlike(running: Sequence[str], command: Command | None) -> str:
    """How the flags that a daemon runs with differ from those of its next start; empty where that can't be told.

    By the flags' names alone: values may be anybody's secrets.
    """
    if not running or command is None or not command.exact:
        return ""
    asked = [word.text for word in command.words[1:]]
    runs = list(running[1:])
    if runs == asked or not posixpath.basename(command.words[0].text).startswith("dockerd"):
        return ""
    more, less = _without(runs, asked), _without(asked, runs)
    parts = [
        *([f"it runs with {' '.join(more)}"] if more else []),
        *([f"its unit says {' '.join(less)}"] if less else []),
    ]
    return f"it was started with other flags than its unit has ({', '.join(parts) or 'in another order'})"


def _without(some: Sequence[str], others: Sequence[str]) -> list[str]:
    names: Mapping[str, None] = dict.fromkeys(
        word.partition("=")[0] if word.startswith("-") else "another value"
        for word in some
        if word not in others
    )
    return list(names)
