"""The plugin versionlock: of a locked name only the locked versions are seen. Not there: `!` in front, obsoletes."""

import time
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path

from .config import Configuration, parsed, truth
from .output import Output
from .packages import Package

PLUGIN = Path("/usr/lib/yum-plugins/versionlock.py")
CONF = Path("/etc/yum/pluginconf.d/versionlock.conf")
HINT = 'Excluding {count} update{s} due to versionlock (use "yum versionlock status" to show it)'


def locks(config: Configuration) -> "Locks | None":
    """The locks, if the plugin is there and on."""
    if not (config.true("plugins") and PLUGIN.exists() and CONF.exists()):
        return None
    main = parsed(CONF)["main"]
    return Locks(Path(main["locklist"])) if truth(main.get("enabled", "0")) else None


class Locks:
    """A list of locks: `EPOCH:NAME-VERSION-RELEASE.*` in lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text().splitlines()
        self._entries = [line.strip() for line in lines if line.strip() and not line.startswith("#")]

    def visible(self, offered: list[Package], installed: list[Package], out: Output) -> list[Package]:
        """What the locks leave of the packages on offer."""
        names = {entry.partition(":")[2].rsplit("-", 2)[0] for entry in self._entries}
        locked = {entry.rpartition(".")[0] for entry in self._entries}
        hidden = [p for p in offered if p.name in names and _nevr(p) not in locked]
        newest = {package.name: package.evr for package in installed}
        count = len({p.name for p in hidden if p.name in newest and newest[p.name] < p.evr})
        if count:
            out.say(HINT.format(count=count, s="" if count == 1 else "s"))
        return [package for package in offered if package not in hidden]

    def command(self, words: list[str], packages: Callable[[], Iterable[Package]], out: Output) -> int:
        """`yum versionlock [add] NAME...`, `list`, `delete PATTERN...`."""
        verb = words[0] if words and words[0] in ("add", "list", "delete") else "add"
        arguments = words[1:] if words[:1] == [verb] else words
        if verb == "add":
            new = {_nevr(p): p for p in packages() if any(p.matches(word) for word in arguments)}
            fresh = [nevr for nevr in new if f"{nevr}.*" not in self._entries]
            for nevr in fresh:
                out.say(f"Adding versionlock on: {nevr}")
            if fresh:
                with self._path.open("a") as file:
                    file.write(
                        f"\n# Added locks on {time.ctime()}\n" + "".join(f"{nevr}.*\n" for nevr in fresh)
                    )
            out.say(f"versionlock added: {len(fresh)}")
        elif verb == "delete":
            gone = [e for e in self._entries if any(_named(e, word) for word in arguments)]
            if not gone:
                out.warn("Error: Error: versionlock delete: no matches")
                return 1
            for entry in gone:
                out.say(f"Deleting versionlock for: {entry}")
            self._path.write_text("".join(f"{e}\n" for e in self._entries if e not in gone))
            out.say(f"versionlock deleted: {len(gone)}")
        else:
            for entry in self._entries:
                out.say(entry)
            out.say("versionlock list done")
        return 0


def _nevr(package: Package) -> str:
    return f"{package.evr.epoch}:{package.name}-{package.evr.version}-{package.evr.release}"


def _named(entry: str, pattern: str) -> bool:
    full = entry.removesuffix(".*").partition(":")[2]
    return any(fnmatch(form, pattern) for form in (entry, full, full.rsplit("-", 2)[0]))
