"""The way in: one call for all hosts, dry runs by Fabric's own flag, errors in one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import fabric
import pytest
from fabric.main import Fab
from invoke import Collection, Context, Exit, Task

from provision.cli import Executor, HostsContext
from provision.errors import Failed, OperatorError


@dataclass
class Program:
    """`fab` with one task, `it`, that does what a test wants."""

    body: Callable[[HostsContext], None] = lambda _: None
    contexts: list[HostsContext] = field(default_factory=list)

    def run(self, *words: str) -> int:
        """The exit code."""

        def it(context: Context) -> None:
            self.contexts.append(context)
            self.body(context)

        program = Fab(
            namespace=Collection(Task(it, name="it"), Task(it, name="again")),
            executor_class=Executor,
            config_class=fabric.Config,
        )
        try:
            program.run(["fab", *words])
        except SystemExit as end:
            return int(str(end.code))
        return 0


def raising(error: BaseException) -> Callable[[HostsContext], None]:
    def body(context: HostsContext) -> None:
        raise error

    return body


@pytest.mark.parametrize(
    ("words", "hosts"),
    [
        (["-H", "a", "it"], ("a",)),
        (["-H", "a,b,c", "it"], ("a", "b", "c")),
        (["-H", " a, b,a ,,b", "it"], ("a", "b")),
        (["it", "-H", "a,b"], ("a", "b")),
        (["-H", "root@[::1]:2222,b", "it"], ("root@[::1]:2222", "b")),
        (["-H", "", "it"], ()),
        (["it"], ()),
    ],
)
def test_a_task_runs_once_for_the_whole_list(words: list[str], hosts: Sequence[str]) -> None:
    program = Program()
    assert program.run(*words) == 0
    assert [context.hosts for context in program.contexts] == [hosts]


def test_every_task_gets_all_hosts() -> None:
    program = Program()
    program.run("-H", "a,b", "it", "again")
    assert [context.hosts for context in program.contexts] == [("a", "b")] * 2


def test_a_task_gets_fabrics_configuration() -> None:
    program = Program()
    program.run("-H", "a", "-i", "one.key", "-i", "two.key", "-t", "7", "it")
    (context,) = program.contexts
    assert context.config.connect_kwargs.key_filename == ["one.key", "two.key"]
    assert context.config.connect_kwargs.timeout == 7


@pytest.mark.parametrize(("words", "dry"), [(["-R"], True), (["--dry"], True), ([], False)])
def test_fabrics_dry_run_is_ours(words: list[str], dry: bool) -> None:
    program = Program()
    program.run(*words, "-H", "a", "it")
    assert program.contexts[0].dry is dry


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (OperatorError("--only: there is no step 'x'"), 2, "error: --only: there is no step 'x'\n"),
        (Failed("a change failed"), 1, "error: a change failed\n"),
        (Exit(code=3), 3, ""),
        (BrokenPipeError(), 1, ""),
        (
            RuntimeError("two\n  lines"),
            1,
            "error: RuntimeError: two lines (a defect of this program; run again with --debug)\n",
        ),
    ],
)
def test_errors_are_one_line_and_an_exit_code(
    error: Exception, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Program(raising(error)).run("-H", "a", "it") == code
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", line)


def test_the_first_error_ends_the_run() -> None:
    program = Program(raising(OperatorError("no")))
    program.run("it", "again")
    assert len(program.contexts) == 1


def test_debug_shows_where_a_defect_is() -> None:
    with pytest.raises(RuntimeError, match="two"):
        Program(raising(RuntimeError("two"))).run("--debug", "-H", "a", "it")


def test_debug_keeps_the_operators_mistakes_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert Program(raising(OperatorError("no host"))).run("--debug", "-H", "a", "it") == 2
    assert "error: no host\n" in capsys.readouterr().err


def test_an_interrupt_shows_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert Program(raising(KeyboardInterrupt())).run("-H", "a", "it") == 1
    assert "Traceback" not in capsys.readouterr().err


def test_a_command_behind_dashes_is_fabrics_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """`fab -H a,b -- uname` goes on working: a connection for each host."""
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(
        fabric.Connection, "run", lambda self, command, **_: asked.append((self.host, command))
    )
    assert Program().run("-H", "a,b", "--", "uname -r") == 0
    assert asked == [("a", "uname -r"), ("b", "uname -r")]
