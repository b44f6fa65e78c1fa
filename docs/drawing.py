"""What a console has recorded, as a picture that stands for itself."""

from __future__ import annotations

import re

from rich.console import Console

COLUMNS = 100
_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def svg(console: Console) -> str:
    """The picture of a terminal that shows it."""
    picture = console.export_svg(title="docker-provision", unique_id="picture")
    # rich has its font fetched from elsewhere, which a picture in a README may not do
    return _FONT.sub("", picture)
