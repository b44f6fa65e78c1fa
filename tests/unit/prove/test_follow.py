"""One host from its reading to its report; whatever ends it early is one line."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from provision.errors import Failed, HostError, Refused, Unreachable
from provision.prove import follow
from provision.prove.follow import Ear
from provision.prove.recipe import Ask, engine, proving
from provision.prove.result import Report, Verdict
from tests.unit.prove.recorded import RUN, WORD, Host, answers, seen


@dataclass
class Heard:
    """A watcher that keeps what it hears."""

    said: list[str] = field(default_factory=list)
    layers: list[tuple[str, str]] = field(default_factory=list)
    ends: list[Report] = field(default_factory=list)

    def doing(self, host: str, what: str) -> None:
        assert host == "host1"
        self.said.append(what)

    def layer(self, host: str, digest: str, said: str) -> None:
        assert host == "host1"
        self.layers.append((digest, said))

    def finished(self, report: Report) -> None:
        self.ends.append(report)


def run(host: Host) -> tuple[Report, Heard]:
    heard = Heard()
    return follow.prove("host1", host, Ask(), heard), heard


def test_a_host_is_read_once_and_then_shows_all_of_it() -> None:
    host = Host()
    report, heard = run(host)
    assert host.asked == ["read", "watch"]
    assert report.error is None
    assert not report.failed
    assert {each.verdict for each in report.proofs} == {Verdict.PROVEN}
    assert heard.ends == [report]
    assert heard.said[:2] == ["reading", "pull redis:7.0.11-bullseye"]
    assert heard.said[-1] == "taking all of it away"
    assert ("251ebad2fae4", "Pull complete") in heard.layers
    assert ("251ebad2fae4", "Already exists") in heard.layers
    assert report.picture.systems["host"] == "CentOS Linux 7 (Core)"


@pytest.mark.parametrize(
    ("host", "error", "text"),
    [
        (Host(cut=f"\n{WORD} done prove"), Failed, "cut off at: taking all of it away; run again"),
        (Host(said=f"\n{WORD} refuse docker doesn't answer\n"), Refused, "docker doesn't answer"),
        (Host(said="\n"), Failed, "the proofs were cut off; run again"),
    ],
)
def test_what_ends_early_is_told(host: Host, error: type[HostError], text: str) -> None:
    report, heard = run(host)
    assert type(report.error) is error
    assert text in str(report.error)
    assert report.failed
    assert heard.ends == [report]


def test_a_host_that_is_away_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object, **__: object) -> None:
        raise Unreachable("no route to host")

    host = Host()
    monkeypatch.setattr(host, "read", read)
    report, _ = run(host)
    assert str(report.error) == "no route to host"


def test_notes_are_kept_and_pieces_may_be_cut_anywhere() -> None:
    heard = Heard()
    ear = Ear(WORD, "host1", heard)
    layer = f"{WORD} step layer 0a1b2c3d4e5f 12MB Downloading [=>  ] 1MB/12MB"
    for letter in f"x\n{layer}\n{WORD} note left\n{WORD} done prove\n":
        ear.hear(letter)
    ear.raise_verdict()
    assert heard.layers == [("0a1b2c3d4e5f", "Downloading [=>  ] 1MB/12MB")]
    assert ear.notes == ["left"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"\n{WORD} begin info\n\n{WORD} end info 9\n", "docker.service isn't active: run setup-docker"),
        (f"\n{WORD} begin info\nno\n{WORD} end info 0\n", "docker gives no answer"),
    ],
)
def test_no_daemon_is_refused_before_anything_is_brought(text: str, says: str) -> None:
    rest = "".join(
        f"\n{WORD} begin {each}\n\n{WORD} end {each} 0\n" for each in ("kernel", "system", "level")
    )
    with pytest.raises(Refused) as error:
        engine(text + rest, WORD)
    assert says in str(error.value)


def test_a_cut_reading_is_told() -> None:
    with pytest.raises(Failed, match="before system was read"):
        engine(answers("18.06.3")[0].split(f"{WORD} begin system")[0], WORD)


def test_what_an_operator_asks_for_is_in_the_script() -> None:
    ask = Ask(images=("a/b:1", "c:2"), allow_restart=True, patience=7, owner="me", lock_timeout=5)
    text = proving(ask, seen("18.06.3").engine, RUN, WORD)
    for line in ("lock_timeout=5", "patience=7", f"run={RUN}", "pull pull-1 a/b:1", "restart yes a/b:1"):
        assert line in text
    assert "ask_mirror" in text
