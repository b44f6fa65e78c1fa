"""Templates are only for files that land on hosts, and lie in `templates/` as they will lie there."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def folder() -> Path:
    """Where the templates are: inside the installed package, or beside it in a checkout."""
    inside = Path(str(files("provision"))) / "templates"
    return inside if inside.is_dir() else inside.parent.parent / "templates"


def _json(value: Any) -> str:
    """JSON as an operator would write it by hand; Jinja's own filter escapes for HTML."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder()),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        autoescape=False,  # noqa: S701  configuration files for a host, not HTML
    )
    environment.filters["json"] = _json
    return environment


def render(name: str, **values: object) -> bytes:
    """The bytes of one file for the host.

    Raises jinja2.UndefinedError where the template asks for a value that isn't given: a defect of ours.
    """
    return _environment().get_template(name).render(**values).encode()


def shipped(name: str) -> bytes:
    """A file that lands on hosts as it is, without a template."""
    return (folder() / name).read_bytes()
