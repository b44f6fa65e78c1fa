"""Secrets in what is shown: hidden in every shape in which hosts and programs print them, and in no other text."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import Failed, OperatorError
from provision.masking import masked, names_secret
from provision.resources.base import ABSENT, Change, Note, Pending, Refusal, Unknown
from provision.resources.file import Exactly, File
from provision.resources.record import RECORD_ID

SHAPES = {
    "a URL": "proxy=http://alice:{}@proxy.example:3128",
    "a URL in JSON": '{{"https-proxy": "http://alice:{}@proxy.example:3128"}}',
    "the second of two URLs": "http://a.example/x,http://alice:{}@b.example/y",
    "yum quoting a URL": 'https://alice:{}@mirror.example/repodata/repomd.xml: [Errno 14] curl#7 - "Failed"',
    "a proxy without its scheme": "HTTPS_PROXY=alice:{}@proxy.example:3128",
    "docker info": '"HttpProxy":"http://alice:{}@proxy.example:3128"',
    "a yum option": "proxy_password = {}",
    "a line of a diff": "-password={}",
    "a line that was commented out": "# before: password={}",
    "an option of yum": "yum -y --setopt=x.proxy_password={} install docker-ce",
    "an option of curl": "curl -U alice:{} https://mirror.example/",
    "docker login": "docker login -u alice -p {} registry.example",
    "a word of a command line": "mysql --password {} -e x",
    "a logging driver's option": '"log-opts": {{"splunk-token": "{}"}}',
    "docker's own logins": '{{"auths": {{"registry.example": {{"auth": "{}"}}}}}}',
    "a header": "Proxy-Authorization: Basic {}",
}
WORDS = st.text("abcdefgh0123456789._~%+-", min_size=6, max_size=20).filter(lambda word: word[0] not in "-")


def test_a_byte_that_is_no_text_keeps_nothing_from_being_shown() -> None:
    """A host's file in Latin-1: no terminal takes such a character, nor does the journal of runs."""
    note = Note("x", b"[caf\xe9] password=geheim".decode(errors="surrogateescape"))
    assert note.text == "[caf\N{REPLACEMENT CHARACTER}] password=***"
    assert note.text.encode()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_secret_is_hidden(shape: str) -> None:
    shown = masked(SHAPES[shape].format("geheim23"))
    assert "geheim23" not in shown
    assert "***" in shown
    assert masked(shown) == shown


@given(st.sampled_from(sorted(SHAPES)), WORDS, st.text(max_size=30), st.text(max_size=30))
def test_it_is_hidden_wherever_it_stands(shape: str, secret: str, before: str, behind: str) -> None:
    word = f"s3{secret}"
    shown = masked(f"{before}\n{SHAPES[shape].format(word)}\n{behind}")
    assert word not in shown.replace(before, "").replace(behind, "")


def test_only_the_login_of_a_url_is_hidden() -> None:
    said = "--proxy: 'http://alice:geheim@proxy.example:3128' holds a user"
    assert masked(said) == "--proxy: 'http://***@proxy.example:3128' holds a user"


@pytest.mark.parametrize("password", ["p@ss", "p/w", "p:w", "p%40ss", "p'w", "p,w;x"])
def test_a_password_of_a_url_may_hold_anything_but_blanks(password: str) -> None:
    shown = masked(f"can't reach http://alice:{password}@proxy.example:3128/ now")
    assert shown == "can't reach http://***@proxy.example:3128/ now"


PLAIN = (
    "sudo wants a password for pw: use --prompt-for-sudo-password, or give pw a NOPASSWD rule in sudoers",
    "login as pw failed; tried: the password; use --prompt-for-login-password",
    '"authorization-plugins": ["opa"]',
    "host key of root@10.0.0.5 is unknown: ssh-keyscan -p 22 10.0.0.5 >> known_hosts",
    "baseurl=https://mirrors.aliyun.com/docker-ce/linux/centos/7/$basearch/stable",
    "NO_PROXY=localhost,.example.com",
    "Docker Release (CE rpm) <docker@docker.com>",
    "env:HTTPS_PROXY",
)


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parent / "cases").glob("*.txt")), ids=lambda f: f.stem
)
def test_plans_of_hosts_without_secrets_stay_as_they_are(file: Path) -> None:
    plan = file.read_text().rpartition("==== plan")[2]
    assert masked(plan) == plan


CLEAR = "http://alice:geheim23@proxy.example:3128"
HIDDEN = "http://***@proxy.example:3128"


class TestWhatIsMadeToBeShown:
    """Masked when it is made, so that no view can forget it."""

    def test_errors(self) -> None:
        error = Failed(f"can't reach {CLEAR}", log=(f"tried {CLEAR}",))
        assert (str(error), error.log) == (f"can't reach {HIDDEN}", (f"tried {HIDDEN}",))
        assert repr(OperatorError(CLEAR)) == f"OperatorError('{HIDDEN}')"

    def test_findings(self) -> None:
        change = Change("x", CLEAR, CLEAR, CLEAR, CLEAR, diff=CLEAR, look=CLEAR)
        assert {change.actual, change.desired, change.reason, change.diff} == {HIDDEN}
        assert (change.script, change.look) == (CLEAR, CLEAR), "the wire is left alone"
        shown = (Note("x", CLEAR).text, Refusal("x", CLEAR).text, Pending("x", CLEAR, "y").desired)
        assert {*shown, Unknown(CLEAR).why} == {HIDDEN}


@pytest.mark.parametrize("key", ["splunk-token", "proxy_password", "auth", "clientSecret", "api_key"])
def test_keys_of_secrets(key: str) -> None:
    assert names_secret(key)
    assert not names_secret("authorization-plugins")
    assert not names_secret("auths")


def test_a_place_in_a_file_that_is_named_after_secrets_is_no_secret() -> None:
    text = "secrets.yml:3: sudo_password stands here itself: say where it is kept"
    assert masked(text) == text
    assert masked("secrets.yml:3: password=geheim") == "secrets.yml:3: password=***"
    assert masked("password:3: geheim") == "password:***"


def test_masking_changes_what_is_shown_and_never_the_wire() -> None:
    content = json.dumps(
        {"proxies": {"http-proxy": CLEAR}, "log-opts": {"splunk-token": "geheim23"}}
    ).encode()
    file = File("/etc/some.json", Exactly(content), mode="600")
    (change,) = file.compare({file.id: ABSENT, RECORD_ID: ABSENT})
    assert isinstance(change, Change)
    assert "geheim23" not in repr((change.actual, change.desired, change.reason, change.diff))
    assert HIDDEN in change.diff
    written = base64.b64decode(change.script.split()[-1])
    assert written == content
