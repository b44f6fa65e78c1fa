"""What real hosts of the lab answered to the two scripts of prove-docker, one file for each.

`python -m tests.unit.prove.recorded LAB HOST NAME` writes one: of HOST, which has to be set up, of the lab LAB.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from provision import script
from provision.converge import Output
from provision.prove import follow, recipe
from provision.prove.recipe import Ask, Seen
from provision.prove.result import Report
from provision.runs import HostRun
from provision.script import Section

FOLDER = Path(__file__).parent / "answers"
WORD = "@0123456789abcdef"
RUN = "docker-provision-prove-0a1b2c3d"
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))
_BETWEEN = "\n==== proving\n"


def answers(name: str) -> tuple[str, str]:
    """Both answers, with the nonce WORD and the run RUN."""
    reading, _, proving = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").partition(_BETWEEN)
    return reading, proving


def seen(name: str, ask: Ask | None = None, **sections: str | Section | None) -> Seen:
    """What that host showed, with these sections in place of its own; None takes one out. `_` stands for `-`."""
    reading, proving = answers(name)
    found = dict(script.sections(proving, WORD))
    for key, section in sections.items():
        spelt = key.replace("_", "-")
        if section is None:
            found.pop(spelt, None)
        else:
            found[spelt] = section if isinstance(section, Section) else Section(section, 0)
    return Seen(recipe.engine(reading, WORD), ask or Ask(), RUN, found)


def with_info(one: Seen, **info: object) -> Seen:
    """The same with other values in docker info."""
    changed = replace(one.engine.info, **info)  # type: ignore[arg-type]  # the names are Info's own
    return replace(one, engine=replace(one.engine, info=changed))


def report(host: str, name: str, **sections: str | Section | None) -> Report:
    """What comes of it."""
    one = seen(name, None, **sections)
    proofs = tuple(each(one) for each in follow.PROOFS)
    return Report(host, one.engine.info.server_version, proofs, follow.picture(one), seconds=17.4)


@dataclass
class Host:
    """A Remote that replays what a host answered, and remembers what it was asked."""

    name: str = "18.06.3"
    cut: str = ""
    """Where the second answer ends; it is whole if this is empty."""
    said: str = ""
    """The second answer, in place of the host's; WORD is its nonce."""
    asked: list[str] = field(default_factory=list)
    closed: int = 0

    def read(self, text: str, *, timeout: float | None = None) -> Output:
        assert timeout is not None
        self.asked.append("read")
        return Output(answers(self.name)[0].replace(WORD, nonce_of(text)), "", 0)

    def watch(self, text: str, on_piece: Callable[[str], None]) -> Output:
        self.asked.append("watch")
        answer = self.said or answers(self.name)[1]
        answer = answer[: answer.index(self.cut)] if self.cut else answer
        answer = answer.replace(WORD, nonce_of(text)).replace(RUN, run_of(text))
        for begin in range(0, len(answer), 100):
            on_piece(answer[begin : begin + 100])
        return Output("", "", 0)

    def apply(self, run: HostRun, hear: Callable[[str], None], lost: Callable[[str], None]) -> Output:
        raise AssertionError(f"proofs change nothing: {run} {hear} {lost}")

    def close(self) -> None:
        self.closed += 1


def nonce_of(text: str) -> str:
    return text[text.index("@") :][: len(WORD)]


def run_of(text: str) -> str:
    begin = text.index("run=docker-provision-prove-") + len("run=")
    return text[begin:][: len(RUN)]


def main(lab: str, host: str, name: str, images: str = "") -> None:
    """Write one file."""
    from fabric import Config  # noqa: PLC0415  only a recorder makes connections

    from lab.lab import Lab  # noqa: PLC0415
    from provision import remote  # noqa: PLC0415
    from provision.inventory import of_names  # noqa: PLC0415
    from provision.prove.images import pair  # noqa: PLC0415

    config = Config(runtime_ssh_path=str(Lab.load(lab).ssh_config))
    (connection,) = remote.connections(config, [each.ssh for each in of_names((host,)).hosts], {})
    session = remote.Session(connection)
    reading = session.read(recipe.reading(WORD), timeout=60).stdout
    ask = Ask(images=pair(images), patience=10)
    text = recipe.proving(ask, recipe.engine(reading, WORD), RUN, WORD)
    proving: list[str] = []
    session.watch(text, proving.append)
    session.close()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.txt").write_text(reading + _BETWEEN + "".join(proving), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
