"""The command line that every login shell has to understand, and the words of sudo."""

from __future__ import annotations

import shlex

import pytest

from provision.remote.become import Become


@pytest.mark.parametrize("password", [None, "secret"])
def test_command_line_is_safe_for_csh_and_fish(password: str | None) -> None:
    command = Become("deploy", password).command
    assert not set("\\!\n") & set(command)
    words = shlex.split(command)
    assert words[:3] == ["exec", "sh", "-c"]
    assert command == shlex.join(words), "nothing but bare words and single quotes"
    assert "'\"'" not in command


def test_no_secret_is_shown() -> None:
    become = Become("deploy", "secret")
    assert "secret" not in become.command + repr(become)


def test_each_exec_has_a_nonce_of_its_own() -> None:
    assert Become("deploy", None).nonce != Become("deploy", None).nonce


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        # sudo 1.8.6 of CentOS 7.0 to 7.2, 1.8.23 of 7.9, 1.9.13 of Debian 12
        ("sudo: sorry, you must have a tty to run sudo\n", "requiretty"),
        ("sudo: a password is required\n", "--prompt-for-sudo-password"),
        ("sudo: a terminal is required to read the password; either use the -S option\n", "NOPASSWD"),
        ("deploy is not in the sudoers file.  This incident will be reported.\n", "may not become root"),
        ("Sorry, user deploy is not allowed to execute '/bin/sh -c x' as root on web.\n", "may not become"),
        (
            "Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n",
            "did not take",
        ),
        ("sh: line 0: exec: sudo: not found\n", "has no sudo"),
        ("sh: 1: exec: sudo: not found\n", "has no sudo"),
        ("sudo: account validation failure, is your account locked?\n", "is your account locked?"),
    ],
)
def test_words_of_sudo(stderr: str, words: str) -> None:
    assert words in str(Become("deploy", None).refusal("", stderr))


def test_question_is_no_part_of_what_is_quoted() -> None:
    become = Become("deploy", "secret")
    assert become.nonce not in str(become.refusal("", f"ask-{become.nonce}something odd\n"))
    assert "without a word" in str(become.refusal("", ""))
