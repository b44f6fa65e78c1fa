"""The two scripts of a host's proofs: one reads what Docker is there, the other does all that there is to see."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from provision import references, script
from provision.errors import Failed, Refused
from provision.prove import asked, images, shell, shell_containers, shell_pull
from provision.runs.shell import LIBRARY as RUNS
from provision.runs.shell import LOCK
from provision.script import Section, quote
from provision.words import docker

UPSTREAM = "https://registry-1.docker.io"
"""Docker Hub's own registry, which is tried behind all mirrors."""

PATIENCE = 60
"""Seconds for which a pull may stand still. Ten times as long is its limit in all."""

PROBES = (
    (
        "info",
        """systemctl is-active docker.service >/dev/null || exit 9
timed 20 docker -H unix:///var/run/docker.sock info -f '{{json .}}' 2>/dev/null""",
    ),
    ("kernel", "uname -r"),
    ("system", "cat /etc/os-release"),
    ("level", "tr ',{}' '\\n' 2>/dev/null </etc/docker/daemon.json | grep '\"log-level\"'"),
)
"""systemd is asked first: from 18.09 on the CLI itself would start a stopped daemon through docker.socket."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What was read before anything is brought: the daemon, the host's kernel and distribution."""

    info: docker.Info
    kernel: str
    system: str
    log_level: str
    """As daemon.json names it; empty where it doesn't."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What an operator asks of the proofs."""

    images: tuple[str, str] = images.DEFAULT
    allow_restart: bool = False
    patience: int = PATIENCE
    owner: str = ""
    lock_timeout: int = script.LOCK_TIMEOUT


def reading(word: str) -> str:
    """The script that reads."""
    return script.read_script(PROBES, (), word)


def engine(output: str, word: str) -> Engine:
    """What the reading said. Raises Refused where no daemon answers."""
    found = script.sections(output, word)
    if (cut := script.cut_before(found, PROBES)) is not None:
        raise Failed(f"the host's answer was cut off before {cut} was read")
    if found["info"].status == 9:
        raise Refused(
            "docker.service isn't active: run setup-docker, or start it by `systemctl start docker`"
        )
    try:
        info = docker.info(found["info"].text)
    except (ValueError, json.JSONDecodeError):
        raise Refused("docker gives no answer: look at `journalctl -u docker`, then restart it") from None
    level = found["level"].text.partition(":")[2].strip().strip('"')
    return Engine(info, found["kernel"].text.strip(), found["system"].text, level)


def proving(ask: Ask, found: Engine, run: str, word: str) -> str:
    """The script that does all of it; `run` is what all names of this run begin with."""
    first, second = (quote(each) for each in ask.images)
    name, tag = images.manifest(ask.images[0])
    mirrors = found.info.mirrors if references.of_docker_hub(ask.images[0]) else ()
    body = _MAIN.format(
        first=first,
        second=second,
        mirrors=" ".join(quote(each) for each in mirrors),
        hub=quote(UPSTREAM),
        hub_section=quote(f"ask {UPSTREAM}"),
        name=quote(name),
        tag=quote(tag),
        consent="yes" if ask.allow_restart else "no",
        world=quote(_world(found.info.mirrors)),
    )
    return (
        script.PREAMBLE.format(title="docker-provision: prove", nonce=word)
        + script.COMMON
        + f"lock_timeout={ask.lock_timeout}\nrun={quote(run)}\npatience={ask.patience}\n"
        + f"owner={quote(ask.owner)}\nrun_id=\n"
        + RUNS
        + LOCK
        + shell.LIBRARY
        + shell_pull.LIBRARY
        + shell_containers.LIBRARY
        + asked.LIBRARY
        + body
        + "exec 4>&2\nmain </dev/null 2>&1\n"
    )


def _world(mirrors: tuple[str, ...]) -> str:
    """A name that this host should know: its first mirror's, or Docker Hub's."""
    for mirror in mirrors:
        name = mirror.partition("//")[2].partition("/")[0].partition(":")[0]
        if any(letter.isalpha() for letter in name):
            return name
    return "registry-1.docker.io"


_MAIN = """
main() {{
  enter
  verdict=fail
  pull pull-1 {first}
  came=$?
  outside {mirrors}
  if [ "$came" = 0 ]; then
    section image-1 image_of {first}
    frame step 'containers of '{first}
    section network docker_cli network create --label "$label" "$run"
    section own-1-start start_own own {first}
    if pull pull-2 {second}; then
      section image-2 image_of {second}
      section web-start start_own web {second}
    fi
    apart {first}
    section web answers web
    section web-own own web
    section own-1 own own
    frame step 'a restart of the daemon'
    section restart restart {consent} {first}
  fi
  frame step 'taking all of it away'
  frame 'done' prove
}}
# MIRROR...: what the host itself gets: of Docker Hub in any case, of the mirrors and its gateway where something failed
outside() {{
  for url; do
    if [ "$came" != 0 ] || grep -q 'Attempting next endpoint' "$kept/words"; then
      frame step "asking $url"
      section "ask $url" ask_mirror "${{url%/}}" {name} {tag}
    fi
  done
  if [ "$came" != 0 ] || grep -q 'Attempting next endpoint' "$kept/words"; then section gateway ask_gateway; fi
  section {hub_section} ask_mirror {hub} {name} {tag}
}}
# IMAGE: two containers of it
apart() {{
  frame step 'copy on write'
  section start-a waiting a "$1"
  section start-b waiting b "$1"
  file=$(some_file 2>/dev/null)
  section file echo "$file"
  if [ -n "$file" ]; then
    section before content b "$file"
    section change inside a sh -c "echo 'changed by docker-provision' >>$file"
    section content-a content a "$file"
    section content-b content b "$file"
    section content-image content_of_image "$1" "$file"
    section diff-a docker_cli diff "$run-a"
    section diff-b docker_cli diff "$run-b"
    section one-file one_file
  fi
  section libc inside a sh -c 'ldd --version 2>&1 | head -n 1; sed "s/^/Alpine /" /etc/alpine-release 2>/dev/null'
  section inspect-a inspected a
  section inspect-b inspected b
  section kernel inside a uname -r
  section system inside a cat /etc/os-release
  frame step 'network, memory and logs'
  section names names {world}
  section logs docker_cli logs "$run-a"
  section memory limited "$1"
}}
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a host showed: the sections of its answer by name, and what it was asked for."""

    engine: Engine
    ask: Ask
    run: str
    sections: Mapping[str, Section]

    def text(self, name: str) -> str:
        """What a section holds; empty where the script didn't come to it."""
        found = self.sections.get(name)
        return found.text if found else ""

    def ok(self, name: str) -> bool:
        """Whether the section's command ended with 0."""
        found = self.sections.get(name)
        return found is not None and found.complete and found.status == 0

    def json(self, name: str) -> dict[str, object]:
        """The object in a section, among whatever else docker said; empty if there is none."""
        for text in self.text(name).splitlines():
            if text.startswith("{"):
                try:
                    value = json.loads(text)
                except ValueError:
                    continue
                if isinstance(value, dict):
                    return value
        return {}
