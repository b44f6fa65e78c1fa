"""Failures by cause: what differs from host to host doesn't tell causes apart, what wants another remedy does."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import Failed, HostError, Refused, Unreachable
from provision.events import Outcome, Status
from provision.remote.explain import explain
from provision.report.causes import Cause, by_cause


def failed(host: str, error: HostError, *known_as: str) -> Outcome:
    return Outcome(host, Status(error.outcome), error=error, known_as=known_as)


def causes(*texts: str, kind: type[HostError] = Failed) -> tuple[Cause, ...]:
    """Those of hosts web1, web2, …, each with one of these texts."""
    return by_cause(failed(f"web{number}", kind(text)) for number, text in enumerate(texts, 1))


def test_forty_hosts_of_one_cause_are_one_entry_and_the_most_frequent_comes_first() -> None:
    ends = [failed("db1", Refused("no room"))]
    for number in range(1, 41):
        address = f"10.0.0.{number}"
        text = explain(TimeoutError(), address, 22, 10)
        ends.append(failed(f"web{number}", Unreachable(text), address))
    ends.append(Outcome("db2", Status.CHANGED))
    frequent, rare = by_cause(ends)
    assert frequent.text == (
        "no answer from HOST port 22 within 10 s: is the host up, does a firewall let us through?"
    )
    assert frequent.status is Status.UNREACHABLE
    assert frequent.hosts == tuple(f"web{number}" for number in range(1, 41))
    assert (rare.text, rare.hosts) == ("no room", ("db1",))


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("web1 is down", "web2 is down", "HOST is down"),
        ("sudo of root at web1: no", "sudo of root at web2: no", "sudo of root at HOST: no"),
        ("`ssh-keyscan web1`", "`ssh-keyscan web2`", "`ssh-keyscan HOST`"),
        ("[web1]:2222 refuses", "[web2]:2222 refuses", "[HOST]:2222 refuses"),
        ("10.0.0.1 is taken", "10.0.0.2 is taken", "… is taken"),
        ("fd00::1 is taken", "2001:db8:0:1::20 is taken", "… is taken"),
        ("waited 12.5 s of 20 s", "waited 3 s of 20 s", "waited … of 20 s"),
        (
            "eve since 2026-05-01 10:00:00 +0800, wait",
            "eve since 2026-05-02 11:00:00 +0800, wait",
            "eve since …, wait",
        ),
        (
            "812 MB are free, 2000 MB are needed",
            "80 MB are free, 2000 MB are needed",
            "… are free, 2000 MB are needed",
        ),
        ("held by process 812", "held by process 90", "held by process …"),
        (f"attach --run {'0a1b2c3d' * 4}", f"attach --run {'9a1b2c3d' * 4}", "attach --run …"),
        (f"it shows SHA256:{'a' * 43}.", f"it shows SHA256:{'B' * 43}.", "it shows …."),
        ("~/.ssh/known_hosts:3 holds", "~/.ssh/known_hosts:14 holds", "~/.ssh/known_hosts:… holds"),
    ],
)
def test_what_is_a_hosts_own_tells_no_causes_apart(one: str, other: str, shown: str) -> None:
    assert [cause.text for cause in causes(one, other)] == [shown]
    assert [cause.text for cause in causes(one, one.replace("web1", "web2"))] in ([shown], [one])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the repository doesn't offer docker-ce 18.06.9", "the repository doesn't offer docker-ce 18.06.8"),
        ("containerd.io 1.2.13 is too old", "containerd.io 1.2.6 is too old"),
        ("https://10.0.0.1/docker-ce can't be read", "https://10.0.0.2/docker-ce can't be read"),
        ("`yum erase docker`", "`yum erase podman`"),
        ("days behind", "days ahead of"),
        ("port 22 refuses", "port 2222 refuses"),
        ("registry:5000 wants a certificate", "registry:5001 wants a certificate"),
        ("needs libcgroup", "needs libseccomp"),
        ("/var is full", "/opt is full"),
    ],
)
def test_what_wants_another_remedy_is_another_cause(one: str, other: str) -> None:
    assert {cause.text for cause in causes(one, other)} == {one, other}


def test_one_text_of_two_kinds_is_two_causes() -> None:
    ends = [failed("web1", Refused("no")), failed("web2", Failed("no"))]
    assert [cause.hosts for cause in by_cause(ends)] == [("web1",), ("web2",)]


def test_a_name_counts_only_as_a_whole() -> None:
    assert len(causes("web10 is down", "web20 is down")) == 2
    assert [cause.text for cause in causes("web1.", "web2.")] == ["HOST."]


def test_the_log_shown_is_that_of_the_first() -> None:
    ends = [failed(f"web{number}", Failed("no", log=(f"line {number}",))) for number in (1, 2)]
    (cause,) = by_cause(ends)
    assert cause.log == ("line 1",)


def test_a_name_that_cant_be_resolved_is_one_cause_for_all_who_have_none() -> None:
    problem = socket.gaierror(-2, "Name or service not known")
    ends = [
        failed(f"web{number}", Unreachable(explain(problem, f"web{number}.example.com", 22, 10)), name)
        for number in (1, 2)
        for name in [f"web{number}.example.com"]
    ]
    (cause,) = by_cause(ends)
    assert cause.text.startswith("the name HOST can't be resolved: ")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), max_size=8))
def test_every_failure_is_in_one_cause_and_a_cause_of_one_says_all(texts: list[str]) -> None:
    found = causes(*texts)
    hosts = [host for cause in found for host in cause.hosts]
    assert sorted(hosts) == sorted(f"web{number}" for number in range(1, len(texts) + 1))
    for cause in found:
        if len(cause.hosts) == 1:
            assert cause.text == str(cause.outcomes[0].error)


@given(st.text("web1 0.:s/a-", max_size=30), st.text("web1 0.:s/a-", max_size=30))
def test_merged_texts_differ_in_nothing_but_what_is_left_out(one: str, other: str) -> None:
    found = causes(one, other)
    if len(found) == 1 and one != other:
        assert "…" in found[0].text or "HOST" in found[0].text
