"""The images of a bundle on a host: brought to one that lacks them, under their names, and never in another's place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provision.bundle import Content, Image
from provision.resources.base import Change, Finding, Note, Pending, Refusal, State, States, Unknown, quote
from provision.runs.sending import Sent
from provision.script import Section

IMAGES_ID = "images"

LIBRARY = r"""
# each image in a line: its ID, and a name or <none>; those too on which others were built
list_images() { docker_cli images -a --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}'; }
# WORDS: the lines of the images that one of these leads to, each in a line of its own; "down" where no daemon runs.
# systemd is asked first: from 18.09 on docker's command would start one through docker.socket.
probe_images() {
  if ! systemctl is-active -q docker.service; then
    echo down
    return 0
  fi
  listed=$(list_images 2>&1) || { printf '%s\n' "$listed"; exit 1; }
  printf '%s\n' "$listed" | grep -F -e "$1"
  exit 0
}
# WORD: what the image is that it leads to, in \`led\`; empty where it leads to none
lead() {
  listed=$(list_images) || fail "docker doesn't list its images: look at \`journalctl -u docker\`, then run again"
  led=$(printf '%s\n' "$listed" | awk -v word="$1" '$1 == word || $2 == word { print $1; exit }')
}
# ID NAME FILE: out of the file that was sent ahead, unless it is there by now. That holds no names, so that none is
# moved.
load_image() {
  lead "$2"
  if [ -n "$led" ] && [ "$led" != "$1" ]; then fail "$2 leads to another image by now ($led): run again"; fi
  lead "$1"
  if [ -z "$led" ]; then
    file=$given/$3
    # with packages beside it, their look has taken all of it
    if [ ! -e "$file" ]; then file=$look/bundle/$3; fi
    said=$(timed 3600 docker -H unix:///var/run/docker.sock load -i "$file" 2>&1 9>&-) ||
      fail "docker can't load $2: $(printf %s "$said" | tail -n 3 | one_line)"
    lead "$1"
    [ -n "$led" ] || fail "docker says that it has loaded $2, but $1 isn't there: it keeps images by containerd, or" \
      "the bundle was made by other means"
    rm -f "$file"
  fi
  if [ "$1" = "$2" ]; then return 0; fi
  docker_cli tag "$1" "$2" || fail "docker can't give $1 the name $2"
  lead "$2"
  [ "$led" = "$1" ] || fail "$2 leads to ${led:-nothing} although it was given to $1; look at \`docker images\`"
}
"""

_LINE = re.compile(r"(sha256:[0-9a-f]{64}) (\S+)")


@dataclass(frozen=True, slots=True)
class ImagesState:
    """The images by what leads to them: names, and each by its own ID. `down`: no daemon runs, so none is there yet."""

    ids: Mapping[str, str]
    down: bool = False

    def __str__(self) -> str:
        if self.down:
            return "no daemon runs"
        return f"{len(set(self.ids.values()))} that the bundle's names or IDs lead to"


@dataclass(frozen=True, slots=True)
class Images:
    """These images are there, each under its name. They stay when Docker goes, as all of its data does."""

    images: tuple[tuple[Image, Content], ...]

    @property
    def id(self) -> str:
        return IMAGES_ID

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        words = dict.fromkeys(word for image, _ in self.images for word in (image.id, image.name))
        return f"probe_images {quote(chr(10).join(words))}"

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0:
            said = " ".join(section.text.split())[-200:]
            return Unknown(
                f"docker doesn't list its images ({said or 'no answer'}): look at `journalctl -u docker`"
            )
        if section.text.strip() == "down":
            return ImagesState({}, down=True)
        found = [match.groups() for match in map(_LINE.fullmatch, section.text.splitlines()) if match]
        return ImagesState({word: ident for ident, name in found for word in (ident, name)})

    def remember(self, state: State) -> Any:  # noqa: ARG002  the protocol's signature
        """Nothing: they are data, and stay."""
        return None

    def lacking(self, states: States) -> tuple[tuple[Image, Content], ...]:
        """Those whose bytes the host lacks, as far as that is known."""
        state = states[self.id]
        return tuple(
            each for each in self.images if isinstance(state, ImagesState) and self._goes(state, each[0])
        )

    @staticmethod
    def _goes(state: ImagesState, image: Image) -> bool:
        return image.id not in state.ids and image.name not in state.ids

    def compare(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        if state.down:
            return [Pending(f"image {image.name}", _told(image), "service") for image, _ in self.images]
        return [
            self._other(image, state.ids[image.name])
            if image.name in state.ids
            else self._change(state, image, content)
            for image, content in self.images
            if state.ids.get(image.name) != image.id
        ]

    def _other(self, image: Image, there: str) -> Note:
        return Note(
            f"image {image.name}",
            f"{image.name} is another image on the host ({_short(there)}) than in the bundle ({_short(image.id)}), and "
            f"stays: `docker tag` or `docker rmi` it there, then run again",
        )

    def _change(self, state: ImagesState, image: Image, content: Content) -> Change:
        goes = self._goes(state, image)
        return Change(
            f"image {image.name}",
            "not there",
            _told(image),
            "it is in the bundle and goes over the connection" if goes else "it is there without that name",
            " ".join(["load_image", *map(quote, (image.id, image.name, content.target))]),
            sends=(Sent(content.path, content.target, content.size, content.sha256),) if goes else (),
        )

    def withdraw(self, states: States) -> list[Finding]:  # noqa: ARG002  the protocol's signature
        return []


def _told(image: Image) -> str:
    return f"{_short(image.id)}, {image.size / 1e6:.1f} MB"


def _short(ident: str) -> str:
    """An ID as docker shows it."""
    return ident.removeprefix("sha256:")[:12]
