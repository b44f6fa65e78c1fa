"""What a host's refusal or failure means, in one line with its remedy.

The shell functions end with a short word and its arguments; what yum or the daemon said stands in the log
before it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from provision.engines import nearest
from provision.resources import record
from provision.words import docker, yum
from provision.words.reason import Reason


def explain(verdict: str, log: Sequence[str]) -> str:
    """The operator's line for a `fail` or `refuse` frame. `log` is what the host said since the last step."""
    for word, end in _PUT_BACK.items():
        if verdict.endswith(f" {word}"):
            return f"{explain(verdict.removesuffix(f' {word}'), log)}; {end}"
    match verdict.split(" "):
        case ["engine"]:
            reason = docker.daemon_failure(log)
            return f"the engine doesn't come up in its new version: {reason.what}; {reason.remedy}"
        case ["yum", status] if status.isdigit():
            reason = yum.failure("\n".join(log), int(status))
            return f"{reason.what}; {reason.remedy}"
        case ["missing", version]:
            return _missing(version, log)
        case ["signature" | "dependency" as kind, package]:
            return _UNSIGNED[kind].format(package)
        case ["clock", seconds]:
            days, way = abs(int(seconds)) // 86400, "behind" if seconds.startswith("-") else "ahead of"
            return (
                f"the host's clock is {days} day{'' if days == 1 else 's'} {way} the package mirror's, so that no "
                "certificate counts as valid: set it (`systemctl start chronyd`, or `date -s`), then run again"
            )
        case ["daemon", action, became, *unseen]:
            return _daemon(action, became, unseen, log)
        case _:
            return verdict


_UNSIGNED = {
    "signature": (
        "{} isn't signed by the key that was asked for, so nothing was installed; if the mirror is meant to serve"
        " packages of its own, hand over its key by --repo-key FILE"
    ),
    "dependency": (
        "{} isn't signed by the key of CentOS, so nothing was installed: it was altered, or it is of a repository that"
        " isn't CentOS's; take that out, or hand over the key of your own CentOS packages by --base-key FILE"
    ),
}
"""Docker's packages, and what comes along with them in a bundle."""

_PUT_BACK = {
    "back": "the packages and the daemon.json from before are back, and so is all that ran",
    "in-vain": "putting the packages from before back didn't bring the daemon back either: see `journalctl -u docker`",
}
"""How a change of packages that failed has ended."""


def _missing(version: str, log: Sequence[str]) -> str:
    offers = {offer.evr.rpartition(":")[2]: offer.version for offer in yum.offers("\n".join(log))}
    likely = offers.get(nearest(version, tuple(offers)) or "")
    hint = f"the nearest on offer is {likely}" if likely else "it offers no docker-ce at all"
    return f"the repository doesn't offer docker-ce {version}: {hint} (`versions` lists them all)"


def _daemon(action: str, became: str, unseen: Sequence[str], log: Sequence[str]) -> str:
    reason = docker.daemon_failure(log)
    if unseen:
        settings = ", ".join(base64.b64decode(unseen[0]).decode().splitlines())
        reason = Reason(
            f"it runs, but docker info doesn't show {settings}", "see `systemctl cat docker` for why"
        )
    end = {
        "taken-back": "daemon.json is back as it was and the daemon runs with it",
        "taken-back-in-vain": "daemon.json is back as it was, but the daemon doesn't run with it either",
        "kept": "daemon.json wasn't changed by this run",
    }[became]
    return (
        f"the daemon didn't take up its configuration on {action}: {reason.what}; {reason.remedy}; {end}; its log of "
        f"that is in {record.FOLDER}/last-words"
    )
