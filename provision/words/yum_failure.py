"""Why yum failed, in one line with its remedy.

Where dnf stands in for yum and words a thing in its own way, both ways are known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from provision.words.reason import Reason, first, rule

_HOLDER = re.compile(
    r"another copy is running as pid (\d+)|PID 为 (\d+) 的另一个程序|process with pid (\d+) to finish"
)


def lock_holder(text: str) -> int | None:
    """The process that holds yum's lock, if yum says that one does."""
    found = _HOLDER.search(text)
    return int(next(filter(None, found.groups()))) if found else None


def failure(text: str, status: int) -> Reason:
    """Why yum failed, from all that it said (stdout and stderr) and its exit status."""
    if status == 135:
        return Reason("yum ended with a bus error: no room in /var/lib/rpm", _ROOM.format("/var/lib/rpm"))
    if (holder := lock_holder(text)) is not None:
        what = f"yum's lock is held by process {holder}"
        return Reason(what, f"wait until it is done (`ps -fp {holder}` tells what it is), then run again")
    reason = first(_LOCAL, text)
    if reason is None and _FAILED.search(text):
        reason = _unreachable(text)
    return reason or first(_OTHER, text) or _unreachable(text) or _last_word(text, status)


_ROOM = "make room in {0} (`df -h {0}`), then run again"
_REBUILD = (
    "save /var/lib/rpm, then `rm -f /var/lib/rpm/__db*; rpm --rebuilddb`, and look whether `rpm -qa` is whole"
)
_KEY = "if the mirror is meant to sign with a key of its own, hand that over by --repo-key FILE"

_LOCAL = (
    rule(
        r"waiting for transaction lock on (\S+)",
        "another process holds rpm's own lock {0}",
        "wait until it is done (`fuser {0}` tells which), then run again",
    ),
    rule(
        r"Error: (rpmdb (?:open failed|failed release provides))",
        "the rpm database is damaged ({0})",
        _REBUILD,
    ),
    rule(r"DB_RUNRECOVERY|cannot open Packages (?:index|database)", "the rpm database is damaged", _REBUILD),
    rule(
        r"sqlite3\.OperationalError: database is locked",
        "another yum was working",
        "wait for it, then run again",
    ),
    rule(
        r"Insufficient space in download directory (\S+)\s+\* free +(.*)\s+\* needed (.*)",
        "the disk is full: {0} has {1} free and needs {2}",
        _ROOM,
    ),
    rule(
        r"(?:needs (?=\S+ on)|At least )(\S+) (?:more space needed )?on the (\S+) filesystem",
        "the disk is full: {1} needs {0} more",
        "make room in {1}, then run again",
    ),
    rule(
        r"\[Errno 28\]",
        "a disk is full",
        "make room (`df -h` shows where; yum needs /var most), then run again",
    ),
    rule(
        r"Error unpacking rpm package (\S+)",
        "{0} couldn't be unpacked, most often for a full disk",
        "look at `df -h`, make room, then run again",
    ),
    rule(
        r"Failing package is: (\S+)\s+GPG Keys are configured as: (.*)",
        "{0} isn't signed by the key that its repository is pinned to, {1}",
        _KEY,
    ),
    rule(
        r"GPG key retrieval failed: .*?\"?Couldn't open file ([^\"\s]+)",
        "the key file {0} is missing",
        "run again",
    ),
    rule(r"GPG key retrieval failed: (.*)", "the repository's key can't be fetched ({0})", _KEY),
    rule(
        r"Invalid GPG Key from (\S+?): (.*)",
        "{0} holds no usable key ({1})",
        "hand over the armoured public key",
    ),
    rule(
        r"^Package (\S+) is not signed",
        "{0} carries no signature",
        "choose a mirror that serves Docker's own packages",
    ),
    rule(
        r"Repository '?(\S+?)'?: Error parsing config: (.*)",
        "the settings of repository {0} are wrong ({1})",
        "mend them in /etc/yum.repos.d or /etc/yum.conf, then run again",
    ),
    rule(
        r"File contains no section headers\.\s+file: (?:file://)*(\S+), line: (\d+)",
        "{0} is no repository file (line {1})",
        "mend it or move it away, then run again",
    ),
    rule(r"You need to be root", "yum wasn't run as root", "log in as root or as a user with sudo"),
)
"""Faults of the host itself. They come first: what is said about repositories after them is a consequence."""

_VAULT = "point it to an archive (CentOS 7 ended in 2024): --fix-base-repos does that for CentOS's own"

_OTHER = (
    rule(
        r"Could not retrieve mirrorlist (?:https?://)?([^/\s]+)",
        "the mirror list of {0} can't be fetched",
        _VAULT,
    ),
    rule(
        r"Cannot find a valid baseurl for repo: ([^/\s]+)",
        "repository {0} has no mirror that answers",
        _VAULT,
    ),
    rule(
        r"^\s*package (\S+) is already installed",
        "{0} is installed already, beside another version of it that a killed yum left",
        "`package-cleanup --cleandupes` and `yum-complete-transaction --cleanup-only`, then run again",
    ),
    rule(
        r"file (\S+) from install of (\S+) conflicts with file from package (\S+)",
        "{1} can't be installed beside {2}: both bring {0}",
        "take {2} away first",
    ),
    rule(
        r"file (\S+) conflicts between attempted installs of (\S+) and (\S+)",
        "{1} and {2} can't be installed together: both bring {0}",
        "leave one of them out",
    ),
    rule(
        r"^(?:Error: )?(\S+) conflicts with (\S+)", "{0} can't be installed beside {1}", "take {1} away first"
    ),
    rule(
        r"^Error: Package: (\S+) \((?:@\S+|installed)\)\s+Requires: (.*)",
        "{0}, which is installed, needs {1}",
        "take {0} away first, or ask for a version that it can go with",
    ),
    rule(
        r"^Error: Package: (\S+) \(\S+\)\s+Requires: (.*)",
        "{0} needs {1}, which no repository that answers offers",
        "see that base, updates and extras of CentOS 7 work (`yum repolist`), or say --fix-base-repos",
    ),
    rule(
        r"Trying to remove \"(\S+)\", which is protected",
        "{0} is protected from removal",
        "take it out of /etc/yum/protected.d if it is to go",
    ),
    rule(
        r"Error in (\w+) scriptlet in rpm package (\S+)",
        "the {0} script of {1} failed, so it wasn't installed",
        "the script's own words stand above; mend what it names, then run again",
    ),
    rule(
        r"^Public key for (\S+) is not installed\s*\Z",
        "{0} is signed by a key that isn't known here",
        _KEY,
    ),
    rule(
        r"No package (\S+) available|没有可用软件包 ([^\s。]+)|Unable to find a match: (\S+)",
        "the repositories don't offer {0}{1}{2}",
        "`versions` lists what is on offer",
    ),
    rule(
        r"No matching Packages to list|没有匹配的软件包可以列出",
        "the repository offers no such package",
        "see that --package-mirror names the folder above linux/centos",
    ),
    rule(
        r"^\s+(\S+): \[Errno 256\] No more mirrors to try",
        "{0} can't be downloaded from any mirror",
        "check the host's network, then run again",
    ),
    rule(
        r"Error getting repository data for (\S+), repository not found",
        "no repository is called {0}",
        "look at /etc/yum.repos.d",
    ),
    rule(
        r"Exiting on user command",
        "yum wanted to be asked",
        "run again; if it recurs, look at assumeno in /etc/yum.conf",
    ),
)


# ── repositories that can't be reached ──

_FAILED = re.compile(
    r"^failure: \S+ from (?P<repo>\S+): \[Errno 256\]"
    r"|Failed to download metadata for repo '(?P<dnf_repo>[^']+)'"
    r"|^Error downloading packages"
    r"|^Error: Package: \S+ \([^@].*\s+Requires: (?P<needed>.*)",
    re.MULTILINE,
)
"""The ends that a failed fetch leads to. Without one of them a dead repository was passed over, and harmless."""

_FETCH = re.compile(
    r"(?P<url>\w+://\S+): \[Errno (?:14|12)\] "
    r"(?:curl#(?P<curl>\d+) - |HTTPS? Error (?P<http>\d+)|(?P<timeout>Timeout))(?P<words>.*)"
    r"|Curl error \((?P<dnf_curl>\d+)\): (?P<dnf_words>.*?) for (?P<dnf_url>\w+://\S+)"
    r"|Status code: (?P<dnf_http>\d+) for (?P<dnf_http_url>\w+://\S+)"
)
"""A fetch that failed, in yum's words and in dnf's."""

_MIRROR = "choose another --package-mirror"
_CA = (
    "hand its authority's certificate over by --package-ca FILE if that is a private one, else mend the host's CA "
    f"certificates (package ca-certificates) and its clock, or {_MIRROR}"
)
_LOGIN = (
    "the proxy wants a user and a password, or others",
    "say --proxy with both in it, as env:NAME or file:PATH",
)
_ARCHIVE = "choose another archive by --fix-base-repos: aliyun, official or tuna"
_FOREIGN = "mend or disable that repository in /etc/yum.repos.d (CentOS 7 is kept on vault.centos.org)"

_CURL = {
    5: ("the proxy's name can't be resolved", "mend --proxy, or the proxy in /etc/yum.conf"),
    6: ("the name can't be resolved", f"mend the host's DNS, or {_MIRROR}"),
    7: ("no connection", f"check the host's network, or {_MIRROR}"),
    28: ("no answer in time", f"check the host's network, or {_MIRROR}"),
    35: ("no TLS connection", f"update nss and curl on the host, or {_MIRROR}"),
    51: ("its certificate is for another name", "check --package-mirror, and proxies that break TLS open"),
    60: ("its certificate isn't trusted", _CA),
    77: ("the CA file can't be read", "mend sslcacert in /etc/yum.conf or in the repository file"),
}
_HTTP = {
    403: ("it refuses this host", _MIRROR),
    404: ("it doesn't hold the file", "see that --package-mirror names the folder above linux/centos"),
    407: _LOGIN,
    429: ("it has been asked too often", f"wait, or {_MIRROR}"),
}


def _unreachable(text: str) -> Reason | None:
    """What kept yum from a repository: the last fetch that failed, and what came of it."""
    fetches = list(_FETCH.finditer(text))
    if not fetches:
        return None
    fetch = _groups(fetches[-1])
    url = urlsplit(fetch["url"])
    cause, remedy = _cause(fetch)
    cause = f"{url.netloc.rpartition('@')[2]}: {cause}"
    end = _FAILED.search(text)
    ended = _groups(end) if end else {}
    if ended.get("repo", "").startswith("centos-vault"):
        remedy = _ARCHIVE
    elif "/linux/centos/" not in url.path and not ended.get("repo", "").startswith("docker-ce"):
        remedy = _FOREIGN
    if "repo" in ended:
        return Reason(f"repository {ended['repo']} can't be read: {cause}", remedy)
    if "needed" in ended:
        return Reason(f"{ended['needed']} is needed, and where it may be can't be read: {cause}", remedy)
    return Reason(f"packages can't be fetched: {cause}", remedy)


def _groups(match: re.Match[str]) -> dict[str, str]:
    """The groups that matched; dnf's stand under the names of yum's."""
    return {name.removeprefix("dnf_").removeprefix("http_"): v for name, v in match.groupdict().items() if v}


def _cause(fetch: Mapping[str, str]) -> tuple[str, str]:
    if "timeout" in fetch:
        return _CURL[28]
    if status := fetch.get("http"):
        return _HTTP.get(int(status), (f"it answers with HTTP {status}", f"try later, or {_MIRROR}"))
    words = fetch["words"].strip('" ')
    if re.search(r"HTTP code 40[17] from proxy", words):  # what curl says of CONNECT
        return _LOGIN
    if re.search(r"expired|not yet valid|date and time", words):
        return f"its certificate is out of date ({words})", _CA
    cause, remedy = _CURL.get(int(fetch["curl"]), ("the transfer fails", f"check the network, or {_MIRROR}"))
    if "does not match" in words:
        cause, remedy = _CURL[51]
    return f"{cause} ({words})", remedy


def _last_word(text: str, status: int) -> Reason:
    """When no rule knows it: yum's own error, or the last that it said."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?:error|错误)[:：]", line, re.IGNORECASE)]
    last = next(reversed(errors or lines), "it said nothing")
    return Reason(f"yum failed with status {status}: {last}", "its log stands above")
