"""One run of yum: its configuration, the packages here and on offer, and the way from a plan to its end."""

import getpass
import os
import tempfile
from fnmatch import fnmatch
from optparse import Values
from pathlib import Path

from . import display, perform, rpmdb, versionlock
from .config import Configuration, Section
from .fetch import FetchError, fetch
from .output import Error, Output
from .packages import Package
from .repository import Refresh, Repository
from .transaction import Transaction

UNFINISHED = (
    "There are unfinished transactions remaining. You might consider running yum-complete-transaction, or "
    '"yum-complete-transaction --cleanup-only" and "yum history redo last", first to finish them. '
    "If those don't work you'll have to try removing/installing packages by hand "
    "(maybe package-cleanup can help)."
)
NO_REPOS = """\
There are no enabled repos.
 Run "yum repolist all" to see the repos you have.
 To enable custom repositories:
     yum-config-manager --enable <repo>"""
PERSIST = Path("/var/lib/yum")
TEMPORARY = Path("/var/tmp")  # noqa: S108 - where yum has it too


class Session:
    """What a command works with."""

    def __init__(self, options: Values) -> None:
        self.options = options
        self.out = Output()
        if options.quiet:
            self.out.level = 0
        # in another root nothing is installed yet (yum 3.4.3, run)
        self.installed = [] if options.installroot else rpmdb.installed(PERSIST)
        release = next((p.evr.version for p in self.installed if p.name == "centos-release"), "$releasever")
        variables = {"releasever": options.releasever or release, "basearch": "x86_64", "arch": "x86_64"}
        variables["infra"] = "stock"
        self.config = Configuration(Path(options.config), options.setopt, variables, self.out)
        if not options.quiet:
            self.out.level = int(options.debuglevel or self.config.text("debuglevel"))
        for pattern, on in options.repos:
            self.config.enable(pattern, on=on)
        self.plugins = self.config.true("plugins") and not options.noplugins
        self.locks = versionlock.locks(self.config) if self.plugins else None
        self.cachedir = self._cachedir()
        self.repositories = [Repository(s, self.cachedir, self.out) for s in self.config.enabled()]

    @property
    def timed_hosts(self) -> Path:
        """The plugin fastestmirror's file."""
        return self.cachedir / "timedhosts.txt"

    def available(self, refresh: Refresh = Refresh.EXPIRED) -> list[Package]:
        """What all enabled repositories offer, less what is excluded. Raises Error."""
        if not self.repositories:
            raise Error(NO_REPOS)
        if self.plugins:
            known = self.timed_hosts.exists()
            self.out.say(
                "Loading mirror speeds from cached hostfile" if known else "Determining fastest mirrors"
            )
            self.cachedir.mkdir(parents=True, exist_ok=True)
            self.timed_hosts.touch()
        offered = [p for repository in self.repositories for p in self.visible(repository, refresh)]
        return self.locks.visible(offered, self.installed, self.out) if self.locks else offered

    def visible(self, repository: Repository, refresh: Refresh) -> list[Package]:
        """What one repository offers, less what is excluded. Raises Error."""
        packages = repository.load(Refresh.OFFLINE if self.options.cacheonly else refresh)
        packages = repository.visible(
            packages,
            excludes=not self._lifted(self.options.disableexcludes, repository.id),
            includes=not self._lifted(self.options.disableincludes, repository.id),
        )
        patterns = list(self.options.exclude)
        if not self._lifted(self.options.disableexcludes, "main"):
            patterns += self.config.text("exclude").replace(",", " ").split()
        return [p for p in packages if not any(p.matches(pattern) for pattern in patterns)]

    def transaction(self, offered: list[Package]) -> Transaction:
        """An empty transaction."""
        return Transaction(self.installed, offered, self.out, obsoletes=self.config.true("obsoletes"))

    def carry_out(self, transaction: Transaction, nothing: str = "Nothing to do") -> int:
        """Resolve, show, ask, download, check and run; the exit code. Raises Error."""
        if not transaction:
            self.out.say(nothing)
            return 0
        self.out.say("Resolving Dependencies")
        if any(Path(self.config.text("persistdir")).glob("transaction-all.*")):
            self.out.say(UNFINISHED, level=0)
        errors = transaction.resolve()
        if errors:
            for error in errors:
                self.out.warn(error)
            self.out.say(" You could try using --skip-broken to work around the problem", level=0)
            self.out.say(" You could try running: rpm -Va --nofiles --nodigest", level=0)
            return 1
        self.out.say("\nDependencies Resolved")
        display.table(transaction, self.out)
        yes = bool(self.options.assumeyes)
        display.confirm(transaction, self.out, yes=yes, no=bool(self.options.assumeno))
        only = bool(self.options.downloadonly)
        self.out.say("Background downloading packages, then exiting:" if only else "Downloading packages:")
        files = perform.download(transaction, self.repositories, self.out)
        if not self.options.nogpgcheck:
            perform.check_signatures(files, self.repositories, self.out, yes=yes)
        if only:
            self.out.say('exiting because "Download Only" specified')
            return 0
        return perform.run(transaction, files, self.config, self.out)

    def fetch(self, url: str) -> Path:
        """Download a package that was named by its URL. Raises Error."""
        folder = tempfile.mkdtemp(prefix=f"yum-{getpass.getuser()}-", dir=TEMPORARY)
        target = Path(folder) / url.rpartition("/")[2]
        section = Section("", Path(self.options.config), dict(self.config.main), enabled=True)
        try:
            fetch(url, target, section)
        except FetchError as error:
            raise Error(str(error)) from None
        return target

    def _lifted(self, patterns: list[str], name: str) -> bool:
        return any(pattern == "all" or fnmatch(name, pattern) for pattern in patterns)

    def _cachedir(self) -> Path:
        """As configured for root; others have a folder of their own below /var/tmp."""
        configured = Path(self.options.installroot + self.config.text("cachedir"))
        if os.geteuid() == 0:
            return configured
        prefix = f"yum-{getpass.getuser()}-"
        own = next((path for path in TEMPORARY.glob(f"{prefix}*") if path.owner() == getpass.getuser()), None)
        return (own or Path(tempfile.mkdtemp(prefix=prefix, dir=TEMPORARY))) / configured.relative_to("/")
