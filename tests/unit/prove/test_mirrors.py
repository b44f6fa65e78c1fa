"""Mirrors as hosts answer of them: what an answer means, and who comes first."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from provision.converge import Output
from provision.errors import Failed, OperatorError
from provision.prove import mirrors
from provision.prove.asked import Answer, answer
from provision.prove.images import DEFAULT
from provision.runs import HostRun

TRY = "try 0 200 0.001 0.002 0.000 {0}\n"
GOOD = f"{TRY}{TRY}try 0 200 0.001 0.002 0.000 9.0\nimage 200 x/json"


def good(seconds: float) -> Answer:
    found = answer(GOOD.format(seconds))
    assert found is not None
    return found


def told(text: str) -> Answer:
    found = answer(text)
    assert found is not None
    return found


DEAD = told("try 7 000 0.000 0.000 0.000 0.000")
FORBIDDEN = told("try 0 200 0 0 0 0.01\nimage 403 text/html")


def test_the_median_counts() -> None:
    found = good(0.010)
    assert (found.seconds, found.reached, found.serves) == (0.010, True, True)
    assert found.said == "HTTP 200 in 10 ms, HTTP 200 for the image"
    assert answer("\n") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("try 7 000 0 0 0 0", "no connection"),
        ("try 6 000 0 0 0 0", "its name isn't known"),
        ("try 28 000 0 0 0 0", "no answer in time"),
        ("try 60 000 0 0 0 0", "its certificate isn't trusted"),
        ("try 99 000 0 0 0 0", "curl ends with 99"),
        (
            "try 0 200 0 0 0 0.01\nimage 403 text/html",
            "HTTP 403 for the image: it refuses this host; Aliyun's",
        ),
        ("try 0 200 0 0 0 0.01\nimage 404 x/json", "it hasn't the image"),
        ("try 0 401 0 0 0 0.01\nimage 401 x/json", "it wants a login"),
        ("try 0 429 0 0 0 0.01\nimage 429 x/json", "asked too often from here"),
        ("try 0 404 0 0 0 0.01\nimage 404 text/html", "no registry, or an ill one"),
        ("try 0 200 0 0 0 0.01\nimage 200 text/html", "(a page of HTML): it is no registry"),
    ],
)
def test_what_an_answer_means(text: str, says: str) -> None:
    found = told(text)
    assert not found.serves
    assert says in mirrors.said(found)


def test_who_serves_most_hosts_comes_first_then_who_is_reached_then_the_fastest() -> None:
    answers = {
        "host1": {
            "dead": DEAD,
            "refusing": FORBIDDEN,
            "slow": good(0.5),
            "fast": good(0.1),
            "half": good(0.01),
        },
        "host2": {"dead": DEAD, "refusing": FORBIDDEN, "slow": good(0.5), "fast": good(0.3), "half": DEAD},
    }
    ranks = mirrors.ranked(answers)
    assert [each.url for each in ranks] == ["fast", "slow", "half", "refusing", "dead"]
    assert ranks[0].seconds == pytest.approx(0.2)
    assert (ranks[2].serves, ranks[2].reached, ranks[2].hosts) == (1, 1, 2)
    assert ranks[-1].seconds is None
    out = io.StringIO()
    console = Console(file=out, width=100)
    console.print(mirrors.overall(ranks, "redis:7"))
    console.print(mirrors.of_host("host1", answers["host1"]))
    assert "1  fast      2 of 2  2 of 2      200 ms" in out.getvalue()
    document = mirrors.document(answers, "redis:7")
    assert [each["url"] for each in document["ranking"]] == [each.url for each in ranks]
    assert document["hosts"]["host2"]["dead"]["problem"] == "no connection"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example", ("https://a.example",)),
        ("https://a.example/,http://b:5000", ("https://a.example", "http://b:5000")),
        ("https://a.example https://a.example", ("https://a.example",)),
    ],
)
def test_urls(text: str, expected: tuple[str, ...]) -> None:
    assert mirrors.urls(text) == expected


@pytest.mark.parametrize("text", ["", " , ", "a.example", "https://u:p@a.example", "https://a.example/path"])
def test_urls_that_are_none(text: str) -> None:
    with pytest.raises(OperatorError, match=r"^mirrors: ") as error:
        mirrors.urls(text)
    assert ":p@" not in str(error.value)


class Host:
    """A host that answers every mirror alike."""

    def __init__(self, text: str, *, cut: bool = False) -> None:
        self.text, self.cut = text, cut

    def read(self, text: str, *, timeout: float | None = None) -> Output:
        assert "ask_mirror https://a.example library/redis 7.0.11-bullseye" in text
        assert timeout
        word = text[text.index("@") :][:17]
        said = f"\n{word} begin https://a.example\n{self.text}\n\n{word} end https://a.example 0\n"
        return Output(said[:30] if self.cut else said, "", 0)

    def apply(self, run: HostRun, hear: Callable[[str], None], lost: Callable[[str], None]) -> Output:
        raise AssertionError(f"nothing is changed: {run} {hear} {lost}")

    def watch(self, text: str, on_piece: Callable[[str], None]) -> Output:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


def test_a_host_is_asked_once() -> None:
    found = mirrors.measure(Host(GOOD.format(0.02)), ["https://a.example"], DEFAULT[0])
    assert found == {"https://a.example": good(0.02)}
    with pytest.raises(Failed, match=r"cut off before https://a\.example was asked"):
        mirrors.measure(Host("", cut=True), ["https://a.example"], DEFAULT[0])
