"""A repository's cached metadata: when they are fetched anew, and what they say."""

import hashlib
import re
import shutil
import time
from enum import Enum
from pathlib import Path

from . import metadata
from .config import Section
from .fetch import FetchError, fetch
from .output import Error, Output, no_space, number
from .packages import Package, matching

ADVICE = """

 One of the configured repositories failed ({name}),
 and yum doesn't have enough cached data to continue. At this point the only
 safe thing yum can do is fail. There are a few ways to "fix" this:

     3. Run the command with the repository temporarily disabled
            yum --disablerepo={id} ...

     5. Configure the failing repository to be skipped, if it is unavailable.
            yum-config-manager --save --setopt={id}.skip_if_unavailable=true
"""


class Refresh(Enum):
    """When a command fetches metadata that it has already."""

    NEVER = "list and info: whatever their age, and also after a change of baseurl"
    EXPIRED = "after metadata_expire, or when the repository file is younger than the cache"
    ALWAYS = "makecache"
    OFFLINE = "-C: not even when there are none"


class Repository:
    """One enabled repository and its folder in the cache."""

    def __init__(self, section: Section, cachedir: Path, out: Output) -> None:
        self.section = section
        self.id = section.id
        self.name = section.text("name") or section.id
        self.folder = cachedir / section.id
        self.excluded = 0
        self._out = out
        self._urls: list[str] = []

    @property
    def cookie(self) -> Path:
        """Its time is that of the last fetch."""
        return self.folder / "cachecookie"

    @property
    def expired(self) -> bool:
        """Whether the cache is older than its expiry or than the repository file (whole seconds, strictly)."""
        if not self.cookie.exists():
            return True
        fetched = int(self.cookie.stat().st_mtime)
        too_old = 0 <= self.section.expires < time.time() - fetched
        return too_old or int(self.section.file.stat().st_mtime) > fetched

    def load(self, refresh: Refresh) -> list[Package]:
        """All its packages; none if it is unavailable and may be skipped. Raises Error if it may not."""
        if refresh is Refresh.OFFLINE and not self._repomd.exists():
            self._fail(f"Cannot find repomd.xml file for {self.section.ui_id}")
        certificate = self.section.text("sslcacert")
        skip = self.section.true("skip_if_unavailable") or bool(
            certificate and not Path(certificate).exists()
        )
        try:
            if self._must_fetch(refresh):
                self._fetch_metadata()
            return metadata.packages(self._primary_file(), self.id) if self._repomd.exists() else []
        except Error:
            if not skip:
                raise
            return []

    def visible(self, packages: list[Package], *, excludes: bool, includes: bool) -> list[Package]:
        """The packages that exclude= and includepkgs= of the section leave, as far as they are to hold."""
        left = packages
        if includes and (patterns := self.section.words("includepkgs")):
            left = [package for pattern in patterns for package in matching(left, pattern)]
        for pattern in self.section.words("exclude") if excludes else ():
            hidden = set(matching(left, pattern))
            left = [package for package in left if package not in hidden]
        self.excluded += len(packages) - len(left)
        return left

    def download(self, package: Package) -> Path:
        """The package's file, in the cache. Raises Error if no try brings it."""
        target = self.folder / "packages" / Path(package.location).name
        if not (target.exists() and _sum(target, package.checksum[0]) == package.checksum[1]):
            self._try_all(package.location, target, f"  {package.nvra}: [Errno 256] No more mirrors to try.")
        return target

    @property
    def _repomd(self) -> Path:
        return self.folder / "repomd.xml"

    def _must_fetch(self, refresh: Refresh) -> bool:
        if refresh is Refresh.OFFLINE:
            return False
        missing = not (self._repomd.exists() and self.cookie.exists())
        return missing or refresh is Refresh.ALWAYS or (refresh is Refresh.EXPIRED and self.expired)

    def _fetch_metadata(self) -> None:
        new = self.folder / "repomd.xml.new"
        failure = f"failure: repodata/repomd.xml from {self.id}: [Errno 256] No more mirrors to try."
        try:
            self._try_all("repodata/repomd.xml", new, failure)
            location, checksum = metadata.primary(new)
            self._try_all(location, self.folder / Path(location).name, failure)
        except Error as error:
            if not self._repomd.exists():
                self._fail(str(error))
            return  # old metadata are better than none (yum 3.4.3, run)
        if _sum(self.folder / Path(location).name, checksum[0]) != checksum[1]:
            self._fail(
                f"failure: {location} from {self.id}: [Errno -1] Metadata file does not match checksum"
            )
        new.rename(self._repomd)
        self.cookie.touch()

    def _primary_file(self) -> Path:
        return self.folder / Path(metadata.primary(self._repomd)[0]).name

    def _try_all(self, path: str, target: Path, failure: str) -> None:
        """Fetch from one URL after the other, as often as `retries` allows. Raises Error with all failures."""
        failures: list[str] = []
        urls = self._base_urls()
        for attempt in range(int(self.section.text("retries")) or 1):
            url = f"{urls[attempt % len(urls)].rstrip('/')}/{path}"
            try:
                return fetch(url, target, self.section)
            except FetchError as error:
                failures.append(f"{url}: {error}")
                self._out.warn(f"{url}: {error}\nTrying other mirror.")
                if not error.again and attempt + 1 >= len(urls):
                    break
            except OSError as error:
                if not no_space(error):
                    raise
                raise Error(_full(self.folder)) from None
        raise Error("\n".join([failure, *failures]))

    def _base_urls(self) -> list[str]:
        self._urls = self._urls or self.section.words("baseurl") or self._mirrors()
        if not self._urls:
            self._fail(f"Cannot find a valid baseurl for repo: {self.section.ui_id}")
        return self._urls

    def _mirrors(self) -> list[str]:
        url = self.section.text("mirrorlist")
        if not url:
            return []
        target = self.folder / "mirrorlist.txt"
        try:
            fetch(url, target, self.section)
        except FetchError as error:
            words = re.sub(r"^\[Errno (\d+)\] ", r"\1: ", str(error))
            self._out.warn(f"Could not retrieve mirrorlist {url} error was\n{words}")
            return []
        return [line for line in target.read_text().split() if line.startswith(("http", "file", "ftp"))]

    def _fail(self, words: str) -> None:
        raise Error(ADVICE.format(name=self.name, id=self.id) + "\n" + words)


def _full(folder: Path) -> str:
    free = number(shutil.disk_usage(folder).free)
    return f"Insufficient space in download directory {folder}\n    * free   {free}"


def _sum(path: Path, kind: str) -> str:
    return hashlib.new("sha1" if kind == "sha" else kind, path.read_bytes()).hexdigest()
