"""`make fuzz`: atheris on each target, beginning with the corpus; what it finds is left to be mended and kept.

python -m tests.unit.fuzz [SECONDS] [TARGET...]     60 seconds for each target unless said otherwise

Inputs that led to new ways through the code stay in .fuzz/TARGET, for the next time. One that fails is .fuzz/crash-*,
and goes into tests/unit/fuzz/corpus/TARGET with the mending; the exit code is 1 then.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".fuzz"
NAMES = sorted(path.name for path in (Path(__file__).parent / "corpus").iterdir())
SECONDS = "60"
ONE_INPUT = 20
"""Seconds after which a single input counts as a hang."""
LONGEST = 20_000
"""Bytes of an input."""


def main(arguments: Sequence[str]) -> int:
    """All targets, one after the other, each in a process of its own: atheris never comes back."""
    seconds = next((word for word in arguments if word.isdigit()), SECONDS)
    chosen = [word for word in arguments if not word.isdigit()] or NAMES
    if unknown := [word for word in chosen if word not in NAMES]:
        raise SystemExit(f"no target {unknown[0]!r}: there are {', '.join(NAMES)}")
    failed = [target for target in chosen if _fails(target, seconds)]
    told = f"; fails: {', '.join(failed)}" if failed else ""
    print(f"{len(chosen) - len(failed)} of {len(chosen)} targets hold{told}")
    return int(bool(failed))


def _fails(target: str, seconds: str) -> bool:
    print(f"== {target}", flush=True)
    command = [sys.executable, "-m", "tests.unit.fuzz", "run", target, seconds]
    return subprocess.run(command, cwd=ROOT, check=False).returncode != 0


def run(target: str, seconds: str) -> None:
    """One target, until the time is up or an input fails; ends the process."""
    import atheris  # noqa: PLC0415  the extra [fuzz]

    # coverage is counted in what is imported here
    with atheris.instrument_imports(include=["provision"]):
        from tests.unit.fuzz import targets  # noqa: PLC0415

    folder = FOLDER / target
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(targets.seeds(target)):
        (folder / f"seed-{number}").write_bytes(seed)
    limits = [f"-max_total_time={seconds}", f"-timeout={ONE_INPUT}", f"-max_len={LONGEST}"]
    words = [f"-artifact_prefix={FOLDER}/", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *limits, *words, str(folder)], targets.TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        run(*sys.argv[2:])
    sys.exit(main(sys.argv[1:]))
