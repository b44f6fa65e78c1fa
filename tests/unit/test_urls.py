"""URLs of mirrors and proxies: what is taken, what is refused, and that no password is repeated."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.urls import (
    bypass_trouble,
    has_login,
    package_mirror_trouble,
    plain_proxy,
    proxy_trouble,
    registry_mirror_trouble,
    registry_trouble,
)
from tests.unit.words import recorded

PLAIN = "http://proxy.example:3128"
CLEAR = "http://alice:p@ss/w%25@proxy.example:3128/"
ENCODED = "http://alice:p%40ss%2Fw%25@proxy.example:3128"
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


class TestUrls:
    @pytest.mark.parametrize("url", [PLAIN, CLEAR, "http://10.0.0.5:8080", "http://[::1]:3128/"])
    def test_good_ones(self, url: str) -> None:
        assert proxy_trouble(url) == ""

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("proxy.example:3128", "write it like http://"),
            ("https://proxy.example:3128", "write it like http://"),
            ("socks5://proxy.example:1080", "write it like http://"),
            ("http://proxy.example", "must name the proxy's port"),
            ("http://proxy.example:0", "must name the proxy's port"),
            ("http://proxy.example:99999", "must name the proxy's port"),
            ("http://:3128", "names no host"),
            ("http://proxy.example:3128/path", "write it like http://"),
            ("http://alice:geheim@:3128", "names no host"),
        ],
    )
    def test_bad_ones(self, url: str, said: str) -> None:
        trouble = proxy_trouble(url)
        assert said in trouble
        assert "geheim" not in trouble

    def test_a_login_is_encoded_for_all_who_read_it(self) -> None:
        assert plain_proxy(CLEAR) == ENCODED
        assert plain_proxy(ENCODED) == ENCODED
        assert plain_proxy(f"{PLAIN}/") == PLAIN
        assert has_login(CLEAR)
        assert not has_login(PLAIN)

    @given(st.text(min_size=1, max_size=20).filter(lambda text: "\n" not in text and text.isprintable()))
    def test_any_password_fits_into_yums_and_systemds_files(self, password: str) -> None:
        url = f"http://alice:{password}@proxy.example:3128"
        assert proxy_trouble(url) == ""
        assert set(plain_proxy(url)) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%:@/"
        )

    @pytest.mark.parametrize(
        "entry", ["*", "example.com", ".example.com", "10.0.0.5", "h:5000", "10.0.0.0/8"]
    )
    def test_what_goes_past(self, entry: str) -> None:
        assert bypass_trouble(entry) == ""

    @pytest.mark.parametrize("entry", ["172.17.*", "*.example.com", "a b", "http://x", ""])
    def test_what_go_does_not_know(self, entry: str) -> None:
        assert "is no host, domain, address or network" in bypass_trouble(entry)

    @pytest.mark.parametrize(
        "name", ["registry.example", "registry.example:5000", "10.0.0.5:5000", "[::1]:5000"]
    )
    def test_registries(self, name: str) -> None:
        assert registry_trouble(name) == ""

    @pytest.mark.parametrize("name", ["", "../etc", "a/b", "https://r", "r:", "r:0", "r:port", "a b"])
    def test_names_that_are_no_registry(self, name: str) -> None:
        assert "is no registry" in registry_trouble(name)
