"""Templates: files as they land on hosts, laid out as there."""

from __future__ import annotations

import json
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.steps.daemon import DROP_IN
from provision.steps.kernel import MODULES, SYSCTLS
from provision.templating import folder, render, shipped

REPO = "etc/yum.repos.d/docker-ce.repo.j2"
ARCHIVE = "etc/yum.repos.d/centos-vault.repo.j2"
DAEMON_JSON = "etc/docker/daemon.json.j2"
VARIABLES = "etc/sysconfig/docker-provision.j2"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a<&'\"é{}%#\n"), inner, max_size=3),
    max_leaves=10,
)


def test_every_file_lies_where_it_will_lie() -> None:
    found = {str(path.relative_to(folder())) for path in folder().rglob("*") if path.is_file()}
    key = "etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce"
    assert found == {REPO, ARCHIVE, DAEMON_JSON, DROP_IN, VARIABLES, key, MODULES, f"{SYSCTLS}.j2"}


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_any_settings_come_back_as_they_were(settings: dict[str, Any]) -> None:
    """Nothing is escaped for HTML, nothing is taken for a template."""
    assert json.loads(render(DAEMON_JSON, settings=settings)) == settings


def test_json_is_written_as_people_would() -> None:
    settings = {"registry-mirrors": ["https://m.example/?a=1&b='2'"], "labels": ["Größe=<1>"]}
    assert render(DAEMON_JSON, settings=settings).decode() == (
        '{\n  "registry-mirrors": [\n    "https://m.example/?a=1&b=\'2\'"\n  ],\n'
        '  "labels": [\n    "Größe=<1>"\n  ]\n}\n'
    )


def repository(**values: str | None) -> str:
    given = {
        "baseurl": "https://m.example/$basearch",
        "key_path": "/etc/key",
        "hold": ("a", "b-c"),
        "bundled": False,
        **values,
    }
    return render(REPO, **given).decode()


@pytest.mark.parametrize(("proxy", "line"), [("http://p:3128", "proxy=http://p:3128"), ("", "proxy=_none_")])
def test_a_repository_behind_a_proxy_and_known_by_a_certificate(proxy: str, line: str) -> None:
    lines = repository(proxy=proxy, ca_path="/etc/ca.pem").splitlines()
    at = lines.index("gpgkey=file:///etc/key")
    assert lines[at + 1 : at + 3] == [line, "sslcacert=/etc/ca.pem"]


def test_a_repository_says_all_that_it_needs() -> None:
    text = repository(proxy=None, ca_path="")
    section, *settings = [line for line in text.splitlines() if not line.startswith("#")]
    assert section == "[docker-ce-stable]"
    assert settings == [
        "name=Docker CE Stable - $basearch",
        "baseurl=https://m.example/$basearch",
        "enabled=1",
        "gpgcheck=1",
        "gpgkey=file:///etc/key",
        "exclude=a b-c",
    ]
    assert text.endswith("b-c\n")


@pytest.mark.parametrize("missing", ["baseurl", "key_path", "hold", "proxy", "ca_path"])
def test_a_value_that_is_not_given_is_a_defect(missing: str) -> None:
    values = {
        "baseurl": "https://m.example",
        "key_path": "/etc/key",
        "hold": (),
        "bundled": False,
        "proxy": None,
        "ca_path": "",
    }
    del values[missing]
    with pytest.raises(jinja2.UndefinedError, match=missing):
        render(REPO, **values)


def test_a_file_that_is_no_template_stays_as_it_is() -> None:
    assert shipped(DROP_IN) == (folder() / DROP_IN).read_bytes()
