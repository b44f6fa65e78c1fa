"""The readers that are fuzzed. Each takes any bytes, and raises nothing but for a defect.

What is accepted is held against a reader that isn't ours: a strict JSON parser, YAML's own, the JSON Schemas that
editors go by, Python's of INI files.
"""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pydantic_core
import yaml

from docs import schema
from provision import facts, handed, plan, spec, steps
from provision.engines import engine
from provision.errors import HostError, OperatorError
from provision.inventory import names, ours, plain
from provision.inventory.source import is_ansible
from provision.resources import daemonjson
from provision.resources.base import Step
from provision.resources.file import Exactly, File, Unsuitable
from provision.yamlmarks import read
from tests.unit.case import WORD, Case
from tests.unit.core import MIRROR, steps_for

CORPUS = Path(__file__).parent / "corpus"


def seeds(target: str) -> list[bytes]:
    """What is worth to begin with."""
    kept = [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]
    if target == "probe":
        kept += [Case.load(name).answer.encode() for name in ("fresh-defaults", "converged", "cut-off")]
    return kept


def probe(data: bytes) -> None:
    """A host's answer to the probes, up to the plans that are made of it."""
    answer = data.decode(errors="replace")
    asked = _asked()
    try:
        found = facts.parse(answer, asked, WORD)
    except HostError as error:
        # what else can't be shown of what a host said, the terminal's report leaves out
        assert len(str(error).splitlines()) == 1, str(error)  # noqa: PT017  it is refused either way
        return
    _assert_whole(answer, asked)
    for make in (plan.plan, plan.absent):
        try:
            made = make(found, asked)
            made.raise_if_unsafe()
        except HostError:
            continue
        for change in made.changes:
            assert "\0" not in change.script


@cache
def _asked() -> tuple[Step, ...]:
    return steps_for(registry_mirrors=MIRROR, users="alice")


def _assert_whole(answer: str, asked: tuple[Step, ...]) -> None:
    """Each section stands there from its begin to its end, line by line."""
    lines = [line.rstrip("\r") for line in answer.split("\n")]
    for ident, _ in facts.probes(asked):
        begun = [number for number, line in enumerate(lines) if line == f"{WORD} begin {ident}"]
        end = re.compile(rf"{WORD} end {re.escape(ident)} \d+")
        assert begun, ident
        assert any(end.fullmatch(line) for line in lines[begun[-1] :]), ident


def inventory(data: bytes) -> None:
    """An inventory in our formats; Ansible's are read by Ansible."""
    text = _text(data)
    if text is None:
        return
    try:
        if plain.is_plain(text):
            found = plain.parse(text, "hosts")
        else:
            top = read(text, "hosts.yml")
            if is_ansible(top):
                return
            found = ours.inventory(top, "hosts.yml")
            said = {key: each.plain() for key, each in top.items()}
            _assert_as_yaml(text, said)
            # a spec is judged as a whole for each host, and only what counts for one
            _assert_in_schema("inventory.schema.json", _without_specs(said))
    except OperatorError as error:
        _assert_one_line(error, "hosts")
        return
    assert not any(names.trouble(host.name) for host in found.hosts)
    # hosts of which the same is asked share it, as in the program
    for specs in {tuple(map(id, host.specs)): host.specs for host in found.hosts}.values():
        try:
            spec.build(*specs)
        except OperatorError as error:
            _assert_one_line(error, "hosts")


def _without_specs(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _without_specs(value) if isinstance(value, Mapping) else value
        for key, value in said.items()
        if key != "spec"
    }


def spec_file(data: bytes) -> None:
    """A spec file, up to the files that hosts get by it."""
    text = _text(data)
    if text is None:
        return
    try:
        layer = spec.parse(text, "site.yml")
        asked = spec.build(layer)
    except OperatorError as error:
        _assert_one_line(error, "site.yml")
        return
    said = {key: each.plain() for key, each in layer.items()}
    _assert_as_yaml(text, said)
    _assert_in_schema("spec.schema.json", said)
    settings = json.dumps(asked.settings(), allow_nan=False).encode()
    assert daemonjson.load(settings) == json.loads(settings)
    for step in steps.steps(asked, handed.defaults()):
        for resource in step.resources:
            if isinstance(resource, File) and isinstance(resource.content, Exactly):
                _assert_nothing_slipped_in(resource.path, resource.content)


REPOSITORY = {
    "name", "baseurl", "enabled", "gpgcheck", "gpgkey", "exclude", "proxy", "sslcacert",
    "proxy_username", "proxy_password",
}  # fmt: skip


def _assert_nothing_slipped_in(path: str, content: Exactly) -> None:
    if path.endswith("docker-ce.repo"):
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(content.content.decode())
        (section,) = parser.sections()
        assert set(parser[section]) <= REPOSITORY, set(parser[section]) - REPOSITORY


def daemon_json(data: bytes) -> None:
    """A host's daemon.json: read, merged with what is asked for, and given back."""
    try:
        settings = daemonjson.load(data)
    except Unsuitable as error:
        _assert_a_line(error)
        return
    if data.lstrip()[:1] == b"{":
        try:
            assert pydantic_core.from_json(data, allow_inf_nan=False) == settings
        except ValueError as error:
            # it gives up at a depth at which Python doesn't yet
            assert "recursion limit" in str(error)  # noqa: PT017  the other reader's words
    wanted = daemonjson.MergedJson({"registry-mirrors": [MIRROR], "debug": None}, engine("18.06.3"))
    try:
        merged = wanted.wanted(data)
    except Unsuitable as error:
        _assert_a_line(error)
        return
    assert merged is not None
    kept = {key: value for key, value in settings.items() if key not in ("registry-mirrors", "debug")}
    assert daemonjson.load(merged) == {**kept, "registry-mirrors": [MIRROR]}
    back = wanted.withdrawn(merged, {"registry-mirrors": [MIRROR]})
    assert (daemonjson.load(back) if back is not None else {}) == kept


def _text(data: bytes) -> str | None:
    """As files that an operator names are read."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _assert_one_line(error: OperatorError, source: str) -> None:
    assert str(error).startswith(source), str(error)
    _assert_a_line(error)


def _assert_a_line(error: Exception) -> None:
    """It goes to a terminal."""
    assert str(error).isprintable(), str(error)


def _assert_as_yaml(text: str, ours_is: Mapping[str, Any]) -> None:
    """What YAML's own reader makes of it, with every scalar as it is written."""
    theirs = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  it makes nothing but text
    # nothing at all asks for nothing
    assert _written(ours_is) == (_written(theirs) or {})


def _written(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _written(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_written(each) for each in value]
    if value is None or (isinstance(value, str) and value.lower() in ("", "~", "null")):
        return ""
    return str(value).lower() if str(value).lower() in ("true", "false") else str(value)


def _assert_in_schema(name: str, value: Mapping[str, Any]) -> None:
    _schema(name).validate(value)


@cache
def _schema(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema.text(name)))


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "probe": probe,
    "inventory": inventory,
    "spec": spec_file,
    "daemon_json": daemon_json,
}
