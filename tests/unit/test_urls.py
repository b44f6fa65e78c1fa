"""URLs of mirrors: what is taken, what is refused, and that no password is repeated."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.urls import package_mirror_trouble, registry_mirror_trouble
from tests.unit.words import recorded

GOOD = [
    "https://a.example.com",
    "https://a.example.com/",
    "http://10.0.0.5:5000",
    "https://[::1]:5000",
    "HTTPS://A.Example.com:443",
    "https://abc123.mirror.aliyuncs.com",
    "http://registry_1",
]


@pytest.mark.parametrize("url", GOOD)
def test_good_mirrors(url: str) -> None:
    assert registry_mirror_trouble(url) == ""
    assert package_mirror_trouble(url) == ""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("a.example.com", "must begin with https:// or http://"),
        ("ftp://a.example.com", "must begin with https:// or http://"),
        ("//a.example.com", "must begin with https:// or http://"),
        ("", "must begin with https:// or http://"),
        ("https://", "names no host"),
        ("https:///x", "names no host"),
        ("https://:5000", "names no host"),
        ("https://-a", "names no host"),
        ("https://%zz.example.com", "names no host"),
        ("https://a:port", "a number from 1 to 65535"),
        ("https://a:99999", "a number from 1 to 65535"),
        ("https://a:0", "a number from 1 to 65535"),
        ("https://[::1", "a port or address that is none"),
        ("https://[::x]", "a port or address that is none"),
        ("https://u:s3cret@a", "user or password"),
        ("https://u@a", "user or password"),
        (" https://a", "holds ' '"),
        ("https://a\n", "holds '\\n'"),
        ("https://a$releasever", "holds '$'"),
        ("https://a,https://b", "holds ','"),
        ("https://<id>.mirror.aliyuncs.com", "holds '<'"),
        ("https://阿里.example", "holds '阿'"),
    ],
)
@pytest.mark.parametrize("trouble", [registry_mirror_trouble, package_mirror_trouble])
def test_bad_urls(trouble: Callable[[str], str], url: str, said: str) -> None:
    text = trouble(url)
    assert said in text
    assert "s3cret" not in text
    assert "\n" not in text


REFUSED = re.findall(
    r'\{"registry-mirrors": \["([^"]*)"\]\}\n\$ dockerd ?\ninvalid mirror', recorded.text("dockerd/04")
)


def test_the_recording_holds_refused_mirrors() -> None:
    assert len(REFUSED) > 15


@pytest.mark.parametrize("url", REFUSED)
def test_what_dockerd_refuses_is_refused_here(url: str) -> None:
    assert registry_mirror_trouble(url)


@pytest.mark.parametrize(
    "url", ["https://a.example.com/path", "https://a/?x=y", "https://a?x", "https://a/#f", "https://a?"]
)
def test_a_registry_mirror_ends_behind_host_and_port(url: str) -> None:
    assert "must end behind the host or port: write https://a" in registry_mirror_trouble(url)


def test_a_package_mirror_may_be_a_folder_but_not_too_deep() -> None:
    assert package_mirror_trouble("https://mirrors.aliyun.com/docker-ce") == ""
    deep = package_mirror_trouble("https://mirrors.aliyun.com/docker-ce/linux/centos/7/x86_64/stable")
    assert deep.endswith("name the folder above linux/centos, https://mirrors.aliyun.com/docker-ce")
    assert "without ? and #" in package_mirror_trouble("https://mirrors.aliyun.com/docker-ce?x")


@given(st.text() | st.from_regex(r"https?://[^ ]{0,20}", fullmatch=True))
def test_any_text_is_good_or_refused_in_one_line(url: str) -> None:
    for trouble in (registry_mirror_trouble, package_mirror_trouble):
        assert "\n" not in trouble(url)


WORD = st.text("abcdefghij0123456789", min_size=6)


@given(WORD, WORD)
def test_credentials_are_never_repeated(user: str, password: str) -> None:
    url = f"https://{user}:{password}@mirror.example:5000/x"
    for trouble in (registry_mirror_trouble, package_mirror_trouble):
        assert trouble(url)
        assert f"{user}:{password}" not in trouble(url)
