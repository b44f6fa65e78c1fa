"""Facts out of a host's answer: what was read, what couldn't be, and that nothing is made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision import facts, script
from provision.errors import Failed
from provision.resources.base import ABSENT, Unknown
from provision.resources.record import RECORD_ID
from tests.unit.case import WORD, Case
from tests.unit.core import HOST, framed, steps_for
from tests.unit.shell import SHELLS, run

STEPS = steps_for(users="alice")
IDENTS = [ident for ident, _ in facts.probes(STEPS)]
HOST_TEXT = """\
os_id=centos
os_version=7
os_name=CentOS Linux 7 (Core)
release=CentOS Linux release 7.9.2009 (Core)
kernel=3.10.0-1160.el7.x86_64
machine=x86_64
user=root
systemd=yes
selinux=Enforcing"""


def answer(**texts: str) -> str:
    """An answer with a section for each probe; `texts` by id."""
    return framed({ident: texts.get(ident, "") for ident in IDENTS}, WORD)


def test_every_resource_and_the_record_are_asked_for_once() -> None:
    assert len(set(IDENTS)) == len(IDENTS)
    assert IDENTS[:2] == ["host", RECORD_ID]
    assert set(IDENTS[1:]) == {resource.id for resource in facts.probed(STEPS)}


def test_a_library_comes_once_however_many_resources_call_it() -> None:
    text = facts.probe_script(STEPS, WORD)
    assert text.count("\nprobe_file() {") == 1
    assert text.count("\nprobe_host() {") == 1


def test_the_host_itself_is_read() -> None:
    assert facts.parse(answer(host=HOST_TEXT), STEPS, WORD).host == HOST


@pytest.mark.parametrize(
    ("gone", "field", "value"),
    [
        ("os_id", "os_id", ""),
        ("kernel", "kernel", ""),
        ("release", "release", ""),
        ("systemd", "systemd", False),
        ("selinux", "selinux", "absent"),
    ],
)
def test_what_the_host_does_not_say_is_not_made_up(gone: str, field: str, value: object) -> None:
    text = "\n".join(line for line in HOST_TEXT.splitlines() if not line.startswith(f"{gone}="))
    assert getattr(facts.parse(answer(host=text), STEPS, WORD).host, field) == value


@given(st.dictionaries(st.sampled_from(IDENTS), st.text()))
def test_whatever_probes_print_is_read_without_a_traceback(texts: dict[str, str]) -> None:
    found = facts.parse(answer(**texts), STEPS, WORD)
    assert set(found.states) == {resource.id for resource in facts.probed(STEPS)}


@pytest.mark.parametrize("ident", [ident for ident in IDENTS if ident != "host"])
def test_a_probe_that_prints_nothing_is_never_taken_for_absence(ident: str) -> None:
    assert isinstance(facts.parse(answer(), STEPS, WORD).states[ident], Unknown)


CONVERGED = Case.load("converged")
SECTIONS = {ident: section.text for ident, section in script.sections(CONVERGED.answer, WORD).items()}


@given(st.sampled_from(sorted(SECTIONS)), st.data())
def test_a_probe_that_broke_off_is_read_without_a_traceback(ident: str, data: st.DataObject) -> None:
    """Its program was killed, or the disk failed under it: the frames are whole, what they hold is not."""
    text = SECTIONS[ident]
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    spoilt = text[:begin] + data.draw(st.text('\n =a1:{"', max_size=5)) + text[end:]
    facts.parse(framed({**SECTIONS, ident: spoilt}, WORD), CONVERGED.steps, WORD)


@given(st.integers(0, len(CONVERGED.answer) - 2))
def test_a_cut_answer_is_a_failure_wherever_it_was_cut(length: int) -> None:
    with pytest.raises(Failed, match=r"the host's answer was cut off before .* was read"):
        facts.parse(CONVERGED.answer[:length], CONVERGED.steps, WORD)


def test_a_cut_answer_never_shows_what_files_hold() -> None:
    cut = CONVERGED.answer[: CONVERGED.answer.index(f"{WORD} end packages")]
    with pytest.raises(Failed, match=r"^the host's answer was cut off before packages docker-ce was read$"):
        facts.parse(cut, CONVERGED.steps, WORD)


def test_a_host_that_runs_no_script_is_quoted() -> None:
    """A shell that only greets, or a menu."""
    with pytest.raises(Failed, match=r"before host was read; it said: This account is not available\.$"):
        facts.parse("This account\n is not  available.\n", STEPS, WORD)


def test_the_answer_to_another_run_is_none() -> None:
    with pytest.raises(Failed):
        facts.parse(answer(host=HOST_TEXT), STEPS, "@fedcba9876543210")


def test_a_recorded_fresh_host_has_nothing_of_ours() -> None:
    fresh = Case.load("fresh-defaults").facts()
    assert fresh.host.systemd
    assert fresh.states["packages docker-ce"] is ABSENT
    assert all(
        state is ABSENT for ident, state in fresh.states.items() if ident.startswith(("file ", "rpm-key "))
    )


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
def test_the_script_runs_here_too(shell: tuple[str, ...]) -> None:
    """On this machine, whatever it is: every probe ends, and the host is read as it is."""
    found = facts.parse(run(shell, facts.probe_script(STEPS, WORD)).stdout, STEPS, WORD)
    assert found.host.kernel == run(shell, "uname -r").stdout.strip()
    assert found.host.machine == run(shell, "uname -m").stdout.strip()
    assert not [
        line for line in run(shell, facts.probe_script(STEPS, WORD)).stderr.splitlines() if "syntax" in line
    ]
