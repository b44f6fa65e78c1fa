"""What hides packages from yum: patterns of exclude, and locks."""

from __future__ import annotations

import pytest

from provision.words.yum_hiding import LATER, Lock, epoch, hides, hiding, locks

V18, V26 = "18.06.3.ce-3.el7", "26.1.4-1.el7"


@pytest.mark.parametrize(
    ("name", "version", "number"),
    [
        *(("docker-ce", V18, "0"), ("docker-ce", V26, "3"), ("docker-ce", LATER, "3")),
        *(("docker-ce-cli", V26, "1"), ("containerd.io", "1.6.33-3.1.el7", "0")),
    ],
)
def test_epochs_are_those_of_the_packages(name: str, version: str, number: str) -> None:
    assert epoch(name, version) == number


# as `yum list` answered with each in the section (yum 3.4.3, run): docker-ce 18.06.3, 26.1.4
@pytest.mark.parametrize(
    ("pattern", "old", "new"),
    [
        *(
            (each, True, True)
            for each in ("docker-ce", "docker-ce*", "docker*", "docker-ce.x86_64", "docker-c?")
        ),
        *((each, False, True) for each in ("docker-ce-3:*", "3:docker-ce-*", "docker-ce-26*")),
        *(
            (each, True, False)
            for each in ("docker-ce-18.06.3.ce", f"docker-ce-{V18}", f"docker-ce-{V18}.x86_64")
        ),
        *(
            (each, False, False)
            for each in ("docker-ce-", "docker", "DOCKER-CE", "docker-ce-cli", f"ce-{V18}")
        ),
        ("docker-ce-0:18.06*", True, False),
    ],
)
def test_a_pattern_fits_one_of_seven_forms(pattern: str, old: bool, new: bool) -> None:
    assert (hides(pattern, "docker-ce", V18), hides(pattern, "docker-ce", V26)) == (old, new)


def test_locks_as_the_plugin_writes_them() -> None:
    text = "\n# Added locks on Tue Nov 24 04:11:41 2026\n0:docker-ce-18.06.3.ce-3.el7.*\n"
    assert locks(f"{text}!1:docker-ce-cli-26.1.4-1.el7.*\n") == [
        Lock("docker-ce", V18, 3, "0:docker-ce-18.06.3.ce-3.el7.*"),
        Lock("docker-ce-cli", V26, 4, "!1:docker-ce-cli-26.1.4-1.el7.*", bars=True),
    ]


@pytest.mark.parametrize("line", ["docker-ce-18.06.3.ce-3.el7", "docker-ce-0:18.06.3.ce-3.el7.x86_64"])
def test_locks_as_people_write_them(line: str) -> None:
    assert [(lock.name, lock.version_release) for lock in locks(line)] == [("docker-ce", V18)]


@pytest.mark.parametrize("line", ["docker-ce", "garbage here", "!", "-", "<html>"])
def test_what_is_no_lock_locks_nothing(line: str) -> None:
    assert locks(line) == []


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("", False),
        ("0:docker-ce-18.06.3.ce-3.el7.*", False),
        ("0:docker-ce-18.06.2.ce-3.el7.*", True),
        ("0:docker-ce-18.06.2.ce-3.el7.*\n0:docker-ce-18.06.3.ce-3.el7.*", False),
        ("!0:docker-ce-18.06.3.ce-3.el7.*", True),
        ("!0:docker-ce-18.06.2.ce-3.el7.*", False),
        ("0:docker-ce-18.06.3.ce-3.el7.*\n!0:docker-ce-18.06.3.ce-3.el7.*", True),
        ("3:docker-ce-cli-26.1.4-1.el7.*", False),
    ],
)
def test_of_a_locked_name_only_the_locked_versions_are_seen(text: str, hidden: bool) -> None:
    assert (hiding(locks(text), "docker-ce", V18) is not None) is hidden
