"""What makes a host drift, as functions that change its stand-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit.verify.fakehost import FakeHost

Drift = tuple[Callable[[FakeHost], None], set[str], str]
"""What is changed, which checks that concerns, and words of what they say."""


def in_file(path: str, old: str, new: str) -> Callable[[FakeHost], None]:
    def change(fake: FakeHost) -> None:
        assert old in fake.files[path]
        fake.files[path] = fake.files[path].replace(old, new)

    return change


def without(path: str) -> Callable[[FakeHost], None]:
    return lambda fake: fake.files.__delitem__(path)


def with_file(path: str, text: str) -> Callable[[FakeHost], None]:
    return lambda fake: fake.files.__setitem__(path, text)


def with_files(files: dict[str, str]) -> Callable[[FakeHost], None]:
    return lambda fake: fake.files.update(files)


def having(**values: Any) -> Callable[[FakeHost], None]:
    def change(fake: FakeHost) -> None:
        for name, value in values.items():
            assert hasattr(fake, name)
            setattr(fake, name, value)

    return change


def unit(**properties: str) -> Callable[[FakeHost], None]:
    return lambda fake: fake.unit.update(properties)


def info(**values: Any) -> Callable[[FakeHost], None]:
    return lambda fake: fake.info.update(values)


def installed(*packages: str) -> Callable[[FakeHost], None]:
    return having(packages=["rpm 4.11.3-48.el7_9", "gpg-pubkey 621e9f35-58adea78", *packages])
