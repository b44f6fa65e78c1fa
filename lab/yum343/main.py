"""The command line: options as yum 3.4.3 knows them, the lock, and one command."""

import os
import sys
from optparse import OptionParser, Values
from typing import NoReturn

from . import lock
from .commands import CHANGING, COMMANDS
from .output import Error, Output
from .session import Session

FLAGS = (
    *(("-y", "--assumeyes"), ("-q", "--quiet"), ("-v", "--verbose"), ("-C", "--cacheonly")),
    *(("--assumeno",), ("--showduplicates",), ("--noplugins",), ("--nogpgcheck",), ("--downloadonly",)),
    *(("--obsoletes",), ("--skip-broken",), ("--version",)),
)


class _Parser(OptionParser):
    def error(self, msg: str) -> NoReturn:
        """yum's way to say it: exit code 1, not 2."""
        print(f"{self.get_usage()}\n")
        print(f"Command line error: {msg}", file=sys.stderr)
        sys.exit(1)


def main(arguments: list[str]) -> int:
    """Run yum; its exit code."""
    options, words = _parse(arguments)
    if options.version:
        print("3.4.3")
        return 0
    if not words:
        print("You need to give some command", file=sys.stderr)
        return 1
    try:
        return _run(Session(options), *words)
    except Error as error:
        if str(error):
            Output().warn(str(error))
        return 1
    except KeyboardInterrupt:
        print("\n\nExiting on user cancel.", file=sys.stderr)
        return 1


def _run(session: Session, command: str, *arguments: str) -> int:
    if session.plugins:
        session.out.say(f"Loaded plugins: fastestmirror{', versionlock' if session.locks else ''}")
    if command not in COMMANDS:
        raise Error(f"No such command: {command}. Please use /usr/bin/yum --help")
    if os.geteuid() != 0:
        if command in CHANGING:
            raise Error("You need to be root to perform this command.")
        return COMMANDS[command](session, list(arguments))
    if session.options.installroot:  # free of the lock (yum 3.4.3, run)
        return COMMANDS[command](session, list(arguments))
    lock.acquire(session.out, exit_on_lock=session.config.true("exit_on_lock"))
    try:
        return COMMANDS[command](session, list(arguments))
    finally:
        lock.release()


def _parse(arguments: list[str]) -> tuple[Values, list[str]]:
    parser = _Parser(usage="yum [options] COMMAND")
    for names in FLAGS:
        parser.add_option(*names, action="store_true")
    parser.add_option("-c", "--config", default="/etc/yum.conf")
    parser.add_option("-d", "--debuglevel", type=int)
    parser.add_option("-e", "--errorlevel", type=int)
    parser.add_option("--releasever")
    parser.add_option("--installroot", default="")
    for names in ("-x", "--exclude"), ("--setopt",), ("--disableexcludes",), ("--disableincludes",):
        parser.add_option(*names, action="append", default=[])
    repos: list[tuple[str, bool]] = []  # of both options, since their order counts
    for name, on in (("--enablerepo", True), ("--disablerepo", False)):
        parser.add_option(name, type=str, action="callback", callback=_note, callback_args=(repos, on))
    options, words = parser.parse_args(arguments)
    options.repos = repos
    return options, words


def _note(_option: object, _name: str, value: str, _parser: object, repos: list[object], on: object) -> None:
    repos.append((value, on))
