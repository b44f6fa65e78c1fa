"""The JSON Schemas of inventories and spec files: fresh, and of one mind with the program."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml

from docs import schema
from provision import spec
from provision.errors import OperatorError
from provision.inventory import ours
from provision.yamlmarks import read
from tests.readme import CHECKOUT

INVENTORY, SPEC = (
    jsonschema.Draft202012Validator(json.loads(schema.text(name)))
    for name in ("inventory.schema.json", "spec.schema.json")
)


@pytest.mark.parametrize("name", list(schema.SCHEMAS))
def test_it_is_fresh(name: str) -> None:
    kept = (schema.FOLDER / name).read_text()
    assert kept == schema.text(name), "`make schema` writes it anew"


def test_the_example_is_as_it_says() -> None:
    example = (CHECKOUT / "inventory.example.yaml").read_text()
    INVENTORY.validate(yaml.safe_load(example))
    assert "$schema=docs/inventory.schema.json\n" in example


def ours_takes(text: str) -> bool:
    try:
        ours.inventory(read(text, "i"), "i")
    except OperatorError:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    [
        "hosts: [a, 'b[1:3]']",
        "hosts: {a: , b: {ssh: {port: 22}}}",
        "groups: {web: {hosts: {a: {spec: {users: [x]}}}, priority: 3}}",
        "groups: {web: }",
        "host: [a]",
        "hosts: a",
        "hosts: {a: {port: 22}}",
        "ssh: {port: no such}",
        "ssh: {port: 70000}",
        "ssh: {user: 7}",
        "ssh: {usr: x}",
        "ssh: {sudo_password: env:SUDO, password: 'command:pass show x'}",
        "ssh: {sudo_password: geheim}",
        "groups: {web: {hots: [a]}}",
        "groups: {web: {priority: high}}",
        "spec: {docker_versoin: '1'}",
    ],
)
def test_editor_and_program_are_of_one_mind_about_an_inventory(text: str) -> None:
    assert INVENTORY.is_valid(yaml.safe_load(text)) is ours_takes(text)


@pytest.mark.parametrize(
    "asked",
    [
        {"docker_version": "18.06.3", "users": ["a"]},
        {"daemon": {"log-opts": {"max-size": "1m"}, "debug": None}},
        {"any_el7": True},
        {"any_el7": "yes"},
        {"users": "a"},
        {"docker_version": 18},
        {"daemon": []},
        {"no_such": 1},
    ],
)
def test_editor_and_program_are_of_one_mind_about_a_spec_file(asked: dict[str, Any]) -> None:
    def takes() -> bool:
        try:
            spec.build(spec.parse(json.dumps(asked), "s"))
        except OperatorError:
            return False
        return True

    assert SPEC.is_valid(asked) is takes()
