"""Names of images: what docker takes is taken, shown as docker shows it, and can be nothing else on a command line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import OperatorError
from provision.references import Reference, of_docker_hub, parse, several

DIGEST = "sha256:" + "0f" * 32
FLAG = "--images"


@pytest.mark.parametrize(
    ("text", "shown", "pulled", "tagged"),
    [
        ("redis", "redis:latest", "redis:latest", "redis:latest"),
        ("docker.io/library/redis:7", "redis:7", "redis:7", "redis:7"),
        ("index.docker.io/a/b", "a/b:latest", "a/b:latest", "a/b:latest"),
        ("library/a/b:1", "library/a/b:1", "library/a/b:1", "library/a/b:1"),
        ("localhost/a:1", "localhost/a:1", "localhost/a:1", "localhost/a:1"),
        ("Registry.example:5000/a__b:1", *["Registry.example:5000/a__b:1"] * 3),
        (f"redis@{DIGEST}", f"redis@{DIGEST}", f"redis@{DIGEST}", ""),
        (f"a/b:1@{DIGEST}", f"a/b:1@{DIGEST}", f"a/b@{DIGEST}", "a/b:1"),
    ],
)
def test_what_is_meant(text: str, shown: str, pulled: str, tagged: str) -> None:
    found = parse(text, FLAG)
    assert (str(found), found.pulled, found.tagged) == (shown, pulled, tagged)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write it like"),
        ("-v", "write it like"),
        ("--a.example/b", "write it like"),
        ("Redis", "did you mean redis?"),
        ("redis:", "write it like"),
        ("redis;reboot", "write it like"),
        ("redis:7\n", "write it like"),
        ("a b", "write it like"),
        ("redis@sha256:12", "write it like"),
        ("f" * 64, "write it like"),  # an ID to docker
        ("a" * 300, "write it like"),
    ],
)
def test_mistakes(text: str, says: str) -> None:
    with pytest.raises(OperatorError, match=says) as error:
        parse(text, FLAG)
    assert str(error.value).startswith("--images: ")
    assert "\n" not in str(error.value)


def test_a_list() -> None:
    assert several("", FLAG) == ()
    assert several("redis:7, docker.io/library/redis:7", FLAG) == (Reference("redis", "7"),)
    with pytest.raises(OperatorError, match=r"--images: '' is no image's name"):
        several("redis,", FLAG)
    with pytest.raises(OperatorError, match=r"--images: redis:7 is to be two images"):
        several(f"redis:7,redis:7@{DIGEST}", FLAG)


def test_whose_it_is() -> None:
    assert all(map(of_docker_hub, ("redis:7", "a/b:1", "docker.io/library/redis:7")))
    assert not any(map(of_docker_hub, ("quay.io/a/b:1", "localhost:5000/a:1", "registry:5000/a:1")))


@given(
    st.one_of(
        st.text(max_size=40),
        st.text(st.sampled_from("aZ0.-_:/@ ;$'\n"), max_size=40),
        st.from_regex(r"[a-zA-Z0-9./:@_-]{1,60}", fullmatch=True),
    )
)
def test_whatever_is_taken_is_one_plain_word_and_stays_the_same(text: str) -> None:
    try:
        found = parse(text, FLAG)
    except OperatorError:
        return
    for word in (str(found), found.pulled, found.tagged or "a"):
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*", word)
    assert parse(str(found), FLAG) == found
