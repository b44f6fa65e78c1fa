"""Both languages say the same, with the same values."""

from __future__ import annotations

from string import Formatter

import pytest

from provision.prove.follow import PROOFS
from provision.prove.result import Verdict
from provision.prove.texts import SENTENCES, TITLES, VERDICTS, title, verdict
from provision.words.pull_failure import Fault
from tests.unit.prove.recorded import seen


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", SENTENCES)
def test_both_languages_have_the_same_values(key: str) -> None:
    english, chinese = SENTENCES[key]
    assert places(english) == places(chinese)
    assert english.isascii()
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_has_its_words_and_its_remedy(fault: Fault) -> None:
    assert {f"fault.{fault}", f"fault.{fault}.remedy"} <= set(SENTENCES)


def test_every_proof_and_verdict_has_a_name_in_both() -> None:
    assert [each(seen("18.06.3")).name for each in PROOFS] == list(TITLES)
    assert set(VERDICTS) == set(Verdict)
    assert title("mirror", "zh") == "镜像加速器可用"
    assert verdict(Verdict.PROVEN, "zh") == "已证明"
