"""Why pulls failed, from what 18.06.3, 20.10.24 and 26.1.5 logged with mirrors that had faults."""

from __future__ import annotations

import re

import pytest

from provision.words.pull_failure import Fault, by_endpoint, endpoint_failures, fault
from tests.unit.words import recorded

HUB = "https://registry-1.docker.io/"


def logged(number: str, heading: str) -> list[str]:
    """What the daemon said of endpoints below a heading of a recording."""
    blocks = re.split(r"^### ", recorded.text(f"dockerd/{number}"), flags=re.M)
    block = next(each for each in blocks if each.startswith(heading))
    return endpoint_failures(block.splitlines())


CASES = {
    ("10", "dead mirror"): Fault.DEAD,
    ("10", "mirror answers 403 (HTML) to everything"): Fault.FORBIDDEN,
    ("10", "mirror answers 403 (HTML) to the manifest"): Fault.FORBIDDEN,
    ("10", "mirror answers 403 DENIED"): Fault.FORBIDDEN,
    ("10", "mirror answers 404 to everything"): Fault.NO_REGISTRY,
    ("10", "mirror: manifest unknown"): Fault.LACKS,
    ("10", "mirror answers 500"): Fault.SERVER,
    ("10", "mirror answers 503"): Fault.SERVER,
    ("10", "mirror wants a token"): Fault.TOKEN,
    ("10", "mirror: 429"): Fault.RATE,
    ("10", "mirror is a login page"): Fault.NO_REGISTRY,
    ("10", "https to a port that speaks plain http"): Fault.PLAIN,
    ("10", "mirror name that does not resolve"): Fault.RESOLVER,
    ("10", "mirror: manifest there, blobs 404"): Fault.LACKS,
    ("10", "a tag that the mirror does not have"): Fault.LACKS,
    ("11", "https, certificate of an authority"): Fault.UNTRUSTED,
    ("11", "https, known authority, certificate of another name"): Fault.MISNAMED,
    ("11", "https, known authority, certificate out of date"): Fault.EXPIRED,
    ("11", "mirror and upstream swallow packets"): Fault.TIMEOUT,
    ("11", "mirror accepts the connection and never answers"): Fault.TIMEOUT,
    ("11", "mirror sends wrong bytes"): Fault.BROKEN,
    ("11", "mirror breaks off in the middle of the blobs"): Fault.CUT,
    ("16", "mirror and upstream: no such host"): Fault.NAME,
    ("16", "mirror breaks off in the middle of one layer"): Fault.CUT,
}


@pytest.mark.parametrize(("number", "heading"), CASES, ids=[heading for _, heading in CASES])
def test_each_fault_is_told_apart(number: str, heading: str) -> None:
    said = logged(number, heading)
    assert fault(said[0]) == CASES[number, heading], said


@pytest.mark.parametrize("number", ["20", "26"])
def test_later_engines_say_it_so_that_it_is_found_too(number: str) -> None:
    said = endpoint_failures(recorded.text(f"dockerd/{number}").splitlines())
    assert [fault(each) for each in said][:4] == [Fault.DEAD, Fault.DEAD, Fault.FORBIDDEN, Fault.DEAD]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("dial udp 10.0.0.1:53: connect: network is unreachable", Fault.NETWORK),
        ("Get http://203.0.113.1/v2/: dial tcp 203.0.113.1:80: connect: no route to host", Fault.ROUTE),
        ("write /var/lib/docker/tmp/GetImageBlob1: no space left on device", Fault.DISK),
        ("pull access denied for x, repository does not exist or may require 'docker login'", Fault.LACKS),
        ("unauthorized: authentication required", Fault.UNAUTHORIZED),
        ("missing signature key", Fault.FORMAT),
        ("net/http: TLS handshake timeout", Fault.TIMEOUT),
        ("remote error: tls: protocol version not supported", Fault.TLS),
        ("something that nobody has seen", Fault.UNKNOWN),
    ],
)
def test_what_was_not_recorded_but_is_in_the_engines_source(message: str, expected: Fault) -> None:
    assert fault(message) == expected


def test_each_message_is_told_of_the_endpoint_that_it_names_else_of_the_next() -> None:
    first, second = "http://a.example:5000/", "https://b.example/"
    messages = ["denied", "Get https://registry-1.docker.io/v2/: EOF"]
    assert by_endpoint(messages, (first, second, HUB)) == {first: messages[0], HUB: messages[1]}
    named = ["Get https://b.example/v2/: EOF"]
    assert by_endpoint(named, (first, second, HUB)) == {second: named[0]}
    twice = ["Get https://b.example/v2/: EOF", "denied", "denied"]
    assert by_endpoint(twice, (first, second, HUB)) == {second: twice[0], HUB: "denied"}
    assert by_endpoint([], (first, HUB)) == {}
