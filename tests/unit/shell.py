"""Running shell text as a host would: by dash, and by bash as EL7's sh."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from provision import script

SHELLS = (("dash",), ("bash", "--posix"))
WORD = "@0123456789abcdef"


def run(shell: tuple[str, ...], text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The text on standard input, as it comes over the wire."""
    return subprocess.run(
        [*shell, "-s"],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", **environment},
    )


def call(
    shell: tuple[str, ...], state: Path, library: str, text: str, *, path: Path | None = None
) -> tuple[str, list[script.Frame]]:
    """What calls of a resource's functions print, without newlines at its end, and their frames.

    `state` stands for /var/lib/docker-provision, `path` is a folder of programs that come before the host's own.
    """
    preamble = script.PREAMBLE.format(title="test", nonce=WORD) + script.COMMON
    words = f"state={script.quote(str(state))}\n"
    if path is not None:
        words += f"PATH={script.quote(str(path))}:$PATH\n"
    done = run(shell, f"{preamble}{words}verdict=fail\n{library}\n( {text}\n) 2>&1\n")
    assert done.stderr == ""
    found = [(line, script.frame(line, WORD)) for line in done.stdout.split("\n")]
    # a frame begins with a newline of its own
    printed = "\n".join(line for line, frame in found if frame is None).rstrip("\n")
    return printed, [frame for _, frame in found if frame is not None]


def probed(shell: tuple[str, ...], library: str, probe: str, *, path: Path | None = None) -> script.Section:
    """What a probe prints as the section of a reading."""
    text = script.read_script([("it", probe)], (library,), WORD)
    if path is not None:
        text = text.replace("\nexport ", f"\nPATH={script.quote(str(path))}:$PATH\nexport ", 1)
    return script.sections(run(shell, text).stdout, WORD)["it"]


def programs(folder: Path, texts: Mapping[str, str]) -> Path:
    """A folder of programs in place of a host's: name and shell text of each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    return folder
