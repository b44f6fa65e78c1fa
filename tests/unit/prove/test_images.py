"""What an operator may name, and what is made of it."""

from __future__ import annotations

import pytest

from provision.errors import OperatorError
from provision.prove.images import CURED, DEFAULT, manifest, new_library, pair, version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", DEFAULT),
        ("redis:7", ("redis:7", DEFAULT[1])),
        ("redis", ("redis:latest", DEFAULT[1])),
        ("redis:7, bitnami/kafka", ("redis:7", "bitnami/kafka:latest")),
        (DEFAULT[1], (DEFAULT[1], DEFAULT[0])),
        ("registry.example:5000/a/b__c", ("registry.example:5000/a/b__c:latest", DEFAULT[1])),
        ("localhost/a:1", ("localhost/a:1", DEFAULT[1])),
        ("docker.io/library/redis:7", ("redis:7", DEFAULT[1])),
    ],
)
def test_names(text: str, expected: tuple[str, str]) -> None:
    assert pair(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b,c", "names 3 images"),
        ("redis,redis:latest", "one image twice"),
        ("Redis", "did you mean redis?"),
        ("redis;reboot", "is no image's name"),
        ("redis:", "is no image's name"),
        ("redis,", "is no image's name"),
        ("-v", "is no image's name"),
        ("a b", "is no image's name"),
        ("redis@sha256:" + "0" * 64, "by its digest"),
    ],
)
def test_mistakes(text: str, says: str) -> None:
    with pytest.raises(OperatorError) as error:
        pair(text)
    assert says in str(error.value)
    assert str(error.value).startswith("--image: ")


def test_a_registry_has_docker_hubs_own_images_below_library() -> None:
    assert manifest("redis:7") == ("library/redis", "7")
    assert manifest(pair("docker.io/a/b:1")[0]) == ("a/b", "1")


def test_versions_compare() -> None:
    assert version("18.06.3-ce") < CURED <= version("20.10.24") < version("26.1.4+lab00")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ldd (Debian GLIBC 2.36-9+deb12u14) 2.36", "glibc 2.36"),
        ("ldd (GNU libc) 2.34", "glibc 2.34"),
        ("ldd (Debian GLIBC 2.31-13+deb11u11) 2.31", ""),
        ("musl libc (x86_64)\nAlpine 3.14.0", "Alpine 3.14.0"),
        ("musl libc (x86_64)\nAlpine 3.13.5", ""),
        ("sh: ldd: not found", ""),
    ],
)
def test_libraries_that_old_engines_stumble_over(text: str, expected: str) -> None:
    assert new_library(text) == expected
