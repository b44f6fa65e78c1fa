"""Which of the engine's packages we brought, by the host's own record."""

from __future__ import annotations

from provision.resources.base import State
from provision.resources.record import RecordState
from provision.words import rpm

PACKAGES_ID = "packages docker-ce"

ANY = "*-*"
"""In the host's record, the VERSION-RELEASE of what yum chose."""


def brought(record: State) -> frozenset[str]:
    """The names of the engine's packages that we brought, by the host's record."""
    return frozenset(recorded(PACKAGES_ID, record))


def recorded(ident: str, record: State) -> dict[str, str]:
    """What we brought, VERSION-RELEASE by name; a name that went since is kept, for a crash may have come before."""
    touched = record.touched(ident) if isinstance(record, RecordState) else None
    installed = [str(package).rsplit("-", 2) for package in (touched or {}).get("installed", [])]
    # what can't be a package of ours isn't: it stays
    return {words[0]: "-".join(words[1:]) for words in installed if len(words) == 3 and rpm.is_name(words[0])}
