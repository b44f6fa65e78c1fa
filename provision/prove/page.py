"""The proofs as one self-contained page, for people who would rather look: pictures, English and Chinese, light and
dark. Nothing in it is fetched from anywhere, and no word of a host is taken for more than text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from provision.languages import LANGUAGES
from provision.prove.layers import size
from provision.prove.result import Layer, Line, Report, Verdict
from provision.prove.texts import say, title, verdict
from provision.report import html
from provision.report.clean import clean

WIDTH, TALL = 340, 300
"""Of a column, and of the taller of two images' columns, in the picture's own units."""
GAP, LEFT = 40, 84
LEAST = 4
"""No layer is drawn lower than this; it would be a line that nobody sees."""
LABELLED = 18
"""From this height on a layer's name stands in it."""


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of a picture, what stands in it, and what its tooltip says; `kind` is its colour."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str
    tip: str

    @property
    def labelled(self) -> bool:
        return self.height >= LABELLED


@dataclass(frozen=True, slots=True)
class Drawing:
    """Both images' layers: blocks, the place of each image's name, a ruler of so many bytes, the picture's height."""

    blocks: tuple[Block, ...]
    names: tuple[tuple[float, float, str, str], ...]
    ruler: float
    ruler_says: str
    height: float
    bottom: float


def render(reports: Sequence[Report], now: datetime) -> str:
    """The page's text."""
    environment = html.environment(Path(__file__).parent)
    environment.filters["brief"] = lambda text: [each for each in clean(text).splitlines() if each.strip()][
        -2:
    ]
    environment.globals.update(
        both=_both,
        title=_title,
        verdict=_verdict,
        drawing=drawing,
        size=size,
        left=LEFT,
        width=WIDTH,
        gap=GAP,
    )
    counts = {each: sum(p.verdict is each for r in reports for p in r.proofs) for each in Verdict}
    return html.page(
        environment, "page", reports=reports, when=f"{now:%Y-%m-%d %H:%M}", counts=counts, Verdict=Verdict
    )


def _both(line: Line) -> dict[str, str]:
    return {language: clean(say(line, language)) for language in LANGUAGES}


def _title(name: str) -> dict[str, str]:
    return {language: title(name, language) for language in LANGUAGES}


def _verdict(found: Verdict) -> dict[str, str]:
    return {language: verdict(found, language) for language in LANGUAGES}


def drawing(images: Mapping[str, tuple[Layer, ...]]) -> Drawing | None:
    """The two images' layers, to scale, the lowest at the bottom; what both have is one block under both.

    None where there are no two images to draw.
    """
    rows = [(name, row) for name, row in images.items() if row]
    if len(rows) != 2:
        return None
    most = max(sum(max(each.size, 0) for each in row) for _, row in rows)
    scale = TALL / max(most, 1)
    bottom = TALL + 60.0
    shared = [each for each in rows[0][1] if each.shared]
    blocks = _stack(shared, "shared", Ground(LEFT, 2 * WIDTH + GAP, bottom), scale)
    floor = blocks[-1].y if blocks else bottom
    names = []
    for column, (name, row) in enumerate(rows):
        ground = Ground(LEFT + column * (WIDTH + GAP), WIDTH, floor)
        own = _stack([each for each in row if not each.shared], f"own{column}", ground, scale)
        blocks += own
        top = own[-1].y if own else floor
        names.append((ground.x + WIDTH / 2, top - 12, name, size(sum(max(each.size, 0) for each in row))))
    step = next(each for each in _steps() if each * scale >= 30)
    says = size(step).replace(".0 ", " ")
    return Drawing(tuple(blocks), tuple(names), step * scale, says, bottom + 16, bottom)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a stack of layers stands on."""

    x: float
    width: float
    y: float


def _stack(row: Sequence[Layer], kind: str, ground: Ground, scale: float) -> list[Block]:
    """Layers laid one on the other, to scale."""
    found = []
    y = ground.y
    for each in row:
        height = max(max(each.size, 0) * scale, LEAST)
        y -= height
        digest, told = each.blob or each.diff, size(each.size)
        label = f"{digest.removeprefix('sha256:')[:12]}  {told}"
        found.append(Block(ground.x, y, ground.width, height, kind, label, f"{digest}  {told}"))
    return found


def _steps() -> Sequence[int]:
    return [digit * 10**power for power in range(3, 13) for digit in (1, 2, 5)]


def write(path: Path, reports: Sequence[Report]) -> None:
    """Write the page into a file that is known to take it."""
    path.write_text(render(reports, datetime.now().astimezone()), encoding="utf-8")
