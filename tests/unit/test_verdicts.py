"""What a host's verdict means to the operator: one line, with the remedy."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.verdicts import explain
from tests.unit.words import recorded

OFFERS = (
    recorded.text("yum/03").split("$ yum -q list docker-ce --showduplicates")[1].split("\n$ ")[0].splitlines()
)


def test_yum_is_explained_by_what_it_said() -> None:
    failed = recorded.run("yum/12", "no-such-host", failed=True)
    text = explain(f"yum {failed.status}", failed.output.splitlines())
    assert "can't be resolved" in text
    assert "; " in text


def test_yum_that_said_nothing_is_told_with_its_status() -> None:
    assert explain("yum 3", []) == "yum failed with status 3: it said nothing; its log stands above"


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [("18.06.9.ce-3.el7", "18.06.3"), ("26.1.9-1.el7", "26.1.4"), ("18.09.10-3.el7", "18.09.0")],
)
def test_a_version_that_is_not_on_offer_has_a_near_one(asked: str, nearest: str) -> None:
    assert explain(f"missing {asked}", OFFERS) == (
        f"the repository doesn't offer docker-ce {asked}: the nearest on offer is {nearest} (`versions` lists them all)"
    )


@pytest.mark.parametrize(
    ("verdict", "begins", "ends"),
    [
        ("yum 3 back", "yum failed with status 3", "from before are back, and so is all that ran"),
        ("engine back", "the engine doesn't come up in its new version: ", "and so is all that ran"),
        ("engine in-vain", "the engine doesn't come up in its new version: ", "see `journalctl -u docker`"),
        (
            "yum says it is done, but x isn't there back",
            "yum says it is done, but x isn't there; ",
            "all that ran",
        ),
    ],
)
def test_a_change_of_version_that_failed_says_what_became_of_the_old_one(
    verdict: str, begins: str, ends: str
) -> None:
    said = explain(verdict, ["unknown flag: --graph"])
    assert said.startswith(begins)
    assert said.endswith(ends)


def test_an_empty_repository_is_told_as_such() -> None:
    assert "it offers no docker-ce at all" in explain(
        "missing 18.06.3.ce-3.el7", ["Error: No matching Packages"]
    )


def test_a_wrong_signature_names_package_and_option() -> None:
    text = explain("signature docker-ce-18.06.3.ce-3.el7.x86_64.rpm", [])
    assert text.startswith("docker-ce-18.06.3.ce-3.el7.x86_64.rpm isn't signed by the key that was asked for")
    assert "--repo-key FILE" in text


LAST_WORDS = ["unable to configure the Docker daemon with file /etc/docker/daemon.json: EOF"]


@pytest.mark.parametrize(
    ("verdict", "end"),
    [
        ("daemon start kept", "daemon.json wasn't changed by this run"),
        ("daemon restart taken-back", "daemon.json is back as it was and the daemon runs with it"),
        (
            "daemon reload taken-back-in-vain",
            "daemon.json is back as it was, but the daemon doesn't run with it either",
        ),
    ],
)
def test_a_daemon_that_did_not_come_up_is_told_with_its_reason_and_what_became_of_the_file(
    verdict: str, end: str
) -> None:
    action = verdict.split()[1]
    assert explain(verdict, LAST_WORDS) == (
        f"the daemon didn't take up its configuration on {action}: /etc/docker/daemon.json is empty; "
        f"write {{}} into it, or remove it; {end}; its log of that is in /var/lib/docker-provision/last-words"
    )


def test_a_daemon_that_runs_with_something_else_is_told_by_what_it_does_not_show() -> None:
    unseen = base64.b64encode(b'log-driver="journald"\ndebug=true').decode()
    assert explain(f"daemon restart taken-back {unseen}", []).startswith(
        "the daemon didn't take up its configuration on restart: it runs, but docker info doesn't show "
        'log-driver="journald", debug=true; see `systemctl cat docker` for why; daemon.json is back as it was'
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ended with 1",
        "can't write under /var/lib/docker-provision",
        "yum is held by process 77 (yum update), for longer than 120 s",
        "another run holds this host: eve; wait for it and run again",
        "missing",
        "yum x",
    ],
)
def test_other_words_are_for_the_operator_already(text: str) -> None:
    assert explain(text, OFFERS) == text


VERDICTS = st.sampled_from(
    ["yum 1", "yum 135", "missing 18.06.3.ce-3.el7", "signature a.rpm", "daemon start kept"]
)


@given(VERDICTS, st.lists(st.text(st.characters(exclude_characters="\n"))))
def test_whatever_the_log_holds_there_is_an_explanation(verdict: str, log: list[str]) -> None:
    assert explain(verdict, log)
