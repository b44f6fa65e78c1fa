"""What README promises: its commands run, in the order of the page, and its pictures are what a terminal shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest

from docs import picture
from lab import keys
from lab.host import LabHost
from lab.lab import Lab
from tests import readme
from tests.readme import Command

BIN = Path(sys.executable).parent
TAKES_A_KEY = re.compile(r"\b(plan|hosts|setup-docker|verify|facts|versions|bundle|uninstall-docker)\b")
PROXY = "http://alice:geheim@proxy.example.com:3128"
"""What the page has its reader keep in COMPANY_PROXY."""
CHANGES_BY_ITSELF = re.compile(r"\b[0-9A-Fa-f]{8,}\b|\d+")
"""Times, addresses, sizes, and the lab's own key."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who follows README from its top, on hosts of the lab. `folder` is for what the page has one make."""

    lab: Lab
    folder: Path

    def follow(self, command: Command) -> None:
        """Type one command of the page."""
        text = self._here(command.text)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f'PATH="{BIN}:$PATH"\n{text}'],
            cwd=readme.CHECKOUT,
            env={**os.environ, "XDG_STATE_HOME": str(self.folder / "state"), "COMPANY_PROXY": PROXY},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        said = f"{command.text}\n(here: {text})\n{done.stdout}"
        assert done.returncode == command.expected, said
        assert "Traceback" not in done.stdout, said
        assert "geheim" not in done.stdout, said

    def write(self, text: str) -> None:
        """Write a file of the page; its first line has its name."""
        (self.folder / text.splitlines()[0].removeprefix("# ")).write_text(self.named(text))

    def named(self, text: str) -> str:
        """A text with the lab's names in place of the page's."""
        words = {"HOST": "host1", "OTHER": "host2", "MIRROR": self.lab.registry_url}
        return re.sub(rf"\b({'|'.join(words)})\b", lambda found: words[found[0]], text)

    def _here(self, text: str) -> str:
        """The command as it has to be in the lab: its hosts, its ssh_config, its key, its mirror."""
        text = self.named(text)
        text = re.sub(
            r"(?<![\w/.])(site\.yml|inventory\.yaml|proofs\.html|report(?= --metrics)|docker-plan\.prom"
            r"|bundle-18\.06\.3)",
            rf"{self.folder}/\1",
            text,
        )
        program = self.folder / "program"
        if re.match(r"fab (-H|.* --inventory)", text):
            text = text.replace("fab", f"fab -S {self.lab.ssh_config}", 1)
            base_key = f" --base-key {keys.centos_key()}" if "bundle" in text else ""
            return f"{text} --repo-key {self.lab.repo_key}{base_key}" if TAKES_A_KEY.search(text) else text
        if text.startswith("ssh "):
            return text.replace("ssh", f"ssh -F {self.lab.ssh_config}", 1)
        if text == "pipx install .":  # what pipx does
            return f"python3.11 -m venv {program} && {program}/bin/pip install --quiet ."
        if text.startswith("docker-provision"):  # away from the checkout
            return f"cd / && {program}/bin/{text}"
        return text


@pytest.fixture
def reader(lab: Lab, fresh_hosts: list[LabHost], tmp_path: Path) -> Reader:
    return Reader(lab, tmp_path)


@pytest.mark.timeout(900)
def test_every_command_of_the_page_does_what_it_says(reader: Reader) -> None:
    for block in readme.blocks(readme.ENGLISH):
        if block.language == "yaml":
            reader.write(block.text)
        elif block.language == "sh" and not block.not_run:
            for command in readme.commands(block):
                reader.follow(command)


def test_the_pictures_are_what_a_terminal_shows(lab: Lab, host: LabHost) -> None:
    for name, drawn in picture.draw(lab).items():
        kept = (picture.FOLDER / name).read_text()
        assert words(drawn) == words(kept), (
            f"docs/{name} is out of date: python -m docs.picture draws it anew"
        )


def words(svg: str) -> list[str]:
    """The text in a picture, apart from what differs from run to run."""
    texts = [each.text or "" for each in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314  ours
    return [CHANGES_BY_ITSELF.sub("0", text) for text in texts]
