"""JSON Schemas: of inventories and spec files, by which editors complete and check them as they are written, and of
run.json, for whoever reads reports.

python -m docs.schema        (writes the .schema.json files beside this one)

Those of what people write say what there is and of which kind; what a value may be in detail, the program itself says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from provision.inventory import ours
from provision.inventory.model import PASSWORDS
from provision.options import OPTIONS
from provision.report.document import Document
from provision.secret import Kind
from provision.spec import Spec

FOLDER = Path(__file__).parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_KINDS = {str: "string", int: "integer"}
_NAMES = {"type": "array", "items": {"type": "string"}}


def spec() -> dict[str, Any]:
    """A spec file."""
    return {"$schema": DIALECT, "title": "What is asked for of hosts", **_spec()}


def inventory() -> dict[str, Any]:
    """An inventory."""
    said = {"ssh": {"$ref": "#/$defs/ssh"}, "spec": {"$ref": "#/$defs/spec"}}
    groups, hosts = {"$ref": "#/$defs/groups"}, {"$ref": "#/$defs/hosts"}
    group = {**said, "priority": {"type": "integer"}, "groups": groups, "hosts": hosts}
    return {
        "$schema": DIALECT,
        "title": "Hosts, how each is reached, what is asked for of it",
        **_object({**said, "groups": groups, "hosts": hosts}),
        "$defs": {
            "ssh": _object({key.name: _key(key) for key in ours.SSH}),
            "spec": _spec(),
            "groups": {"anyOf": [_NAMES, _many(_object(group)), {"type": "null"}]},
            "hosts": {"anyOf": [_NAMES, _many(_object(said)), {"type": "null"}]},
        },
    }


def _key(key: ours.Key) -> dict[str, Any]:
    bounds: dict[str, Any] = {"minimum": 1, "maximum": 65535} if key.name == "port" else {}
    if key.name in PASSWORDS:
        bounds = {"pattern": f"^({'|'.join(Kind)}):"}
    return {"type": _KINDS[key.kind], "description": key.what, "examples": [key.example], **bounds}


def _spec() -> dict[str, Any]:
    fields = Spec.model_json_schema()["properties"]
    helps = {option.name: option.help for option in OPTIONS}
    return _object({name: _field(fields[name], helps[name]) for name in helps})


def _field(field: dict[str, Any], help_: str) -> dict[str, Any]:
    """A field of Spec as people write it, without what only pydantic needs."""
    choices = field.get("anyOf", [field])
    kind = {key: value for key, value in choices[0].items() if key not in ("title", "default")}
    if kind["type"] == "object":
        kind = {"type": "object"}
    if {"type": "null"} in choices:  # without a value it counts as not said
        kind["type"] = [kind["type"], "null"]
    default = {"default": field["default"]} if field.get("default") else {}
    return {**kind, "description": help_, **default}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}


def _many(each: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": each}


def run() -> dict[str, Any]:
    """run.json, which --report writes."""
    return {
        "$schema": DIALECT,
        **Document.model_json_schema(mode="serialization", schema_generator=_WithoutTitles),
    }


class _WithoutTitles(GenerateJsonSchema):
    """A field's title would be its name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  pydantic's signature
        return False


SCHEMAS = {"spec.schema.json": spec, "inventory.schema.json": inventory, "run.schema.json": run}


def text(name: str) -> str:
    """What the file of that name holds."""
    return json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for file in SCHEMAS:
        (FOLDER / file).write_text(text(file))
