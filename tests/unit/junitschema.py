"""JUnit's format as Jenkins's plugin xUnit checks it: it takes what Ant and Maven Surefire write, and refuses all else.

The schema is kept as published, its licence (MIT) in it: https://github.com/jenkinsci/xunit-plugin, commit
ae25da5089d4f94ac6c4669bf736e4d416cc4665, src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd.
"""

from __future__ import annotations

from pathlib import Path

from xmlschema import XMLSchema10

_SCHEMA = XMLSchema10(str(Path(__file__).with_name("junit-10.xsd")))


def faults(content: bytes) -> list[str]:
    """What in a file isn't as the schema has it: where, and why."""
    return [f"{error.path}: {error.reason}" for error in _SCHEMA.iter_errors(content)]
