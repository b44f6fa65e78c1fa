"""The proof that the mirror serves: a pull that went past it, was slow, or failed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.prove import mirror
from provision.prove.result import Verdict
from tests.unit.prove.recorded import seen
from tests.unit.prove.test_proofs import GOOD, words


def logged(*messages: str) -> str:
    return "\n".join(
        f'level=info msg="Attempting next endpoint for pull after error: {each}"' for each in messages
    )


DENIED = logged("denied")


def test_a_pull_past_the_mirror_is_not_proven() -> None:
    found = mirror.prove(seen(GOOD, pull_1_log=DENIED))
    assert found.verdict is Verdict.NOT_PROVEN
    assert found.why is not None
    assert found.why.key == "fault.forbidden"
    assert "came from Docker Hub itself" in words(found)


def test_where_the_log_is_quiet_and_docker_hub_answers_nothing_is_said_for_sure() -> None:
    hub = {"ask https://registry-1.docker.io": "try 0 401 0 0 0 0.1\nimage 200 x/json"}
    loud = seen(GOOD, None, **hub)
    assert mirror.prove(loud).verdict is Verdict.PROVEN
    assert "names none before it that failed" in words(mirror.prove(loud))
    quiet = replace(loud, engine=replace(loud.engine, log_level="error"))
    found = mirror.prove(quiet)
    assert found.verdict is Verdict.NOT_PROVEN
    assert "log-level error hides" in words(found)


@pytest.mark.parametrize(
    ("end", "key"),
    [("silent 60000 -", "fault.silent"), ("124 600000 -", "fault.slow"), ("1 50 -", "fault.dead")],
)
def test_how_a_pull_ended_tells_silence_from_slowness(end: str, key: str) -> None:
    said = "layer 0a1b2c3d4e5f 12MB Downloading\nsaid Error: connection refused"
    found = mirror.prove(seen(GOOD, pull_1=said, pull_1_end=end))
    assert found.why is not None
    assert found.why.key == key


def test_a_pull_that_came_slowly_is_not_proven() -> None:
    found = mirror.prove(seen(GOOD, pull_1="layer 0a1b2c3d4e5f 10MB Pull complete", pull_1_end="0 500000 -"))
    assert found.why is not None
    assert found.why.key == "fault.slow"
    assert "0.02 MB/s" in words(found)


@pytest.mark.parametrize("gateway", ["silent 10.0.0.1", "none"])
def test_a_host_that_is_cut_off_is_told_from_a_mirror_that_is(gateway: str) -> None:
    log = logged("Get http://10.77.10.1:5000/v2/: net/http: request canceled (Client.Timeout exceeded)")
    told = {"pull_1": "said Error: no", "pull_1_end": "1 15000 -", "pull_1_log": log}
    for way, key in ((gateway, "fault.network"), ("there 10.0.0.1", "fault.timeout")):
        found = mirror.prove(seen(GOOD, None, gateway=way, **told))
        assert found.why is not None
        assert found.why.key == key
