"""A thousand hosts in one run, with all that is shown and kept of it: python -m bench.scale

What is measured grows from row to row: into a file, in a terminal with the live view, and with the report and the
figures for Prometheus besides. Each run writes its journal. In the end the report is opened in Chromium.
"""

from __future__ import annotations

import shlex
import time
from pathlib import Path

from bench.contenders import SETTINGS, Command, Contender, ours
from bench.field import Field, field
from bench.speed import Row, adopt_orphans, keep, measured
from lab.browser import chromium

COUNTS = (250, 1000)
REPORT, METRICS = "report", "run.prom"


def _shown(*flags: str) -> Command:
    """`setup-docker` in a terminal; `flags` are told where the lab keeps things by {folder}."""

    def command(field: Field, count: int) -> list[str]:
        plain = ours("setup-docker", *(flag.format(folder=field.folder) for flag in flags))(field, count)
        return ["env", "TERM=xterm-256color", "script", "-qec", shlex.join(plain), "/dev/null"]

    return command


KINDS = (
    Contender("into a file", ours("setup-docker"), most=1000),
    Contender("live view", _shown(), most=1000),
    Contender(
        "live view, report and figures",
        _shown("--report", f"{{folder}}/{REPORT}", "--metrics", f"{{folder}}/{METRICS}"),
        most=1000,
    ),
)


def opened(page: Path) -> float:
    """Seconds until Chromium has loaded and drawn it."""
    with chromium() as browser:
        browser.get("about:blank")  # its own start doesn't count
        begun = time.perf_counter()
        browser.get(page.as_uri())
        drawn = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
        browser.execute_async_script(drawn)
        return time.perf_counter() - begun


def main() -> None:
    """Measure, keep the rows, and say what the report is like."""
    adopt_orphans()
    rows: list[Row] = []
    with field(max(COUNTS), *SETTINGS) as ground:
        measured(KINDS[0], ground, 1, 0.0)  # what is compiled once
        for count in COUNTS:
            for kind in KINDS:
                rows.append(measured(kind, ground, count, 0.0))
                print(rows[-1], flush=True)
        keep(rows, "scale")
        page = ground.folder / REPORT / "index.html"
        journals = sum(path.stat().st_size for path in (ground.folder / "docker-provision").rglob("*"))
        print(f"report of {max(COUNTS)} hosts: {page.stat().st_size / 1e6:.1f} MB")
        print(f"journals of {len(rows) + 1} runs: {journals / 1e6:.1f} MB")
        print(f"the report is opened in {opened(page):.2f} s")


if __name__ == "__main__":
    main()
