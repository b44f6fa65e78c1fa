#!/usr/bin/python3
"""dockerd of a version older than the binary behind it: refuses the daemon.json keys that this version lacks.

In that version's own words (18.06.3, run): one plain line on stderr, exit 1. Whatever else may be wrong with
the file is left to the real daemon, which reads it next and complains as the older one does; one difference
stays: it also refuses disable-legacy-registry, which 18.06 took. The process becomes the real daemon, so its
pid and systemd's notification are those of a dockerd without a shim.
"""

import json
import os
import sys
from pathlib import Path

LAB = Path("/usr/libexec/docker-lab")  # the real binary, the keys, and helpers under names that it looks for
# Objects that dockerd takes whole; the keys of all others count as if they stood at the top.
WHOLE = ("cluster-store-opts", "default-ulimits", "log-opts", "runtimes")
WHOLE_IF_KNOWN = ("builder", "features")  # from 18.09 on


def unknown_keys(text: str, known: list[str]) -> list[str]:
    """Keys of the first JSON value in the text that are not known; none if that isn't an object at all."""
    try:
        first, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except ValueError:
        return []
    keys: list[str] = []
    for key, value in first.items() if isinstance(first, dict) else ():
        whole = key in WHOLE or (key in WHOLE_IF_KNOWN and key in known)
        keys += value if isinstance(value, dict) and not whole else [key]
    return [key for key in keys if key not in known]


def config_file(arguments: list[str]) -> Path:
    """The file that --config-file names, or dockerd's default."""
    for index, argument in enumerate(arguments, 1):
        option, _, value = argument.partition("=")
        if option == "--config-file":
            return Path(value or "".join(arguments[index : index + 1]))
    return Path("/etc/docker/daemon.json")


def main() -> None:
    """Refuse, or become the real daemon."""
    arguments = sys.argv[1:]
    path = config_file(arguments)
    asks_only = {"-v", "--version", "-h", "--help"} & set(arguments)
    if path.is_file() and not asks_only:
        wrong = unknown_keys(path.read_text(errors="replace"), (LAB / "keys").read_text().split())
        if wrong:
            sys.exit(
                f"unable to configure the Docker daemon with file {path}: the following directives "
                f"don't match any configuration option: {', '.join(wrong)}"
            )
    os.environ["PATH"] = f"{LAB}:{os.environ.get('PATH', os.defpath)}"
    os.execv(LAB / "dockerd", sys.argv)  # noqa: S606 - to become it is the point


if __name__ == "__main__":
    main()
