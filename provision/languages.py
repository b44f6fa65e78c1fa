"""In which language people are spoken to. What machines read is never translated."""

from __future__ import annotations

from collections.abc import Mapping

from provision.errors import OperatorError

LANGUAGES = ("en", "zh")


def chosen(said: str, environment: Mapping[str, str]) -> str:
    """That of --lang, else the locale's; English where neither says Chinese. Raises OperatorError."""
    if said:
        if said not in LANGUAGES:
            raise OperatorError(
                f"--lang: {said!r} is none of the languages here: say {' or '.join(LANGUAGES)}"
            )
        return said
    # POSIX: the first of them that isn't empty counts
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "zh" if locale.lower().startswith("zh") else "en"
