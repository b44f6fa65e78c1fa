"""README in both languages: the same page twice, and true to the program."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from fabric.main import Fab
from invoke import Collection

from provision import openpgp, spec, tasks
from provision.changing import EXIT
from provision.errors import INTERRUPTED, OperatorError
from provision.fleet import orders
from provision.handed import defaults, pinned_key
from provision.inventory import ours
from provision.options import OPTIONS
from provision.spec import PACKAGE_MIRRORS
from provision.steps import steps
from provision.yamlmarks import read
from tests import readme
from tests.readme import CHECKOUT, CHINESE, ENGLISH, Heading

PAGES = (ENGLISH, CHINESE)
PROGRAM = Collection.from_module(tasks)
HEADINGS = list(zip(readme.headings(ENGLISH), readme.headings(CHINESE), strict=False))


def section(*anchors: str) -> str:
    """The text of the English page's sections by their anchors."""
    return "".join(
        next(each.body for each in readme.headings(ENGLISH) if each.anchor == name) for name in anchors
    )


# ── the same page twice ──


def test_both_pages_have_the_same_sections() -> None:
    english, chinese = ([each.level for each in readme.headings(page)] for page in PAGES)
    assert english == chinese


def test_both_pages_have_the_same_blocks() -> None:
    english, chinese = (readme.blocks(page) for page in PAGES)
    assert [(each.language, each.text) for each in english] == [
        (each.language, each.text) for each in chinese
    ]
    assert [bool(each.not_run) for each in english] == [bool(each.not_run) for each in chinese]


@pytest.mark.parametrize(("english", "chinese"), HEADINGS, ids=[each.anchor for each, _ in HEADINGS])
def test_both_pages_say_it_with_the_same_tables_code_and_links(english: Heading, chinese: Heading) -> None:
    shapes = [[len(row) for row in readme.rows(each.body)] for each in (english, chinese)]
    assert shapes[0] == shapes[1]
    for one, other in zip(readme.rows(english.body), readme.rows(chinese.body), strict=True):
        assert [sorted(readme.code(cell)) for cell in one] == [sorted(readme.code(cell)) for cell in other]
    assert sorted(readme.code(english.body)) == sorted(readme.code(chinese.body))
    assert len(re.findall(r"^(?:\d+\.|-) ", english.body, re.M)) == len(
        re.findall(r"^(?:\d+\.|-) ", chinese.body, re.M)
    )
    here, there = (
        sorted(re.sub(r"#.*|README[\w.-]*", "", target) for target in readme.links(each.body))
        for each in (english, chinese)
    )
    assert here == there


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    anchors = {each.anchor for each in readme.headings(page)}
    for target in readme.links(page.read_text()):
        file, _, anchor = target.partition("#")
        assert (CHECKOUT / file).exists(), target
        assert not anchor or anchor in anchors, target


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_few_blocks_are_not_run_and_each_says_why(page: Path) -> None:
    reasons = [block.not_run for block in readme.blocks(page) if block.not_run]
    assert len(reasons) == page.read_text().count("<!--") == 2


# ── true to the program ──


def typed() -> Iterator[str]:
    """Everything on the page that is typed as a command: lines of blocks, and code among the text."""
    for block in readme.blocks(ENGLISH):
        if block.language == "sh":
            yield from (command.text for command in readme.commands(block))
    yield from readme.code(ENGLISH.read_text())


FAB = sorted({text for text in typed() if re.match(r"(fab|docker-provision) ", text)})


@pytest.mark.parametrize("text", FAB)
def test_every_command_and_flag_that_is_named_exists(text: str) -> None:
    words = shlex.split(text.replace("…", ""))
    program = Fab(namespace=PROGRAM)
    program.create_config()
    program.parse_core(words)
    program.parse_collection()
    program.parse_tasks()  # raises ParseError
    assert program.tasks or {"--list", "--help", "--debug"} & set(words)


def test_every_goal_of_make_that_is_named_exists() -> None:
    goals = re.findall(r"^([a-z-]+):.*## ", (CHECKOUT / "Makefile").read_text(), re.M)
    named = {text.split()[1] for text in typed() if text.startswith("make ")}
    assert {"demo", "test"} <= named <= set(goals)


def test_the_table_of_commands_has_all_of_them() -> None:
    named = [readme.code(row[0])[0] for row in readme.rows(section("commands"))[1:]]
    assert sorted(named) == sorted(PROGRAM.task_names)


def test_the_table_of_options_has_all_of_them() -> None:
    rows = readme.rows(section("options"))[1:]
    flags = {flag for row in rows for flag in readme.code(row[0])}
    keys = [key for row in rows for key in readme.code(row[1])]
    assert flags == {flag for task in PROGRAM.to_contexts() for flag in task.flags}
    assert keys == [option.name for option in OPTIONS]


def test_the_names_of_package_mirrors_are_all_there() -> None:
    row = next(row for row in readme.rows(section("options")) if "`--package-mirror`" in row)
    assert set(PACKAGE_MIRRORS) <= set(readme.code(row[2]))


def test_the_steps_are_all_there_in_order() -> None:
    row = next(row for row in readme.rows(section("commands")) if row[0] == "`steps`")
    assert readme.code(row[1]) == [step.name for step in steps(spec.build(), defaults())]


def test_the_exit_codes_are_all_there() -> None:
    codes = {int(row[0]) for row in readme.rows(section("exit-codes"))[1:]}
    assert codes == {*EXIT.values(), OperatorError.exit_code, INTERRUPTED}


def test_the_number_of_hosts_at_a_time_is_the_runners() -> None:
    text = f"{orders.PER_CORE} for each processor of your machine, {orders.MOST} at most"
    assert text in section("plan-set-up-check").replace("\n", " ")


def test_the_spec_file_is_taken_as_it_stands() -> None:
    block = next(block for block in readme.blocks(ENGLISH) if block.text.startswith("# site.yml\n"))
    asked = spec.build(spec.parse(block.text, "site.yml"))
    given = {name for name in type(asked).model_fields if getattr(asked, name)}
    # nobody consents by copying; the rest is for hosts and mirrors that are not as usual
    unusual = {"repo_key", "fix_base_repos", "base_key", "accept_data_change"}
    unusual |= {"data_root", "cgroup_driver", "bridge_nf"}
    unusual |= {option.name for option in OPTIONS if option.name.endswith(("proxy", "_ca"))}
    assert given == {option.name for option in OPTIONS if not option.switch} - unusual


def test_the_inventory_is_taken_as_it_stands() -> None:
    block = next(block for block in readme.blocks(ENGLISH) if block.text.startswith("# inventory.yaml\n"))
    found = ours.inventory(read(block.text, "inventory.yaml"), "inventory.yaml")
    assert [host.name for host in found.hosts] == ["HOST", "OTHER"]


def test_the_keys_fingerprint_is_the_one_that_ships() -> None:
    fingerprint = openpgp.read(pinned_key().decode()).fingerprint
    for page in PAGES:
        assert fingerprint in {text.replace(" ", "") for text in readme.code(page.read_text())}


@cache
def said_by_the_program() -> tuple[str, ...]:
    """Every text in the program's source; … stands for what is filled in."""
    return tuple(
        text
        for path in sorted((CHECKOUT / "provision").rglob("*.py"))
        for text in _texts(ast.parse(path.read_text()))
    )


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)  # type: ignore[misc]


ERRORS = [readme.code(row[0])[0] for row in readme.rows(section("troubleshooting"))[1:]]


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_that_is_explained_is_one_of_the_programs(error: str) -> None:
    words = re.compile(".*".join(re.escape(part) for part in error.split("…")), re.DOTALL)
    assert any(words.search(text) for text in said_by_the_program())
