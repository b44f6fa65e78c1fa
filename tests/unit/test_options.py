"""The words for what may be asked: flags and keys, and the help for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from provision.options import FLAGS, OPTIONS, Option
from provision.spec import PACKAGE_MIRRORS, Spec
from tests.unit.test_spec import of


def test_options_are_the_fields_of_spec() -> None:
    assert [option.name for option in OPTIONS] == list(Spec.model_fields)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_example_is_taken_and_many_means_a_list(option: Option) -> None:
    beside = "\nproxy: http://proxy.example.com:3128" if option.name == "no_proxy" else ""
    spec = of(f"{option.name}: {option.example}{beside}")
    assert getattr(spec, option.name) is not None
    assert isinstance(getattr(spec, option.name), tuple) == option.many
    assert option.help
    assert option.metavar


def test_flags() -> None:
    assert [option.flag for option in FLAGS] == [
        "--docker-version",
        "--package-mirror",
        "--repo-key",
        "--fix-base-repos",
        "--base-key",
        "--proxy",
        "--package-proxy",
        "--daemon-proxy",
        "--no-proxy",
        "--package-ca",
        "--registry-ca",
        "--registry-mirrors",
        "--log-max-size",
        "--log-max-file",
        "--data-root",
        "--cgroup-driver",
        "--live-restore",
        "--bridge-nf",
        "--users",
        "--any-el7",
        "--accept-data-change",
        "--hold-everywhere",
        "--ack-eol",
    ]


def test_the_help_names_the_defaults_and_mirrors_that_there_are() -> None:
    words = {option.name: option.help for option in OPTIONS}
    assert f"default {Spec().docker_version}" in words["docker_version"]
    assert all(name in words["package_mirror"] for name in PACKAGE_MIRRORS)
    assert f"{Spec().package_mirror} (default)" in words["package_mirror"]


def test_listing_commands_needs_neither_pydantic_nor_yaml() -> None:
    code = (
        "import sys, provision.options; print([m for m in ('pydantic', 'yaml', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
