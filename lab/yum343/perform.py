"""A transaction carried out: packages downloaded, their signatures checked, rpm run."""

import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import rpm  # type: ignore[import-not-found] # it is the hosts', not the developer's

from . import display, rpmdb
from .config import Configuration
from .output import WIDTH, Error, Output, number
from .packages import Package
from .repository import Repository
from .sign import Signatures
from .transaction import Transaction

COMES = {
    "installed": "Installing",
    "obsoleting": "Installing",
    "a downgrade": "Installing",
    "reinstalled": "Installing",
}
SCRIPTLETS = {
    rpm.RPMTAG_PREIN: "PREIN",
    rpm.RPMTAG_POSTIN: "POSTIN",
    rpm.RPMTAG_PREUN: "PREUN",
    rpm.RPMTAG_POSTUN: "POSTUN",
}


def download(transaction: Transaction, repositories: list[Repository], out: Output) -> dict[Package, Path]:
    """The files of the packages that come. Raises Error naming all that couldn't be had."""
    by_id = {repository.id: repository for repository in repositories}
    if any(coming.how == "an update" for coming in transaction.coming.values()):
        out.say("Delta RPMs disabled because /usr/bin/applydeltarpm not installed.", level=0)
    begin = time.monotonic()
    files: dict[Package, Path] = {}
    failures: list[str] = []
    for package in sorted(transaction.coming, key=lambda package: package.name):
        try:
            local = package.origin not in by_id  # named as a file
            files[package] = Path(package.location) if local else by_id[package.origin].download(package)
        except Error as error:
            failures.append(str(error).splitlines()[0])
    if failures:
        raise Error("\n\nError downloading packages:\n" + "\n".join(failures) + "\n")
    if len(files) > 1:
        size = sum(package.size for package in files)
        seconds = max(time.monotonic() - begin, 0.01)
        speed = f"{number(size / seconds)}B/s | {number(size)}B"
        out.say(f"{'-' * WIDTH}\nTotal{speed:>62}  {time.strftime('%M:%S', time.gmtime(seconds))}     ")
    return files


def check_signatures(
    files: dict[Package, Path], repositories: list[Repository], out: Output, *, yes: bool
) -> None:
    """Raise Error for the first package that isn't signed as its repository wants it."""
    by_id = {repository.id: repository for repository in repositories}
    signatures = Signatures(out, assume_yes=yes)
    for package, file in files.items():
        if package.origin in by_id and by_id[package.origin].section.true("gpgcheck"):
            signatures.check(package, file, by_id[package.origin])


def run(transaction: Transaction, files: dict[Package, Path], config: Configuration, out: Output) -> int:
    """Change the host; 1 if a package is not as it should be afterwards. Raises Error if rpm refuses beforehand."""
    out.say("Running transaction check\nRunning transaction test")
    problems = _Run(transaction, files, config, out).run(rpm.RPMTRANS_FLAG_TEST)
    if problems:
        words = "\n".join(f"  {problem[0]}" for problem in problems)
        raise Error(f"\n\nTransaction check error:\n{words}\n\nError Summary\n-------------\n")
    out.say("Transaction test succeeded\nRunning transaction")
    persist = Path(config.text("persistdir"))
    _remember(config, persist)
    every, done = _begin_journal(transaction, persist)
    _Run(transaction, files, config, out, done).run()
    failed = _settle(transaction, persist, out)
    every.unlink()
    done.unlink()
    display.results(transaction, failed, out)
    if not config.true("keepcache"):
        for file in files.values():
            file.unlink() if file.is_relative_to(config.text("cachedir")) else None
    return 1 if failed else 0


def _remember(config: Configuration, persist: Path) -> None:
    """Of yum's history what matters here: each transaction keeps the sections as they were, passwords included."""
    day = persist / "history" / time.strftime("%Y-%m-%d")
    day.mkdir(parents=True, exist_ok=True)
    folder = day / str(len(list(day.iterdir())) + 1)
    folder.mkdir(mode=0o700)
    lines = []
    for section in config.enabled():
        lines += [
            f"[{section.id}]",
            *(f"{key} = {value}" for key, value in sorted(section.values.items())),
            "",
        ]
    (folder / "config-repos").write_text("\n".join(lines))


class _Run:
    """rpm's own transaction, telling what it does as yum does."""

    def __init__(
        self,
        transaction: Transaction,
        files: dict[Package, Path],
        config: Configuration,
        out: Output,
        done: Path | None = None,
    ) -> None:
        self._transaction, self._files, self._out, self._done = transaction, files, out, done
        self._log = Path(config.text("logfile"))
        self._open: dict[Package, int] = {}
        self._begun: Any = None
        # What scriptlets print; shown when the package is done.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this does
        self._rpm = rpm.TransactionSet()
        self._rpm.setVSFlags(-1)  # yum has checked the signatures; else rpm reads every package twice more
        self._rpm.setVfyLevel(0)
        spaceless = 0 if config.true("diskspacecheck") else rpm.RPMPROB_FILTER_DISKSPACE
        self._rpm.setProbFilter(rpm.RPMPROB_FILTER_OLDPACKAGE | spaceless)
        for package, coming in transaction.coming.items():
            with files[package].open("rb") as file:
                header = self._rpm.hdrFromFdno(file.fileno())
            add = self._rpm.addReinstall if coming.how == "reinstalled" else self._rpm.addInstall
            add(header, package, *([] if coming.how == "reinstalled" else ["u"]))
        replaced = {package.name for package in transaction.coming}
        for package in transaction.going:
            if package.name not in replaced:
                self._rpm.addErase(package.nvra)
        self._rpm.order()
        self._step, self._steps = 0, len(list(self._rpm))

    def run(self, flags: int = 0) -> list[tuple[str, object]]:
        """The problems that rpm reports."""
        self._rpm.setFlags(flags)
        self._rpm.scriptFd = self._said.fileno()
        rpm.setVerbosity(rpm.RPMLOG_INFO)  # else scriptlets are silenced
        return list(self._rpm.run(self._told, "") or [])

    def _told(self, what: int, amount: int, total: int, key: Any, _: object) -> int | None:
        if what == rpm.RPMCALLBACK_INST_OPEN_FILE:
            self._stop_if_asked()
            self._open[key] = os.open(self._files[key], os.O_RDONLY)
            return self._open[key]
        if what == rpm.RPMCALLBACK_INST_START:
            how = self._transaction.coming[key].how
            self._begun = key
            self._begin(COMES.get(how, "Updating"), key)
        elif what == rpm.RPMCALLBACK_UNINST_START:
            self._stop_if_asked()
            self._begin(self._leaving(key)[0], self._leaving(key)[1])
        elif what == rpm.RPMCALLBACK_INST_CLOSE_FILE:
            os.close(self._open.pop(key))
            if key is self._begun:  # rpm also opens files to look at their digests
                how = self._transaction.coming[key].how
                self._end("Updated" if how == "an update" else "Installed", key, "install")
        elif what == rpm.RPMCALLBACK_UNINST_STOP:
            verb, package = self._leaving(key)
            self._end("Erased" if verb == "Erasing" else "", package, "erase")
        elif what == rpm.RPMCALLBACK_SCRIPT_ERROR:
            name = SCRIPTLETS.get(amount, "")
            kind = "Error in" if total else "Non-fatal"
            self._out.warn(f"{kind} {name} scriptlet{'' if total else ' failure'} in rpm package {key}")
        elif what in (rpm.RPMCALLBACK_CPIO_ERROR, rpm.RPMCALLBACK_UNPACK_ERROR):
            self._out.warn(f"Error unpacking rpm package {key}")
        return None

    def _stop_if_asked(self) -> None:
        """End between two packages on a signal, as rpm 4.11 does; the newer rpm holds signals back to the end."""
        if self._done and signal.sigpending() & {signal.SIGTERM, signal.SIGHUP, signal.SIGINT}:
            os._exit(1)  # and so the lock and the journal stay behind

    def _leaving(self, name: str) -> tuple[str, Package]:
        """The verb for an installed package of that name, and the package."""
        package = next(package for package in self._transaction.going if package.name == name)
        replaced = any(coming.name == name for coming in self._transaction.coming)
        return "Cleanup" if replaced else "Erasing", package

    def _begin(self, verb: str, package: Package) -> None:
        self._step += 1
        self._out.say(_progress(verb, str(package), self._step, self._steps), end="")

    def _end(self, logged: str, package: Package, journal: str) -> None:
        self._out.say(" ")
        self._said.seek(0)
        self._out.say(self._said.read().decode(errors="replace"), end="")
        self._said.seek(0)
        self._said.truncate()
        if logged:
            with self._log.open("a") as log:
                log.write(f"{time.strftime('%b %d %H:%M:%S')} {logged}: {package}\n")
        if self._done:
            with self._done.open("a") as done:
                done.write(f"{journal} {package.evr.epoch}:{package.nvra}\n")


def _progress(verb: str, package: str, step: int, steps: int) -> str:
    start, count = f"  {verb:<10} : {package}", f"{step}/{steps}"
    return start + count.rjust(WIDTH - 1 - len(start))


def _begin_journal(transaction: Transaction, persist: Path) -> tuple[Path, Path]:
    """What yum leaves behind when it is killed: the steps of the transaction, and those that are done."""
    persist.mkdir(parents=True, exist_ok=True)
    now = time.strftime("%Y-%m-%d.%H:%M.%S")
    every, done = persist / f"transaction-all.{now}", persist / f"transaction-done.{now}"
    steps = [("install", package) for package in transaction.coming]
    steps += [("erase", package) for package in transaction.going]
    every.write_text("".join(f"{verb} {p.evr.epoch}:{p.nvra}\n" for verb, p in steps))
    done.touch()
    return every, done


def _settle(transaction: Transaction, persist: Path, out: Output) -> set[Package]:
    """Compare with the rpm database, write down origins; the packages that are not as they should be."""
    members = [*transaction.coming, *transaction.going]
    for step, package in enumerate(members, 1):
        out.say(_progress("Verifying", str(package), step, len(members)) + " ")
    present = {package.identity for package in rpmdb.installed(persist)}
    failed = {package for package in transaction.coming if package.identity not in present}
    for package in transaction.going:
        if package.identity not in present:
            rpmdb.forget(package, persist)
        elif package.identity not in {coming.identity for coming in transaction.coming}:
            out.warn(f"{package} was supposed to be removed but is not!")
            failed.add(package)
    for package, coming in transaction.coming.items():
        if package not in failed:
            rpmdb.note(package, persist, "dep" if coming.dependency else "user")
    return failed
