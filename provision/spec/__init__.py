"""Spec: all that an operator may ask for, from flags and files, checked before any host is touched.

    build(parse(text, "site.yml"), from_flags({"docker_version": "18.06.3"})) -> Spec

Later layers win, field by field. Every error is an OperatorError of one line: where the wrong value was
given, what is wrong with it, what to write instead.

names.py     mirrors and archives known by name, and other words with a meaning
model.py     what may be asked for, and what is wrong with a value
layers.py    from files and flags to one Spec, with the place of each error
"""

from __future__ import annotations

from provision.spec.layers import Layer, build, from_flags, parse
from provision.spec.model import Spec
from provision.spec.names import (
    BASE_ARCHIVES,
    BUNDLE,
    DATA_CHANGES,
    DATA_KEYS,
    DOWNGRADE,
    NONE,
    PACKAGE_MIRRORS,
)

__all__ = [
    "BASE_ARCHIVES",
    "BUNDLE",
    "DATA_CHANGES",
    "DATA_KEYS",
    "DOWNGRADE",
    "NONE",
    "PACKAGE_MIRRORS",
    "Layer",
    "Spec",
    "build",
    "from_flags",
    "parse",
]
