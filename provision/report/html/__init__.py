"""Pages that are whole in one file: in English and Chinese, light and dark, and nothing in them is fetched.

Their policy lets a browser run the page's own script and no other, by its hash, so that no word of a host's is ever
taken for more than text. What all pages have lies beside this module; a page adds its own to it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

FOLDER = Path(__file__).parent

_NO_MARKUP = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def environment(*folders: Path) -> Environment:
    """Where a page's templates are: in its own folders, then here."""
    return Environment(
        loader=FileSystemLoader([*folders, FOLDER]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(found: Environment, name: str, language: str = "", **values: Any) -> str:
    """The text of the page `name`, with its style and script around it.

    It begins in `language`, or as the browser has it.
    """
    style, script = (_joined(found, f"base.{kind}", f"{name}.{kind}") for kind in ("css", "js"))
    policy = (
        f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return found.get_template(f"{name}.html.j2").render(
        style=Markup(style),  # noqa: S704  our own files, without anything filled in
        script=Markup(script),  # noqa: S704  likewise
        policy=policy,
        language=language,
        **values,
    )


def data(content: Any) -> Markup:
    """JSON that stands in a page; nothing in it ends the element that it stands in."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(_NO_MARKUP))  # noqa: S704  it holds no markup any more


def _joined(found: Environment, *names: str) -> str:
    assert found.loader is not None  # noqa: S101  given above
    known = found.list_templates()
    return "".join(found.loader.get_source(found, name)[0] for name in names if name in known)


def _source(text: str) -> str:
    """How a policy names what stands in the page itself."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
