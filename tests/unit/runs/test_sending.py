"""Files that go to a host ahead of a run: whole for root alone, or not at all."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from provision import script
from provision.errors import Failed
from provision.runs import HostRun, Sent
from provision.runs.sending import BLOCK, blocks
from tests.unit.shell import SHELLS


@pytest.fixture
def files(tmp_path: Path) -> tuple[Sent, ...]:
    """Some with folders of their own, one larger than a packet, one that is empty, and one that looks like a script."""
    contents = {
        "a/one.rpm": secrets.token_bytes(3 * BLOCK + 7),
        "a/repodata/repomd.xml": b"",
        "b/two.rpm": b"exit 1\n\0" * 100,
    }
    return tuple(_sent(tmp_path / f"{number}", *each) for number, each in enumerate(contents.items()))


def _sent(path: Path, name: str, content: bytes) -> Sent:
    path.write_bytes(content)
    return Sent(path, name, len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def run(files: tuple[Sent, ...]) -> Iterator[HostRun]:
    run = HostRun(script.nonce(), "text", sends=files)
    yield run
    shutil.rmtree(given(run), ignore_errors=True)


def given(run: HostRun) -> Path:
    return Path(f"/var/tmp/docker-provision.given-{run.id}")  # noqa: S108  where hosts have it


def handed_over(shell: tuple[str, ...], run: HostRun, content: bytes) -> tuple[int, str]:
    """The script's exit status and what it said; the content is sent once it asks for it."""
    pipe = subprocess.PIPE
    with subprocess.Popen([*shell, "-s"], stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(run.receive.encode())
        process.stdin.flush()
        said = ""
        while run.asks not in said:
            line = process.stdout.readline().decode()
            assert line, said
            said += line
        rest, _ = process.communicate(content)
    return process.returncode, said + rest.decode()


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_sent_lies_there_byte_for_byte_for_root_alone(
    shell: tuple[str, ...], run: HostRun, files: tuple[Sent, ...]
) -> None:
    status, said = handed_over(shell, run, b"".join(blocks(files)))
    assert (status, said.strip()) == (0, run.asks.strip())
    for each in files:
        assert (given(run) / each.name).read_bytes() == each.path.read_bytes()
    assert stat.S_IMODE(given(run).stat().st_mode) == 0o700


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda content: content[:-1], "what was sent didn't arrive as it is here (b/two.rpm: FAILED"),
        (lambda content: content[:0], "what was sent didn't arrive as it is here (a/one.rpm: FAILED"),
        (lambda content: b"!" + content[1:], "what was sent didn't arrive as it is here (a/one.rpm: FAILED"),
    ],
)
def test_nothing_stays_of_what_did_not_arrive_whole(
    shell: tuple[str, ...], run: HostRun, files: tuple[Sent, ...], spoil: object, words: str
) -> None:
    assert callable(spoil)
    status, said = handed_over(shell, run, spoil(b"".join(blocks(files))))
    assert status == 1
    assert words in run.not_taken(said)
    assert not given(run).exists()


def test_a_host_that_ended_without_a_word() -> None:
    assert HostRun(script.nonce()).not_taken("sh: killed\n") == (
        "the host ended before it had taken what was sent: run again"
    )


def test_a_file_that_changed_since_is_not_sent_as_another(files: tuple[Sent, ...]) -> None:
    files[0].path.write_bytes(b"short")
    with pytest.raises(Failed, match="became shorter while it was sent"):
        list(blocks(files))
    files[0].path.unlink()
    with pytest.raises(Failed, match=r"can't read .*: No such file"):
        list(blocks(files))
