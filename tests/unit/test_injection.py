"""Item 7: whatever an operator says reaches a shell as a word or as data, and never as a command.

Each text that would run on a host is run by a real sh in which nothing is a program: what our own functions are called
with is recorded, and `pwned`, which every hostile value tries to call, says so.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision import facts, plan, script, spec, yamlmarks
from provision.engine_keys import KEYS as KNOWN
from provision.engine_keys import Kind
from provision.errors import OperatorError, ProvisionError
from provision.facts import Facts
from provision.inventory import ansiblevars, ours
from provision.options import OPTIONS, Option
from provision.request import Request
from provision.resources.base import Change, Step
from provision.resources.unfinished import UNFINISHED_ID, UnfinishedState
from provision.runs import About, Claim, HostRun, Task, apply_script
from provision.secret import Reference
from provision.spec import Spec
from tests.unit.case import Case
from tests.unit.core import fresh, steps_for
from tests.unit.shell import SHELLS, WORD

PIECES = (
    *(
        "$(pwned)",
        "`pwned`",
        "${IFS}pwned",
        "';pwned;'",
        '";pwned;"',
        "\npwned\n",
        "|pwned",
        "&pwned&",
        "\\",
        "'",
        '"',
    ),
    *("-rf", "--help", "$HOME", "*", "~", "#", "!!", " ", "\t", "%s%n", "\N{SNOWMAN}", "\u202e", "a", "/"),
    "x" * 100_000,
)
HALF_WAY = Case.load("engine-alone")
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
PWNED = "pwned() { echo PWNED; }\n"
FORMS = (
    "{}",
    "https://mirror.example/{}",
    "/data/{}",
    "18.06.3{}",
    "https://{}@mirror.example",
    "5{}",
    "a{}",
)
"""Values that begin as a good one does, so that more of them are let through."""
FLAGS = [option.name for option in OPTIONS if option.in_flags and not option.switch and not option.tri]
KEYS: dict[str, Callable[[str], Any]] = {
    "bip": str,
    "log-opts": lambda value: {"tag": value, value: "x"},
    "labels": lambda value: [f"a={value}"],
    "data-root": str,
    "exec-opts": lambda value: [value],
    "authorization-plugins": lambda value: [value],
    "http-proxy": str,
    "storage-driver": str,
}


def texts(chosen: tuple[Step, ...]) -> Iterator[str]:
    """Everything that would run for these steps on a fresh host, and on one that has the packages."""
    yield from (text for _, text in facts.probes(chosen))
    nothing = fresh(chosen, frozenset())
    engine = Facts(nothing.host, {**nothing.states, **HALF_WAY.facts().states})
    for found in (plan.plan(nothing, chosen), plan.plan(engine, chosen)):
        for change in found.changes:
            yield from filter(None, (change.look, change.script))


def ran(shell: tuple[str, ...], chosen: tuple[Step, ...], bodies: list[str] | None = None) -> str:
    """What all of it prints where only our functions are there, by name, each a recorder of what it is given."""
    library = "".join(facts.libraries(chosen)) + script.COMMON
    names = sorted(set(re.findall(r"^(\w+)\(\)", library, re.MULTILINE)))
    recorders = "".join(f"{name}() {{ printf '<%s>' \"$@\"; }}\n" for name in names)
    bodies = list(texts(chosen)) if bodies is None else bodies
    calls = "".join(f"( {script.function_name(i, 'text')} )\n" for i in range(len(bodies)))
    text = f"PATH=/nowhere\n{PWNED}{recorders}{script.functions('text', bodies)}{calls}"
    done = subprocess.run([*shell, "-s"], input=text.encode(), capture_output=True, env={}, check=False)
    assert b"yntax error" not in done.stderr, done.stderr.decode()
    return done.stdout.decode()


def asked(**said: Any) -> tuple[Step, ...] | None:
    """The steps for what was said; None where it is refused."""
    try:
        chosen = steps_for(**said)
        plan.plan(fresh(chosen, frozenset()), chosen)
    except ProvisionError:
        return None
    return chosen


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
@pytest.mark.parametrize("name", FLAGS)
@given(piece=HOSTILE, form=st.sampled_from(FORMS))
@settings(max_examples=8)
def test_item_7_no_option_is_run(shell: tuple[str, ...], name: str, piece: str, form: str) -> None:
    chosen = asked(**{name: form.replace("{}", piece)})
    if chosen is not None:
        assert "PWNED" not in ran(shell, chosen)


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
@pytest.mark.parametrize("key", KEYS)
@given(piece=HOSTILE, form=st.sampled_from(FORMS))
@settings(max_examples=8)
def test_item_7_no_setting_of_the_daemon_is_run(
    shell: tuple[str, ...], key: str, piece: str, form: str
) -> None:
    chosen = asked(daemon={key: KEYS[key](form.replace("{}", piece))})
    if chosen is not None:
        assert "PWNED" not in ran(shell, chosen)


def test_item_7_every_field_of_a_spec_is_tried() -> None:
    """A field that is new is an option, and so among those above, or holds no text; `daemon` is tried key by key."""
    texts = {name for name, field in Spec.model_fields.items() if "bool" not in str(field.annotation)}
    assert texts - {*FLAGS} == {"daemon"}


HOLDS: dict[Kind, Callable[[str], Any]] = {
    Kind.STRING: str,
    Kind.STRINGS: lambda value: [value],
    Kind.STRING_MAP: lambda value: {value: value},
    Kind.BOOL_MAP: lambda value: {value: True},
    Kind.NESTED_MAP: lambda value: {value: {value: value}},
    Kind.OBJECTS: lambda value: [{value: value}],
    Kind.OBJECT_MAP: lambda value: {value: {value: value}},
    Kind.OBJECT: lambda value: {value: value},
}
"""How a value of each kind holds a text; the other kinds hold none."""


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
@given(key=st.sampled_from([name for name, key in KNOWN.items() if key.kind in HOLDS]), piece=HOSTILE)
@settings(max_examples=40)
def test_item_7_no_key_of_daemon_json_is_run(shell: tuple[str, ...], key: str, piece: str) -> None:
    chosen = asked(daemon={key: HOLDS[KNOWN[key].kind](piece)})
    if chosen is not None:
        assert "PWNED" not in ran(shell, chosen)


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
@given(name=HOSTILE)
@settings(max_examples=8)
def test_item_7_no_package_that_a_host_names_is_run(shell: tuple[str, ...], name: str) -> None:
    """What its rpm database says goes back to it in a script."""
    chosen = steps_for()
    (resource,) = [each for step in chosen for each in step.resources if each.id == UNFINISHED_ID]
    (found,) = resource.compare({UNFINISHED_ID: UnfinishedState(("journal",), doubled={name: (name,)})})
    assert isinstance(found, Change)
    said = ran(shell, chosen, [found.script])
    assert said == f"<{name}>"


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
def test_item_7_what_would_be_run_is_noticed(shell: tuple[str, ...]) -> None:
    """The tests above can fail."""
    chosen = steps_for(users="alice")
    bodies = list(texts(chosen))
    assert "<alice>" in ran(shell, chosen, bodies)
    assert "PWNED" in ran(shell, chosen, [body.replace("alice", "$(pwned)") for body in bodies])


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
@given(who=HOSTILE, what=HOSTILE)
@settings(max_examples=8)
def test_item_7_who_runs_it_and_what_it_is_called_are_not_run(
    shell: tuple[str, ...], who: str, what: str
) -> None:
    text = apply_script([Task(what, ":", ":")], [(what, ":")], (), WORD, Claim(who, 0, what))
    begin = HostRun(WORD, text, About(what, who, what, [what])).begin
    stubs = 'launch() { printf %s "$2$3" >/dev/null; }\nfollow() { exit 0; }\n'
    for each in (text, begin.replace("carry_out </dev/null\n", f"{stubs}carry_out </dev/null\n")):
        done = subprocess.run(
            [*shell, "-s"], input=f"{PWNED}{each}".encode(), capture_output=True, env={}, check=False
        )
        assert (done.returncode, b"PWNED" in done.stdout, done.stderr) == (0, False, b"")


ANY: Any = SimpleNamespace(config=None, hosts=("a",), dry=True)
_SOME = st.text(st.characters(max_codepoint=0xD7FF), max_size=3)
NUL = st.tuples(_SOME, _SOME).map("\0".join)


def one_line_of(make: Callable[[], object]) -> str:
    with pytest.raises(OperatorError) as error:
        make()
    said = str(error.value)
    assert said.endswith(": it holds a NUL byte, which nothing here can: take it out")
    assert "\n" not in said
    return said


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
@given(text=NUL)
@settings(max_examples=5)
def test_item_7_no_option_holds_a_nul_byte(option: Option, text: str) -> None:
    """A command line can't; whoever calls the tasks himself, and files, can."""
    if option.in_flags:
        flag = {option.name: text}
        assert one_line_of(partial(Request, ANY, flag)).startswith(f"{option.flag}: ")
    for value in (text, [text], {"labels": [text]}, {text: "x"}):
        layer = spec.parse(f"\n{option.name}: {json.dumps(value)}", "site.yml")
        assert one_line_of(partial(spec.build, layer)).startswith("site.yml:2: ")


@pytest.mark.parametrize("key", ours.SSH, ids=lambda key: key.name)
@given(text=NUL)
@settings(max_examples=5)
def test_item_7_no_field_of_an_inventory_holds_a_nul_byte(key: ours.Key, text: str) -> None:
    for what in (text, f"env:{text}", f"file:/{text}", f"command:{text}"):
        said = f"hosts:\n  a:\n    ssh:\n      {key.name}: {json.dumps(what)}\n"
        assert one_line_of(partial(ours.inventory, yamlmarks.read(said, "i"), "i")).startswith("i:4: ")
    names = {f"hosts: [{json.dumps(text)}]", f"groups: {{{json.dumps(text)}: {{hosts: [a]}}}}"}
    for said in names:
        with pytest.raises(OperatorError, match="can't be a name"):
            ours.inventory(yamlmarks.read(said, "i"), "i")


@pytest.mark.parametrize("variable", [*ansiblevars.SSH, "docker_provision_users", "docker_provision_proxy"])
def test_item_7_no_variable_of_ansibles_holds_a_nul_byte(variable: str) -> None:
    def taken() -> None:
        found = ansiblevars.translate({variable: "a\0b"}, yamlmarks.Place("i"))
        spec.build(found.spec)

    one_line_of(taken)


def test_item_7_no_secret_by_reference_holds_a_nul_byte(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"geheim\0geheim")
    reference = Reference.parse(f"file:{tmp_path}/secret")
    assert reference is not None
    with pytest.raises(OperatorError, match="holds a NUL byte, text is expected") as error:
        reference.resolve("--proxy")
    assert "geheim" not in str(error.value)
