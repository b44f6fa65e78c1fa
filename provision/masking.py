"""What must not be seen in a text that is shown: passwords in URLs, in settings, on command lines.

Masking changes what is shown, never what goes over the wire. It is done where texts that people read are made
(errors, findings, notes), so that no view, report or log can forget it. It goes by shape, not by value: hosts hold
secrets that this program never met. Where a shape is in doubt it hides too much.
"""

from __future__ import annotations

import re

MASK = "***"

_WORDS = r"(?:password|passwd|passphrase|secret|token|credentials?|api[_.-]?key|authorization(?!-plugins))"
_NAME = rf"[\w.-]*{_WORDS}[\w.-]*"

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), shown)
    for pattern, shown in (
        # //user:password@host, up to the last @ of a word: a password may hold @ and /
        (r'(?<=//)(?:(?!://)[^\s"<>])*@', f"{MASK}@"),
        # a proxy without http:// before it, as Go takes one
        (r"""(?<=proxy)("?\s*[=:]\s*"?)(?!['"]?\w+://)[^\s"<>]+@""", rf"\1{MASK}@"),
        # "password": "…", with "auth": "…" of Docker's own config.json
        (rf'"((?:{_NAME})|auth)"(\s*:\s*)"(?:[^"\\]|\\.)*"', rf'"\1"\2"{MASK}"'),
        # a line of its own, in a file or a diff: the value goes up to the end; secrets.yml:3: is a place
        (rf"^(?!\S*\.ya?ml:\d+: )([ +#;-]*{_NAME}\s*[=:][ \t]*)(?!\s*$).+$", rf"\1{MASK}"),
        # in a sentence or on a command line
        (rf"(\b{_NAME}=)(?:\"[^\"]*\"|'[^']*'|[^\s\"',;]+)", rf"\1{MASK}"),
        (rf"(?<=\s)(--(?!prompt){_NAME}\s+)(?=[^\s-])\S+", rf"\1{MASK}"),
        (r"(?<=\s)((?:-U|-u|--user|--proxy-user)[\s=]\s*)[^\s:/]+:\S+", rf"\1{MASK}"),
        (r"(\bdocker login\b.*?\s-p\s*)\S+", rf"\1{MASK}"),
        (r"(\b(?:Basic|Bearer) )[A-Za-z0-9+/=._~-]{4,}", rf"\1{MASK}"),
    )
)

_HINT = re.compile(
    rf"@|{_WORDS}|\bauth\"|-u\b|--user|--proxy-user|docker login|\b(?:Basic|Bearer) ", re.IGNORECASE
)


def names_secret(key: str) -> bool:
    """Whether what stands under this key, in JSON or a file of settings, is not to be seen."""
    return bool(re.fullmatch(rf"{_NAME}|auth", key, re.IGNORECASE))


_NO_TEXT = re.compile("[\ud800-\udfff]")
"""Bytes of a host that are no UTF-8, as Python carries them: no terminal, file or database takes them."""


def masked(text: str) -> str:
    """The text with *** in place of each secret, and U+FFFD in that of a byte that is no text; the same again if it is
    masked again."""
    if not text.isascii():
        text = _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)
    if not _HINT.search(text):
        return text
    for pattern, shown in _SHAPES:
        text = pattern.sub(shown, text)
    return text
