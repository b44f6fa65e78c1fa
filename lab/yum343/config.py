"""yum.conf, the repository files, and what the command line says over them."""

import configparser
import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .output import Error, Output

# The options of [main] that are known here, with their defaults. A repository section inherits those of INHERITED.
MAIN = {
    "cachedir": "/var/cache/yum/$basearch/$releasever",
    "persistdir": "/var/lib/yum",
    "reposdir": "/etc/yum.repos.d",
    "logfile": "/var/log/yum.log",
    "debuglevel": "2",
    "keepcache": "0",
    "plugins": "0",
    "obsoletes": "1",
    "gpgcheck": "0",
    "exclude": "",
    "exit_on_lock": "0",
    "clean_requirements_on_remove": "0",
    "skip_missing_names_on_install": "1",
    "skip_missing_names_on_update": "1",
    "diskspacecheck": "1",
    "assumeyes": "0",
    "retries": "10",
    "timeout": "30",
    "proxy": "",
    "proxy_username": "",
    "proxy_password": "",
    "sslverify": "1",
    "sslcacert": "",
    "metadata_expire": "21600",
    # Known to yum.conf, of no consequence here.
    **dict.fromkeys(("distroverpkg", "exactarch", "installonly_limit", "errorlevel", "bugtracker_url"), ""),
}
INHERITED = (
    *(
        "gpgcheck",
        "retries",
        "timeout",
        "proxy",
        "proxy_username",
        "proxy_password",
        "sslverify",
        "sslcacert",
    ),
    "metadata_expire",
)
OF_A_REPOSITORY = (
    "name",
    "baseurl",
    "mirrorlist",
    "gpgkey",
    "exclude",
    "includepkgs",
    "username",
    "password",
)
EXPIRY = {"never": -1, "m": 60, "h": 3600, "d": 86400, "s": 1}


@dataclass
class Section:
    """A repository as configured."""

    id: str
    file: Path
    values: dict[str, str]
    enabled: bool
    variables: dict[str, str] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """A value, with $releasever and $basearch filled in; empty if there is none."""
        return substitute(self.values.get(key, ""), self.variables)

    def words(self, key: str) -> list[str]:
        """A list value: blanks, commas and line ends separate."""
        return re.split(r"[\s,]+", self.text(key)) if self.text(key).strip() else []

    def true(self, key: str) -> bool:
        """A yes-or-no value; no if there is none."""
        return truth(self.text(key))

    @property
    def ui_id(self) -> str:
        """The id as repolist and some errors show it."""
        url = self.values.get("baseurl", "") + self.values.get("mirrorlist", "")
        return self.id + "".join(f"/{value}" for name, value in self.variables.items() if f"${name}" in url)

    @property
    def expires(self) -> int:
        """Seconds after which metadata are fetched anew; -1 is never."""
        text = self.text("metadata_expire")
        if text == "never":
            return -1
        return int(text.rstrip("smhd") or 0) * (EXPIRY[text[-1]] if text[-1:] in EXPIRY else 1)


def truth(text: str) -> bool:
    """yum's idea of yes."""
    return text.strip().lower() in {"1", "yes", "true", "on"}


def substitute(text: str, variables: dict[str, str]) -> str:
    """Fill in $name and ${name} of the variables that are known."""
    for name, value in variables.items():
        text = text.replace(f"${{{name}}}", value).replace(f"${name}", value)
    return text


class Configuration:
    """Everything read from files and options."""

    def __init__(self, file: Path, setopts: Iterable[str], variables: dict[str, str], out: Output) -> None:
        self.variables, self._out = variables, out
        self._setopts = [_split(setopt) for setopt in setopts]
        parser = parsed(file)
        self.main = {**MAIN, **(dict(parser["main"]) if parser.has_section("main") else {})}
        for repo, key, value in self._setopts:
            if repo is None and key not in MAIN:
                out.warn(f"Main config did not have a {key} attr. before setopt")
            if repo is None:
                self.main[key] = value
        self.sections: dict[str, Section] = {}
        self._add_sections(parser, file)
        for folder in self.main["reposdir"].split():
            for repo_file in sorted(Path(folder).glob("*.repo")):
                try:
                    self._add_sections(parsed(repo_file), repo_file)
                except PermissionError:
                    out.warn(f"Skipping unreadable repository '{repo_file}'")

    def text(self, key: str) -> str:
        """A value of [main], with variables filled in."""
        return substitute(self.main[key], self.variables)

    def true(self, key: str) -> bool:
        """A yes-or-no value of [main]."""
        return truth(self.main[key])

    def enable(self, pattern: str, *, on: bool) -> None:
        """Enable or disable the repositories that a comma-separated list of patterns names. Raises Error if none."""
        for one in pattern.split(","):
            found = [section for section in self.sections.values() if fnmatch.fnmatch(section.id, one)]
            if on and not found:
                raise Error(f"\n\nError getting repository data for {one}, repository not found")
            for section in found:
                section.enabled = on

    def enabled(self) -> list[Section]:
        """The enabled repositories, by id."""
        return sorted((s for s in self.sections.values() if s.enabled), key=lambda section: section.id)

    def _add_sections(self, parser: configparser.RawConfigParser, file: Path) -> None:
        for name in parser.sections():
            if name == "main":
                continue
            if name in self.sections:
                self._out.warn(f"Repository {name} is listed more than once in the configuration")
                continue
            values = {key: self.main[key] for key in INHERITED} | dict(parser[name])
            values |= self._setopts_for(name)
            enabled = truth(values.get("enabled", "1"))
            self.sections[name] = Section(name, file, values, enabled, self.variables)

    def _setopts_for(self, repo: str) -> dict[str, str]:
        """What --setopt says about one repository: its own id wins over a pattern, whatever the order."""
        fitting = [(r, key, value) for r, key, value in self._setopts if r and fnmatch.fnmatch(repo, r)]
        fitting.sort(key=lambda entry: entry[0] == repo)
        return {key: value for _, key, value in fitting}


def _split(setopt: str) -> tuple[str | None, str, str]:
    key, _, value = setopt.partition("=")
    repo, _, key = key.rpartition(".")
    return repo or None, key, value


def parsed(file: Path) -> configparser.RawConfigParser:
    """A file of sections and options. Raises Error in yum's words."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=", ":"), comment_prefixes=("#", ";"))
    try:
        parser.read_string(file.read_text(), str(file))
    except FileNotFoundError:
        raise Error(f"\n\nError accessing file for config file://{file}") from None
    except configparser.MissingSectionHeaderError as error:
        where = f"file: file://{file}, line: {error.lineno}\n{error.line!r}"
        raise Error(f"\n\nFile contains no section headers.\n{where}") from None
    except configparser.Error as error:
        raise Error(f"\n\n{error}") from None
    return parser
