"""A script takes along what it calls: never less than a shell needs, and nothing that nobody calls."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision import facts, script
from provision.calls import needed
from provision.plan import plan
from provision.resources.withdrawal import Withdrawal
from provision.runs import Claim, Task, apply_script
from provision.runs import shell as runs
from tests.unit.core import MIRROR, fresh, steps_for
from tests.unit.shell import SHELLS, WORD, run

shells = pytest.mark.parametrize("shell", SHELLS, ids="-".join)


def functions(text: str) -> list[str]:
    """What a shell finds in it."""
    done = subprocess.run(
        ["bash", "--posix", "-c", f"{text}\ndeclare -F"], capture_output=True, text=True, check=True
    )
    return [line.removeprefix("declare -f ") for line in done.stdout.splitlines()]


def words(text: str) -> set[str]:
    """All that a shell may take for a call: what stands in no comment."""
    return {word for line in text.splitlines() for word in re.findall(r"\w+", line.partition("# ")[0])}


NAMES = [f"f{number}" for number in range(8)]
LIBRARIES = st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES)))


@given(LIBRARIES, st.sampled_from(NAMES))
def test_what_is_called_by_whatever_way_is_there_and_nothing_else(
    calls: dict[str, list[str]], first: str
) -> None:
    library = "".join(f"{name}() {{\n  : {' '.join(called)}\n}}\n" for name, called in calls.items())
    reached: set[str] = set()
    left = {first}
    while left:
        reached |= left & calls.keys()
        left = {name for known in reached for name in calls[known]} & (calls.keys() - reached)
    assert functions(needed([library], first)) == sorted(reached)


def test_comments_go_and_what_is_set_stays() -> None:
    library = "# of what it is\na=1\n\n# what it does\nf() { echo $a; } # b\n# g too\ng() { f; }\n"
    assert needed([library], "f") == "a=1\nf() { echo $a; } # b\n"


def test_a_comment_calls_nobody() -> None:
    library = "f() {\n  # as g does\n  :\n}\ng() { :; }\n"
    assert functions(needed([library], "f")) == ["f"]


def test_what_is_set_may_call() -> None:
    library = "a=$(f)\nf() { echo 1; }\ng() { f; }\n"
    assert functions(needed([library], "")) == ["f"]


def test_of_two_of_one_name_the_later_counts() -> None:
    assert needed(["f() { g; }\ng() { :; }\n", "f() { h; }\nh() { :; }\n"], "f") == "f() { h; }\nh() { :; }\n"


@shells
def test_a_here_document_may_hold_a_function_that_is_none(shell: tuple[str, ...]) -> None:
    library = "f() {\n  cat <<'END'\ng() {\n  h\n}\nEND\n}\ng() { echo no; }\n"
    text = needed([library], "f")
    assert run(shell, f"{text}f\n").stdout == "g() {\n  h\n}\n"
    assert functions(text) == ["f", "g"]


def test_a_whole_library_has_the_functions_that_a_shell_finds_in_it() -> None:
    libraries = (
        script.COMMON,
        *facts.libraries(steps_for(registry_mirrors=MIRROR)),
        runs.LIBRARY,
        runs.SUPERVISE,
        runs.LAUNCH,
    )
    whole = "".join(libraries)
    names = functions(whole)
    assert functions(needed(libraries, " ".join(names))) == names
    assert len(names) > 150


@shells
@pytest.mark.parametrize(
    "withdrawal", [None, Withdrawal(purge_data=True, with_dependencies=True)], ids=["set up", "uninstall"]
)
def test_a_reading_has_no_word_that_is_a_function_elsewhere(
    shell: tuple[str, ...], withdrawal: Withdrawal | None
) -> None:
    steps = steps_for(registry_mirrors=MIRROR, withdrawal=withdrawal)
    text = facts.probe_script(steps, WORD)
    assert run((*shell, "-n"), text).stderr == ""
    everything = functions("".join((script.COMMON, *facts.libraries(steps))))
    left_out = set(everything) - set(functions(text.rpartition("reading </dev/null")[0]))
    assert not left_out & words(text)
    assert len(text) < 25_000


def test_a_run_has_no_word_that_is_a_function_elsewhere() -> None:
    steps = steps_for(registry_mirrors=MIRROR, users="alice", bridge_nf="yes")
    tasks = [Task(each.resource, each.script, each.look) for each in plan(fresh(steps), steps).changes]
    text = apply_script(tasks, facts.probes(steps), facts.libraries(steps), WORD, Claim("who at desk"))
    left_out = set(functions("".join(facts.libraries(steps)))) - set(functions(text))
    assert len(left_out) > 30
    assert not left_out & words(text)
